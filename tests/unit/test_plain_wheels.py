"""What a glance passes is what the long way passes: of the name of a wheel, and of a release with one wheel alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from resolver.index import Project
from resolver.resolution.candidates import Selection, Shelf, _is_plain_wheel
from resolver.simple.filenames import WheelName, parse_filename
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


_files = st.builds(
    File,
    filename=st.sampled_from([f"foo_bar-1.0-{tags}.whl" for tags in ("py3-none-any", "cp311-cp311-win32", "py3--any")])
    | st.just("foo_bar-1.0.tar.gz"),
    url=st.just("https://index.example/file"),
    hashes=st.sampled_from([{"sha256": "0" * 64}, {"md5": "0" * 32}]),
    requires_python=st.sampled_from([None, "", ">=3.8", "<3", ">=three"]),
    yanked=st.sampled_from([None, "", "broken"]),
    upload_time=st.just("2020-01-01T00:00:00Z"),
)


@given(st.lists(_files, max_size=3, unique_by=lambda file: file.filename))
def test_of_a_release_with_one_wheel_the_same_file_stands_as_by_the_long_way(files: list[File]) -> None:
    project = Project(
        name=NAME, index="pypi", files=files, releases=releases_of([file.filename for file in files], NAME)
    )
    shelf = Shelf(project)
    for short in (Policy(), Policy(sdists="never"), Policy(sdists="always")):
        long = replace(short, exclude_newer=datetime(9999, 1, 1, tzinfo=timezone.utc))  # which nothing is
        for number in range(len(project.releases)):
            found = [Selection(shelf, environment(), policy).candidate(number) for policy in (short, long)]
            assert found[0] is found[1]
