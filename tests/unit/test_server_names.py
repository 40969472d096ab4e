"""The server reads versions, file names and METADATA without any library; here libraries are the judges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name, canonicalize_version, parse_wheel_filename
from packaging.version import InvalidVersion
from packaging.version import Version as Judge

from resolver.server.metadata import read_metadata
from resolver.server.names import Version, normalized, read_filename

NUMBERS = st.integers(0, 30).map(str)
SEPARATORS = st.sampled_from(["", ".", "-", "_"])
PHASES = ["a", "b", "c", "rc", "alpha", "BETA", "pre", "preview"]


def suffix(*words: str) -> st.SearchStrategy[str]:
    """Nothing, or a separator, a word, a separator and perhaps a number."""
    some = st.tuples(SEPARATORS, st.sampled_from(words), SEPARATORS, NUMBERS | st.just(""))
    return st.just("") | some.map("".join)


VERSIONS = st.tuples(
    st.sampled_from(["", "v", "V", "1!", "0!"]),
    st.lists(NUMBERS, min_size=1, max_size=4).map(".".join),
    suffix(*PHASES),
    suffix("post", "rev", "r") | NUMBERS.map("-{}".format),
    suffix("dev"),
    st.sampled_from(["", "", "+a", "+1.b", "+Ubuntu-1", "+007_x"]),
).map("".join)


@settings(deadline=None)  # how long it takes depends on what else runs
@given(VERSIONS | st.text(alphabet="0123456789.!+-_abcdevpostrx \n", max_size=12))
def test_versions_are_those_of_packaging(text: str) -> None:
    try:
        judged = Judge(text)
    except InvalidVersion:
        with pytest.raises(ValueError, match="is not a version"):
            Version(text)
        return
    assert Version(text).text == str(judged)
    assert Version(text).canonical == canonicalize_version(text)


@settings(deadline=None)  # how long it takes depends on what else runs
@given(st.lists(VERSIONS, min_size=2, max_size=6))
def test_versions_have_the_order_of_packaging(texts: list[str]) -> None:
    texts = [text for text in texts if _is_version(text)]
    assert sorted(texts, key=lambda text: Version(text).key) == sorted(texts, key=Judge)
    for text in texts:
        assert (Version(text).key == Version(texts[0]).key) == (Judge(text) == Judge(texts[0]))


def _is_version(text: str) -> bool:
    try:
        return bool(Judge(text))
    except InvalidVersion:
        return False


def test_a_version_of_thousands_of_digits_is_none() -> None:
    with pytest.raises(ValueError, match="is not a version"):
        Version("1" * 5000)


@pytest.mark.parametrize(
    ("text", "project", "key"),
    [
        ("acme_tool-1.0-py3-none-any.whl", "acme-tool", "acme_tool-1-py3-none-any.whl"),
        ("Acme.Tool-1.0.0-py3-none-any.whl", "acme-tool", "acme_tool-1-py3-none-any.whl"),
        ("acme-1.2-3b-py3.py2-none-any.whl", "acme", "acme-1.2-3b-py2.py3-none-any.whl"),
        ("acme-1!2+x.1-cp311-cp311-b_x86.a_x86.whl", "acme", "acme-1!2+x.1-cp311-cp311-a_x86.b_x86.whl"),
        ("acme_tool-1.0.tar.gz", "acme-tool", "acme_tool-1.tar.gz"),
        ("Acme-Tool-1.0.tar.gz", "acme-tool", "acme_tool-1.tar.gz"),
        ("acme-1.0rc1.zip", "acme", "acme-1rc1.zip"),
    ],
)  # fmt: skip
def test_file_names(text: str, project: str, key: str) -> None:
    found = read_filename(text)
    assert (found.project, found.key) == (project, key)
    if text.endswith(".whl"):
        name, version, *_ = parse_wheel_filename(text)
        assert (found.project, found.version.text) == (name, str(version))


NO_NAMES = """
acme.whl acme-1.0.whl acme-1.0-py3-none.whl acme-x-py3-none-any.whl acme-1.0-b-py3-none-any.whl .tar.gz
acme.tar.gz acme-1.0.tar.bz2 acme-1.0.egg acme-1.0.exe acme-1.0.tar.gz.asc -1.0.tar.gz acme-.tar.gz
../acme-1.0.tar.gz a/acme-1.0.tar.gz acme\\x-1.0.tar.gz .acme-1.0.tar.gz acme-1.0-py3-none-any.WHL _-1.0.tar.gz
acm\u00e9-1.0.tar.gz acme-1.0-py3-none-any:x.whl
"""
ODD_NAMES = ["", "acme -1.0.tar.gz", "acme-1.0.tar.gz\n", "a" * 300 + "-1.0.tar.gz", "acme-1.0\0.zip"]


@pytest.mark.parametrize("text", [*NO_NAMES.split(), *ODD_NAMES])
def test_names_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_filename(text)


@settings(deadline=None)  # how long it takes depends on what else runs
@given(st.text(max_size=40) | st.text(alphabet="ab1.-_+!", max_size=30).map(lambda stem: f"{stem}.whl"))
def test_a_name_that_is_read_is_safe(text: str) -> None:
    try:
        found = read_filename(text)
    except ValueError:
        return
    for name in (found.text, found.key):
        assert not set(name) & set("/\\:\0 ")
        assert not name.startswith(".")
    assert found.project == canonicalize_name(found.project) == normalized(found.project)


GOOD = b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0\nRequires-Python: >=3.7, !=3.8.*\n\nbody\nName: other\n"


def test_metadata() -> None:
    found = read_metadata(GOOD, "METADATA")
    assert (found.name, found.version.text, found.requires_python, found.content) == (
        "acme",
        "1.0",
        ">=3.7, !=3.8.*",
        GOOD,
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"Name: acme\n", b"", "has no Name"),
        (b"Name: acme\n", b"Name: acme\nName: other\n", "has 2 Name"),
        (b"Name: acme", b"Name: -acme", "a Name that is none"),
        (b"Version: 1.0", b"Version: one", "is not a version"),
        (b"Metadata-Version: 2.1\n", b"", "has no Metadata-Version"),
        (b"2.1", b"3.0", "not known here"),
        (b">=3.7", b"python 3", "a Requires-Python that cannot be read"),
    ],
)
def test_metadata_that_is_refused(old: bytes, new: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=f"METADATA.*{told}"):
        read_metadata(GOOD.replace(old, new, 1), "METADATA")
