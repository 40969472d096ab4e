"""What was written, on the disk for good: one pass over all of it, since one for each file takes many times as long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

_FEW = 4
"""So many files do not wait for what others are writing to the same file system, which `_synced` does."""


def settle(folder: Path, written: Iterable[Path]) -> None:
    """Return once ``written``, files in ``folder``, outlive a loss of power, names included. Raises OSError.

    Linux is asked to write out the folder's file system; elsewhere, and where they are few, each file is.
    """
    paths = list(written)
    if not paths or (len(paths) > _FEW and sys.platform == "linux" and _synced(folder)):
        return
    for path in paths:
        with path.open("rb+") as stream:  # Windows flushes what may be written to, and nothing else
            os.fsync(stream.fileno())
    for parent in {path.parent for path in paths} if os.name == "posix" else ():
        descriptor = os.open(parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _synced(folder: Path) -> bool:
    """syncfs(2), which `os` does not have; False where the C library does not either."""
    import ctypes  # noqa: PLC0415  (slow to import, and only runs that write need it)

    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if call(descriptor):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(descriptor)
    return True
