"""A run with nothing to do, answered before the library is imported: when, and never when it would be wrong."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resolver.cli.commands import resolve
from resolver.cli.files import lock_path
from resolver.cli.known_locks import recall, remember
from resolver.cli.notes import _is_ours, cache_root, hex_digest, note_digest
from resolver.cli.parser import parse
from resolver.cli.plain_words import Resolve, understood
from resolver.cli.terminal import Terminal
from resolver.cli.unchanged_lock import answer
from resolver.errors import InputError
from resolver.http_index.cache import default_root
from resolver.http_index.cache_directory import _open_to_others
from tests.support.archives import sha256

LOCK = b'{"a lock": 1}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a spec that includes a file, and a lock that is known."""
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    work = tmp_path / "work"
    (work / "more").mkdir(parents=True)
    monkeypatch.chdir(work)
    inputs = {"spec.yaml": b"version: 1\n", "more/a  b.in": b"six\n", "pyproject.toml": b"[project]\n"}
    for name, content in inputs.items():
        (work / name).write_bytes(content)
    (work / "lock.json").write_bytes(LOCK)
    remember(LOCK, "spec.yaml", {name: sha256(content) for name, content in inputs.items()})
    return work


CURRENT = "lock.json is current"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("resolve", f"{CURRENT}; `--update` takes newer releases"),
        ("resolve -q", f"{CURRENT}; `--update` takes newer releases"),
        ("resolve --check --quiet", CURRENT),
        ("resolve --check --spec spec.yaml --lock lock.json", CURRENT),
        ("resolve --spec ../work/spec.yaml", "../work/lock.json is current; `--update` takes newer releases"),
        ("resolve --update", None),
        ("resolve --json", None),
        ("resolve --check --check=1", None),
        ("resolve --spec", None),
        ("resolve --spec --check", None),
        ("resolve --spec spec.yaml --spec other.yaml", None),
        ("resolve --spec other.yaml", None),
        ("resolve --spec pyproject.toml", None),
        ("resolve --check --spec pyproject.toml --lock lock.json", None),
        ("resolve --spec ./spec.yaml", None),
        ("resolve --lock more/lock.json", None),
        ("resolve --help", None),
        ("vendor", None),
        ("", None),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_answered(words: str, said: str | None) -> None:
    assert answer(words.split()) == said


@pytest.mark.parametrize("name", ["spec.yaml", "more/a  b.in", "lock.json"])
def test_what_has_changed_or_gone_takes_the_long_way(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content + b" ")
    assert answer(["resolve"]) is None
    (folder / name).write_bytes(content)
    assert answer(["resolve"]) is not None
    (folder / name).unlink()
    assert answer(["resolve"]) is None


def test_a_broken_note_takes_the_long_way(folder: Path, tmp_path: Path) -> None:
    [note] = (tmp_path / "cache/current").iterdir()
    assert note.name == note_digest(LOCK)
    whole = note.read_bytes()
    for broken in (b"", whole[:-1], whole[:64], whole + b"x", b"\xff" + whole):
        note.write_bytes(broken)
        assert answer(["resolve"]) is None
    note.write_bytes(whole)
    assert answer(["resolve"]) is not None
    assert list(folder.iterdir())


def test_a_disk_that_refuses_is_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "file"))
    remember(LOCK, "spec.yaml", {"spec.yaml": sha256(b"")})
    assert recall(LOCK) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the library is asked")
@pytest.mark.parametrize(
    "variables",
    [
        {"WHEELHOUSE_CACHE_DIR": "/a/b"},
        {"WHEELHOUSE_CACHE_DIR": "", "XDG_CACHE_HOME": "/c/d"},
        {"WHEELHOUSE_CACHE_DIR": "", "XDG_CACHE_HOME": " "},
        {"WHEELHOUSE_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": "/e/f"},
    ],
)
def test_notes_lie_where_the_rest_of_the_cache_does(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_root() == str(default_root())


@pytest.mark.skipif(sys.platform == "win32", reason="access lists are not ours to judge")
@pytest.mark.parametrize("mode", [0o700, 0o755, 0o1755, 0o770, 0o702, 0o1777])
def test_notes_are_kept_in_folders_that_the_cache_trusts_too(mode: int, tmp_path: Path) -> None:
    """Two functions that say the same: what the cache imports for its own takes longer than a run of notes alone."""
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    folder.chmod(mode)
    assert _is_ours(str(folder)) == (not _open_to_others(folder)) == (mode & 0o022 == 0)
    assert (_is_ours(str(link)), _open_to_others(link)) == (False, "is a link")
    if os.geteuid() == 0:
        os.chown(folder, 1, 1)
        assert (_is_ours(str(folder)), _open_to_others(folder)) == (False, "belongs to another user")


def test_the_digests_are_those_of_hashlib() -> None:
    assert hex_digest(LOCK) == sha256(LOCK)
    assert note_digest(LOCK) == hashlib.blake2b(LOCK, digest_size=32).hexdigest()


def test_nothing_of_the_library_and_nothing_large_is_imported() -> None:
    """Start-up time is a feature, and a table of modules cannot be slow by chance."""
    code = "import sys; before = set(sys.modules); import resolver.cli.main; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    ours = {f"resolver.cli.{name}" for name in ("main", "unchanged_lock", "plain_words", "known_locks", "notes")}
    theirs = {"__future__", "_sha2", "_sha256", "_blake2"}
    assert set(done.stdout.split()) - theirs == {"resolver", "resolver.cli", *ours}


WORDS = st.sampled_from(
    ["--spec", "--lock", "--update", "--check", "-q", "--quiet", "--json", "a.yaml", "d/b.json", "six", "-x", ""]
)


@example(["--update", ""])
@given(st.lists(WORDS, max_size=5))
def test_words_that_are_understood_mean_what_the_parser_says(words: list[str]) -> None:
    ours = understood(["resolve", *words])
    if ours is not None:
        theirs = parse(["resolve", *words])
        assert lock_path(ours.lock, ours.spec) == lock_path(theirs.lock, theirs.spec)
        for name in ("command", "version", "json", "quiet", "spec", "check", "update", "cache_dir"):
            assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("check", [True, False])
def test_a_file_that_the_spec_includes_is_no_spec(folder: Path, *, check: bool) -> None:
    """It stands among the inputs of the lock, which therefore seemed to be current for it."""
    asked = Resolve("pyproject.toml", "lock.json", check=check, quiet=False, update=None)
    with pytest.raises(InputError, match=r"pyproject\.toml: is no spec; `wheelhouse init pyproject\.toml` writes one"):
        resolve.run(asked, Terminal())
