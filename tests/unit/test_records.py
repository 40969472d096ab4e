"""Records are frozen dataclasses: whatever one of these does, a record of the same fields does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.lock.model import IndexEntry
from resolver.records import field, record


class Plain:
    """What both are made of."""

    name: str
    number: int = 0
    more: Mapping[str, int]
    note: str

    @property
    def shown(self) -> str:
        """A method that looks at fields."""
        return f"{self.name} {self.number}"


def made(decorate: Any, field: Any) -> Any:
    said = {"more": field(default_factory=dict), "note": field(default_factory=str, compare=False)}
    return decorate(type("Plain", (), {**vars(Plain), **said}))


Record = made(record, field)
Dataclass = made(dataclass(frozen=True, slots=True, kw_only=True), dataclasses.field)
GIVEN = st.fixed_dictionaries(
    {"name": st.text(max_size=1)},
    optional={
        "number": st.integers(0, 1),
        "more": st.dictionaries(st.text(max_size=1), st.integers(0, 1), max_size=1),
        "note": st.text(max_size=1),
    },
)


@given(GIVEN, GIVEN)
def test_a_record_is_what_the_dataclass_is(one: dict[str, Any], other: dict[str, Any]) -> None:
    records, plain = ([kind(**one), kind(**other)] for kind in (Record, Dataclass))
    for ours, theirs in zip(records, plain, strict=True):
        assert (asdict(ours), ours.shown) == (asdict(theirs), theirs.shown)
        assert repr(ours).partition("(")[2] == repr(theirs).partition("(")[2]
    assert (records[0] == records[1]) == (plain[0] == plain[1])
    assert asdict(replace(records[0], **other)) == asdict(replace(plain[0], **other))


@given(st.text(max_size=1), st.text(max_size=1))
def test_hashes_go_with_equality(one: str, other: str) -> None:
    assert (len({Record(name=one, more=(), note="a"), Record(name=other, more=(), note="b")}) == 1) == (one == other)


def test_one_that_is_equal_to_itself_alone() -> None:
    alone = made(record(eq=False), field)
    one, other = alone(name="a"), alone(name="a")
    assert one == one != other
    assert len({one, other, one}) == 2
    assert asdict(one) == asdict(other)


def test_no_two_share_what_a_factory_made() -> None:
    assert Record(name="a").more is not Record(name="a").more


def test_it_is_equal_to_nothing_of_another_class() -> None:
    assert Record(name="a") != Dataclass(name="a")


def test_dataclasses_knows_its_fields() -> None:
    assert is_dataclass(Record)
    known, theirs = fields(Record), fields(Dataclass)
    for aspect in ("name", "type", "default", "default_factory", "compare", "repr", "init", "kw_only"):
        assert [getattr(part, aspect) for part in known] == [getattr(part, aspect) for part in theirs], aspect
    assert fields(Record)[0] is known[0], "they are made once"


def test_a_field_of_dataclasses_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Plain\.more: a record needs `resolver\.records\.field`"):
        made(record, dataclasses.field)


def test_dataclasses_is_not_imported_for_it() -> None:
    code = (
        "import sys; from resolver.lock.model import IndexEntry, Lock; IndexEntry(url='a', files='b');"
        "print({'dataclasses', 'inspect'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("values", [{}, {"number": 1}, {"name": "a", "other": 1}, {"other": 1}])
def test_fields_that_are_missing_or_unknown_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="Plain has name, number, more, note, and was given"):
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
