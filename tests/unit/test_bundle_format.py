"""The format of bundles: what is written is read, what anything else would write is refused."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.bundle.members import BLOCK, Members, header, padding, room
from resolver.bundle.statement import Statement, parse
from resolver.errors import BundleRefused
from resolver.vendor.layout import Entry
from tests.support.bundles import members, packed, spelt, strange, tree_of

PATHS = st.lists(
    st.text(st.characters(blacklist_characters="/\n", blacklist_categories=("Cs", "Cc")), min_size=1, max_size=150),
    min_size=1,
    max_size=3,
).map("/".join)
TIMES = st.none() | st.integers(0, 1 << 32).map(lambda seconds: datetime.fromtimestamp(seconds, timezone.utc))
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
STATEMENTS = st.builds(
    Statement,
    stream=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True),
    manifest=st.builds(Entry, sha256=DIGESTS, size=st.integers(0, 1 << 40)),
    files=st.integers(0, 1 << 30),
    size=st.integers(0, 1 << 50),
    serial=st.none() | st.integers(0, 1 << 60),
    created=TIMES,
    expires=TIMES,
    base=st.none() | DIGESTS,
)


@pytest.fixture
def bundle(tmp_path: Path) -> bytes:
    return packed(tree_of(tmp_path / "tree"))


@given(st.lists(st.tuples(PATHS, st.binary(max_size=2000)), max_size=5, unique_by=lambda file: file[0]))
def test_what_is_written_is_read_and_tar_reads_it_too(files: list[tuple[str, bytes]]) -> None:
    bundle = spelt(files)
    assert list(members(bundle).items()) == files
    assert len(bundle) == sum(room(path, len(content)) for path, content in files) + 1024
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        found = [(info.name, info.mode, info.mtime, info.uid, info.gname) for info in archive]
    assert found == [(path, 0o644, 315532800, 0, "") for path, _ in files]


@given(st.integers(0, 1 << 62))
def test_a_size_of_any_length_has_a_header(size: int) -> None:
    class Front(io.BytesIO):
        """The header alone; nobody reads so many bytes."""

    assert Members(Front(header("x", size))).next() == ("x", size)


@given(st.binary(max_size=3000))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    try:
        found = members(content)
    except BundleRefused:
        return
    assert spelt(list(found.items())) == content


@given(STATEMENTS)
def test_a_statement_is_read_as_it_was_written(statement: Statement) -> None:
    assert parse(statement.dump()) == statement


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"stream": "default"', b'"stream": "De fault"'),
        (b'"serial": null', b'"serial": -1'),
        (b'"serial": null', b'"serial": 1.0'),
        (b'"serial": null', b'"serial": true'),
        (b'"serial": null', b'"serial": null, "serial": null'),
        (b'"created": null', b'"created": "yesterday"'),
        (b'"base": null', b'"base": {"lock": "x"}'),
        (
            b"{",
            b"[",
        ),
        (b"\n", b" \n"),
        (b'"bundle_version": 1', b'"bundle_version": 2'),
    ],
)
def test_a_statement_that_is_spelt_otherwise_is_refused(old: bytes, new: bytes) -> None:
    content = Statement(stream="default", manifest=Entry(sha256="0" * 64, size=1), files=1, size=1).dump()
    with pytest.raises(BundleRefused) as caught:
        parse(content.replace(old, new, 1))
    assert caught.value.why == "malformed"


@pytest.mark.parametrize(
    ("magic", "how"),
    [(b"\x1f\x8b\x08", "gzip"), (b"BZh9", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd")],
)
def test_a_bundle_that_was_compressed_on_its_way_is_told_so(magic: bytes, how: str) -> None:
    with pytest.raises(BundleRefused, match=f"compressed by {how}; decompress it"):
        members(magic + b"x" * BLOCK)


def become(kind: bytes) -> Callable[[tarfile.TarInfo], None]:
    def change(info: tarfile.TarInfo) -> None:
        info.type = kind
        info.linkname = "/etc/passwd"

    return change


def with_field(field: str, value: object) -> Callable[[tarfile.TarInfo], None]:
    return lambda info: setattr(info, field, value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (become(tarfile.SYMTYPE), "is a link"),
        (become(tarfile.LNKTYPE), "is a link"),
        (become(tarfile.DIRTYPE), "is a folder"),
        (become(tarfile.CHRTYPE), "is a device"),
        (become(tarfile.BLKTYPE), "is a device"),
        (become(tarfile.FIFOTYPE), "is a pipe"),
        (become(tarfile.GNUTYPE_SPARSE), "of a kind"),
        (become(tarfile.CONTTYPE), "of a kind"),
        (become(tarfile.GNUTYPE_LONGNAME), "of a kind"),
        (with_field("mode", 0o4755), "not spelt"),
        (with_field("uid", 1000), "not spelt"),
        (with_field("uname", "root"), "not spelt"),
        (with_field("mtime", 0), "not spelt"),
    ],
)
def test_what_a_bundle_never_holds_is_refused(
    change: Callable[[tarfile.TarInfo], None], said: str, bundle: bytes
) -> None:
    with pytest.raises(BundleRefused, match=said) as caught:
        members(strange(bundle, change))
    assert caught.value.why == "malformed"


@pytest.mark.parametrize("at", [0, 1, 511, 512, 700, 1024, -1, -512, -513, -1024, -1025])
def test_a_bundle_that_is_cut_off_is_refused(at: int, bundle: bytes) -> None:
    with pytest.raises(BundleRefused, match="ends too early") as caught:
        members(bundle[:at])
    assert caught.value.why == "incomplete"


@pytest.mark.parametrize("more", [b"\0", b"x", bytes(512), spelt([("evil", b"x")])])
def test_bytes_after_the_end_are_refused(more: bytes, bundle: bytes) -> None:
    with pytest.raises(BundleRefused, match="after the end"):
        members(bundle + more)


def test_bytes_between_files_are_refused(bundle: bytes) -> None:
    place = bundle.index(b"manifest.json") - 1
    assert bundle[place] == 0
    with pytest.raises(BundleRefused, match="bytes between two files"):
        members(bundle[:place] + b"x" + bundle[place + 1 :])


def test_a_pax_header_says_no_more_than_it_has_to() -> None:
    long = "a" * 150
    plain = header(long, 3)
    assert Members(io.BytesIO(plain)).next() == (long, 3)
    record = b"30 mtime=1000000000.0000000000\n"
    grown = bytearray(plain)
    grown[512 + 162 : 512 + 162 + len(record)] = record
    info = tarfile.TarInfo.frombuf(plain[:512], "utf-8", "strict")
    info.size += len(record)
    with pytest.raises(BundleRefused):
        Members(io.BytesIO(info.tobuf(tarfile.USTAR_FORMAT) + bytes(grown[512:]) + b"abc" + padding(3))).next()
