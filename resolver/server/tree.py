"""The tree: what may be served, and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import threading
from typing import Any, Dict, NamedTuple, Optional, Set, Tuple, cast

from resolver.server.files import SHORTAGES, open_below
from resolver.server.layout import SWITCH
from resolver.server.names import normalized


class TreeError(Exception):
    """A directory that is not a vendored tree."""


class Entry(NamedTuple):
    """A file as the manifest names it."""

    path: str
    sha256: str
    size: int


class Tree:
    """A vendored tree. The manifest is read again when it changes, so that a new one is seen without a restart."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._lock = threading.Lock()
        self._stamp: Optional[Tuple[int, int, int]] = None
        self._entries: Dict[str, Entry] = {}
        self._locked: Optional[Set[str]] = None
        self.manifest = b""
        self.refresh()

    def refresh(self) -> Dict[str, Entry]:
        """The entries by path, as the manifest of this moment has them. Raises TreeError."""
        path = os.path.join(self.root, "manifest.json")
        try:
            found = os.stat(path)
            if not stat.S_ISREG(found.st_mode):  # a pipe never begins, and a device may never end
                raise ValueError("it is no regular file")
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            with self._lock:
                if stamp != self._stamp:
                    with open(path, "rb") as stream:
                        content = stream.read()
                    self._entries = read_entries(json.loads(content.decode("utf-8")))
                    self._stamp, self.manifest, self._locked = stamp, content, None
                return self._entries
        except FileNotFoundError:
            raise TreeError("{}: is not a vendored tree: it has no manifest.json".format(self.root)) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise TreeError("{}: cannot be read: {}".format(path, error)) from None

    def find(self, path: str) -> Optional[Entry]:
        """The entry at a path below the tree; only a path exactly as the manifest spells it is found."""
        return self.refresh().get(path)

    def lock(self) -> Dict[str, Any]:
        """What lock.json says; nothing in a tree without one. Raises TreeError."""
        entry = self.find("lock.json")
        if entry is None:
            return {}
        content = self.read(entry)
        try:
            if content is None:
                raise ValueError("it is not what the manifest names")
            return cast("Dict[str, Any]", json.loads(content.decode("utf-8")))
        except (ValueError, RecursionError) as error:
            raise TreeError("{}: lock.json cannot be read: {}".format(self.root, error)) from None

    def locked(self) -> Set[str]:
        """Normalised names of all projects of the lock, and of all that have a page here. Raises TreeError."""
        entries, known = self.refresh(), self._locked
        if known is None:
            known = {path.split("/")[1] for path in entries if re.match(r"simple/[^/]+/", path)}
            known.update(normalized(row["project"]) for row in self.lock().get("artifacts", {}).values())
            with self._lock:
                if entries is self._entries:
                    self._locked = known
        return known

    def switching(self) -> bool:
        """Whether the tree is between two states, so that its files need not be what its manifest names."""
        return os.path.exists(os.path.join(self.root, SWITCH))

    def open(self, entry: Entry) -> Optional[io.FileIO]:
        """The bytes of an entry; None where the disk holds no regular file of its size there, without any link.

        Raises OSError where the process is short of descriptors or memory: that says nothing of the file.
        """
        try:
            descriptor = open_below(self.root, entry.path.split("/"))
        except OSError as error:
            if error.errno in SHORTAGES:
                raise
            return None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != entry.size:
            os.close(descriptor)
            return None
        return io.FileIO(descriptor, "rb")

    def read(self, entry: Entry) -> Optional[bytes]:
        """All bytes of an entry, verified; None where the disk holds others."""
        stream = self.open(entry)
        if stream is None:
            return None
        with stream:
            content = stream.readall()
        return content if hashlib.sha256(content).hexdigest() == entry.sha256 else None


def read_entries(manifest: Dict[str, Any]) -> Dict[str, Entry]:
    """Path -> entry of a manifest. Raises ValueError, LookupError, TypeError and AttributeError."""
    version = manifest["manifest_version"]
    if version != 1:
        raise ValueError("its manifest_version is {!r}, and this server reads 1".format(version))
    entries = {}
    for path, row in manifest["files"].items():
        entry = Entry(path, str(row["sha256"]), int(row["size"]))
        if not re.match(r"[0-9a-f]{64}\Z", entry.sha256) or entry.size < 0:
            raise ValueError("it names no sha256 or no size of {!r}".format(path))
        if is_plain(path):
            entries[path] = entry
    return entries


def is_plain(path: str) -> bool:
    """Whether a manifest's path is a relative one, without dot files and without tricks."""
    return bool(path) and all(part and part[0] != "." for part in path.split("/")) and not re.search(r"[\\:\0]", path)
