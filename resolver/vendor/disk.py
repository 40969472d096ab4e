"""Flushes written files to the disk, all in one pass: a pass for each file takes many times as long."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from resolver.server.files import flush_folder

_FEW = 4
"""Up to so many files are flushed one by one: `_synced` waits for whatever else is written to their file system."""


_WRITE = 2
"""SYNC_FILE_RANGE_WRITE: begin to write out what is not yet being written, and wait for none of it."""


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
    for parent in {path.parent for path in paths}:
        flush_folder(str(parent))


def begin(descriptor: int) -> None:
    """Have the disk begin with what was written to a file, so that `settle` has less to wait for.

    Returns at once. It is a hint: nothing depends on it, and where the system takes none nothing happens.
    """
    call = _function("sync_file_range") if sys.platform == "linux" else None
    if call is not None:
        import ctypes  # noqa: PLC0415  (as in `_function`)

        call(descriptor, ctypes.c_int64(0), ctypes.c_int64(0), _WRITE)


def _synced(folder: Path) -> bool:
    """syncfs(2), which `os` does not have; False where the C library does not either."""
    call = _function("syncfs")
    if call is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if call(descriptor):
            import ctypes  # noqa: PLC0415  (as in `_function`)

            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(descriptor)
    return True


@cache
def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library, if it has it."""
    import ctypes  # noqa: PLC0415  (slow to import, and only runs that write need it)

    found: Callable[..., int] | None = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    return found
