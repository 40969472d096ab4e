"""A wheel that a glance passes is one that reading its whole name passes; a name that is not right stops nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from resolver.index import Project
from resolver.metadata.names import WheelName, parse_filename
from resolver.resolution.candidates import Selection, Shelf, _is_plain_wheel
from resolver.simple.model import File
from resolver.simple.releases import releases_of
from resolver.spec.model import Policy
from tests.support.environments import environment

NAME = canonicalize_name("foo-bar")
_part = st.sampled_from(
    ["py3", "py2.py3", "cp311", "3py", "py3.", ".py3", "py2..py3", "", "none", "abi3", "any", "CP311", "linux_x86_64"]
)
_tags = st.lists(_part, min_size=2, max_size=4).map("-".join)


@given(st.sampled_from(["1.0", "1.0rc1", "1"]), st.sampled_from(["", "1-", "x-"]), _tags)
def test_a_glance_passes_only_what_reading_passes(version: str, build: str, tags: str) -> None:
    filename = f"foo_bar-{version}-{build}{tags}.whl"
    if _is_plain_wheel(filename, NAME, version):
        name = parse_filename(filename, NAME)
        assert isinstance(name, WheelName)
        assert name.build == ()
        assert str(name.version) == version


def test_most_wheels_are_passed() -> None:
    assert _is_plain_wheel("foo_bar-1.0-py2.py3-none-any.whl", NAME, "1.0")
    assert _is_plain_wheel("foo_bar-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", NAME, "1.0")


def test_tags_that_are_none_stand_beside_a_wheel_that_can_be_used() -> None:
    names = ["foo_bar-1.0-py3-none-any.whl", "foo_bar-1.0-py3--any.whl", "foo_bar-1.0-py3-none-.whl"]
    files = [File(filename=name, url=f"https://index.example/{name}", hashes={"sha256": "0" * 64}) for name in names]
    project = Project(name=NAME, index="pypi", files=files, releases=releases_of(names, NAME))
    selection = Selection(Shelf(project), environment(), Policy())
    candidate = selection.candidate(0)
    assert candidate is not None
    assert candidate.file.filename == names[0]
    assert [one.filename for one in selection.rejections(0)] == sorted(names[1:])
