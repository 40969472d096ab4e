"""Files of a page by release: the same as if every version were parsed and compared, though few are."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.simple.filenames import release_of
from resolver.simple.releases import releases_of

FOO = canonicalize_name("foo")

_number = st.sampled_from(["0", "1", "2", "10", "01", "999999999999999999999"])
_maybe = st.just("")
_versions = st.builds(
    "".join,
    st.tuples(
        _maybe | st.sampled_from(["0!", "1!", "v"]),
        st.lists(_number, min_size=1, max_size=3).map(".".join),
        _maybe | st.builds("{}{}".format, st.sampled_from(["a", "b", "rc", ".b", "alpha", "c", "RC"]), _number),
        _maybe | st.builds("{}{}".format, st.sampled_from([".post", "post", "-", ".rev"]), _number),
        _maybe | st.builds("{}{}".format, st.sampled_from([".dev", "dev"]), _number),
        _maybe | st.sampled_from(["+cpu", "+1", "+1.2", "+cpu.1", "+2.a", "+CPU"]),
    ),
)
_names = st.builds(
    str.format,
    st.sampled_from(
        [
            "foo-{}-py3-none-any.whl", "foo-{}-1-py3-none-any.whl", "foo-{}.tar.gz", "Foo-{}.tar.gz", "foo-{}.zip",
            "foo-{}.win32.exe", "bar-{}.tar.gz", "foo-{}-py3.whl", "{}",
        ]
    ),
    _versions,
)  # fmt: skip


def one_by_one(names: list[str]) -> list[tuple[Version, set[str]]]:
    found: dict[Version, set[str]] = {}
    for name in names:
        try:
            found.setdefault(release_of(name, FOO), set()).add(name)
        except InvalidMetadata:
            continue
    return sorted(found.items(), reverse=True)


@given(st.lists(_names, max_size=12, unique=True))
@example(
    [f"foo-{version}.tar.gz" for version in ("1.0", "1", "1.0a1", "1.0a1.dev1", "1.0a1.post1", "1.dev1", "1.post0")]
)
@example(
    [f"foo-{version}.tar.gz" for version in ("1.post1.dev1", "1.post1", "1+1", "1+a", "1+a.1", "1+10", "1.post0+1")]
)
def test_releases_are_those_that_versions_parsed_and_compared_give(names: list[str]) -> None:
    found = releases_of(names, FOO)
    grouped = [(found.version(n), {names[position] for position in found.files[n]}) for n in range(len(found))]
    assert grouped == one_by_one(names)
    assert sum(map(len, found.files)) == sum(len(files) for _, files in grouped)
    assert [str(found.version(n)) for n in range(len(found))] == list(found.versions)


@given(st.lists(_names, max_size=8, unique=True), st.data())
def test_the_order_of_the_page_leaves_no_trace(names: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(names))
    first, second = releases_of(names, FOO), releases_of(shuffled, FOO)
    assert first.versions == second.versions
    assert [[names[p] for p in files] for files in first.files] == [[shuffled[p] for p in f] for f in second.files]


@pytest.mark.parametrize("name", ["foo.tar.gz", "foo-tar-gz.tar.gz", "foo-tar-gz-.tar.gz"])
def test_a_name_that_ends_where_its_version_should_begin_has_none(name: str) -> None:
    assert len(releases_of([name], canonicalize_name("foo-tar-gz"))) == 0
