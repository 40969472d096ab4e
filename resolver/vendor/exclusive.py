"""One writer of a tree at a time, whichever command it is."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from resolver.errors import StorageError


@contextmanager
def writing(tree: Path) -> Iterator[None]:
    """Be the only writer of ``tree`` in this block. Raises `StorageError` where another is at it, and OSError."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  (most runs that could write a tree do not)

    lock = FileLock(_lock_file(tree), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise _busy(tree) from None
    try:
        with _held(tree):
            yield
    finally:
        lock.release()


@contextmanager
def _held(tree: Path) -> Iterator[None]:
    """The folder itself, where it is there and the system locks folders: temporary ones are not the same for everybody,
    another user's or a service's for example. Raises `StorageError` where another holds it, and OSError.
    """
    if sys.platform == "win32" or not tree.is_dir():
        yield
        return
    import fcntl  # noqa: PLC0415  (Windows has none)

    descriptor = os.open(tree, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems of networks lock no folder
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _busy(tree) from None
        yield
    finally:
        os.close(descriptor)


def _busy(tree: Path) -> StorageError:
    return StorageError(f"{tree}: another run of `wheelhouse` is writing it; wait for its end")


def _lock_file(tree: Path) -> Path:
    """The file lies outside, so that a tree holds nothing that does not belong to it."""
    key = hashlib.sha256(str(tree.resolve()).encode()).hexdigest()[:16]
    user = os.geteuid() if hasattr(os, "geteuid") else ""  # not a name: in a container a user may have none
    return Path(tempfile.gettempdir(), f"wheelhouse-{user}-{key}.lock")
