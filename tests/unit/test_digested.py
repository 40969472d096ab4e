"""Files of which a page states no sha256: locked by their bytes where the spec asks for it, and fetched when taken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from resolver.digested import Digested
from resolver.errors import IntegrityError, NoSolution
from resolver.evidence import Evidence
from resolver.local_index import LocalIndex
from resolver.locking import Locked, lock
from resolver.previous import Previous
from resolver.simple.model import File
from resolver.spec.model import IndexSpec, NamedFiles, Origin
from tests.support.archives import html_page, sha256, wheel
from tests.support.environments import spec
from tests.support.locking import SITES, messages, pins

ONE, TWO = wheel("six", "1"), wheel("six", "2")
NAMES = {"six-1-py3-none-any.whl": ONE, "six-2-py3-none-any.whl": TWO, "six-2-cp312-cp312-win_amd64.whl": TWO}


class Listing(LocalIndex):
    """A directory that remembers which whole files were asked for."""

    def __init__(self, directory: Path) -> None:
        super().__init__("fake", directory, "wheels/")
        self.fetched: list[str] = []

    def artifact(self, file: File) -> Path:
        self.fetched.append(file.filename)
        return super().artifact(file)


def listing(directory: Path, fragment: Callable[[bytes], str] = lambda _: "") -> Listing:
    """The wheels of six, behind links with these fragments."""
    for name, content in NAMES.items():
        (directory / name).write_bytes(content)
    page = directory / "simple" / "six" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(html_page({name: f"../../{name}{fragment(content)}" for name, content in NAMES.items()}))
    return Listing(directory)


def locked(index: Listing, previous: Previous | None = None, evidence: Evidence | None = None, **fields: Any) -> Locked:
    wanted = spec("six", indexes=(IndexSpec(name="fake"),), **fields)
    return lock(wanted, Digested(index, evidence or Evidence()), SITES, previous or Previous())


def test_the_file_that_is_taken_is_fetched_and_no_other(tmp_path: Path) -> None:
    index, evidence = listing(tmp_path), Evidence()
    found = locked(index, evidence=evidence)
    artifact = found.lock.artifacts["six-2-py3-none-any.whl"]
    assert (artifact.sha256, artifact.size) == (sha256(TWO), len(TWO))
    assert index.fetched == ["six-2-py3-none-any.whl"]
    assert messages(found, "digest") == [
        "the index states no sha256 of the file, and the lock has that of the bytes that came: six 2"
    ]
    assert not evidence.is_whole


def test_a_stated_digest_is_taken_as_it_is(tmp_path: Path) -> None:
    index = listing(tmp_path, lambda content: f"#sha256={sha256(content)}")
    found = locked(index)
    assert found.lock.artifacts["six-2-py3-none-any.whl"].sha256 == sha256(TWO)
    assert not index.fetched
    assert not messages(found, "digest")


def test_what_a_lock_has_is_not_fetched_again(tmp_path: Path) -> None:
    first = locked(listing(tmp_path))
    again = listing(tmp_path)
    found = locked(again, Previous(lock=first.lock))
    assert found.lock == first.lock
    assert not again.fetched
    assert not messages(found, "digest")


@pytest.mark.parametrize("update", [None, frozenset({canonicalize_name("six")})])
def test_what_may_move_is_fetched_again(tmp_path: Path, update: frozenset[NormalizedName] | None) -> None:
    first = locked(listing(tmp_path))
    again = listing(tmp_path)
    (tmp_path / "six-2-py3-none-any.whl").write_bytes(other := wheel("six", "2", padding=9))
    found = locked(again, Previous(lock=first.lock, update=update))
    assert found.lock.artifacts["six-2-py3-none-any.whl"].sha256 == sha256(other)


def test_a_weaker_digest_that_is_stated_has_to_be_right(tmp_path: Path) -> None:
    right = listing(tmp_path, lambda content: f"#md5={hashlib.md5(content, usedforsecurity=False).hexdigest()}")
    assert pins(locked(right)) == {"six": "2"}
    wrong = listing(tmp_path, lambda _: f"#md5={'0' * 32}")
    with pytest.raises(
        IntegrityError,
        match=r"six-2-py3-none-any\.whl: its md5 is [0-9a-f]{32}, but its index promised 0+; the",
    ):
        locked(wrong)


def test_hashes_of_a_requirements_file_name_the_file_by_its_bytes(tmp_path: Path) -> None:
    named = NamedFiles(
        project=canonicalize_name("six"),
        versions=SpecifierSet(),
        digests=frozenset({f"sha256:{sha256(ONE)}"}),
        origin=Origin(file="requirements.txt", line=1, path=""),
    )
    found = locked(listing(tmp_path), named_files=(named,))
    assert pins(found) == {"six": "1"}


def test_where_nobody_asks_for_it_the_error_says_how(tmp_path: Path) -> None:
    with pytest.raises(NoSolution, match="`digests: computed` at the index fake takes that of the bytes that come"):
        lock(spec("six", indexes=(IndexSpec(name="fake"),)), listing(tmp_path), SITES, Previous())
