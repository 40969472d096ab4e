"""A file on its way into the tree: it grows, and is hashed as it grows.

What was written is not read again to be hashed: it would come out of memory and prove nothing of the disk. What an
earlier run left is read, once.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from resolver.vendor.disk import begin
from resolver.vendor.layout import CHUNK, Entry

_LARGE = 1 << 20
"""Bytes from which on the disk is told to begin with a file; for smaller ones the hint costs more than it saves."""


class Staged:
    """The file at ``path``, open for writing at its end. Every method raises OSError where the disk refuses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(path.lstat().st_mode):  # a link that came with the tree: what it leads to is not ours
                path.unlink()
        self._stream = path.open("a+b")
        self._digest = hashlib.sha256()
        self.size = 0
        self._read(self._stream.seek(0, os.SEEK_END))

    def __enter__(self) -> Staged:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def write(self, chunk: bytes, /) -> None:
        """Take the next bytes."""
        self._stream.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def cut(self, size: int) -> None:
        """Keep the first ``size`` bytes alone."""
        if size != self.size:
            self._stream.truncate(size)
            self._digest, self.size = hashlib.sha256(), 0
            self._read(size)

    def entry(self) -> Entry:
        """Digest and size of all that was written, which others can read from now on."""
        self._stream.flush()
        if self.size >= _LARGE:
            begin(self._stream.fileno())
        return Entry(sha256=self._digest.hexdigest(), size=self.size)

    def _read(self, end: int) -> None:
        self._stream.seek(0)
        while self.size < end and (chunk := self._stream.read(min(CHUNK, end - self.size))):
            self._digest.update(chunk)
            self.size += len(chunk)
