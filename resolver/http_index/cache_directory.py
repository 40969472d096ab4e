"""The directory of a cache: where its entries lie, whether it can be trusted, and what is said where the disk refuses.

It knows nothing of what an entry holds. Where the disk refuses, the run goes on without the cache.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from resolver.http_index.entries import ABANDONED, LAYOUT, TEMPORARY, entry_path, kind_path

_SHA256 = re.compile(r"[0-9a-f]{64}")


class CacheDirectory:
    """Entries below ``root()``, which is asked for at the first use; nothing is touched before.

    ``warn`` is told of the first refusal, which is the ``trouble`` from then on.
    """

    def __init__(self, root: Callable[[], Path], warn: Callable[[str], None]) -> None:
        self._root = root
        self._warn = warn
        self.trouble = ""
        self.is_writable = True
        self._opened = False
        self._directory: Path | None = None
        self._base = ""  # the directory above it, in the form that is wanted hundreds of times
        self._opening = threading.Lock()

    def entry(self, kind: str, key: str) -> str | None:
        """The path of an entry, there or not; None where ``key`` is not 64 hex digits, or nothing can be kept."""
        can_be = _SHA256.fullmatch(key) is not None and self._open() is not None
        return entry_path(self._base, kind, key) if can_be else None

    def has(self, kind: str, key: str) -> bool:
        """Whether there is such an entry, whole or not."""
        path = self.entry(kind, key)
        return path is not None and os.path.exists(path)  # noqa: PTH110  (hundreds are looked for in a run)

    def has_kind(self, kind: str) -> bool:
        """Whether there was ever an entry of this kind."""
        return self._open() is not None and os.path.exists(kind_path(self._base, kind))  # noqa: PTH110  (the layout is text)

    def temporary(self) -> Path | None:
        """The folder of what is not an entry yet, on the disk of those that are."""
        directory = self._open()
        return None if directory is None else directory / TEMPORARY

    def staging(self) -> str:
        """A path for what becomes an entry once it is whole. Ask `entry` first: it opens the directory."""
        return entry_path(self._base, TEMPORARY, os.urandom(16).hex())

    def drop(self, path: str) -> None:
        """Remove a broken entry."""
        try:
            os.unlink(path)  # noqa: PTH108
        except FileNotFoundError:
            return
        except OSError as error:
            self.refused(error)

    def refused(self, error: Exception) -> None:
        """From the first refusal on nothing more is written; what is there is still read."""
        self.is_writable = False
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        where = self._directory or getattr(error, "filename", None)
        cache = f"the cache {where}" if where else "the cache"
        self.tell(f"{cache} cannot be used fully: {reason}; what it lacks is fetched again each time")

    def tell(self, message: str) -> None:
        """Warn, unless that was done before."""
        if not self.trouble:
            self.trouble = message
            self._warn(message)

    def _open(self) -> Path | None:
        """The directory, made where it is missing; None where it cannot be had or is not ours alone."""
        with self._opening:
            if not self._opened:
                self._opened = True
                self._directory = self._made()
                self._base = "" if self._directory is None else str(self._directory.parent)
            return self._directory

    def _made(self) -> Path | None:
        try:
            directory = self._root() / LAYOUT
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            trouble = _open_to_others(directory)
        except (OSError, RuntimeError) as error:  # RuntimeError: no home directory
            self.refused(error)
            return None
        if trouble:
            self.tell(f"the cache {directory} {trouble}, so it is not used")
            return None
        with suppress(OSError):  # a cache that may only be read still answers
            (directory / TEMPORARY).mkdir(mode=0o700, exist_ok=True)
            _sweep(directory / TEMPORARY)
        return directory


def _open_to_others(directory: Path) -> str:
    """What makes the directory untrustworthy, or nothing: metadata in it steers resolutions."""
    if sys.platform == "win32":
        return ""  # below the user's profile; access lists are not ours to judge
    status = directory.lstat()
    if stat.S_ISLNK(status.st_mode):  # in a folder of another user's it could lead to anything of this one's
        return "is a link"
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    return "may be written by other users" if status.st_mode & 0o022 else ""


def _sweep(directory: Path) -> None:
    """Remove what killed runs left behind. Raises OSError where the directory cannot be read."""
    for path in directory.iterdir():
        with suppress(OSError):  # a run beside this one was faster; no reason to leave the rest
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
