"""What a client is given of what there is: representations, ranges, entity tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.server.negotiation import HTML_TYPE, JSON_TYPE, PLAIN_HTML, byte_range, matches, negotiate

OFFERED = (PLAIN_HTML, JSON_TYPE, HTML_TYPE)
LATEST_JSON = "application/vnd.pypi.simple.latest+json"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, PLAIN_HTML),
        ("  ", PLAIN_HTML),
        ("*/*", PLAIN_HTML),
        (JSON_TYPE, JSON_TYPE),
        (LATEST_JSON, JSON_TYPE),
        (f"{JSON_TYPE}, {HTML_TYPE};q=0.1, text/html;q=0.01", JSON_TYPE),  # what pip sends
        (f"{JSON_TYPE}, {HTML_TYPE};q=0.2, text/html;q=0.01", JSON_TYPE),  # what uv sends
        (f"{JSON_TYPE} ; Q=0.3 , text/html;q=0.2", JSON_TYPE),
        ("application/*", JSON_TYPE),
        ("application/*;q=0.5, text/html;q=0.4", JSON_TYPE),
        (f"text/html;q=0, */*;q=0.1, {HTML_TYPE};q=0.2", HTML_TYPE),
        (f"{JSON_TYPE};q=nonsense, text/html;q=0.001", PLAIN_HTML),
        (f"{JSON_TYPE};q=nan", None),
        ("text/html;q=0", None),
        ("application/vnd.pypi.simple.v2+json", None),
        ("image/png, audio/*", None),
    ],
)
def test_the_best_representation_is_chosen(accept: str | None, expected: str | None) -> None:
    assert negotiate(accept, OFFERED) == expected


@given(st.text(st.characters(max_codepoint=255)))
def test_no_accept_header_breaks_the_choice(accept: str) -> None:
    assert negotiate(accept, OFFERED) in {*OFFERED, None}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-", (2, 10)),
        ("bytes=2-99999999999999999", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("bytes=+1-2", None),
        ("bytes=\u0661-2", None),
        ("lines=0-1", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_ranges(header: str, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_ranges_outside_the_file(header: str, size: int) -> None:
    with pytest.raises(ValueError, match="unsatisfiable"):
        byte_range(header, size)


@given(st.integers(0, 30), st.none() | st.integers(0, 40), st.none() | st.integers(0, 40))
def test_a_range_is_a_part_of_the_file(size: int, first: int | None, last: int | None) -> None:
    try:
        found = byte_range(f"bytes={'' if first is None else first}-{'' if last is None else last}", size)
    except ValueError:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


def test_entity_tags() -> None:
    assert matches('"x", W/"a" , "b"', '"a"')
    assert matches("*", '"a"')
    assert not matches('"aa"', '"a"')
    assert not matches(None, '"a"')
