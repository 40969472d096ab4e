"""Parsed pages as they are kept, and files that are made when they are looked at."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from resolver.http_index.views import dump_view, load_view, view_key
from resolver.simple.from_json import file_from_json
from resolver.simple.model import File, LazyFiles, filenames
from resolver.simple.releases import Releases, releases_of
from resolver.simple.usual import usual_files

_text = st.text(max_size=8)
_files = st.lists(
    st.builds(
        File,
        filename=_text,
        url=_text,
        hashes=st.dictionaries(_text, _text, max_size=2),
        requires_python=st.none() | _text,
        yanked=st.none() | _text,
        metadata=st.none() | st.dictionaries(_text, _text, max_size=1),
        size=st.none() | st.integers(0, 1 << 70),
        upload_time=st.none() | _text,
        provenance=st.none() | _text,
    ),
    max_size=40,
)


@given(_files)
def test_a_view_reads_back(files: list[File]) -> None:
    releases = Releases(["1.0", "0.9"], [[1], [0, 2]])
    head, pieces = dump_view(files, releases)
    found, grouped = load_view(head, pieces.__getitem__)
    assert (grouped.versions, [list(one) for one in grouped.files]) == (releases.versions, releases.files)
    assert [list(one) for one in grouped.files[-1:]] == [[0, 2]]
    assert list(found) == files
    assert len(found) == len(files)
    assert list(filenames(found)) == filenames(files) == [file.filename for file in files]
    assert list(filenames(found)[1:]) == [filenames(found)[place] for place in range(1, len(files))]


@pytest.mark.parametrize("count", [0, 1, 32, 33, 100])
@pytest.mark.parametrize("change", [{}, {"upload-time": None}, {"yanked": "two\nlines"}, {"core-metadata": True}])
def test_a_view_of_a_page_that_was_checked_at_once_reads_back(count: int, change: dict[str, Any]) -> None:
    entries = [
        {
            "filename": f"six-1.{number}.tar.gz",
            "url": f"https://index.example/six-1.{number}.tar.gz",
            "hashes": {"sha256": f"{number:064x}"},
            "requires-python": ">=3" if number % 3 else None,
            "size": number,
            "upload-time": f"2024-02-29T10:20:{number % 60:02}Z",
            "core-metadata": number % 2 > 0 and {"sha256": f"{number:064x}"},
        }
        for number in range(count)
    ]
    for entry in entries[1:2]:
        entry.update(change)
    files = usual_files(entries)
    assert files is not None
    head, pieces = dump_view(files, releases_of(filenames(files), canonicalize_name("six")))
    found, releases = load_view(head, pieces.__getitem__)
    assert list(found) == list(files) == [file_from_json(entry) for entry in entries]
    assert [found[place].filename for release in releases.files for place in release] == [
        entry["filename"] for entry in reversed(entries)
    ]


def test_files_are_made_once_and_only_where_they_are_looked_at() -> None:
    made: list[int] = []

    def make(number: int) -> File:
        made.append(number)
        return File(filename=str(number), url="u")

    files = LazyFiles(["0", "1", "2", "3"], make)
    assert list(filenames(files)) == ["0", "1", "2", "3"]
    assert made == []
    assert files[1] is files[1] is files[-3]
    assert made == [1]
    assert [file.filename for file in files[1:3]] == ["1", "2"]
    assert made == [1, 2]
    with pytest.raises(IndexError):
        files[4]


def test_a_key_tells_apart_all_that_the_reading_hangs_on() -> None:
    keys = [
        view_key("foo", "https://index.example/foo/", "text/html", "12"),
        view_key("foo", "https://index.example/foo/", "text/html", "13"),
        view_key("foo", "https://index.example/foo/", "application/json", "12"),
        view_key("foo", "https://mirror.example/foo/", "text/html", "12"),
        view_key("bar", "https://index.example/foo/", "text/html", "12"),
        view_key("foo", "https://index.example/foo/", "text/html1", "2"),
    ]
    assert len(set(keys)) == len(keys)
