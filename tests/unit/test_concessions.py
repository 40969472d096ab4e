"""What environments give up so that all agree, and who would not have it otherwise."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from resolver.index import Site
from resolver.locking import Locked, lock
from resolver.previous import Previous
from resolver.resolution.concessions import _REMEDY
from resolver.spec.model import Policy
from tests.support.environments import LINUX, MAC, OLD, WINDOWS, spec
from tests.support.fake_index import FakeIndex

SITES = {"fake": Site(url="https://index.example/simple/")}


def agreed(locked: Locked) -> list[str]:
    return [notice.message for notice in locked.notices if notice.kind == "agreed"]


def held_back(*names: str) -> FakeIndex:
    """Projects of which only the first release supports an old Python."""
    index = FakeIndex()
    for name in names:
        index.wheel(name, "1").wheel(name, "2").wheel(name, "3", requires_python=">=3.10")
    return index


def test_whom_others_follow_is_told_with_what_they_would_have_had() -> None:
    locked = lock(spec("b", "c", environments=(LINUX, OLD)), held_back("b", "c"), SITES, Previous())
    assert {pin.version for pins in locked.lock.resolutions.values() for pin in pins.values()} == {"2"}
    assert agreed(locked) == [f"to agree with old, others get b 2 instead of 3, c 2 instead of 3; {_REMEDY}"]


def test_of_many_those_are_named_that_the_spec_asks_for() -> None:
    names = ["a1", "a2", "a3", "a4", "a5"]
    index = held_back(*names).wheel("z", "1", *names).wheel("z", "2", *names, requires_python=">=3.10")
    [message] = agreed(lock(spec("z", environments=(LINUX, OLD)), index, SITES, Previous()))
    assert message.startswith("to agree with old, others get z 1 instead of 2, a1 2 instead of 3, ")
    assert ", and 2 more; " in message


def test_a_project_that_may_differ_is_not_told_though_it_follows() -> None:
    """That of ``z`` holds ``b`` back, which the spec would let go on."""
    index = held_back("b").wheel("z", "1", "b==2").wheel("z", "2", "b", requires_python=">=3.10")
    apart = spec("z", environments=(LINUX, OLD), projects={canonicalize_name("b"): Policy(align=False)})
    [message] = agreed(lock(apart, index, SITES, Previous()))
    assert message.startswith("to agree with old, others get z 1 instead of 2; ")


def test_nothing_is_told_where_nobody_gives_way() -> None:
    index = FakeIndex().wheel("b", "1").wheel("b", "2", tag="cp311-cp311-win_amd64")
    for policy in (Policy(), Policy(align=False)):
        alike = spec("c", environments=(LINUX, MAC), policy=policy)
        assert agreed(lock(alike, held_back("c"), SITES, Previous())) == []
    apart = spec("b", environments=(LINUX, WINDOWS), policy=Policy(align=False))
    assert agreed(lock(apart, index, SITES, Previous())) == []


def test_only_a_lock_that_moves_is_told() -> None:
    """What an older lock holds is nobody's concession any more."""
    declared = spec("b", environments=(LINUX, OLD))
    first = lock(declared, held_back("b"), SITES, Previous())
    again = lock(declared, held_back("b"), SITES, Previous(lock=first.lock, update=frozenset()))
    assert (len(agreed(first)), agreed(again)) == (1, [])
    moved = lock(declared, held_back("b"), SITES, Previous(lock=first.lock, update={canonicalize_name("b")}))
    assert agreed(moved) == agreed(first)
