"""What dead ends teach stays taught."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import NormalizedName

from resolver.resolution.order import Order
from resolver.resolution.wanted import Key

A, B, C, D, E = ((NormalizedName(name), "") for name in "abcde")
_keys = st.sampled_from([A, B, C, D])
_lesson = st.tuples(_keys, st.lists(_keys, min_size=1, max_size=2), st.sets(_keys, max_size=3))


def test_what_was_in_no_conflict_is_between_the_stuck_and_their_culprits() -> None:
    order = Order()
    assert order.learn(A, [B], [C])
    assert [order.place(one) for one in (A, B, C, D)] == [-1, 0, 1, 0]


def test_who_leads_to_the_stuck_does_not_give_way() -> None:
    order = Order()
    assert order.learn(A, [B], [B])
    assert order.place(B) == 0


def test_a_lesson_is_new_once() -> None:
    order = Order()
    assert order.learn(A, [], [B])
    assert not order.learn(A, [], [B])


def test_what_contradicts_an_earlier_lesson_is_left_out() -> None:
    order = Order()
    order.learn(A, [], [B])
    order.learn(B, [E], [C])
    assert order.learn(C, [E], [A, D])
    assert order.place(A) < order.place(B) < order.place(C) < order.place(D)


@given(st.lists(_lesson, max_size=8))
def test_every_lesson_that_was_learned_holds_to_the_end(lessons: list[tuple[Key, list[Key], set[Key]]]) -> None:
    order = Order()
    held: set[tuple[Key, Key]] = set()
    for stuck, askers, culprits in lessons:
        order.learn(stuck, askers, culprits)
        pairs = {(early, late) for early in (stuck, *askers) for late in culprits.difference([stuck, *askers])}
        held |= {(early, late) for early, late in pairs if order.place(early) < order.place(late)}
    assert all(order.place(early) < order.place(late) for early, late in held)


def test_what_the_spec_asks_for_and_is_stuck_goes_before_all_that_it_gave_way_to() -> None:
    order = Order()
    order.learn(A, [B], [C])
    assert order.learn(C, [], [A, B])
    assert order.place(C) < order.place(A)
    assert order.place(C) < order.place(B)


def test_that_is_done_once_for_each() -> None:
    order = Order()
    order.learn(E, [A], [C])
    assert order.learn(C, [], [A])
    assert order.learn(A, [], [C])
    assert order.place(A) < order.place(C)
    assert not order.learn(C, [], [A])
