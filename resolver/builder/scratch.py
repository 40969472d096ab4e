"""A folder for what a run builds, removed at its end.

A run that is killed leaves the folder behind, and so may one that is interrupted, on a disk that is slow to remove
files. The next run removes such folders: one that is still in use has a lock (flock).
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from resolver.concurrency import started
from resolver.folder_lock import lock_folder


class Scratch:
    """``path`` is a new folder beside other temporary files. `remove` it in the end."""

    def __init__(self) -> None:
        self.path, self._lock = _made()
        started(lambda: sweep(self.path.parent))  # where no thread can be had, another run will

    def remove(self, patience: float | None = None) -> None:
        """Remove it. After ``patience`` seconds this returns, and removing goes on for as long as the process lives."""
        end = started(self._remove)
        if end is None:
            self._remove()
        else:
            end.acquire(timeout=-1 if patience is None else patience)

    def _remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep(folder: Path) -> None:
    """Remove the folders of this user's runs on this machine that have ended without doing so."""
    with suppress(OSError), os.scandir(folder) as entries:
        left = [Path(entry.path) for entry in entries if entry.name.startswith(_prefix())]
        for path in left:
            with suppress(OSError):  # a run has it, it is gone, or folders cannot be locked here
                descriptor = _held(path)
                try:
                    shutil.rmtree(path, ignore_errors=True)
                finally:
                    os.close(descriptor)


def _prefix() -> str:
    """One for each machine: on a disk that several share, a lock may be known to one of them alone."""
    machine = hashlib.sha256(platform.node().encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"wheelhouse-build-{machine}-"


def _made() -> tuple[Path, int | None]:
    """A new folder and the descriptor by which it is locked, if folders can be."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_prefix()))
        try:
            return path, _held(path)
        except (BlockingIOError, FileNotFoundError):  # it was swept before it was locked
            continue
        except OSError:
            return path, None


def _held(path: Path) -> int:
    """Lock a folder of this user. Raises BlockingIOError where another has it, OSError where it cannot be locked."""
    if sys.platform == "win32":
        raise OSError
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError
        lock_folder(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
