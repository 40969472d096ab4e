"""Small entries of the cache, each with a digest: one that was cut off, swapped or changed counts as absent.

A record has its digest in front of its bytes, or is read in `pieces`; a `journal` is one file of many records. Writes
are atomic, or tolerate what others append meanwhile, so that runs share a cache without locks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain

from resolver.http_index.cache_directory import CacheDirectory
from resolver.http_index.journal import Journal, journal_entry
from resolver.http_index.pieces import Pieces, length, sealable

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_MORE = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_AT_ONCE = 64  # pieces of a record: each by itself takes longer, and all of a long one more memory
_FIRST = 1 << 16  # bytes of a record in pieces that are read at first: the head of most


class CacheRecords:
    """Records and journals in a directory, which is told where the disk refuses."""

    def __init__(self, directory: CacheDirectory) -> None:
        self._directory = directory

    def read(self, kind: str, key: str) -> bytes | None:
        """The record ``key`` (64 hex digits), or None where there is none that is whole; a broken one is removed."""
        path = self._directory.entry(kind, key)
        content = self._contents(path) if path is not None else None
        if path is None or content is None:
            return None
        digest, _, content = content.partition(b"\n")
        if digest == _seal(kind, key, content):
            return content
        self._directory.drop(path)
        return None

    def read_pieces(self, kind: str, key: str) -> Pieces | None:
        """The record ``key`` as `write_pieces` was given it, of which a broken piece is removed with all of it."""
        path = self._directory.entry(kind, key)
        beginning = self._contents(path, _FIRST) if path is not None else None
        if path is None or beginning is None:
            return None
        digest, _, content = beginning.partition(b"\n")
        begin = len(digest) + 1
        try:
            end = begin + length(content)
        except ValueError:
            end = begin
        sealed = content[: end - begin] if end <= len(beginning) else self._part(path, begin, end - begin)
        if digest == _seal(kind, key, sealed):
            found = Pieces(sealed, lambda place, size: self._part(path, end + place, size))
            if _size(path) == end + found.size:
                return found
        self._directory.drop(path)
        return None

    def write(self, kind: str, key: str, content: bytes) -> None:
        """Keep a record, in place of an older one."""
        self._write(kind, key, [_seal(kind, key, content) + b"\n" + content])

    def write_pieces(self, kind: str, key: str, head: bytes, pieces: Sequence[bytes]) -> bool:
        """Keep a record of which the head will be read at once, and each piece by itself; whether the disk took it."""
        sealed = sealable(head, pieces)
        many = (b"".join(pieces[begin : begin + _AT_ONCE]) for begin in range(0, len(pieces), _AT_ONCE))
        return self._write(kind, key, chain([_seal(kind, key, sealed) + b"\n" + sealed], many))

    def journal(self, kind: str, name: str) -> Journal:
        """The records that were appended to the journal ``name`` (64 hex digits) up to now."""
        path = self._directory.entry(kind, name)
        return Journal(name, (self._contents(path) if path is not None else None) or b"")

    def append(self, kind: str, name: str, key: str, content: bytes) -> bool:
        """Keep the record ``key`` (64 hex digits) in a journal; whether the disk took it."""
        path = self._directory.entry(kind, name)
        if path is None or not self._directory.is_writable:
            return False
        parts = [journal_entry(name, key, content)]
        try:
            try:
                _written(path, parts, _MORE)
            except FileNotFoundError:
                _make_folder(path)
                _written(path, parts, _MORE)
        except OSError as error:
            self._directory.refused(error)
            return False
        return True

    def _contents(self, path: str, most: int = -1) -> bytes | None:
        """The bytes of a file, up to ``most`` of them, or None where there is none."""
        try:
            with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  (hundreds are read in a run)
                return stream.read(most)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._directory.refused(error)
            return None

    def _part(self, path: str, place: int, size: int) -> bytes:
        """As many of these bytes as can be had."""
        try:
            with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  (as above)
                stream.seek(place)
                return stream.read(size)
        except OSError:
            return b""

    def _write(self, kind: str, key: str, parts: Iterable[bytes]) -> bool:
        """Whether the disk took it."""
        path = self._directory.entry(kind, key)
        if path is None or not self._directory.is_writable:
            return False
        staged = self._directory.staging()
        try:
            _written(staged, parts, _NEW)
            _renamed(staged, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(staged)  # noqa: PTH108
            self._directory.refused(error)
            return False
        return True


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  (hundreds are asked for in a run)
    except OSError:
        return -1


def _written(path: str, parts: Iterable[bytes], how: int) -> None:
    """Write to a file. That is done hundreds of times in a run, and what `open` adds takes as long as these calls."""
    descriptor = os.open(path, how, 0o666)
    try:
        for part in parts:
            rest = part
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _renamed(staged: str, path: str) -> None:
    """Give a file its name, in a folder that may not be there yet."""
    try:
        os.replace(staged, path)  # noqa: PTH105
    except FileNotFoundError:
        _make_folder(path)
        os.replace(staged, path)  # noqa: PTH105


def _make_folder(path: str) -> None:
    """The folder that a file is to be in."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120


def _seal(kind: str, key: str, content: bytes) -> bytes:
    """Binds a record's bytes to its place, so that an entry copied over another is found out too."""
    return hashlib.sha256(f"{kind}/{key}\n".encode() + content).hexdigest().encode()
