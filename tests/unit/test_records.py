"""Records are frozen dataclasses: whatever one of these does, a record of the same fields does."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.lock.model import IndexEntry
from resolver.records import record


class Plain:
    """What both are made of."""

    name: str
    number: int = 0
    more: Mapping[str, int] = field(default_factory=dict)
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """A method that looks at fields."""
        return f"{self.name} {self.number}"


Record: Any = record(type("Plain", (), dict(vars(Plain))))
Dataclass: Any = dataclass(frozen=True, slots=True, kw_only=True)(type("Plain", (), dict(vars(Plain))))
GIVEN = st.fixed_dictionaries(
    {"name": st.text(max_size=1)},
    optional={
        "number": st.integers(0, 1),
        "more": st.dictionaries(st.text(max_size=1), st.integers(0, 1), max_size=1),
        "note": st.text(max_size=1),
        "secret": st.text(max_size=1),
    },
)


@given(GIVEN, GIVEN)
def test_a_record_is_what_the_dataclass_is(one: dict[str, Any], other: dict[str, Any]) -> None:
    records, dataclasses = ([kind(**one), kind(**other)] for kind in (Record, Dataclass))
    for ours, theirs in zip(records, dataclasses, strict=True):
        assert (asdict(ours), ours.shown) == (asdict(theirs), theirs.shown)
        assert repr(ours).partition("(")[2] == repr(theirs).partition("(")[2]
    assert (records[0] == records[1]) == (dataclasses[0] == dataclasses[1])
    assert asdict(replace(records[0], **other)) == asdict(replace(dataclasses[0], **other))


@given(st.text(max_size=1), st.text(max_size=1))
def test_hashes_go_with_equality(one: str, other: str) -> None:
    assert (len({Record(name=one, more=(), note="a"), Record(name=other, more=(), note="b")}) == 1) == (one == other)


def test_no_two_share_what_a_factory_made() -> None:
    assert Record(name="a").more is not Record(name="a").more


def test_it_is_equal_to_nothing_of_another_class() -> None:
    assert Record(name="a") != Dataclass(name="a")
    assert [part.name for part in fields(Record)] == [part.name for part in fields(Dataclass)]


@pytest.mark.parametrize("values", [{}, {"number": 1}, {"name": "a", "other": 1}, {"other": 1}])
def test_fields_that_are_missing_or_unknown_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="Plain has name, number, more, note, secret, and was given"):
        Record(**values)
    with pytest.raises(TypeError):
        Record("a")


def test_nothing_of_it_can_be_changed() -> None:
    value = Record(name="a")
    with pytest.raises(FrozenInstanceError, match=r"Plain\.name cannot be changed"):
        value.name = "b"
    with pytest.raises(FrozenInstanceError):
        value.other = "b"
    with pytest.raises(FrozenInstanceError):
        del value.name
    assert not hasattr(value, "__dict__")


def test_copies_are_equal() -> None:
    entry = IndexEntry(url="https://index.example/simple/", files="https://files.example/")
    assert copy.copy(entry) == copy.deepcopy(entry) == pickle.loads(pickle.dumps(entry)) == entry


def test_what_is_to_be_done_at_the_end_is_done() -> None:
    seen: list[str] = []

    @record
    class Checked:
        name: str

        def __post_init__(self) -> None:
            seen.append(self.name)

    Checked(name="a")
    assert seen == ["a"]
