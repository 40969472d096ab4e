"""A search does not go back through releases, each of which takes gigabytes to ask."""

from __future__ import annotations

import pytest

from resolver.build import patience
from resolver.errors import BuildFailed, ResolutionLimit
from resolver.index import Site
from resolver.locking import Locked, lock
from resolver.previous import Previous
from tests.support.environments import LINUX, WINDOWS, declare, spec
from tests.support.fake_hooks import FakeHooks
from tests.support.fake_index import FakeIndex

DYNAMIC = "Metadata-Version: 2.2\nName: llm\nVersion: {}\nDynamic: Requires-Dist\n"
TOML = "[build-system]\nrequires = ['torch']\nbuild-backend = 'own'\n"


def run(torch: int | None, *constraints: str) -> Locked:
    """Lock llm beside kernels<1, which releases of it from 3 on do not go with, as its backend alone can tell."""
    index = FakeIndex().wheel("torch", "1", size=torch).wheel("kernels", "1").wheel("kernels", "0")
    describes: dict[str, tuple[str, ...] | BuildFailed] = {}
    for version in range(1, 7):
        index.sdist("llm", str(version), {"pyproject.toml": TOML, "PKG-INFO": DYNAMIC.format(version)})
        index.wheel("llm", str(version), tag="py3-none-manylinux_2_99_x86_64")
        describes[f"llm-{version}.tar.gz"] = ("kernels>=1",) if version > 2 else ("kernels",)
    declared = spec("llm", "kernels<1", environments=(LINUX, WINDOWS), constraints=declare(*constraints))
    sites = {"fake": Site(url="https://index.example/simple/")}
    return lock(declared, index, sites, Previous(), hooks=FakeHooks(describes=describes))


def test_it_stops_where_releases_take_gigabytes_and_says_what_to_do() -> None:
    with pytest.raises(ResolutionLimit) as stopped:
        run(torch=3 << 30)
    told = str(stopped.value)
    assert told.startswith("gave up on linux: no wheel of llm fits it (those of 6 are for manylinux_2_99_x86_64), only")
    assert "3.2 GB so far" in told
    assert "6 did not lead to a solution, and 5 would be next" in told
    for advice in ("constraints: [llm==", "overrides: [{project: llm,", "projects: {llm: {sdists: never}}"):
        assert advice in told


def test_releases_whose_backends_run_with_little_are_asked_as_far_as_it_takes() -> None:
    found = run(torch=patience.MOST // 5).lock
    assert {pins["llm"].version for pins in found.resolutions.values()} == {"2"}


def test_a_release_that_the_spec_names_is_asked_whatever_that_takes() -> None:
    found = run(3 << 30, "llm==2").lock
    assert {pins["llm"].version for pins in found.resolutions.values()} == {"2"}


def test_a_file_of_a_size_that_the_index_does_not_state_counts_as_nothing() -> None:
    assert run(torch=None).lock.resolutions["linux"]["llm"].version == "2"
