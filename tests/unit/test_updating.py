"""What `--update` asks for, and whether it was granted."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.cli.updating import asked_for, seen_to
from resolver.errors import InputError, ResolutionError
from resolver.locking import Locked, lock
from resolver.preferences.model import Preferred
from resolver.previous import Previous
from resolver.spec.model import Policy, Spec
from tests.support.environments import short, spec
from tests.support.fake_index import FakeIndex
from tests.support.locking import SITES, messages

A = canonicalize_name("a")
OLD_AND_NEW = (short("old", "3.8", libc="glibc 2.28"), short("new", "3.13", libc="glibc 2.28"))


def granted(version: str, index: FakeIndex, declared: Spec) -> Locked:
    """The lock where a version of a was asked for."""
    asked = [Preferred(project=A, version=Version(version), source="--update")]
    return seen_to(asked, lock(declared, index, SITES, Previous(), wishes=asked), declared)


def index() -> FakeIndex:
    return FakeIndex().wheel("a", "1").wheel("a", "2", requires_python=">=3.9").wheel("a", "3", requires_python=">=3.9")


def test_two_versions_of_one_project_cannot_be_had() -> None:
    with pytest.raises(InputError, match=r"--update: a cannot be 1 and 2 at once"):
        asked_for(["a==1", "A==2"], spec("a"), None)
    assert asked_for(["a==1", "A==1.0", "a"], spec("a"), None) == (
        frozenset({A}),
        [Preferred(project=A, version=Version("1"), source="--update")],
    )


def test_what_was_granted_is_not_told_of() -> None:
    found = granted("1", index(), spec("a", environments=OLD_AND_NEW))
    assert {pins["a"].version for pins in found.lock.resolutions.values()} == {"1"}
    assert not messages(found, "preference")


def test_a_local_version_is_named_where_it_is_all_that_there_is() -> None:
    with pytest.raises(ResolutionError, match=r"no such release, but 4\+cpu"):
        granted("4", index().wheel("a", "4+cpu"), spec("a<4", environments=OLD_AND_NEW))


def test_where_environments_need_not_agree_one_is_enough() -> None:
    found = granted("2", index(), spec("a", environments=OLD_AND_NEW, projects={A: Policy(align=False)}))
    assert {name: pins["a"].version for name, pins in found.lock.resolutions.items()} == {"old": "1", "new": "2"}
    assert [message for message in messages(found, "preference") if "requires Python" in message]
    with pytest.raises(ResolutionError, match=r"--update: a 4 cannot be taken\n.*no such release"):
        granted("4", index(), spec("a", environments=OLD_AND_NEW, projects={A: Policy(align=False)}))


def test_where_they_agree_the_way_out_is_shown() -> None:
    with pytest.raises(ResolutionError) as caught:
        granted("2", index(), spec("a", environments=OLD_AND_NEW))
    assert str(caught.value).splitlines() == [
        "--update: a 2 cannot be taken",
        "  1 was taken: its file requires Python >=3.9 (old)",
        "  `projects: {a: {align: false}}` in the spec lets environments differ",
    ]
