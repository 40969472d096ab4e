"""From pages and spec to the lock: where provenance objects lie, what is asked of them, and who is refused for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name

from resolver.errors import NoSolution
from resolver.index import Site
from resolver.lock.codec import dumps, loads
from resolver.lock.model import Attestations, Lock
from resolver.locking import lock
from resolver.previous import Previous
from resolver.spec.model import IndexSpec, Policy, Spec
from tests.support.environments import spec
from tests.support.fake_index import FakeIndex

A = canonicalize_name("a")
A_FILE = "a-1-py3-none-any.whl"


def resolved(declared: Spec, index: FakeIndex, site: Site) -> Lock:
    return loads(dumps(lock(declared, index, {"fake": site}, Previous()).lock))


@pytest.mark.parametrize(
    ("provenance", "kept"),
    [
        ("https://index.example/integrity/a/1/a.whl/provenance", "../integrity/a/1/a.whl/provenance"),
        ("https://index.example/simple/a/p?of=a%20b", "a/p?of=a%20b"),
        ("https://index.example/odd//slashes", "https://index.example/odd//slashes"),
        ("https://other.example/p", "https://other.example/p"),
        (None, None),
    ],
)
def test_it_is_kept_as_seen_from_its_index(provenance: str | None, kept: str | None) -> None:
    site = Site(url="https://index.example/simple/")
    found = resolved(spec("a"), FakeIndex().wheel("a", "1", provenance=provenance), site)
    artifact = found.artifacts[A_FILE]
    assert artifact.provenance == kept
    assert found.provenance(artifact) == provenance


def test_a_mirror_has_it_too() -> None:
    site = Site(url="https://index.example/simple/")
    found = resolved(spec("a"), FakeIndex().wheel("a", "1", provenance="https://index.example/integrity/a"), site)
    moved = replace(found, indexes={"fake": replace(found.indexes["fake"], url="https://mirror.example/pypi/simple/")})
    assert moved.provenance(moved.artifacts[A_FILE]) == "https://mirror.example/pypi/integrity/a"


@pytest.mark.parametrize(
    ("url", "provenance", "kept", "found_at"),
    [
        ("../tree/", "file:///there/tree/files/a.provenance", "files/a.provenance", "../tree/files/a.provenance"),
        ("file:///there/tree/", "file:///there/tree/p", "p", "file:///there/tree/p"),
        ("../tree/", "file:///elsewhere/a.provenance", None, None),
    ],
)
def test_of_a_directory(url: str, provenance: str, kept: str | None, found_at: str | None) -> None:
    index = FakeIndex().wheel("a", "1", url="file:///there/tree/files/a.whl", provenance=provenance)
    found = resolved(spec("a"), index, Site(url=url, root="file:///there/tree/"))
    assert found.artifacts[A_FILE].provenance == kept
    assert found.provenance(found.artifacts[A_FILE]) == found_at


def test_what_the_spec_asks_is_kept_for_projects_that_are_there() -> None:
    crew = {"kind": "GitHub", "repository": "crew/a"}
    policy = Policy(attestations="if-present")
    projects = {
        A: replace(policy, attestations="require", publisher=crew),
        canonicalize_name("b"): replace(policy, sdists="never"),
        canonicalize_name("absent"): replace(policy, attestations="ignore"),
    }
    index = FakeIndex().wheel("a", "1", "b", "c", provenance="https://index.example/p").wheel("b", "1").wheel("c", "1")
    found = resolved(spec("a", policy=policy, projects=projects), index, Site(url="https://index.example/simple/"))
    asked = Attestations(check="require", publisher=crew)
    assert found.attestations == {"": Attestations(check="if-present"), "a": asked}
    assert [found.attested(name).check for name in "abc"] == ["require", "if-present", "if-present"]


def test_an_index_that_has_none_is_asked_for_none() -> None:
    required = Policy(attestations="require")
    indexes = (IndexSpec(name="fake"), IndexSpec(name="corp", url="x/", projects=("b",), policy=Policy()))
    index = FakeIndex().wheel("a", "1", "b", provenance="https://index.example/p").wheel("b", "1")
    declared = spec("a", policy=required, indexes=indexes)
    found = resolved(declared, index, Site(url="https://index.example/simple/"))
    assert found.attestations == {"": Attestations(check="require"), "b": Attestations(check="ignore")}


def test_a_spec_that_asks_nothing_leaves_no_trace() -> None:
    found = resolved(spec("a"), FakeIndex().wheel("a", "1"), Site(url="https://index.example/simple/"))
    assert "attestations" not in dumps(found)
    assert found.attested("a") == Attestations()


def test_a_file_without_them_is_refused_where_they_are_required() -> None:
    index = FakeIndex().wheel("a", "1", provenance="https://index.example/p").wheel("a", "2")
    site = Site(url="https://index.example/simple/")
    required = {A: Policy(attestations="require")}
    assert resolved(spec("a", projects=required), index, site).resolutions["linux"]["a"].version == "1"
    assert resolved(spec("a"), index, site).resolutions["linux"]["a"].version == "2"
    with pytest.raises(NoSolution, match="has no attestations at the index, and the policy is `attestations: require`"):
        resolved(spec("a>1", projects=required), index, site)


def test_files_and_releases_that_are_refused_alike_are_told_once() -> None:
    index, windows = FakeIndex(), "cp311-cp311-win_amd64"
    for version in ("1", "2", "3"):
        for tag in ("py3-none-any", "cp311-none-any", windows, "cp312-none-any"):
            index.wheel("a", version, tag=tag)
    with pytest.raises(NoSolution) as caught:
        resolved(
            spec("a", projects={A: Policy(attestations="require")}), index, Site(url="https://index.example/simple/")
        )
    (told,) = [line for line in str(caught.value).splitlines() if "no file fits" in line]
    assert told == (
        "    3, 2, 1: of 3, no file fits: a-3-cp311-none-any.whl has no attestations at the index, and the policy is"
        " `attestations: require` (1 more likewise); the other wheels are for other environments"
    )
