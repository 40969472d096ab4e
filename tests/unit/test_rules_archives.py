"""What unpacks and packs archives in actions: nothing leads out, and the same content gives the same bytes."""

from __future__ import annotations

import io
import os
import random
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rule_tools import contents, library, mode

archives = library("archives")
Failure = library("failure").Failure


Entry = tuple[str, "bytes | str | int", int]

"""A name; bytes of a file, the target of a link, or the type of something else; a mode."""


def tar_of(path: Path, *entries: Entry, hard: bool = False) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content, permissions in entries:
            info = tarfile.TarInfo(name)
            info.mode = permissions
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
                continue
            if isinstance(content, str):
                info.type, info.linkname = tarfile.LNKTYPE if hard else tarfile.SYMTYPE, content
            else:
                info.type = bytes([content])
            archive.addfile(info)
    return path


def zip_of(path: Path, entries: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100755 if name.endswith(".sh") else 0o100600) << 16
            archive.writestr(info, content)
    return path


FILE: Entry = ("keel-1/setup.py", b"x = 1\n", 0o600)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "source"
    folder.mkdir(parents=True)
    return folder


def test_unpack_a_tar(tmp_path: Path, source: Path) -> None:
    archive = tar_of(
        tmp_path / "keel-1.tar.gz",
        FILE,
        ("keel-1/run.sh", b"#!/bin/sh\n", 0o4711),
        ("keel-1/doc", tarfile.DIRTYPE[0], 0o700),
        ("keel-1/doc/link", "../setup.py", 0o777),
    )
    folder = Path(archives.unpack(str(archive), str(source)))
    assert folder == source / "keel-1"
    assert (folder / "doc/link").readlink() == Path("../setup.py")
    assert (folder / "doc/link").read_bytes() == b"x = 1\n"
    assert (mode(folder / "setup.py"), mode(folder / "run.sh"), mode(folder / "doc")) == (0o644, 0o755, 0o755)
    assert (folder / "setup.py").stat().st_uid == os.getuid()


def test_unpack_a_zip(tmp_path: Path, source: Path) -> None:
    archive = zip_of(tmp_path / "keel-1.zip", {"keel-1/setup.py": b"x", "keel-1/run.sh": b"y", "keel-1/doc/a": b""})
    folder = Path(archives.unpack(str(archive), str(source)))
    assert contents(folder) == {"setup.py": b"x", "run.sh": b"y", "doc/a": b""}
    assert mode(folder / "run.sh") == 0o755


@pytest.mark.parametrize("name", ["../evil", "keel-1/../../evil", "/evil", "keel-1/a/../../../evil"])
def test_entries_that_lead_out(tmp_path: Path, source: Path, name: str) -> None:
    tarred = tar_of(tmp_path / "keel-1.tar.gz", FILE, (name, b"evil", 0o644))
    zipped = zip_of(tmp_path / "keel-1.zip", {"keel-1/setup.py": b"x", name: b"evil"})
    for archive in (tarred, zipped):
        with pytest.raises(Failure, match=r"evil leads out of its archive"):
            archives.unpack(str(archive), str(source))
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("hard", [False, True], ids=["symbolic", "hard"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "../../../secret"])
def test_links_that_lead_out(tmp_path: Path, source: Path, target: str, hard: bool) -> None:
    (tmp_path / "work" / "secret").write_text("secret")
    archive = tar_of(tmp_path / "keel-1.tar.gz", FILE, ("keel-1/link", target, 0o644), hard=hard)
    with pytest.raises(Failure, match="leads out of its archive"):
        archives.unpack(str(archive), str(source))
    assert "keel-1/link" not in contents(source)


def test_a_link_through_a_link_that_leads_out(tmp_path: Path, source: Path) -> None:
    """Each by its own words stays inside; ``b/c/d/up/..`` is where the first of them leads, and not ``b/c/d``."""
    archive = tar_of(
        tmp_path / "keel-1.tar.gz",
        FILE,
        ("keel-1/b/c/d/up", "../../..", 0o777),
        ("keel-1/out", "b/c/d/up/../..", 0o777),
        ("keel-1/out/evil", b"evil", 0o644),
    )
    with pytest.raises(Failure, match="leads out of its archive"):
        archives.unpack(str(archive), str(source))
    assert not (source.parent / "evil").exists()


def test_no_file_is_written_through_a_link(tmp_path: Path, source: Path) -> None:
    """By its words the link stays inside, as long as ``n`` is nothing; with ``n`` it leads three folders up."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    archive = tar_of(
        tmp_path / "keel-1.tar.gz",
        FILE,
        ("keel-1/out", "n/n/../../../precious", 0o777),
        ("keel-1/n", ".", 0o777),
        ("keel-1/out", b"evil", 0o644),
    )
    with pytest.raises(Failure, match="keel-1/out leads out of its archive"):
        archives.unpack(str(archive), str(source))
    assert precious.read_text() == "mine"


def test_a_hard_link_takes_a_link_to_where_it_leads_out(tmp_path: Path, source: Path) -> None:
    with tarfile.open(tmp_path / "keel-1.tar.gz", "w:gz") as archive:
        for name, kind, target in [
            ("keel-1/setup.py", tarfile.REGTYPE, ""),
            ("keel-1/a/b/c/link", tarfile.SYMTYPE, "../../../setup.py"),
            ("keel-1/copy", tarfile.LNKTYPE, "keel-1/a/b/c/link"),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    told = ""
    try:
        archives.unpack(str(tmp_path / "keel-1.tar.gz"), str(source))
    except Failure as failure:
        told = str(failure)
    is_link = (source / "keel-1/copy").is_symlink()  # newer releases of Python follow it: what is there is the file
    assert told == ("keel-1/copy leads out of its archive" if is_link else "")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes(tmp_path: Path, source: Path, kind: bytes) -> None:
    archive = tar_of(tmp_path / "keel-1.tar.gz", FILE, ("keel-1/device", kind[0], 0o644))
    with pytest.raises(Failure, match=r"keel-1/device: a device or a pipe in an archive"):
        archives.unpack(str(archive), str(source))


@pytest.mark.parametrize(
    ("entries", "said"), [((), "but: nothing"), ((FILE, ("other/a", b"", 0o644)), "keel-1, other")]
)
def test_an_sdist_holds_one_folder(tmp_path: Path, source: Path, entries: tuple[Entry, ...], said: str) -> None:
    archive = tar_of(tmp_path / "keel-1.tar.gz", *entries)
    with pytest.raises(Failure, match=rf"^keel-1\.tar\.gz does not hold one folder.*{said}"):
        archives.unpack(str(archive), str(source))


_CONTENTS = st.dictionaries(
    st.from_regex(r"[a-c]{1,3}(/[a-c]{1,3})?(\.dist-info/R)?", fullmatch=True),
    st.tuples(st.binary(max_size=20), st.booleans()),
    max_size=5,
)


@given(_CONTENTS, st.randoms())
@settings(max_examples=30)
def test_archives_do_not_depend_on_order_or_time(
    contents: dict[str, tuple[bytes, bool]], chance: random.Random
) -> None:
    import tempfile

    shuffled = list(contents.items())
    chance.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "one"), Path(folder, "two")
        for write in (archives.zipped, archives.tarred):
            write(str(one), contents)
            write(str(two), dict(shuffled))
            assert one.read_bytes() == two.read_bytes()
        with tarfile.open(one) as archive:
            members = archive.getmembers()
        assert [member.name for member in members] == sorted(contents)
        assert {member.mtime for member in members} <= {archives.EPOCH}
        assert {(member.uid, member.gid, member.uname) for member in members} <= {(0, 0, "")}
        assert {m.name: m.mode for m in members} == {n: 0o755 if x else 0o644 for n, (_, x) in contents.items()}


def test_a_tar_of_files_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    archives.tarred(str(tmp_path / "one.tar"), {"x/a": (str(tmp_path / "a"), False)}, compressed=False)
    os.utime(tmp_path / "a", (1, 1))
    (tmp_path / "a").chmod(0o700)
    archives.tarred(str(tmp_path / "two.tar"), {"x/a": (b"content", False)}, compressed=False)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_metadata_is_at_the_end_of_a_zip(tmp_path: Path) -> None:
    archives.zipped(str(tmp_path / "a.zip"), dict.fromkeys(("a-1.dist-info/RECORD", "z/a.py", "b.py"), (b"", False)))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["b.py", "z/a.py", "a-1.dist-info/RECORD"]
