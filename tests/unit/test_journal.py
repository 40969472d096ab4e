"""Journals: every whole record is found, whatever stands between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.http_index.journal import Journal, journal_entry
from tests.support.archives import sha256

NAME = sha256(b"a project")
_MARK = journal_entry(NAME, NAME, b"")[:8]
_contents = st.binary(max_size=40) | st.just(b"") | st.binary(max_size=9).map(lambda some: some + _MARK + some)
_records = st.tuples(st.integers(0, 3).map(lambda number: sha256(b"%d" % number)), _contents)


def entries(records: list[tuple[str, bytes]]) -> list[bytes]:
    return [journal_entry(NAME, key, content) for key, content in records]


@given(st.lists(_records))
def test_of_each_key_the_last_record_counts(records: list[tuple[str, bytes]]) -> None:
    journal = Journal(NAME, b"".join(entries(records)))
    assert {key: journal.read(key) for key, _ in records} == dict(records)
    assert all(journal.has(key) for key, _ in records)
    assert not journal.has(sha256(b"none"))
    assert journal.read(sha256(b"none")) is None


@given(_records, st.data())
def test_a_record_is_found_behind_damage(record: tuple[str, bytes], data: st.DataObject) -> None:
    content = data.draw(_contents)
    other = journal_entry(NAME, sha256(b"other"), content)
    cut = other[: data.draw(st.integers(0, len(other) - 1))]
    at = data.draw(st.integers(0, len(other) - 1))
    changed = other[:at] + bytes([other[at] ^ data.draw(st.integers(1, 255))]) + other[at + 1 :]
    whole = journal_entry(NAME, *record)
    for damaged in (cut, changed, data.draw(st.binary(max_size=99))):
        journal = Journal(NAME, damaged + whole + damaged)
        assert journal.read(record[0]) == record[1]
        assert journal.read(sha256(b"other")) in {None, content}, "whole, where what follows is what was cut off"


@pytest.mark.parametrize("size", range(1, 9))
def test_a_mark_that_completes_a_record_that_was_cut_off_is_found(size: int) -> None:
    first, second = entries([(sha256(b"1"), b"some" + _MARK[:size]), (sha256(b"2"), b"other")])
    for sent in (first[:-size] + second, first + second):
        journal = Journal(NAME, sent)
        assert [journal.read(sha256(one)) for one in (b"1", b"2")] == [b"some" + _MARK[:size], b"other"]


def test_what_was_written_into_a_record_costs_that_record_alone() -> None:
    first, second, third = entries([(sha256(one), one * 50) for one in (b"1", b"2", b"3")])
    journal = Journal(NAME, first[:60] + second + first[60:] + third)
    assert [journal.read(sha256(one)) for one in (b"1", b"2", b"3")] == [None, b"2" * 50, b"3" * 50]


def test_a_record_of_another_journal_is_none_of_this_one() -> None:
    assert not Journal(NAME, journal_entry(sha256(b"elsewhere"), NAME, b"evil")).has(NAME)
