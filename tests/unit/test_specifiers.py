"""Which releases meet which specifiers: the same as if each were asked, however few are looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.resolution.specifiers import Bounds, Specifiers, bounds
from resolver.simple.releases import Releases, parsed_version, releases_of

FOO = canonicalize_name("foo")
VERSIONS = ["0.9", "1.0", "1.0.0", "1.0+cpu", "1.0.post1", "1.0rc1", "1.1.dev2", "1.1", "1.10", "2.0a1", "2.0", "2!1.0"]
CLAIMS = [
    "", ">=1.0", ">1.0", "<=1.0", "<1.1", "==1.0", "==1.0.0", "==1.*", "!=1.0", "~=1.0", "===1.0", ">=1.0rc1",
    "==1.0+cpu", "<2.0a1", "<2.0.dev0", ">=2!0", "==3.0", ">1.0.post1", ">1.0rc1", "<=2.0a1", "<1.0",
    ">=1.0,<2", ">0.9,<=1.10",
]  # fmt: skip


def releases(versions: list[str]) -> Releases:
    return releases_of([f"foo-{version}-py3-none-any.whl" for version in versions], FOO)


def wanted(*claims: str) -> dict[str, Bounds]:
    return {claim: bounds(claim) for claim in claims}


@given(
    st.lists(st.sampled_from(VERSIONS), max_size=8, unique=True),
    st.lists(st.sampled_from(CLAIMS), max_size=3),
    st.booleans(),
)
def test_nothing_is_missed_and_nothing_is_added(versions: list[str], claims: list[str], lowest: bool) -> None:
    found = releases(versions)
    specifiers = [SpecifierSet(claim) for claim in claims]
    answers, asked = Specifiers(), wanted(*claims)
    [tier] = answers.tiers(FOO, asked, found, "allow", lowest=lowest)
    meeting = [n for n in range(len(found)) if all(s.contains(found.version(n), prereleases=True) for s in specifiers)]
    assert list(tier) == (meeting[::-1] if lowest else meeting)
    [finals] = answers.tiers(FOO, asked, found, "never", lowest=lowest)
    assert list(finals) == [n for n in tier if not found.version(n).is_prerelease]
    assert list(finals) == list(finals)
    where_needed = answers.tiers(FOO, asked, found, "if-necessary", lowest=lowest)
    before = [n for n in tier if n not in finals]
    named = any(part.prereleases and str(part) != "<2.0.dev0" for one in specifiers for part in one)
    assert [list(one) for one in where_needed] == ([list(tier)] if named else [list(finals), before])


@pytest.mark.parametrize("text", ["<5.dev0", "<5.0.0dev", "<5a0", ">=3,<5.0a0", "<5", ">=3", ""])
def test_no_pre_release_is_invited_by_a_bound_that_keeps_them_out(text: str) -> None:
    assert not bounds(text).invites
    assert bounds(text).narrows


@pytest.mark.parametrize("text", ["<5a1", "<5rc1", "<5a0.dev1", "<=5.dev0", ">=5.dev0", ">5a0", "==5a0", "~=5.0a0"])
def test_pre_releases_are_invited_by_who_names_one(text: str) -> None:
    assert bounds(text).invites
    assert not bounds(text).narrows


def test_pre_releases_come_after_all_else_where_nothing_names_one() -> None:
    found = releases(["1.0", "2.0a1", "0.9"])
    answers = Specifiers()
    both = answers.tiers(FOO, {}, found, "if-necessary", lowest=False)
    assert [[found.versions[n] for n in tier] for tier in both] == [["1.0", "0.9"], ["2.0a1"]]
    [only] = answers.tiers(FOO, wanted(">=2.0a1"), found, "if-necessary", lowest=False)
    assert [found.versions[n] for n in only] == ["2.0a1"]


def test_of_a_long_page_few_versions_are_parsed() -> None:
    found = releases([f"{number}.0" for number in range(2000)])
    parsed_version.cache_clear()
    [tier] = Specifiers().tiers(FOO, wanted(">=1000,<1001"), found, "allow", lowest=False)
    assert [found.versions[n] for n in tier] == ["1000.0"]
    assert parsed_version.cache_info().misses < 40


def test_of_a_bound_that_names_a_release_none_is_compared() -> None:
    found = releases([f"{number}.0" for number in range(2000)])
    parsed_version.cache_clear()
    assert (found.first_below("1000.0"), found.first_not_above("1000.0")) == (1000, 999)
    assert parsed_version.cache_info().misses == 0
    assert (found.first_below("1000"), found.first_not_above("1000")) == (1000, 999)


def test_a_release_is_known_however_its_version_is_written() -> None:
    found = releases(["1.0", "2.0.0"])
    assert [found.number(version) for version in (Version("1.0.0"), Version("2"))] == [1, 0]
    assert found.number(Version("3")) is None


def test_the_newest_that_meets_them_is_found_without_looking_for_the_oldest() -> None:
    found = releases([f"{number}.0" for number in range(2000)])
    [tier] = Specifiers().tiers(FOO, wanted(">=1000"), found, "allow", lowest=False)
    parsed_version.cache_clear()
    assert found.versions[next(iter(tier))] == "1999.0"
    assert parsed_version.cache_info().misses == 1
