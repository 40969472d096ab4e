"""Values survive the way from process to process, and an end in the middle of one is an end."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.http_index.frames import receive, send

_PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5)
_NESTED = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
_VALUES = st.lists(_NESTED, max_size=4)


@given(_VALUES)
def test_what_is_sent_is_received(values: list[object]) -> None:
    stream = io.BytesIO()
    for value in values:
        send(stream, value)
    stream.seek(0)
    assert [receive(stream) for _ in values] == values
    with pytest.raises(EOFError):
        receive(stream)


@given(st.binary(min_size=1), st.data())
def test_a_value_that_was_cut_off_is_none(content: bytes, data: st.DataObject) -> None:
    stream = io.BytesIO()
    send(stream, content)
    kept = data.draw(st.integers(0, len(stream.getvalue()) - 1))
    with pytest.raises(EOFError):
        receive(io.BytesIO(stream.getvalue()[:kept]))
