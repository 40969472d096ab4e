"""packse's scenarios through the command line: what passes, and what differs and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from resolver.http_index.blobs import whole_file
from resolver.http_index.cache import Cache
from resolver.http_index.default_index import default_index_url
from resolver.http_index.index import HttpIndex
from resolver.http_index.transport import Transport
from tests.support.command_line import resolve
from tests.support.packse import Scenario, difference, scenarios

SDIST = "packse-0.3.59.tar.gz"
TOTAL = 148

BY_ITSELF = "each environment has a solution by itself; that no single search finds them together is no limit here"
NAMED = "PEP 440: a specifier that names a pre-release admits them, whoever asks"
NOTHING_ELSE = "PEP 440: a pre-release counts where nothing else satisfies the specifier"

DIFFERENCES = {
    "fork/non-local-fork-marker-direct": BY_ITSELF,
    "fork/non-local-fork-marker-transitive": BY_ITSELF,
    "fork/preferences-dependent-forking-conflicting": BY_ITSELF,
    "prereleases/package-only-prereleases-in-range": NOTHING_ELSE,
    "prereleases/transitive-package-only-prereleases-in-range": NOTHING_ELSE,
    "prereleases/transitive-prerelease-and-stable-dependency": NAMED,
    "prereleases/transitive-prerelease-and-stable-dependency-many-versions": NAMED,
    "prereleases/transitive-prerelease-and-stable-dependency-many-versions-holes": NAMED,
    "requires_python/python-less-than-current": "an upper bound of Requires-Python counts, as it does for pip",
    "yanked/transitive-yanked-and-unyanked-dependency": "PEP 592: `==` may choose a yanked release, whoever asks",
}
"""Scenario -> why its expectation is not ours."""


@pytest.fixture(scope="session")
def listed(downloads: Path) -> list[Scenario]:
    """The scenarios, from the sdist that PyPI has."""
    cache, url = Cache(downloads), default_index_url()
    with Transport("pypi", url) as transport, HttpIndex("pypi", url, transport=transport, cache=cache) as index:
        [file] = [f for f in index.project(canonicalize_name("packse")).files if f.filename == SDIST]
        with whole_file(transport, cache, file) as (stream, _):
            return scenarios(stream)


@pytest.mark.pypi
def test_what_differs_from_packse_is_known(listed: list[Scenario], tmp_path: Path) -> None:
    assert len(listed) == TOTAL
    differing = {scenario.name: found for scenario in listed if (found := _run(scenario, tmp_path))}
    unknown = {name: found for name, found in differing.items() if name not in DIFFERENCES}
    assert unknown == {}
    assert sorted(differing) == sorted(DIFFERENCES)  # what has come to pass is struck from the list


def _run(scenario: Scenario, tmp_path: Path) -> str:
    folder = tmp_path / scenario.name
    scenario.write_index(folder / "index")
    return difference(scenario, resolve(folder, scenario.spec("index/"), tmp_path / "cache"))
