"""The tar format of a bundle: one spelling for each file, written and read in one pass.

POSIX tar (pax where a name or a size asks for it), plain files only, with the same owner, mode and time for all. The
reader takes these headers and no others: it spells each name and size again and compares the bytes, so links, devices,
folders, sparse files and whatever else a tar can hold need no rules of their own.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Protocol

from resolver.errors import BundleRefused

BLOCK = 512
END = bytes(2 * BLOCK)
CHUNK = 1 << 20
_EPOCH = 315532800
"""1980-01-01, the oldest time that FAT and zip can state."""
_LONGEST_NAME = 4096
_NOT_OURS = "the bundle was damaged, or not made by `wheelhouse pack`"
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"(\xb5/\xfd": "zstd", b"PK\3\4": "zip"}
"""Formats in which a bundle may have been compressed on its way, by the bytes with which they begin."""


class Reads(Protocol):
    """Anything that reads bytes; fewer than asked for only at the end."""

    def read(self, size: int, /) -> bytes: ...


def header(path: str, size: int) -> bytes:
    """What stands before the ``size`` bytes of the file at ``path``."""
    info = tarfile.TarInfo(path)
    info.size, info.mtime, info.mode = size, _EPOCH, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def padding(size: int) -> bytes:
    """What stands after ``size`` bytes, so that the next header begins a block."""
    return bytes(-size % BLOCK)


def room(path: str, size: int) -> int:
    """Bytes that a file takes in a bundle."""
    return len(header(path, size)) + size + len(padding(size))


class Members:
    """Reads the members of a bundle in their order. Raises `BundleRefused` at the first byte that no bundle has."""

    def __init__(self, stream: Reads) -> None:
        self._stream = stream
        self._rest = 0
        self._padding = 0

    def next(self) -> tuple[str, int] | None:
        """Path and size of the next member, whose bytes `chunks` gives; None after the last."""
        assert self._rest == 0, "the bytes of the member before have to be read first"
        if any(self._exactly(self._padding)):
            raise BundleRefused("malformed", f"bytes between two files; {_NOT_OURS}")
        first = self._exactly(BLOCK)
        if not any(first):
            self._end()
            return None
        path, size, raw = self._header(first)
        if header(path, size) != raw:
            raise BundleRefused("malformed", f"{path}: its header is not spelt as a bundle's; {_NOT_OURS}")
        self._rest, self._padding = size, -size % BLOCK
        return path, size

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the member that `next` named."""
        while self._rest:
            chunk = self._exactly(min(CHUNK, self._rest))
            self._rest -= len(chunk)
            yield chunk

    def content(self, limit: int, what: str) -> bytes:
        """All bytes of the member at once, where it is not larger than ``limit``."""
        if self._rest > limit:
            raise BundleRefused("malformed", f"{what} of {self._rest} bytes is larger than any may be ({limit})")
        return b"".join(self.chunks())

    def _header(self, first: bytes) -> tuple[str, int, bytes]:
        """Path and size of a member, and all the bytes that said so."""
        info = _parsed(first)
        if info.type != tarfile.XHDTYPE:
            return _plain(info), info.size, first
        if not 0 <= info.size <= _LONGEST_NAME:
            raise BundleRefused("malformed", f"a name of {info.size} bytes; {_NOT_OURS}")
        records = self._exactly(info.size + (-info.size % BLOCK))
        block = self._exactly(BLOCK)
        inner, said = _parsed(block), _pax(records[: info.size])
        return said.get("path", _plain(inner)), int(said.get("size", inner.size)), first + records + block

    def _exactly(self, count: int) -> bytes:
        content = self._stream.read(count)
        if len(content) != count:
            why = "it was cut off, not copied to its end, or is none at all"
            raise BundleRefused("incomplete", f"the bundle ends too early: {why}")
        return content

    def _end(self) -> None:
        if any(self._exactly(BLOCK)) or self._stream.read(1):
            raise BundleRefused("malformed", f"there is more after the end of the bundle; {_NOT_OURS}")


def _parsed(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        how = next((name for magic, name in _COMPRESSED.items() if block.startswith(magic)), None)
        why = (
            f"it is compressed by {how}; decompress it, and take it as `wheelhouse pack` wrote it"
            if how
            else f"what should be the header of a file is none ({error}); {_NOT_OURS}"
        )
        raise BundleRefused("malformed", why) from error
    if info.size < 0:
        raise BundleRefused("malformed", f"a file of {info.size} bytes; {_NOT_OURS}")
    return info


def _plain(info: tarfile.TarInfo) -> str:
    """The name of a plain file. Raises `BundleRefused` for anything else."""
    kinds = {
        tarfile.SYMTYPE: "a link",
        tarfile.LNKTYPE: "a link",
        tarfile.DIRTYPE: "a folder",
        tarfile.CHRTYPE: "a device",
        tarfile.BLKTYPE: "a device",
        tarfile.FIFOTYPE: "a pipe",
    }
    if info.type != tarfile.REGTYPE:
        kind = kinds.get(info.type, f"of a kind that a bundle never has ({info.type!r})")
        raise BundleRefused("malformed", f"{info.name}: is {kind}, and a bundle holds plain files alone")
    return info.name


def _pax(records: bytes) -> dict[str, str]:
    """``path`` and ``size`` of pax records; whether they are spelt as they have to be is seen when they are spelt."""
    found = {}
    for line in records.split(b"\n"):
        key, equals, value = line.partition(b" ")[2].partition(b"=")
        if equals and key in {b"path", b"size"}:
            found[key.decode()] = value.decode("utf-8", "replace")
    if not found.get("size", "0").isdecimal() or len(found.get("size", "")) > 19:
        raise BundleRefused("malformed", f"a size that is no number; {_NOT_OURS}")
    return found
