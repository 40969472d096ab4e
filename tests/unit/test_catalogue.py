"""What is known of candidates is remembered for as long as the catalogue lives, and of each by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.errors import ProjectNotFound
from resolver.metadata.model import CoreMetadata
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue, Claims
from resolver.resolution.wanted import asked_in
from resolver.spec.model import MetadataOverride, Policy
from tests.support.environments import environment
from tests.support.fake_index import FakeIndex


def test_claims_that_are_gone_leave_nothing_to_those_that_lie_where_they_lay() -> None:
    """An answer is followed by a better one where asking a backend led back to it."""
    catalogue = Catalogue(FakeIndex())
    for number in range(100):
        wanted = (Requirement(f"p{number}"),)
        metadata = CoreMetadata(name=canonicalize_name("a"), version=Version("1"), requires_dist=wanted)
        assert catalogue.asked(Claims(metadata=metadata)) == asked_in(wanted)


def test_an_answer_that_is_an_error_holds_nothing_of_those_who_asked() -> None:
    """A search asks thousands of times for a project that is not there."""
    catalogue = Catalogue(FakeIndex())
    for _ in range(100):
        with pytest.raises(ProjectNotFound) as caught:
            catalogue.project(canonicalize_name("gone"))
    assert len(caught.traceback) == len(("this test", "the catalogue"))


@pytest.mark.parametrize(
    "marker", ['extra == "Big_X"', '"big-x" == extra', 'python_version > "3" and extra == "big.x"']
)
def test_an_override_brings_the_extras_that_it_names(marker: str) -> None:
    one = MetadataOverride(
        project=canonicalize_name("a"),
        versions=SpecifierSet(),
        dependencies=(Requirement(f"b ; {marker}"), Requirement('c ; extra != "other"')),
    )
    catalogue = Catalogue(FakeIndex().wheel("a", "1"), [one])
    [file] = catalogue.project(one.project).files
    candidate = Candidate(name=one.project, version=Version("1"), file=file, kind="wheel", index="fake")
    assert catalogue.stated(candidate).metadata.provides_extra == {"big-x"}


def test_the_first_override_of_a_release_stands_for_all() -> None:
    """Of a Python too, which is judged before the metadata is read: others may be those of a spec that is extended."""
    name = canonicalize_name("a")
    bare = MetadataOverride(project=name, versions=SpecifierSet("<2"), dependencies=())
    bound = replace(bare, versions=SpecifierSet(), dependencies=None, requires_python=SpecifierSet(">=99"))
    catalogue = Catalogue(FakeIndex().wheel("a", "1", "b").wheel("a", "2", "b"), [bare, bound])
    selection = catalogue.selection(name, environment(), Policy())
    assert selection.of_version(Version("2")) is None
    candidate = selection.of_version(Version("1"))
    assert candidate is not None
    assert catalogue.stated(candidate).metadata.requires_dist == ()
