"""The members of an archive as they come, whatever its kind."""

from __future__ import annotations

import re
from typing import Dict

from resolver.server.limits import MAX_MEMBERS, MAX_PATH, MAX_UNPACKED
from resolver.server.messages import readable


class BadArchive(Exception):
    """An archive that is broken, unsafe, or not what it should be; ``str()`` is the reason in words."""


class Members:
    """The members of an archive as they come: safe paths, each once, not too many, not too large together."""

    def __init__(self) -> None:
        self.paths: Dict[str, bool] = {}
        self._size = 0

    def add(self, name: str, size: int, *, folder: bool) -> str:
        """The path of a member, without ``.`` segments; empty for the root itself. Raises BadArchive."""
        path = safe_path(name)
        self._size += size
        if size < 0 or self._size > MAX_UNPACKED:
            raise BadArchive("it unpacks to more than {}".format(readable(MAX_UNPACKED)))
        if len(self.paths) >= MAX_MEMBERS:
            raise BadArchive("it has more than {} members".format(MAX_MEMBERS))
        if path in self.paths and not (folder and self.paths[path]):
            raise BadArchive("it has {!r} twice".format(path))
        if path:
            self.paths[path] = folder
        return path

    def check_nesting(self) -> None:
        """No file may be where another member needs a folder. Raises BadArchive."""
        for path in self.paths:
            above = path.rpartition("/")[0]
            while above:
                if not self.paths.get(above, True):
                    raise BadArchive("its member {!r} is a file and a folder".format(above))
                above = above.rpartition("/")[0]

    def only_folder(self) -> str:
        """The one folder that holds all. Raises BadArchive."""
        tops = {path.partition("/")[0] for path in self.paths}
        if len(tops) != 1 or not all("/" in path or folder for path, folder in self.paths.items()):
            raise BadArchive("a source distribution has one folder at its top, NAME-VERSION (PEP 625)")
        return tops.pop()


def safe_path(name: str) -> str:
    """A member's path without empty segments. Raises BadArchive for one that leads out, on any system."""
    parts = name.split("/")
    if (
        len(name) > MAX_PATH
        or name.startswith("/")
        or ".." in parts
        or re.match(r"[A-Za-z]:", name)
        or re.search(r"[\\\x00-\x1f\x7f]", name)
        or any("\ud800" <= character <= "\udfff" for character in name)
    ):
        raise BadArchive("its member {!r} is no safe path".format(name[:200]))
    return "/".join(part for part in parts if part not in ("", "."))
