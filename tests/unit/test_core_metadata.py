"""Core metadata of every age, and what must never be lost from it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import parse_email
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.core import parse_core, parse_pkg_info
from resolver.metadata.headers import stated_release

HEAD = b"Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\n"


def test_a_whole_one() -> None:
    metadata = parse_core(
        HEAD + b"Summary: two\n        lines\nREQUIRES-DIST: a>=1;\n  extra == 'X_y'\nRequires-Dist: b (>=2,<3)\n"
        b"Provides-Extra: X_y\nRequires-Python: >=3.8\nKeywords: a,b\n\nRequires-Dist: in-the-body\n"
    )
    assert metadata.name == "foo-bar"
    assert metadata.version == Version("1.0")
    assert metadata.requires_dist == (Requirement("a>=1; extra == 'X_y'"), Requirement("b>=2,<3"))
    assert metadata.provides_extra == {"x-y"}
    assert metadata.requires_python == SpecifierSet(">=3.8")
    assert metadata.invalid_requires == ()


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_line_ends(newline: bytes) -> None:
    content = (HEAD + b"Requires-Dist: a\n\nRequires-Dist: b\n").replace(b"\n", newline)
    assert parse_core(content).requires_dist == (Requirement("a"),)


def test_invalid_dependencies_are_kept_with_the_reason() -> None:
    """celery 4.0.2 asks for `pytz>dev`; parentheses are legal."""
    metadata = parse_core(HEAD + b"Requires-Dist: pytz>dev\nRequires-Dist: pytz (>2011)\nRequires-Dist: \n")
    assert metadata.requires_dist == (Requirement("pytz>2011"),)
    assert [line for line, _ in metadata.invalid_requires] == ["pytz>dev", ""]
    assert all(reason and "\n" not in reason for _, reason in metadata.invalid_requires)


def test_a_marker_of_absurd_depth_is_a_reason_too() -> None:
    metadata = parse_core(HEAD + b"Requires-Dist: a; " + b"(" * 20_000)
    assert "nested" in metadata.invalid_requires[0][1]  # packaging has a bound of its own since 26.3, and its own words


@pytest.mark.parametrize("claim", [">=3.6.*", "3", "UNKNOWN"])
def test_invalid_requires_python_is_kept(claim: str) -> None:
    """gssapi 1.6.10 says >=3.6.*"""
    metadata = parse_core(HEAD + f"Requires-Python: {claim}\n".encode())
    assert (metadata.requires_python, metadata.invalid_requires_python) == (None, claim)


@pytest.mark.parametrize("line", ["a>={}", "a; python_version < '{}'", "a[b]>=1,!={}.*"])
def test_a_number_that_python_does_not_read_is_a_reason_too(line: str) -> None:
    absurd, longest = line.format("9" * 641), line.format("9" * 640)
    text = f"Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Dist: {absurd}\nRequires-Dist: {longest}\n\n"
    found = parse_core(text.encode())
    assert found.invalid_requires == ((absurd, "it has a number of more than 640 digits"),)
    assert [one.name for one in found.requires_dist] == ["a"]
    stated = parse_core(b"Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Python: >=%s\n\n" % (b"9" * 641))
    assert (stated.requires_python, stated.invalid_requires_python) == (None, ">=" + "9" * 641)


def test_empty_requires_python_is_no_claim() -> None:
    metadata = parse_core(HEAD + b"Requires-Python: \n")
    assert (metadata.requires_python, metadata.invalid_requires_python) == (None, None)


def test_latin_1_authors_hide_no_dependency() -> None:
    metadata = parse_core(HEAD + "Author: José\nRequires-Dist: a\n".encode("latin-1") + b"\n\xff\xfe body")
    assert metadata.requires_dist == (Requirement("a"),)


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    assert parse_core(b"\xef\xbb\xbf" + HEAD).name == "foo-bar"


def test_metadata_1_1_requires_names_modules() -> None:
    content = (
        HEAD.replace(b"2.1", b"1.1")
        + b"Requires: xml.parsers (>1)\nDescription: x\n        \n        y: z\nLicense: q\n"
    )
    assert parse_core(content).requires_dist == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no Name"),
        (b"\n" + HEAD, "line 1 .* is no header, and Metadata-Version:"),
        (b"Name: foo\n", "no Version"),
        (HEAD + b"Name: other\n", "Name more than once: 'Foo.Bar', 'other'"),
        (b"Name: foo\nVersion: UNKNOWN\n", "Version 'UNKNOWN'"),
        (b"Name: foo\nVersion: " + b"9" * 5000, "is not a version"),
        (b"Name: a b\nVersion: 1\n", "Name 'a b'"),
        (HEAD.replace(b"2.1", b"3.0"), "Metadata-Version is 3.0"),
        (HEAD.replace(b"2.1", b"new"), "Metadata-Version 'new'"),
        (
            HEAD + b"Summary: a\nb\nRequires-Dist: lost\n",
            r"line 5 .*'b'.* is no header, and Requires-Dist: comes after",
        ),
        (b"PK\x03\x04\x00\xff", "no Name"),
    ],
)
def test_refused(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidMetadata, match=reason):
        parse_core(content)


def test_what_is_stated_twice_alike_and_lines_that_hide_nothing_are_passed() -> None:
    assert parse_core(HEAD + b"Name: Foo.Bar\nSummary: a\nb\nLicense: c\n").name == "foo-bar"


def test_pkg_info() -> None:
    info = parse_pkg_info(HEAD.replace(b"2.1", b"2.2") + b"Dynamic: Requires-Dist\nDynamic: Provides-Extra\n")
    assert info.metadata_version == "2.2"
    assert info.dynamic == {"requires-dist", "provides-extra"}
    assert parse_pkg_info(b"Name: a\nVersion: 1\n").metadata_version == "1.0"


@given(st.binary(max_size=80), st.booleans())
def test_arbitrary_bytes_raise_nothing_else(content: bytes, valid_head: bool) -> None:
    with suppress(InvalidMetadata):
        parse_pkg_info(HEAD + content if valid_head else content)


@given(
    st.lists(
        st.sampled_from(
            [
                b"Name: foo",
                b"Name: Foo",
                b"Version: 1.0",
                b"Version: one",
                b"Version: 1.0.0",
                b"Metadata-Version: 3.0",
                b"Metadata-Version: 2.4",
                b"Requires-Python: >=3",
                b"Requires-Python: >3",
                b"no header",
                b"Requires-Dist: a>1",
                b"Requires-Dist: ???",
                b"",
            ]
        )
    )
)
def test_name_and_version_alone_are_those_of_all_of_it(lines: list[bytes]) -> None:
    content = b"\n".join(lines)
    assert outcome(lambda: stated_release(content)) == outcome(
        lambda: (parse_core(content).name, parse_core(content).version)
    )


def outcome(read: Callable[[], tuple[str, Version]]) -> tuple[str, Version] | str:
    try:
        return read()
    except InvalidMetadata as error:
        return str(error)


_values = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["Cc", "Zs"]), min_size=1, max_size=12
)
_folded = st.lists(_values, min_size=1, max_size=3).map("\n  ".join)
_names = st.sampled_from(["Requires-Dist", "requires-dist", "Summary", "X-Other", "Provides-Extra"])


@given(st.lists(st.tuples(_names, _folded), max_size=6), st.text(max_size=20))
def test_headers_are_read_as_an_e_mail_parser_reads_them(headers: list[tuple[str, str]], body: str) -> None:
    """`packaging` reads metadata with the e-mail package: slower by far, but what others go by."""
    text = HEAD.decode() + "".join(f"{name}: {value}\n" for name, value in headers) + "\n" + body
    theirs = [" ".join(line.split()) for line in parse_email(text)[0].get("requires_dist", [])]
    ours = parse_core(text.encode("utf-8", "ignore"))
    read = {str(r) for r in ours.requires_dist} | {line for line, _ in ours.invalid_requires}
    assert len(theirs) == len(ours.requires_dist) + len(ours.invalid_requires)
    for line in theirs:
        assert line in read or str(Requirement(line)) in read
