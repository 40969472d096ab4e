"""Wheels read by the quick reader and by `zipfile`: the same bytes, or the same refusal."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.errors import InvalidMetadata
from resolver.metadata import plain_zip, wheels

FILENAME = "foo-1-py3-none-any.whl"
PATH = "foo-1.dist-info/METADATA"
CONTENT = b"Metadata-Version: 2.1\nName: foo\nVersion: 1\n" * 20


def archive(change: Callable[[zipfile.ZipFile], None] = lambda _: None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as written:
        written.writestr("foo/__init__.py", b"import this")
        written.writestr(PATH, CONTENT)
        change(written)
        written.writestr("foo-1.dist-info/RECORD", b"")
    return stream.getvalue()


def outcome(read: Callable[[io.BytesIO, str], bytes], content: bytes) -> bytes | str:
    try:
        return read(io.BytesIO(content), FILENAME)
    except InvalidMetadata as error:
        return str(error)


def patched(content: bytes, signature: bytes, offset: int, value: bytes, which: int = 1) -> bytes:
    """``content`` with ``value`` in the record of that number that begins with ``signature``."""
    at = -1
    for _ in range(which):
        at = content.index(signature, at + 1)
    return content[: at + offset] + value + content[at + offset + len(value) :]


def _extra(written: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("foo/more.py")
    info.extra = struct.pack("<HHQ", 0x5455, 8, 1)
    written.writestr(info, b"")


def _comment(written: zipfile.ZipFile) -> None:
    written.comment = b"made on a rainy day"


def _zip64(written: zipfile.ZipFile) -> None:
    with written.open("foo/large.py", "w", force_zip64=True) as member:
        member.write(b"pass")


CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
PLAIN = {
    "deflated": archive(),
    "with room for zip64 before the data": archive(_zip64),
    "stored": archive(method=zipfile.ZIP_STORED),
    "with sizes behind the data": patched(archive(), CENTRAL, 8, b"\x08\x00", which=2),
}
NOT_PLAIN = {
    "a comment": archive(_comment),
    "an extra field": archive(_extra),
    "a name that is not ASCII": archive(lambda written: written.writestr("foo/größe.py", b"")),
    "a backslash": archive(lambda written: written.writestr("foo\\more.py", b"")),
    "a size of zip64": patched(archive(), CENTRAL, 20, b"\xff\xff\xff\xff", which=2),
    "something in front": b"#!/bin/sh\n" + archive(),
    "another method": archive(method=zipfile.ZIP_LZMA),
    "encryption": patched(archive(), CENTRAL, 8, b"\x01\x00", which=2),
    "a newer format": patched(archive(), CENTRAL, 6, b"\xff\x00", which=2),
    "a wrong checksum": patched(archive(), CENTRAL, 16, b"oops", which=2),
    "a wrong size": patched(archive(), CENTRAL, 24, b"\x01\x00\x00\x00", which=2),
    "another name at the data": patched(archive(), LOCAL, 30, b"F", which=2),
    "no data there": patched(archive(), CENTRAL, 42, b"\x03\x00\x00\x00", which=2),
    "an overlap": patched(archive(), CENTRAL, 42, archive().index(PATH.encode()).to_bytes(4, "little"), which=3),
    "two disks": patched(archive(), END, 4, b"\x01"),
    "a directory that is cut": archive()[:-40] + archive()[-22:],
    "no members": b"PK\x05\x06" + bytes(18),
    "less than an end": b"PK\x05\x06",
}


@pytest.mark.parametrize("content", PLAIN.values(), ids=PLAIN)
def test_plain_wheels_are_read_without_zipfile(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "_read_by_zipfile", lambda *_: pytest.fail("it was not taken for plain"))
    assert outcome(wheels.wheel_metadata, content) == CONTENT


@pytest.mark.parametrize("content", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_left_to_zipfile(content: bytes) -> None:
    stream = io.BytesIO(content)
    found = plain_zip.directory(stream)
    names = found.names if found is not None else []
    if found is not None and PATH in names:
        assert plain_zip.member(stream, found, names.index(PATH), 1 << 20) is None
    assert outcome(wheels.wheel_metadata, content) == outcome(wheels._read_by_zipfile, content)


def test_more_than_is_wanted_is_not_unpacked() -> None:
    stream = io.BytesIO(archive())
    found = plain_zip.directory(stream)
    assert found is not None
    assert plain_zip.member(stream, found, 1, len(CONTENT)) == CONTENT
    assert plain_zip.member(stream, found, 1, len(CONTENT) - 1) is None


@given(st.sampled_from([*PLAIN.values(), *NOT_PLAIN.values()]), st.data())
def test_damage_is_judged_as_zipfile_judges_it(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    quick = outcome(wheels.wheel_metadata, bytes(damaged))
    slow = outcome(wheels._read_by_zipfile, bytes(damaged))
    assert quick == slow
