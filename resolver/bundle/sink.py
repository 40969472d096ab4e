"""Where a bundle is written: one file, or volumes and their list (see `volumes`)."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO

from resolver.bundle.volumes import list_name, neighbours, volume_list, volume_name
from resolver.errors import InputError, StorageError
from resolver.lock.describe import human_size

_MOST = 999
"""Volumes that three digits can number."""


class Sink:
    """Writes a bundle to one file or to volumes, which appear under their names when all of it is written.

    ``limit``: each volume is smaller than this many bytes; None: one file.
    """

    def __init__(self, path: Path, limit: int | None = None) -> None:
        self._path = path
        self._room = None if limit is None else limit - 1
        self._left = 0
        self._stream: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._parts: list[Path] = []
        self._digests: dict[str, str] = {}
        self.size = 0
        self.written: list[Path] = []

    @property
    def sha256(self) -> str | None:
        """Digest of the one file; volumes have a list of theirs."""
        return self._hash.hexdigest() if self._room is None else None

    def reserve(self, total: int) -> None:
        """See that ``total`` bytes can be there. Raises `InputError` and `StorageError`."""
        if self._room is not None and total > self._room * _MOST:
            raise InputError(f"{total} bytes would take more than {_MOST} volumes; make them larger")
        if self._room is None:
            self._try(total)
        free = shutil.disk_usage(self._path.absolute().parent).free
        if total > free:
            raise StorageError(
                f"{self._path}: there is room for {human_size(free)}, and the bundle has {human_size(total)}"
            )

    def _try(self, total: int) -> None:
        """FAT32 says at once that a file is too large for it."""
        stream = self._open()
        try:
            stream.truncate(total)
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise
            hint = "this file system takes no file of that size: --volume-size 4G makes several"
            raise StorageError(f"{self._path}: the bundle has {total} bytes; {hint}") from error
        stream.truncate(0)

    def write(self, content: bytes) -> None:
        """Append."""
        self.size += len(content)
        if self._room is None:
            self._open().write(content)
            self._hash.update(content)
            return
        view = memoryview(content)
        while view:
            if self._stream is not None and not self._left:
                self._finish()
            stream = self._open()
            part = view[: self._left]
            stream.write(part)
            self._hash.update(part)
            self._left -= len(part)
            view = view[len(part) :]

    def _open(self) -> BinaryIO:
        if self._stream is None:
            part = self._path.with_name(f".{self._path.name}.{os.getpid()}.{len(self._parts) + 1}.part")
            self._stream = part.open("wb")
            self._parts.append(part)
            self._hash = hashlib.sha256()
            self._left = self._room or 0
        return self._stream

    def _finish(self) -> None:
        assert self._stream is not None
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._stream = None
        self._digests[volume_name(self._path.name, len(self._parts))] = self._hash.hexdigest()

    def close(self) -> None:
        """Let what was written be there under its names (`written`).

        Volumes replace older ones of their name, and a whole bundle: who names that one means the volumes from now on.
        """
        self._finish()
        if self._room is None:
            self._parts[0].replace(self._path)
            self.written = [self._path]
            return
        names = [self._path.with_name(name) for name in self._digests]
        for part, path in zip(self._parts, names, strict=True):
            part.replace(path)
        for number, path in neighbours(self._path.parent, self._path.name).items():
            if number > len(names):
                path.unlink()
        self._path.unlink(missing_ok=True)
        listed = self._path.with_name(list_name(self._path.name))
        listed.write_text(volume_list(self._digests), encoding="utf-8", newline="\n")
        self.written = [*names, listed]

    def drop(self) -> None:
        """Leave nothing behind."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        for part in self._parts:
            part.unlink(missing_ok=True)
