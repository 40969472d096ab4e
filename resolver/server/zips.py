"""Zips: every byte is read once, and the directory at the end must tell what the heads of the members tell."""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import struct
import zipfile
from typing import BinaryIO, Dict, List, Tuple

from resolver.server.limits import BLOCK, MAX_DIRECTORY, MAX_METADATA
from resolver.server.members import BadArchive, Members
from resolver.server.messages import readable


def open_zip(stream: BinaryIO) -> zipfile.ZipFile:
    """Open a zip, after a look at how large its directory is: `zipfile` reads all of it. Nothing may lie behind it."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, end - 98))
    tail = b"\0" * 98 + stream.read(98)
    record, locator, last = tail[-98:-42], tail[-42:-22], tail[-22:]
    if not last.startswith(b"PK\x05\x06") or last[-2:] != b"\0\0":
        raise BadArchive("the archive is broken: it does not end with the end of its directory")
    size = struct.unpack("<L", last[12:16])[0]
    if locator.startswith(b"PK\x06\x07"):
        if not record.startswith(b"PK\x06\x06") or struct.unpack("<Q", locator[8:16])[0] != end - 98:
            raise BadArchive("the archive is broken: its directory is not where it should be")
        size = struct.unpack("<Q", record[40:48])[0]
    if size > MAX_DIRECTORY:
        raise BadArchive("its directory is larger than {}".format(readable(MAX_DIRECTORY)))
    return zipfile.ZipFile(stream)


def zip_members(stream: BinaryIO, archive: zipfile.ZipFile) -> Dict[str, zipfile.ZipInfo]:
    """Path -> member, for files. The directory at the end and the heads of the members must tell the same."""
    members, infos = Members(), {}
    for info in archive.infolist():
        name = info.orig_filename
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadArchive("its member {!r} is a link or a device".format(name[:200]))
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadArchive("its member {!r} is encrypted, or compressed in an uncommon way".format(name[:200]))
        folder = name.endswith("/")
        path = members.add(name, info.file_size, folder=folder)
        if not folder:
            infos[path] = info
    members.check_nesting()
    _check_layout(stream, archive)
    return infos


def _check_layout(stream: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Members follow each other from the first byte, and nothing lies before, between or behind them.

    Otherwise two programs can see two archives in one file: one by the directory at its end, one by the heads.
    """
    position = 0
    for info in sorted(archive.infolist(), key=lambda one: one.header_offset):
        stream.seek(info.header_offset)
        head = stream.read(30)
        if not (position == info.header_offset and len(head) == 30 and head.startswith(b"PK\x03\x04")):
            raise BadArchive("something lies between its members, or they overlap")
        flags, (name_length, extra_length) = struct.unpack("<H", head[6:8])[0], struct.unpack("<HH", head[26:30])
        name = stream.read(name_length).decode("utf-8" if flags & 0x800 else "cp437")
        if name != info.orig_filename:
            raise BadArchive("its member {!r} is called otherwise in its directory".format(name[:200]))
        _check_head(head, stream.read(extra_length), info)
        position += 30 + name_length + extra_length + info.compress_size
        if flags & 0x8:
            position += _descriptor_length(stream, position, info)
    if archive.start_dir != position:
        raise BadArchive("something lies between its members and its directory")


def _check_head(head: bytes, extra: bytes, info: zipfile.ZipInfo) -> None:
    """Who reads a zip from its front goes by the head: by its method and sizes, and by another name beside them."""
    flags, method = struct.unpack("<HH", head[6:10])
    checksum, packed, size = struct.unpack("<LLL", head[14:26])
    fields = [*_fields(extra), *_fields(info.extra)]
    if _IN_ZIP64 in (packed, size):
        found = next((content for kind, content in _fields(extra) if kind == _ZIP64), b"")
        if len(found) < 16:
            raise BadArchive("the head of its member {!r} tells no size".format(info.orig_filename[:200]))
        size, packed = struct.unpack("<QQ", found[:16])
    told = ((checksum, info.CRC), (packed, info.compress_size), (size, info.file_size))
    # What the writer of a stream did not know yet is told behind the member; it may know the size of a file already.
    right = all(value == known or (flags & 0x8 and value == 0) for value, known in told)
    if flags & 0x1 or method != info.compress_type or not right:
        raise BadArchive("the head of its member {!r} is not what its directory says".format(info.orig_filename[:200]))
    names = [content[5:] for kind, content in fields if kind == _UNICODE_PATH]
    if any(name != info.orig_filename.encode("utf-8", "surrogateescape") for name in names):
        raise BadArchive("its member {!r} has another name besides".format(info.orig_filename[:200]))


_IN_ZIP64 = 0xFFFFFFFF
_ZIP64 = 0x0001
_UNICODE_PATH = 0x7075  # of Info-ZIP: the name for those that know it, as Python 3.12 does and 3.11 does not


def _fields(extra: bytes) -> List[Tuple[int, bytes]]:
    """The extra fields of a member: what each is, and its content."""
    found, place = [], 0
    while len(extra) - place >= 4:
        kind, length = struct.unpack("<HH", extra[place : place + 4])
        place += 4 + length
        if place > len(extra):
            raise BadArchive("the archive is broken: an extra field is longer than all of them")
        found.append((kind, extra[place - length : place]))
    return found


def _descriptor_length(stream: BinaryIO, position: int, info: zipfile.ZipInfo) -> int:
    """Bytes of a member's data descriptor: with or without a signature, with sizes of four or of eight bytes."""
    stream.seek(position)
    found = stream.read(24)
    for form in ("<4sLQQ", "<4sLLL", "<LQQ", "<LLL"):  # longer ones first: of an empty member both would fit
        length = struct.calcsize(form)
        if len(found) >= length:
            values = struct.unpack(form, found[:length])
            if values[-3:] == (info.CRC, info.compress_size, info.file_size):
                return length
    raise BadArchive("the sizes behind its member {!r} are not those of its directory".format(info.orig_filename[:200]))


def zip_text(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member that is text. Raises BadArchive where it is too large."""
    if info.file_size > MAX_METADATA:
        raise BadArchive("{} is larger than {}".format(info.filename, readable(MAX_METADATA)))
    with archive.open(info) as source:
        return source.read(MAX_METADATA + 1)


Stated = Tuple[str, str]


def check_contents(archive: zipfile.ZipFile, infos: Dict[str, zipfile.ZipInfo], rows: Dict[str, Stated]) -> None:
    """Every byte of every member: checksums, sizes, and what RECORD states."""
    for path, info in infos.items():
        stated, size = rows.get(path, ("", ""))
        algorithm, _, expected = stated.partition("=")
        if algorithm and algorithm not in ("sha256", "sha384", "sha512"):
            raise BadArchive("its RECORD has a hash of {!r} that is not known here".format(path))
        found = _digest_of(archive, info, algorithm or "sha256")
        if expected and expected.rstrip("=") != base64.urlsafe_b64encode(found).rstrip(b"=").decode():
            raise BadArchive("{!r} is not what its RECORD says".format(path))
        if size and size != str(info.file_size):
            raise BadArchive("{!r} has not the size that its RECORD says".format(path))


def _digest_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo, algorithm: str) -> bytes:
    found, length = hashlib.new(algorithm), 0
    with archive.open(info) as source:
        for block in iter(lambda: source.read(BLOCK), b""):
            found.update(block)
            length += len(block)
    if length != info.file_size:
        raise BadArchive("{!r} has not the size that its directory says".format(info.filename))
    return found.digest()
