"""Single files of a page: the same as reading all of it says, however the page is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.errors import IndexFailure
from resolver.simple import glance as module
from resolver.simple.glance import glance
from resolver.simple.parse import HTML_TYPE, JSON_TYPE, parse

A = "a" * 64
NAMES = ["six-1.0.tar.gz", "six-1.0-py3-none-any.whl", "six-10.tar.gz", "six-1.0.tar.gz.asc"]
AWKWARD = [
    "",
    "}",
    "{",
    '{"filename": "six-10.tar.gz"}',
    '"',
    '","filename":"six-10.tar.gz","',
    ":",
    "\\",
    "é\N{SNOWMAN}",
    "],",
]


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {"filename": name, "url": f"/files/{name}", "hashes": {"sha256": A}, **more}


entries = st.builds(
    lambda name, reason, metadata, extra, order: dict(
        sorted(
            entry(name, **{"yanked": reason, "core-metadata": metadata, "_extra": extra}).items(),
            key=lambda item: order[len(item[0]) % len(order)],
        )
    ),
    st.sampled_from(NAMES),
    st.one_of(st.booleans(), st.sampled_from(AWKWARD), st.text(max_size=8)),
    st.one_of(st.booleans(), st.just({"sha256": A})),
    st.one_of(st.sampled_from(AWKWARD), st.just([entry(NAMES[2])]), st.just({"a": {"b": {"filename": "x"}}})),
    st.lists(st.integers(), min_size=3, max_size=3),
)
pages = st.builds(
    lambda files, indent, ascii_: json.dumps(
        {"meta": {"api-version": "1.0"}, "name": "six", "files": files}, indent=indent, ensure_ascii=ascii_
    ).encode(),
    st.lists(entries, max_size=4, unique_by=lambda one: one["filename"]),
    st.sampled_from([None, 1]),
    st.booleans(),
)


@given(pages)
def test_a_glance_sees_what_reading_all_of_a_page_says(content: bytes) -> None:
    whole = {file.filename: file for file in parse(content, JSON_TYPE, project="six").files}
    for name in NAMES:
        wanted = {name: whole[name]} if name in whole else {}
        assert glance(content, JSON_TYPE, project="six", wanted=[name]) == wanted
    assert glance(content, JSON_TYPE, project="six", wanted=NAMES) == whole


def test_an_entry_that_is_stated_inside_of_another_is_none_of_the_page() -> None:
    inner = {"name": "six", "files": [entry(NAMES[0], more={"x": entry(NAMES[1])})]}
    content = json.dumps(inner).encode()
    assert list(glance(content, JSON_TYPE, project="six", wanted=NAMES[:1])) == [NAMES[0]]
    assert glance(content, JSON_TYPE, project="six", wanted=[NAMES[1]]) == {}


def test_nothing_but_the_entries_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps({"name": "six", "files": [entry(name) for name in NAMES]}).encode()
    monkeypatch.setattr(module, "parse", None)
    assert list(glance(content, JSON_TYPE, project="six", wanted=NAMES[:2])) == NAMES[:2]


def test_pages_of_other_kinds_are_read_whole() -> None:
    html = f'<a href="/files/{NAMES[0]}#sha256={A}" data-yanked="why">{NAMES[0]}</a>'.encode()
    assert glance(html, HTML_TYPE, project="six", wanted=NAMES)[NAMES[0]].yanked == "why"
    with pytest.raises(IndexFailure, match="its content type is 'text/plain'"):
        glance(html, "text/plain", project="six", wanted=NAMES)


def test_a_long_entry_is_found_by_reading_the_page() -> None:
    content = json.dumps({"name": "six", "files": [entry(NAMES[0], yanked="x" * 100_000)]}).encode()
    assert len(glance(content, JSON_TYPE, project="six", wanted=NAMES)[NAMES[0]].yanked or "") == 100_000


def test_what_is_wrong_with_the_entry_is_told() -> None:
    content = json.dumps({"name": "six", "files": [entry(NAMES[0], size="many")]}).encode()
    with pytest.raises(IndexFailure, match="file 1"):
        glance(content, JSON_TYPE, project="six", wanted=NAMES[:1])
