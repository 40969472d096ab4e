"""Rendered pages: what `parse` reads back is what went in, and what a browser shows is inert."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.simple.model import File, ProjectPage
from resolver.simple.parse import HTML_TYPE, JSON_TYPE, parse
from resolver.simple.render import render_project_html, render_project_json, render_root_html, render_root_json

_name_characters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\")
_filenames = st.text(_name_characters, min_size=1, max_size=20).filter(lambda name: name not in (".", ".."))
_hashes = st.fixed_dictionaries(
    {},
    optional={
        "sha256": st.text("0123456789abcdef", min_size=64, max_size=64),
        "md5": st.text("0123456789abcdef", min_size=32, max_size=32),
    },
)
_times = st.datetimes().map(lambda moment: f"{moment:%m-%dT%H:%M:%S}").map(lambda rest: f"2020-{rest}.123456Z")


def _pages(text: st.SearchStrategy[str]) -> st.SearchStrategy[ProjectPage]:
    def build(filename: str, folder: str, **fields: Any) -> File:
        return File(filename=filename, url=f"{folder}{quote(filename, safe='')}", **fields)

    files = st.builds(
        build,
        filename=_filenames,
        folder=st.sampled_from(["", "../../files/", "https://files.index.example/a/b/"]),
        hashes=_hashes,
        requires_python=st.none() | text,
        yanked=st.none() | text,
        metadata=st.none() | _hashes,
        size=st.none() | st.integers(min_value=0),
        upload_time=st.none() | _times.filter(lambda time: not time.startswith("2020-02-29")),
        provenance=st.sampled_from([None, "../../files/six.provenance", "https://index.example/integrity/six"]),
    )
    return st.builds(ProjectPage, name=st.just("six"), files=st.lists(files, max_size=4).map(tuple))


def _what_html_carries(page: ProjectPage) -> ProjectPage:
    def best(hashes: dict[str, str]) -> dict[str, str]:
        return dict(sorted(hashes.items(), reverse=True)[:1])  # sha256 before md5

    return replace(
        page,
        files=tuple(
            replace(
                file,
                hashes=best(dict(file.hashes)),
                metadata=None if file.metadata is None else best(dict(file.metadata)),
                size=None,
                upload_time=None,
                provenance=file.provenance if "://" in str(file.provenance) else None,
            )
            for file in page.files
        ),
    )


@given(_pages(st.text(max_size=20)))
def test_json_round_trip(page: ProjectPage) -> None:
    assert parse(render_project_json(page).encode("ascii"), JSON_TYPE, project="six") == page


@given(_pages(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)))
def test_html_round_trip(page: ProjectPage) -> None:
    read = parse(render_project_html(page).encode("ascii"), HTML_TYPE, project="six")
    assert read == _what_html_carries(page)


SIX = ProjectPage(
    name="Six",
    files=(
        File(filename="six-1.10-py3-none-any.whl", url="six-1.10-py3-none-any.whl", metadata={"sha256": "a" * 64}),
        File(filename="six-1.9.tar.gz", url="six-1.9.tar.gz", yanked="", size=1200, upload_time="2020-01-01T00:00:00Z"),
        File(filename="six-1.9.win32.exe", url="six-1.9.win32.exe"),
        File(filename="six-1.9.zip", url="six-1.9.zip"),
    ),
)


def test_json_of_a_project() -> None:
    page = json.loads(render_project_json(SIX))
    assert page["meta"] == {"api-version": "1.1"}
    assert page["name"] == "six"
    assert page["versions"] == ["1.9", "1.10"]
    assert page["files"][0]["core-metadata"] == {"sha256": "a" * 64}
    assert [file["yanked"] for file in page["files"]] == [False, True, False, False]
    assert sum('"filename"' in line for line in render_project_json(SIX).splitlines()) == len(SIX.files)


def test_provenance_is_of_a_later_version_of_the_api() -> None:
    page = replace(SIX, files=(replace(SIX.files[0], provenance="six.provenance"), *SIX.files[1:]))
    full = replace(SIX, files=(replace(SIX.files[0], provenance="https://index.example/six"), *SIX.files[1:]))
    document = json.loads(render_project_json(page))
    assert document["meta"] == {"api-version": "1.3"}
    assert [file.get("provenance") for file in document["files"]] == ["six.provenance", None, None, None]
    assert 'content="1.3"' in render_project_html(page)
    assert render_project_html(full).count('data-provenance="https://index.example/six"') == 1
    assert "data-provenance" not in render_project_html(page), "PEP 740: there it is a full URL or nothing"


def test_html_of_a_project_shows_what_a_person_asks() -> None:
    text = render_project_html(SIX)
    assert 'data-core-metadata="sha256=' in text
    assert "<small>1.2 kB | 2020-01-01 | yanked</small>" in text


def test_metadata_goes_by_its_new_name_alone() -> None:
    """Pips that know the older name fail on it, which is why PEP 714 has a new one."""
    assert "dist-info-metadata" not in render_project_json(SIX) + render_project_html(SIX)


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, frozenset[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, frozenset(name for name, _ in attrs)))


def test_nothing_that_a_page_says_becomes_markup() -> None:
    evil = "\"'><script>alert(1)</script><a onclick=x>"
    file = File(
        filename=evil.replace("/", ""), url=quote(evil), requires_python=evil, yanked=evil, hashes={"md5": "0" * 32}
    )
    for text in (render_project_html(ProjectPage(name=evil, files=(file,))), render_root_html([evil])):
        tags = _Tags(text).seen
        assert "script" not in {tag for tag, _ in tags}
        assert sum(tag == "a" for tag, _ in tags) == 1
        assert not any("onclick" in attributes for _, attributes in tags)


def test_roots_are_sorted_and_normalised() -> None:
    names = ["zope.interface", "Django", "zope_interface", "attrs"]
    assert render_root_html(names) == render_root_html(reversed(names))
    assert render_root_json(names) == render_root_json(reversed(names))
    assert '<a href="django/">Django</a>' in render_root_html(names)
    projects = json.loads(render_root_json(names))["projects"]
    assert [p["name"] for p in projects] == ["Django", "attrs", "zope_interface"]


@pytest.mark.parametrize("text", [render_root_json([]), render_project_json(ProjectPage(name="six", files=()))])
def test_nothing_to_list(text: str) -> None:
    assert json.loads(text)["meta"] == {"api-version": "1.1"}
