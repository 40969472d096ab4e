"""One writer of a tree at a time, whichever command it is."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
        raise StorageError(f"{tree}: another run of `wheelhouse` is writing it; wait for its end") from None
    try:
        yield
    finally:
        lock.release()


def _lock_file(tree: Path) -> Path:
    """The file lies outside, so that a tree holds nothing that does not belong to it."""
    key = hashlib.sha256(str(tree.resolve()).encode()).hexdigest()[:16]
    user = os.geteuid() if hasattr(os, "geteuid") else ""  # not a name: in a container a user may have none
    return Path(tempfile.gettempdir(), f"wheelhouse-{user}-{key}.lock")
