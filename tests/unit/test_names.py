"""File names of distributions, as PyPI has them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.simple.filenames import SdistName, WheelName, parse_filename


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("foo-bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo_bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("Foo.Bar-1.0.tgz", "foo-bar", "1.0"),
        ("foo-1.0-1.tar.bz2", "foo", "1.0.post1"),
        ("foo-2-1.0.tar.xz", "foo-2", "1.0"),
        ("pytz-2013b.zip", "pytz", "2013b0"),
        ("numpy-1.21.6.zip", "numpy", "1.21.6"),
        ("foo-1.0-beta.tar.gz", "foo", "1.0b0"),
    ],
)
def test_sdists(filename: str, project: str, version: str) -> None:
    assert parse_filename(filename, canonicalize_name(project)) == SdistName(version=Version(version))


def test_wheels() -> None:
    name = parse_filename("zope.interface-5.0-2b-py2.py3-none-any.whl", canonicalize_name("zope-interface"))
    assert name == WheelName(version=Version("5.0"), build=(2, "b"))


@pytest.mark.parametrize(
    ("filename", "reason"),
    [
        ("foo-1.0-py2.7.egg", "unsupported kind: an egg"),
        ("foo-1.0.win32-py2.7.EXE", "unsupported kind: a Windows installer"),
        ("foo-1.0-1.noarch.rpm", "unsupported kind: an RPM"),
        ("foo-1.0.linux-x86_64.tar.gz", "unsupported kind: a bdist_dumb"),
        ("foo-1.0.win-amd64.zip", "unsupported kind: a bdist_dumb"),
        ("foo-1.0.tar.Z", "unsupported kind: neither"),
        ("login", "unsupported kind: neither"),
        ("foo-bar-1.0.tar.gz", "'bar-1.0' is not a version"),
        ("bar-1.0.tar.gz", "does not begin with the name"),
        ("bar-1.0-py3-none-any.whl", "a file of project bar"),
        ("foo-1.0-none-any.whl", "wrong number of parts"),
        ("foo-1.x-py3-none-any.whl", "invalid version"),
        (f"foo-{'1.' * 200}0.tar.gz", "longer than 255"),
    ],
)
def test_refused(filename: str, reason: str) -> None:
    with pytest.raises(InvalidMetadata, match=reason) as raised:
        parse_filename(filename, canonicalize_name("foo"))
    assert str(raised.value).startswith(filename[:20])


@given(
    st.lists(
        st.sampled_from(["foo", "-", "1", ".", "+", "py3", "none", "any", "é", "٣"]) | st.text(max_size=3), max_size=9
    ),
    st.sampled_from([".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".egg", ""]),
)
def test_arbitrary_names_raise_nothing_else(parts: list[str], extension: str) -> None:
    with suppress(InvalidMetadata):
        parse_filename("".join(parts) + extension, canonicalize_name("foo"))
