"""Zip archives as nearly every tool writes wheels: read in a third of the time that `zipfile` takes.

A wheel may have thousands of members, of which one is wanted. Whatever is out of the ordinary is left to `zipfile`, to
read or to refuse: comments, extra fields, names that are not ASCII, zip64, encryption, overlaps, damage. So an archive
reads the same here as there, or not at all.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from struct import Struct
from typing import BinaryIO

from resolver.records import record

_END = Struct("<4s4H2LH")
_ENTRY = Struct("<4s2xBxH18x4H6xL")
_SIZES = Struct("<10xH4x3L")
"""Of an entry, what matters of the one member that is read."""
_LOCAL = Struct("<4s2x2H4x12x2H")
_NEWEST = 63
"""The version of the format, in tenths, that `zipfile` reads."""
_KNOWN_FLAGS = 0x0002 | 0x0004 | 0x0008 | 0x0800
"""How well it is deflated, that sizes follow the data, that names are UTF-8: none of them matters here."""
_STORED, _DEFLATED = 0, 8
_UNKNOWN = 0xFFFFFFFF
"""A size that stands in a field of zip64."""


@record
class Directory:
    """Names of members, in order, and where each of them begins; ``content`` lies at ``begin``."""

    names: Sequence[str]
    offsets: Sequence[int]
    content: bytes
    begin: int


def directory(stream: BinaryIO) -> Directory | None:
    """The central directory, where the archive is plain. Raises OSError."""
    size = stream.seek(0, 2)
    if size < _END.size:
        return None
    stream.seek(size - _END.size)
    end = stream.read(_END.size)
    if len(end) < _END.size:
        return None
    signature, disk, first, here, count, length, begin, comment = _END.unpack(end)
    if signature != b"PK\x05\x06" or disk or first or comment or here != count:
        return None
    if begin + length != size - _END.size:
        return None
    stream.seek(begin)
    content = stream.read(length)
    return _read(content, begin) if len(content) == length else None


def _read(content: bytes, begin: int) -> Directory | None:
    names: list[bytes] = []
    offsets: list[int] = []
    place, end = 0, len(content)
    while place < end:
        if end - place < _ENTRY.size:
            return None
        signature, version, flags, length, extra, comment, disk, offset = _ENTRY.unpack_from(content, place)
        if signature != b"PK\x01\x02" or version > _NEWEST or flags & ~_KNOWN_FLAGS or extra or comment or disk:
            return None
        place += _ENTRY.size
        names.append(content[place : place + length])
        offsets.append(offset)
        place += length
    joined = b"\n".join(names)
    if place != end or not joined.isascii() or b"\0" in joined or b"\\" in joined:
        return None
    told = joined.decode("ascii").split("\n")
    return Directory(names=told, offsets=offsets, content=content, begin=begin) if len(told) == len(names) else None


def member(stream: BinaryIO, found: Directory, number: int, most: int) -> bytes | None:
    """The bytes of a member, where it is as plain as the rest and has ``most`` at most. Raises OSError."""
    entry = number * _ENTRY.size + sum(map(len, found.names[:number]))
    method, checksum, packed, size = _SIZES.unpack_from(found.content, entry)
    offset = found.offsets[number]
    if method not in (_STORED, _DEFLATED) or size > most or _UNKNOWN in (packed, size, offset):
        return None
    name = found.names[number].encode()
    stream.seek(offset)
    head = stream.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        return None
    signature, flags, same_method, name_length, extra_length = _LOCAL.unpack(head)
    if signature != b"PK\x03\x04" or flags & ~_KNOWN_FLAGS or same_method != method or name_length != len(name):
        return None
    end = offset + _LOCAL.size + name_length + extra_length + packed
    if end > min((one for one in found.offsets if one > offset), default=found.begin) or end > found.begin:
        return None
    if stream.read(name_length) != name:
        return None
    stream.seek(extra_length, 1)
    content = _unpacked(stream.read(packed), method, size)
    return content if content is not None and zlib.crc32(content) == checksum else None


def _unpacked(data: bytes, method: int, size: int) -> bytes | None:
    if method == _STORED:
        return data if len(data) == size else None
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflating.decompress(data, size + 1)
    except zlib.error:
        return None
    return content if len(content) == size and inflating.eof else None
