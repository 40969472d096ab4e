"""What follows from nogoods is right, and what is learned from a conflict follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import NormalizedName

from resolver.resolution.nogoods import NOTHING, Domains, Nogood
from resolver.resolution.wanted import Key

A, B, C, D = ((NormalizedName(name), "") for name in "abcd")
EXTRA: Key = (A[0], "x")
VALUES = (1, 2, 4, 8)
_term = st.integers(1, 15)
_terms = st.dictionaries(st.sampled_from([A, B, C, D]), _term, min_size=1, max_size=3)


def assignments(nogoods: list[dict[Key, int]]) -> Iterator[Mapping[Key, int]]:
    """All values for all keys that break no nogood."""
    for values in product(VALUES, repeat=4):
        found = dict(zip((A, B, C, D), values, strict=True))
        if not any(all(found[key] & term for key, term in nogood.items()) for nogood in nogoods):
            yield found


def domains(*nogoods: dict[Key, int]) -> Domains:
    made = Domains()
    for key in (A, B, C, D):
        made.add(Nogood({key: ~15}))
    for terms in nogoods:
        made.add(Nogood(dict(terms)))
    return made


def test_what_one_term_is_left_of_is_ruled_out() -> None:
    made = domains({A: 2 | 4, B: ~4})
    assert made.propagate() is None
    assert made[B] == 15
    made.decide(A, 2)
    assert made.propagate() is None
    assert made[B] == 4


def test_a_term_that_grows_is_looked_at_again() -> None:
    made = Domains()
    nogood = Nogood({A: 2, B: 8})
    made.add(nogood)
    made.decide(A, 4)
    assert made.propagate() is None
    assert made[B] & 8
    nogood.terms[A] |= 4
    made.add(nogood)
    assert made.propagate() is None
    assert not made[B] & 8


def test_it_goes_back_past_decisions_that_have_no_part_in_a_conflict() -> None:
    made = domains({A: 2, C: 1 | 2}, {A: 2, C: 4 | 8})
    for key, value in ((D, 1), (B, 1), (A, 2)):
        assert made.propagate() is None
        made.decide(key, value)
    failed = made.propagate()
    assert failed is not None
    assert made.learn(failed).terms == {A: 2, C: 15}
    assert made.level == 0
    assert made.propagate() is None
    assert made[A] == 1 | 4 | 8


def test_where_nothing_is_left_it_tells_all_that_led_there_and_nothing_else() -> None:
    facts = [Nogood(terms) for terms in ({A: ~2}, {A: 2, B: ~4}, {B: 4, C: 1}, {B: 4, C: ~1}, {D: 1})]
    made = Domains()
    for fact in facts:
        made.add(fact)
    failed = made.propagate()
    assert failed is not None
    proof = made.learn(failed)
    assert proof.terms == {}
    assert set(proof.facts()) == set(facts[:4])


def test_what_is_linked_has_the_same_value_or_none() -> None:
    made = Domains()
    made.add(Nogood({A: ~14}))
    made.link(EXTRA, A)
    assert made.propagate() is None
    assert made[EXTRA] == NOTHING | 14
    made.decide(A, 2)
    assert made.propagate() is None
    assert made[EXTRA] == NOTHING | 2


def test_what_is_linked_narrows_its_leader_once_it_has_a_value() -> None:
    made = Domains()
    made.link(EXTRA, A)
    made.add(Nogood({EXTRA: ~(NOTHING | 2)}))
    assert made.propagate() is None
    assert made[A] & 4
    made.decide(EXTRA, 2)
    assert made.propagate() is None
    assert made[A] == 2


def test_a_link_that_leaves_nothing_is_a_conflict() -> None:
    made = Domains()
    made.link(EXTRA, A)
    made.decide(A, 4)
    made.add(Nogood({EXTRA: ~2}))
    failed = made.propagate()
    assert failed is not None
    made.learn(failed)
    assert made.level == 0
    assert made.propagate() is None
    assert made[A] == 2


@given(st.lists(_terms, max_size=14), st.permutations([A, B, C, D]), st.lists(st.sampled_from(VALUES), min_size=1))
def test_values_for_all_are_found_where_there_are_any(
    nogoods: list[dict[Key, int]], order: list[Key], wishes: list[int]
) -> None:
    """Deciding at random, with nogoods that come late, as those of candidates that are read late."""
    possible = list(assignments(nogoods))
    early = len(nogoods) // 2
    made, late = domains(*nogoods[:early]), [Nogood(dict(terms)) for terms in nogoods[early:]]
    for round_ in range(1000):
        failed = made.propagate()
        if failed is not None:
            learned = made.learn(failed)
            assert not any(all(one[key] & term for key, term in learned.terms.items()) for one in possible)
            if not learned.terms:
                assert not possible
                return
            continue
        undecided = [key for key in order if made[key].bit_count() > 1]
        if late:
            made.add(late.pop())
        elif not undecided:
            assert {key: made[key] for key in (A, B, C, D)} in possible
            return
        if undecided:
            wish, domain = wishes[round_ % len(wishes)], made[undecided[0]]
            made.decide(undecided[0], wish if domain & wish else domain & -domain)
    raise AssertionError("it goes round in a circle")
