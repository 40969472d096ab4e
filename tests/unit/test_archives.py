"""Wheels and sdists of every format, crooked, hostile and broken."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.errors import InvalidMetadata
from resolver.metadata import containers
from resolver.metadata.archives import sdist_files
from resolver.metadata.wheels import wheel_metadata
from tests.support.tar_headers import tar_headers  # noqa: F401  (a fixture)

Member = tuple[str, bytes | str]  # a string is what a link points to

TREE: tuple[Member, ...] = (
    ("foo-1.0/PKG-INFO", b"info"),
    ("foo-1.0/setup.py", b"setup"),
    ("foo-1.0/src/foo.egg-info/requires.txt", b"six"),
    ("foo-1.0/src/foo.egg-info/SOURCES.txt", b"-"),
    ("foo-1.0/tests/setup.py", b"not this one"),
    ("foo-1.0/foo/__init__.py", b""),
)
ANSWERS = {"PKG-INFO": b"info", "setup.py": b"setup", "src/foo.egg-info/requires.txt": b"six"}


def tar(
    members: Iterable[Member], mode: Literal["w", "w:gz", "w:bz2", "w:xz"] = "w:gz", kind: bytes = tarfile.SYMTYPE
) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = kind, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return stream


def archive_zip(members: Iterable[Member], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            if isinstance(content, str):
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, content)
    return stream


@pytest.mark.parametrize(
    ("stream", "filename"),
    [
        (tar(TREE), "foo-1.0.tar.gz"),
        (tar(TREE), "foo-1.0.tgz"),
        (tar(TREE, "w:bz2"), "foo-1.0.tar.bz2"),
        (tar(TREE, "w:xz"), "foo-1.0.tar.xz"),
        (archive_zip(TREE), "foo-1.0.zip"),
        (archive_zip((name.replace("/", "\\"), content) for name, content in TREE), "foo-1.0.zip"),
        (tar((name.replace("foo-1.0", "./other"), content) for name, content in TREE), "foo-1.0.tar.gz"),
        (tar((name.removeprefix("foo-1.0/"), content) for name, content in TREE), "foo-1.0.tar.gz"),
    ],
)
def test_sdists_of_every_kind(stream: io.BytesIO, filename: str) -> None:
    found = sdist_files(stream, filename)
    assert found.files == ANSWERS
    assert found.members == tuple(sorted(name.removeprefix("foo-1.0/") for name, _ in TREE))


def test_gzip_in_several_parts_is_read_to_its_end() -> None:
    raw = tar(TREE, "w").getvalue()
    parts = gzip.compress(raw[:1024]) + gzip.compress(raw[1024:])
    assert sdist_files(io.BytesIO(parts), "foo-1.0.tar.gz").files == ANSWERS


def test_the_last_of_two_members_counts() -> None:
    members = (("d/setup.py", "elsewhere"), ("d/setup.py", b"1"), ("d/setup.py", b"2"))
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped = archive_zip(members)
    for stream, filename in ((tar(members), "d-1.tar.gz"), (zipped, "d-1.zip")):
        found = sdist_files(stream, filename)
        assert (found.files, found.members) == ({"setup.py": b"2"}, ("setup.py",))


def test_a_link_is_followed_inside_the_archive() -> None:
    real = ("d/conf/real.toml", b"real")
    symbolic = (("d/pyproject.toml", "hop.toml"), ("d/hop.toml", "conf/../conf/real.toml"), real)
    hard = (real, ("d/pyproject.toml", "d/conf/real.toml"))
    for stream, filename in (
        (tar(symbolic), "d-1.tar.gz"),
        (tar(hard, kind=tarfile.LNKTYPE), "d-1.tar.gz"),
        (archive_zip(symbolic), "d-1.zip"),
    ):
        assert sdist_files(stream, filename).files == {"pyproject.toml": b"real"}


@pytest.mark.parametrize("target", ["../../etc/passwd", "/etc/passwd", "missing", "setup.py", "folder"])
def test_a_link_that_leads_nowhere_is_refused(target: str) -> None:
    members = (("d/setup.py", target), ("d/folder/x", b""))
    for stream, filename in ((tar(members), "d-1.tar.gz"), (archive_zip(members), "d-1.zip")):
        with pytest.raises(InvalidMetadata, match=r"setup\.py is a link to"):
            sdist_files(stream, filename)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ((("/d/setup.py", b""),), "outside"),
        ((("d/../../x", b""),), "outside"),
        ((("C:/x", b""),), "outside"),
        ((("a/setup.py", b""), ("b/setup.py", b"")), "neither a single top folder .* a, b"),
        ((), "no files"),
    ],
)
def test_unsafe_or_shapeless(members: tuple[Member, ...], reason: str) -> None:
    for stream, filename in ((tar(members), "d-1.tar.gz"), (archive_zip(members), "d-1.zip")):
        with pytest.raises(InvalidMetadata, match=f"^{filename}: .*{reason}"):
            sdist_files(stream, filename)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, value, reason in (
        ("LARGEST_FILE", 4, "has 5 bytes"),
        ("LARGEST_SUM", 6, "larger than"),
        ("MOST_MEMBERS", 3, "more than 3 members"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(containers, limit, value)
            for stream, filename in ((tar(TREE), "foo-1.0.tar.gz"), (archive_zip(TREE), "foo-1.0.zip")):
                with pytest.raises(InvalidMetadata, match=reason):
                    sdist_files(stream, filename)
    monkeypatch.setattr(containers, "LARGEST_UNPACKED", 2048)
    with pytest.raises(InvalidMetadata, match="unpacks to more"):
        sdist_files(tar(TREE), "foo-1.0.tar.gz")


@pytest.mark.usefixtures("tar_headers")
def test_a_damaged_header_does_not_end_an_archive_quietly() -> None:
    raw = bytearray(tar(TREE, "w").getvalue())
    raw[2 * 1024] ^= 1  # the third member's name
    with pytest.raises(InvalidMetadata, match="broken"):
        sdist_files(io.BytesIO(gzip.compress(bytes(raw))), "foo-1.0.tar.gz")


@pytest.mark.usefixtures("tar_headers")
@pytest.mark.parametrize("size", [-1, 1 << 50])
def test_a_sparse_member_that_claims_absurd_sizes(size: int) -> None:
    """The size that tarfile shows of it is not the one by which it moves on."""
    header = tarfile.TarInfo("d/setup.py")
    header.type, header.size = tarfile.GNUTYPE_SPARSE, size
    with pytest.raises(InvalidMetadata, match="claims"):
        sdist_files(io.BytesIO(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))), "d-1.tar.gz")


@pytest.mark.usefixtures("tar_headers")
def test_an_extended_header_is_not_read_into_memory_at_any_length() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 2 << 20
    with pytest.raises(InvalidMetadata, match="extended header"):
        sdist_files(io.BytesIO(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))), "x-1.tar.gz")


def wheel(*names: str, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    return archive_zip([(name, b"Name: foo") for name in names], method)


def test_wheels() -> None:
    assert (
        wheel_metadata(wheel("foo/x.py", "Foo_bar-1.0.dist-info/METADATA"), "foo_bar-1-py3-none-any.whl")
        == b"Name: foo"
    )


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (wheel("foo/x.py"), "has none"),
        (wheel("foo-1.dist-info/METADATA", "bar-1.dist-info/METADATA"), "bar-1.dist-info, foo-1.dist-info"),
        (wheel("bar-1.dist-info/METADATA"), "another project's"),
        (wheel("foo-1.dist-info/RECORD"), "no foo-1.dist-info/METADATA"),
        (wheel("foo-1.dist-info/METADATA", method=zipfile.ZIP_BZIP2), "method 12"),
        (io.BytesIO(b"<html>"), "broken"),
    ],
)
def test_wheels_that_are_refused(stream: io.BytesIO, reason: str) -> None:
    with pytest.raises(InvalidMetadata, match=f"^foo-1-py3-none-any.whl: .*{reason}"):
        wheel_metadata(stream, "foo-1-py3-none-any.whl")


def test_a_failing_disk_is_not_a_broken_archive() -> None:
    class Disk(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        sdist_files(Disk(tar(TREE).getvalue()), "foo-1.0.tar.gz")


_GOOD = {
    "foo-1.0.tar.gz": tar(TREE).getvalue(),
    "foo-1.0.tar.bz2": tar(TREE, "w:bz2").getvalue(),
    "foo-1.0.tar.xz": tar(TREE, "w:xz").getvalue(),
    "foo-1.0.zip": archive_zip(TREE).getvalue(),
    "foo-1-py3-none-any.whl": wheel("foo-1.dist-info/METADATA").getvalue(),
}
_RAW = tar(TREE, "w").getvalue()


@given(st.sampled_from(sorted(_GOOD)), st.data())
def test_damaged_archives_raise_nothing_else(filename: str, data: st.DataObject) -> None:
    raw = filename.endswith(".gz") and data.draw(st.booleans())
    content = bytearray(_RAW if raw else _GOOD[filename])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(content[: data.draw(st.integers(0, len(content)))])
    read = wheel_metadata if filename.endswith(".whl") else sdist_files
    with suppress(InvalidMetadata):
        read(io.BytesIO(gzip.compress(damaged) if raw else damaged), filename)


@given(st.binary(max_size=300), st.sampled_from(["a-1.whl", *sorted(_GOOD), "a-1.tar"]))
def test_arbitrary_bytes_are_refused(content: bytes, filename: str) -> None:
    with pytest.raises(InvalidMetadata):
        (wheel_metadata if filename.endswith(".whl") else sdist_files)(io.BytesIO(content), filename)
