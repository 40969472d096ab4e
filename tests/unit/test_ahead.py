"""What a tree holds besides its artifacts: made as these arrive, written beside it, seen at the end."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from resolver.vendor.ahead import Ahead
from resolver.vendor.contents import Describing, described, outer_last
from resolver.vendor.layout import PARTIAL, entry_of
from tests.support.archives import sha256
from tests.support.artifacts import FILES, lock_of

PAGES = {
    "simple/index.html": b"all",
    "simple/a/index.html": b"one",
    "files/a.whl.provenance": b"{}",
    "lock.json": b"lock",
}


def beside(tree: Path) -> list[Path]:
    return list((tree / PARTIAL).iterdir())


def seen(tree: Path) -> dict[str, bytes]:
    files = [path for path in tree.rglob("*") if path.is_file() and PARTIAL not in path.parts]
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in files}


def test_nothing_is_seen_before_all_is(tmp_path: Path) -> None:
    with Ahead(tmp_path) as ahead:
        ahead.write(PAGES)
        assert seen(tmp_path) == {}
        assert {path.read_bytes() for path in ahead.waiting.values()} == set(PAGES.values())
        assert ahead.place() == ["files/a.whl.provenance", "simple/a/index.html", "simple/index.html", "lock.json"]
        assert ahead.entries == {path: entry_of(content) for path, content in PAGES.items()}
    assert seen(tmp_path) == PAGES
    assert beside(tmp_path) == []


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "lock.json").write_bytes(b"lock")
    (tmp_path / "simple").mkdir()
    (tmp_path / "simple/index.html").write_bytes(b"ALL")
    before = (tmp_path / "lock.json").stat().st_ino
    with Ahead(tmp_path) as ahead:
        ahead.write(PAGES)
        assert "lock.json" not in ahead.waiting
        assert "lock.json" in ahead.entries
        assert "simple/index.html" in ahead.place()
    assert (tmp_path / "lock.json").stat().st_ino == before
    assert seen(tmp_path) == PAGES


def test_a_link_is_written_over_and_not_through(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"lock")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/lock.json").symlink_to(tmp_path / "mine")
    with Ahead(tmp_path / "tree") as ahead:
        ahead.write(PAGES)
        (staged,) = (ahead.waiting[path] for path in ["lock.json"])
        staged.unlink()
        staged.symlink_to(tmp_path / "mine")
        ahead.write({"lock.json": b"another"})
        ahead.place()
    assert (tmp_path / "mine").read_bytes() == b"lock"
    assert not (tmp_path / "tree/lock.json").is_symlink()
    assert (tmp_path / "tree/lock.json").read_bytes() == b"another"


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with Ahead(tmp_path) as ahead:
            ahead.write(PAGES)
            assert beside(tmp_path) != []
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert seen(tmp_path) == {}
    assert beside(tmp_path) == []


@pytest.mark.parametrize("environments", [None, ["windows"]])
def test_pages_that_are_made_as_files_arrive_are_the_same_in_any_order(environments: list[str] | None) -> None:
    lock = lock_of(FILES)
    unsized = replace(lock, artifacts={name: replace(one, size=None) for name, one in lock.artifacts.items()})
    names = list(lock.artifacts) if environments is None else sorted(lock.files_for("windows"))
    sizes = {name: len(FILES[name]) for name in names}
    sidecars = {name: sha256(name.encode()) for name in names if name.endswith(".whl")}
    whole = described(unsized, sizes, sidecars, environments, names[:1])
    assert list(whole) == sorted(whole, key=outer_last)
    for order in itertools.permutations(names):
        describing = Describing(unsized, environments, names[:1])
        found = describing.at_once()
        for name in order:
            found |= describing.arrived(unsized.artifacts[name], sizes[name], sidecars.get(name))
        assert found == whole
