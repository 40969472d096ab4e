"""One writer of a tree at a time, whichever command and whichever user it is.

What is locked is the folder itself, so that nothing is left behind and every user and service means the same lock.
Where folders cannot be locked, on Windows and some file systems of networks, a file in the user's temporary folder is.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from resolver.errors import StorageError
from resolver.folder_lock import lock_folder
from resolver.vendor.layout import storage_error


@contextmanager
def writing(tree: Path) -> Iterator[None]:
    """Be the only writer of ``tree`` in this block. It is made where it is not there, and goes again if it stays empty.

    Raises `StorageError` where another is at it, or where it cannot be made or locked.
    """
    try:
        made = not tree.exists()
        tree.mkdir(parents=True, exist_ok=True)
        release = _hold_folder(tree) or _hold_file(tree)
    except OSError as error:
        raise storage_error(tree, error) from error
    try:
        yield
    finally:
        if made:
            with suppress(OSError):  # it holds something now
                tree.rmdir()
        release()


def _hold_folder(tree: Path) -> Callable[[], None] | None:
    """Lock the folder; how it is let go, or None where the system does not lock folders."""
    if sys.platform == "win32":
        return None
    descriptor = os.open(tree, os.O_RDONLY)
    try:
        lock_folder(descriptor, tree)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, (BlockingIOError, FileNotFoundError)):
            raise _busy(tree) from None
        return None
    return partial(os.close, descriptor)


def _hold_file(tree: Path) -> Callable[[], None]:
    """Lock a file that stands for the folder. It stays: if it were removed, two could each lock one of this name."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  (most runs lock the folder)

    user = os.geteuid() if hasattr(os, "geteuid") else ""  # not a name: in a container a user may have none
    folder = Path(tempfile.gettempdir(), f"wheelhouse-locks-{user}".rstrip("-"))
    folder.mkdir(mode=0o700, exist_ok=True)
    key = hashlib.sha256(str(tree.resolve()).encode()).hexdigest()[:16]
    lock = FileLock(folder / f"{key}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise _busy(tree) from None
    return lock.release


def _busy(tree: Path) -> StorageError:
    return StorageError(f"{tree}: another run of `wheelhouse` is writing to it; wait until it ends")
