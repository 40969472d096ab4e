"""`wheelhouse vendor` with nothing to do, answered before the library is imported, and never where that would lie."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resolver.cli import known_trees
from resolver.cli.unchanged_tree import answer
from resolver.lock.codec import dumps
from tests.support.artifacts import FILES, HARBOR, KEEL, lock_of
from tests.support.command_line import run

HEADLINE = f"tree: 4 files, {sum(map(len, FILES.values())) / 1000:.1f} kB (4 there already)"


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a lock, its files beside it, a tree, and a run that had nothing to do there."""
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(known_trees, "_TICK", 0)  # what was written just now counts as settled
    monkeypatch.chdir(tmp_path)
    lock = lock_of(FILES)
    lock = replace(lock, indexes={"corp": replace(lock.indexes["corp"], url="wheels/packages/", files="wheels/")})
    Path("lock.json").write_text(dumps(lock), encoding="utf-8")
    Path("wheels/packages").mkdir(parents=True)
    for name, content in FILES.items():
        Path("wheels/packages", name).write_bytes(content)
    assert run("vendor", "tree")[0] == 0
    assert answer(["vendor", "tree"]) is None, "the run that wrote the tree did not read it again"
    assert run("vendor", "tree")[0] == 0
    return tmp_path


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("vendor tree", True),
        ("vendor -q tree", True),
        ("vendor --lock lock.json --quiet tree", True),
        ("vendor", False),
        ("vendor tree other", False),
        ("vendor ./tree", False),
        ("vendor tree --environment linux", False),
        ("vendor tree --view bazel", False),
        ("vendor tree --check-index", False),
        ("vendor tree --from wheels", False),
        ("vendor tree --json", False),
        ("vendor tree --lock", False),
        ("vendor tree --lock other.json", False),
        ("vendor tree --help", False),
        ("verify tree", False),
    ],
)
@pytest.mark.usefixtures("work")
def test_what_is_answered(words: str, known: bool) -> None:
    assert answer(words.split()) == (HEADLINE if known else None)


@pytest.mark.usefixtures("work")
def test_the_answer_is_what_the_long_way_says() -> None:
    assert run("vendor", "--json", "tree")[0] == 0
    code, said = run("vendor", "--jobs", "2", "tree")
    assert code == 0
    assert HEADLINE in said.splitlines()


def _same_size(tree: Path) -> None:
    path = tree / "files" / KEEL
    old = path.stat()
    path.write_bytes(b"x" * old.st_size)
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))


def _replaced(tree: Path) -> None:
    path = tree / "files" / KEEL
    shutil.copy2(path, "copy")
    Path("copy").replace(path)


@pytest.mark.parametrize(
    "change",
    [
        _same_size,
        _replaced,
        lambda tree: (tree / "files" / KEEL).unlink(),
        lambda tree: (tree / "files" / KEEL).chmod(0o600),
        lambda tree: (tree / f"files/{HARBOR}.metadata").write_bytes(b""),
        lambda tree: (tree / "simple/keel/index.html").unlink(),
        lambda tree: (tree / "files/notes.txt").touch(),
        lambda tree: (tree / "simple/keel/more").mkdir(),
        lambda tree: (tree / "manifest.json").touch(),
        shutil.rmtree,
    ],
)
def test_a_tree_that_looks_otherwise_takes_the_long_way(work: Path, change: Callable[[Path], object]) -> None:
    change(work / "tree")
    assert answer(["vendor", "tree"]) is None


@pytest.mark.usefixtures("work")
def test_a_disk_on_which_times_can_be_set_back_takes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(["vendor", "tree"]) is not None
    monkeypatch.setattr(known_trees, "_COARSE", 1)
    assert answer(["vendor", "tree"]) is None


def test_another_lock_takes_the_long_way(work: Path) -> None:
    lock = work / "lock.json"
    lock.write_bytes(lock.read_bytes() + b"\n")
    assert answer(["vendor", "tree"]) is None
    lock.unlink()
    assert answer(["vendor", "tree"]) is None


def test_a_broken_note_takes_the_long_way(work: Path) -> None:
    [note] = (work / "cache/trees").iterdir()
    whole = note.read_bytes()
    for broken in (b"", whole[:-1], whole + b"x"):
        note.write_bytes(broken)
        assert answer(["vendor", "tree"]) is None
    note.write_bytes(whole)
    assert answer(["vendor", "tree"]) == HEADLINE


def test_what_changed_just_now_is_not_relied_on(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could change once more within the same tick of the disk's clock."""
    monkeypatch.setattr(known_trees, "_TICK", 3600 * 1_000_000_000)
    assert known_trees.look(str(work / "tree")) is None
    assert answer(["vendor", "tree"]) is None


def test_damage_that_verify_finds_is_mended_by_the_next_run(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that loses a bit leaves no trace outside: the tree looks as it did."""
    path = work / "tree/files" / KEEL
    seen = known_trees.look("tree")
    path.write_bytes(b"x" * path.stat().st_size)
    with monkeypatch.context() as patch:
        patch.setattr(known_trees, "look", lambda _: seen)
        assert answer(["vendor", "tree"]) == HEADLINE
        code, said = run("verify", "tree")
        assert (code, KEEL in said) == (1, True), said
        assert answer(["vendor", "tree"]) is None
        assert run("vendor", "tree")[0] == 0
    assert path.read_bytes() == FILES[KEEL]


def test_a_stranger_is_named_each_time(work: Path) -> None:
    (work / "tree/files/notes.txt").touch()
    assert run("vendor", "tree")[0] == 0
    assert answer(["vendor", "tree"]) == f"{HEADLINE}\nleft alone, since no lock ever named it: files/notes.txt"
