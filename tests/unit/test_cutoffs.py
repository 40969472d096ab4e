"""Ages in a spec: when the clock is asked, what the lock keeps, and what that means for the files of an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from packaging.utils import NormalizedName, canonicalize_name

from resolver.cutoffs import Clock
from resolver.errors import InputError, NoSolution
from resolver.index import Site
from resolver.lock.codec import dumps, loads
from resolver.lock.model import Lock
from resolver.locking import lock
from resolver.previous import Previous
from resolver.spec.model import IndexSpec, Policy, Spec
from tests.support.environments import spec
from tests.support.fake_index import FakeIndex

NOW = datetime(2026, 11, 24, 12, 0, 0, 500_000, tzinfo=timezone.utc)
WEEK = Policy(minimum_age=timedelta(days=7))
SITES = {"fake": Site(url="https://index.example/simple/")}


def index() -> FakeIndex:
    """Releases of the 16th, of noon and a second before it on the 17th, and of the 23rd."""
    times = {"1": "16T12:00:00Z", "2": "17T11:59:59Z", "3": "17T12:00:00Z", "4": "23T12:00:00Z"}
    made = FakeIndex()
    for version, time in times.items():
        made = made.wheel("a", version, upload_time=f"2026-11-{time}")
    return made


def at(moment: datetime) -> Clock:
    return lambda: moment


def stopped() -> datetime:
    raise AssertionError("the clock was asked")


def resolved(declared: Spec, previous: Previous | None = None, clock: Clock = stopped) -> Lock:
    return lock(declared, index(), SITES, previous or Previous(), clock=clock).lock


def version(found: Lock) -> str:
    return found.resolutions["linux"]["a"].version


def test_an_age_is_frozen_and_used_again_at_whatever_time() -> None:
    declared = spec("a", policy=WEEK)
    first = resolved(declared, clock=at(NOW))
    assert (version(first), first.exclude_newer) == ("2", {"P7D": "2026-11-17T12:00:00Z"})
    again = resolved(declared, Previous(lock=loads(dumps(first))))
    assert dumps(again) == dumps(first)


@pytest.mark.parametrize("update", [None, frozenset({canonicalize_name("a")})], ids=["all", "one"])
def test_an_update_measures_it_anew(update: frozenset[NormalizedName] | None) -> None:
    first = resolved(spec("a", policy=WEEK), clock=at(NOW))
    later = NOW + timedelta(days=7)
    again = resolved(spec("a", policy=WEEK), Previous(lock=first, update=update), at(later))
    assert (version(again), again.exclude_newer) == ("4", {"P7D": "2026-11-24T12:00:00Z"})


def test_a_spec_that_changed_elsewhere_keeps_the_instant() -> None:
    first = resolved(spec("a", policy=WEEK), clock=at(NOW))
    again = resolved(spec("a>=2", policy=WEEK), Previous(lock=first))
    assert again.exclude_newer == first.exclude_newer


def test_another_age_is_measured_now_and_the_old_one_forgotten() -> None:
    first = resolved(spec("a", policy=WEEK), clock=at(NOW))
    other = Policy(minimum_age=timedelta(days=6))
    again = resolved(spec("a>2", policy=other), Previous(lock=first), at(NOW))
    assert (version(again), again.exclude_newer) == ("3", {"P6D": "2026-11-18T12:00:00Z"})
    without = resolved(spec("a"), Previous(lock=again))
    assert without.exclude_newer == {}


def test_one_moment_for_all_ages_and_what_is_new_beside_what_is_kept() -> None:
    first = resolved(spec("a", policy=WEEK), clock=at(NOW))
    own = {canonicalize_name("b"): replace(WEEK, minimum_age=timedelta(hours=36, minutes=5))}
    asked: list[datetime] = []

    def clock() -> datetime:
        asked.append(NOW + timedelta(days=1))
        return asked[-1]

    again = resolved(spec("a", policy=WEEK, projects=own), Previous(lock=first), clock)
    assert again.exclude_newer == {"P7D": "2026-11-17T12:00:00Z", "P1DT12H5M": "2026-11-23T23:55:00Z"}
    assert len(asked) == 1
    both = resolved(spec("a", policy=WEEK, projects=own), clock=clock)
    assert both.exclude_newer == {"P7D": "2026-11-18T12:00:00Z", "P1DT12H5M": "2026-11-23T23:55:00Z"}
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("declared", "chosen"),
    [
        (lambda: spec("a", policy=WEEK, projects={canonicalize_name("a"): Policy()}), "4"),
        (lambda: spec("a", policy=WEEK, indexes=(IndexSpec(name="fake", policy=Policy()),)), "4"),
        (lambda: spec("a", projects={canonicalize_name("a"): WEEK}), "2"),
        (lambda: spec("a", indexes=(IndexSpec(name="fake", policy=WEEK),)), "2"),
    ],
    ids=["exempt project", "exempt index", "project alone", "index alone"],
)
def test_of_a_project_or_of_an_index(declared: Callable[[], Spec], chosen: str) -> None:
    assert version(resolved(declared(), clock=at(NOW))) == chosen


def test_files_of_unknown_age_are_refused_by_name() -> None:
    with pytest.raises(NoSolution, match="has no upload time at the index, and `exclude_newer` is set"):
        lock(spec("a", policy=WEEK), FakeIndex().wheel("a", "1"), SITES, Previous(), clock=at(NOW))


def test_what_is_too_new_is_told_with_the_instant() -> None:
    with pytest.raises(NoSolution, match=r"after `exclude_newer` \(2026-11-17T12:00:00Z\)"):
        resolved(spec("a==4", policy=WEEK), clock=at(NOW))


def test_a_run_without_a_clock_says_so() -> None:
    with pytest.raises(InputError, match="has no clock"):
        lock(spec("a", policy=WEEK), index(), SITES, Previous())
