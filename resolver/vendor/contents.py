"""What lies in a vendored tree besides its artifacts: pages, made from the lock and what was placed, and its server."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files as package_files

from resolver.emit.pages import by_project, files_of, pages, project_pages, root_pages
from resolver.joining.text import joined
from resolver.lock.model import Artifact, Lock
from resolver.vendor.layout import FILES

SERVER_HEADER = """\
#!/usr/bin/env python3
# The server of a vendored tree, format 1: one file for Python 3.7 and newer, standard library only.
# It is joined from the modules of resolver/server in rules_wheelhouse: read and change it there.
"""


@cache
def server_bytes() -> bytes:
    """The server that every tree carries: the same bytes on every host and Python."""
    return joined("resolver.server", server_modules(), SERVER_HEADER).encode()


def server_modules() -> dict[str, str]:
    """Module of `resolver.server` -> its source."""
    folder = package_files("resolver").joinpath("server")
    sources = {path.name.removesuffix(".py"): path for path in folder.iterdir() if path.name.endswith(".py")}
    return {name: path.read_text("utf-8") for name, path in sources.items()}


def described(
    lock: Lock,
    sizes: Mapping[str, int],
    sidecars: Mapping[str, str],
    environments: Collection[str] | None,
    vouched: Collection[str] = (),
) -> dict[str, bytes]:
    """The pages of a tree, in the order of writing (`outer_last`): path below it -> bytes.

    ``sizes`` of all files and ``sidecars`` of wheels (sha256 of their METADATA) by file name; ``vouched``: those with a
    provenance object.
    """
    texts = pages(_with_sizes(lock, sizes), sidecars, environments, vouched)
    return _encoded({path: texts[path] for path in sorted(texts, key=outer_last)})


def outer_last(path: str) -> tuple[bool, int, str]:
    """Sorts what has to be seen first before what names it: files, pages of projects, the list of them, the rest."""
    return not path.startswith(f"{FILES}/"), -path.count("/"), path


class Describing:
    """The same pages, as files arrive. Arguments and answers are as of `described`."""

    def __init__(self, lock: Lock, environments: Collection[str] | None, vouched: Collection[str] = ()) -> None:
        self._vouched = vouched
        self._projects = by_project(files_of(lock, environments))
        self._missing = {project: len(artifacts) for project, artifacts in self._projects.items()}
        self._sizes: dict[str, int] = {}
        self._sidecars: dict[str, str] = {}

    def at_once(self) -> dict[str, bytes]:
        """Files of the tree that depend on no artifact."""
        return _encoded(root_pages(self._projects))

    def arrived(self, artifact: Artifact, size: int, sidecar: str | None) -> dict[str, bytes]:
        """What can be made now that this file is here too."""
        project = artifact.project
        self._sizes[artifact.filename] = size
        if sidecar is not None:
            self._sidecars[artifact.filename] = sidecar
        self._missing[project] -= 1
        if self._missing[project]:
            return {}
        sized = [replace(one, size=self._sizes[one.filename]) for one in self._projects[project]]
        return _encoded(project_pages(project, sized, self._sidecars, self._vouched))


def _encoded(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in texts.items()}


def _with_sizes(lock: Lock, sizes: Mapping[str, int]) -> Lock:
    """``lock`` with every size known: PEP 700 asks it of each file, and not each index tells it."""
    known = {filename: replace(lock.artifacts[filename], size=size) for filename, size in sizes.items()}
    return replace(lock, artifacts={**lock.artifacts, **known})
