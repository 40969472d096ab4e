"""What an upload's archive must be, and what no archive may do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.server import members, sdists
from resolver.server.archives import check_archive
from resolver.server.members import BadArchive
from resolver.server.metadata import Metadata
from resolver.server.names import read_filename
from tests.support.archives import metadata, sdist, wheel
from tests.support.tar_headers import tar_headers  # noqa: F401  (a fixture)

WHEEL = "acme-1.0-py3-none-any.whl"
SDIST = "acme-1.0.tar.gz"
INFO = "acme-1.0.dist-info"
PARTS: Mapping[str, bytes] = {
    "acme/__init__.py": b"x = 1\n",
    f"{INFO}/METADATA": metadata("acme", "1.0"),
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
    f"{INFO}/RECORD": b"",
}


def zipped(parts: Mapping[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for path, content in parts.items() if isinstance(parts, Mapping) else parts:
            archive.writestr(path, content)
    return stream.getvalue()


def record(parts: Mapping[str, bytes]) -> bytes:
    rows = []
    for path, content in parts.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{path},,\n" if path.endswith("RECORD") else f"{path},sha256={digest},{len(content)}\n")
    return "".join(rows).encode()


Member = tuple[str, bytes, bytes, str]


def tarred(*members: Member, tail: bytes = b"") -> bytes:
    """(path, content, type, link) each; ``tail`` lies behind the end."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, content, kind, link in members:
            member = tarfile.TarInfo(path)
            member.size, member.type, member.linkname = len(content), kind, link
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(stream.getvalue() + tail)


PKG_INFO: Member = ("acme-1.0/PKG-INFO", metadata("acme", "1.0"), tarfile.REGTYPE, "")


def file(path: str, content: bytes = b"x") -> Member:
    return (path, content, tarfile.REGTYPE, "")


def link(path: str, to: str, kind: bytes = tarfile.SYMTYPE) -> Member:
    return (path, b"", kind, to)


def checked(content: bytes, filename: str) -> Metadata:
    return check_archive(io.BytesIO(content), read_filename(filename))


def test_wheels_and_sdists_say_what_they_are() -> None:
    for content, filename in [
        (wheel("acme", "1.0", members=20, padding=5000), WHEEL),
        (zipped(PARTS), WHEEL),
        (zipped({**PARTS, f"{INFO}/RECORD": record(PARTS)}), WHEEL),
        (zipped(PARTS, zipfile.ZIP_STORED), WHEEL),
        (zipped({"acme-1.0/PKG-INFO": metadata("acme", "1.0"), "acme-1.0/setup.py": b""}), "acme-1.0.zip"),
        (sdist("acme", "1.0", {"setup.py": b"", "src/a.py": b"x" * 9000}), SDIST),
        (
            tarred(("acme-1.0", b"", tarfile.DIRTYPE, ""), PKG_INFO, file("acme-1.0/a"), link("acme-1.0/b/c", "../a")),
            SDIST,
        ),
        (tarred(PKG_INFO, file("acme-1.0/a"), link("acme-1.0/b", "acme-1.0/a", tarfile.LNKTYPE)), SDIST),
        (tarred(PKG_INFO, tail=b"\0" * 100_000), SDIST),
        (tarred(PKG_INFO, file("./acme-1.0/" + "long/" * 60 + "name")), SDIST),
    ]:
        found = checked(content, filename)
        assert (found.name, found.version.text) == ("acme", "1.0")


def streamed(large: bool = False) -> bytes:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise OSError

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in PARTS.items():
            with archive.open(path, "w", force_zip64=large) as member:
                member.write(content)
    return stream.getvalue()


@pytest.mark.parametrize("large", [False, True])
def test_zips_that_were_written_as_streams_are_read(large: bool) -> None:
    assert checked(streamed(large), WHEEL).name == "acme"


def test_zips_whose_heads_tell_sizes_in_other_ways_are_read() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in PARTS.items():
            with archive.open(path, "w", force_zip64=True) as member:
                member.write(content)
    for content in (stream.getvalue(), with_unicode_path("acme/__init__.py"), with_extra(0x5455, b"\0" * 5)):
        assert checked(content, WHEEL).name == "acme"


def test_a_stream_may_tell_the_size_of_a_file_ahead() -> None:
    """As ``zip -r - .`` does in a pipe: it knows neither the checksum nor the packed size by then."""
    content = bytearray(streamed())
    struct.pack_into("<LLL", content, 14, 0, 0, len(PARTS["acme/__init__.py"]))
    assert checked(bytes(content), WHEEL).name == "acme"
    for told in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        struct.pack_into("<LLL", content, 14, *told)
        with pytest.raises(BadArchive, match="not what its directory says"):
            checked(bytes(content), WHEEL)


def without(path: str) -> bytes:
    return zipped({name: content for name, content in PARTS.items() if name != path})


def more(path: str, content: bytes = b"x") -> bytes:
    return zipped({**PARTS, path: content})


def special(mode: int) -> bytes:
    info = zipfile.ZipInfo("acme/special")
    info.external_attr = mode << 16
    stream = io.BytesIO(zipped(PARTS))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(info, b"/etc/passwd")
    return stream.getvalue()


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped([*PARTS.items(), ("acme/__init__.py", b"y = 2\n")])


def renamed_in_its_head() -> bytes:
    return zipped(PARTS).replace(b"acme/__init__.py", b"evil/__init__.py", 1)


def flipped() -> bytes:
    content = bytearray(zipped(PARTS, zipfile.ZIP_STORED))
    content[content.index(b"x = 1")] ^= 1
    return bytes(content)


def hidden() -> bytes:
    """A member between two others, which the directory at the end does not name."""
    one = zipped({"acme/evil.py": b"evil"})
    alone = one[: one.index(b"PK\x01\x02")]
    content = zipped(PARTS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
    return content[:start] + alone + content[start:-6] + struct.pack("<L", start + len(alone)) + b"\0\0"


def in_its_head(place: int, form: str, *values: int, parts: Mapping[str, bytes] = PARTS) -> bytes:
    """A wheel that says something else in the head of its first member, at a place of that."""
    content = bytearray(zipped(parts, zipfile.ZIP_STORED))
    struct.pack_into(form, content, place, *values)
    return bytes(content)


def two_in_one() -> bytes:
    """By its head a member ends before another one, which the directory takes for a part of it."""
    said, evil = b"x = 1\n", zipped({"acme/evil.py": b"evil"})
    parts = dict(PARTS)
    parts["acme/__init__.py"] = said + evil[: evil.index(b"PK\x01\x02")]
    return in_its_head(14, "<LLL", zlib.crc32(said), len(said), len(said), parts=parts)


def with_extra(field: int, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, said in PARTS.items():
            info = zipfile.ZipInfo(path)
            info.extra = struct.pack("<HH", field, len(content)) + content if path == "acme/__init__.py" else b""
            archive.writestr(info, said)
    return stream.getvalue()


def with_unicode_path(name: str) -> bytes:
    return with_extra(0x7075, struct.pack("<BL", 1, zlib.crc32(b"acme/__init__.py")) + name.encode())


def zip64(off: int, size: int = 100) -> bytes:
    """The end of a large zip of the size of ``PARTS``, whose locator leads ``off`` bytes too far."""
    place = len(zipped(PARTS)) - 22
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 4, 4, size, place)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, place + off, 1)
    return record + locator + b"PK\x05\x06" + b"\xff" * 16 + b"\0\0"


WRONG_WHEELS: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "broken"),
    "no zip": (lambda: b"x" * 100, "broken"),
    "cut": (lambda: zipped(PARTS)[:-30], "broken"),
    "a flipped bit": (flipped, "CRC"),
    "no METADATA": (lambda: without(f"{INFO}/METADATA"), "has no acme-1.0.dist-info/METADATA"),
    "no WHEEL": (lambda: without(f"{INFO}/WHEEL"), "has no acme-1.0.dist-info/WHEEL"),
    "no RECORD": (lambda: without(f"{INFO}/RECORD"), "has no acme-1.0.dist-info/RECORD"),
    "WHEEL of the future": (lambda: more(f"{INFO}/WHEEL", b"Wheel-Version: 2.0\n"), "Wheel-Version 1"),
    "two infos": (lambda: more("other-1.0.dist-info/METADATA"), "has 2"),
    "no info": (lambda: zipped({"acme/x.py": b""}), "has none"),
    "another release's info": (lambda: wheel("acme", "1.1"), "another release"),
    "another project's info": (lambda: wheel("other", "1.0"), "another release"),
    "traversal": (lambda: more("../evil.py"), "no safe path"),
    "traversal inside": (lambda: more("acme/../../evil.py"), "no safe path"),
    "absolute": (lambda: more("/etc/evil"), "no safe path"),
    "drive": (lambda: more("C:/evil"), "no safe path"),
    "backslash": (lambda: more("acme\\..\\..\\evil"), "no safe path"),
    "control": (lambda: more("acme/\x1b[2J.py"), "no safe path"),
    "symbolic link": (lambda: special(0o120777), "a link or a device"),
    "device": (lambda: special(0o020666), "a link or a device"),
    "a path twice": (twice, "twice"),
    "a path twice, spelled otherwise": (lambda: more("acme/./__init__.py"), "twice"),
    "a file as a folder": (lambda: more("acme/__init__.py/x"), "a file and a folder"),
    "uncommon compression": (lambda: zipped(PARTS, zipfile.ZIP_LZMA), "uncommon way"),
    "something in front": (lambda: b"#!/bin/sh\n" + zipped(PARTS), "between its members"),
    "something behind": (lambda: zipped(PARTS) + b"x", "does not end with the end of its directory"),
    "a comment behind": (lambda: zipped(PARTS)[:-2] + b"\x01\0x", "does not end with the end of its directory"),
    "a name of its own in a head": (renamed_in_its_head, "called otherwise"),
    "a hidden member": (hidden, "between its members and its directory"),
    "another method in a head": (lambda: in_its_head(8, "<H", 8), "not what its directory says"),
    "encrypted by a head": (lambda: in_its_head(6, "<H", 1), "not what its directory says"),
    "another size in a head": (lambda: in_its_head(22, "<L", 1), "not what its directory says"),
    "no size in a head": (lambda: in_its_head(18, "<LL", 0xFFFFFFFF, 0xFFFFFFFF), "tells no size"),
    "two archives in one": (two_in_one, "not what its directory says"),
    "another name in an extra field": (lambda: with_unicode_path("acme/evil.py"), "has another name besides"),
    "a directory somewhere else": (lambda: zipped(PARTS)[:-22] + zip64(3), "not where it should be"),
    "a directory without end": (lambda: zipped(PARTS)[:-22] + zip64(0, 1 << 40), "directory is larger than"),
    "a path without end": (lambda: more("x/" * 600), "no safe path"),
    "RECORD lies of a file": (
        lambda: zipped({**PARTS, f"{INFO}/RECORD": record({**PARTS, "acme/__init__.py": b"x = 2\n"})}),
        "not what its RECORD says",
    ),
    "RECORD names what is not there": (lambda: more(f"{INFO}/RECORD", b"acme/evil.py,,\n"), "which is not in it"),
    "RECORD does not name all": (
        lambda: zipped({**PARTS, "acme/evil.py": b"", f"{INFO}/RECORD": record(PARTS)}),
        "does not name 'acme/evil.py'",
    ),
    "RECORD with a weak hash": (
        lambda: more(f"{INFO}/RECORD", record(PARTS).replace(b"sha256", b"md5")),
        "not known here",
    ),
}


@pytest.mark.parametrize("case", WRONG_WHEELS)
def test_wheels_that_are_refused(case: str) -> None:
    make, told = WRONG_WHEELS[case]
    with pytest.raises(BadArchive, match=told):
        checked(make(), WHEEL)


WRONG_SDISTS: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "broken"),
    "no gzip": (lambda: b"x" * 100, "broken"),
    "no tar": (lambda: gzip.compress(b"x" * 2000), "broken"),
    "cut": (lambda: sdist("acme", "1.0", {"a": b"x" * 9000})[:-20], "broken"),
    "a wrong checksum": (lambda: sdist("acme", "1.0", {})[:-8] + b"\0" * 8, "broken"),
    "no PKG-INFO": (lambda: tarred(file("acme-1.0/setup.py")), "has no acme-1.0/PKG-INFO"),
    "PKG-INFO is a link": (lambda: tarred(file("acme-1.0/a"), link("acme-1.0/PKG-INFO", "a")), "has no .*PKG-INFO"),
    "two folders": (lambda: tarred(PKG_INFO, file("other/x")), "one folder at its top"),
    "a file at the top": (lambda: tarred(PKG_INFO, file("x")), "one folder at its top"),
    "empty": (tarred, "one folder at its top|is broken"),
    "traversal": (lambda: tarred(PKG_INFO, file("acme-1.0/../../evil")), "no safe path"),
    "absolute": (lambda: tarred(PKG_INFO, file("/etc/evil")), "no safe path"),
    "a link out": (lambda: tarred(PKG_INFO, link("acme-1.0/l", "../../etc/passwd")), "leads out"),
    "a link to its neighbour": (lambda: tarred(PKG_INFO, link("acme-1.0/l", "../other")), "outside of its folder"),
    "an absolute link": (lambda: tarred(PKG_INFO, link("acme-1.0/l", "/etc/passwd")), "leads out"),
    "a hard link out": (lambda: tarred(PKG_INFO, link("acme-1.0/l", "../x", tarfile.LNKTYPE)), "leads out"),
    "through a link": (lambda: tarred(PKG_INFO, link("acme-1.0/d", "."), file("acme-1.0/d/x")), "a file and a folder"),
    "a device": (lambda: tarred(PKG_INFO, ("acme-1.0/d", b"", tarfile.CHRTYPE, "")), "a device or a pipe"),
    "a pipe": (lambda: tarred(PKG_INFO, ("acme-1.0/d", b"", tarfile.FIFOTYPE, "")), "a device or a pipe"),
    "a path twice": (lambda: tarred(PKG_INFO, PKG_INFO), "twice"),
    "something behind": (lambda: tarred(PKG_INFO, tail=b"evil"), "behind the end"),
    "a second archive behind": (lambda: tarred(PKG_INFO) + tarred(file("acme-1.0/evil")), "behind the end"),
}


@pytest.mark.parametrize("case", WRONG_SDISTS)
def test_sdists_that_are_refused(case: str) -> None:
    make, told = WRONG_SDISTS[case]
    with pytest.raises(BadArchive, match=told):
        checked(make(), SDIST)


ZEROS = b"\0" * (4 << 20)


def understated() -> bytes:
    """A member that claims to be small and is not."""
    claimed, real = struct.pack("<L", 7), struct.pack("<L", len(ZEROS))
    return more("acme/zeros", ZEROS).replace(real, claimed)


@pytest.mark.parametrize(
    ("make", "filename", "told"),
    [
        (lambda: more("acme/zeros", ZEROS), WHEEL, r"more than 3\.1 MB"),
        (understated, WHEEL, "CRC"),
        (lambda: tarred(PKG_INFO, file("acme-1.0/zeros", ZEROS)), SDIST, "claims 4194304 bytes"),
        (lambda: tarred(PKG_INFO, *(file(f"acme-1.0/{n}", ZEROS[: 1 << 20]) for n in range(4))), SDIST, r"3\.1 MB"),
    ],
)
@pytest.mark.usefixtures("tar_headers")
def test_bombs_are_not_unpacked(
    make: Callable[[], bytes], filename: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (members, sdists):
        monkeypatch.setattr(module, "MAX_UNPACKED", 3 << 20)
    content = make()
    tracemalloc.start()
    try:
        with pytest.raises(BadArchive, match=told):
            checked(content, filename)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_MEMBERS", 20)
    with pytest.raises(BadArchive, match="more than 20 members"):
        checked(wheel("acme", "1.0", members=20), WHEEL)
    with pytest.raises(BadArchive, match="more than 20 members"):
        checked(sdist("acme", "1.0", {str(number): b"" for number in range(20)}), SDIST)


@pytest.mark.usefixtures("tar_headers")
def test_extended_headers_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says something of all members that follow, and is small enough."""
    monkeypatch.setattr(sdists, "MAX_METADATA", 1 << 20)
    heads = []
    for number in range(40):
        said = f" key{number}=".encode() + b"x" * 60_000 + b"\n"
        heads.append(("x", str(len(said) + 5).encode() + said, tarfile.XGLTYPE, ""))
    checked(tarred(*heads[:10], PKG_INFO), SDIST)
    with pytest.raises(BadArchive, match="a member claims 60"):
        checked(tarred(*heads, PKG_INFO), SDIST)


@pytest.mark.usefixtures("tar_headers")
def test_an_extended_header_is_not_read_into_memory_whatever_it_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdists, "MAX_METADATA", 1 << 20)
    huge = ("x", b"\0" * (2 << 20), tarfile.XHDTYPE, "")
    with pytest.raises(BadArchive, match="claims 2097152 bytes"):
        checked(tarred(huge, PKG_INFO), SDIST)


@settings(deadline=None)  # how long it takes depends on what else runs
@given(st.data())
def test_damage_is_found_or_harmless(data: st.DataObject) -> None:
    """One byte changed or a piece cut out: refused in words, or the same metadata as before."""
    filename, content = data.draw(
        st.sampled_from([(WHEEL, zipped(PARTS)), (SDIST, sdist("acme", "1.0", {"a": b"x" * 99}))])
    )
    damaged = bytearray(content)
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        damaged[place] ^= data.draw(st.integers(1, 255))
    else:
        del damaged[place : place + data.draw(st.integers(1, 50))]
    try:
        found = checked(bytes(damaged), filename)
    except (BadArchive, ValueError):
        return
    assert found.content == metadata("acme", "1.0")
