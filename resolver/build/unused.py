"""Entries of `build:` in a spec that match no build, most often because a name is misspelt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from packaging.utils import NormalizedName, canonicalize_name

from resolver.build.model import PlannedBuild
from resolver.environments.model import Environment
from resolver.notices import Notice, unused_entry
from resolver.spec.model import BuildSpec


def unused(
    spec: BuildSpec,
    builds: Mapping[str, PlannedBuild],
    environments: Collection[Environment],
    elsewhere: Collection[NormalizedName],
) -> Iterator[Notice]:
    """A notice for each entry of ``spec``, those for single environments included, that matches nothing in ``builds``.

    Entries that come from an extended spec are passed over: they serve other specs too. ``elsewhere``: projects that
    were built, or asked for by builds, on the way to the plan; entries may have counted for them.
    """
    names = {environment.name for environment in environments}
    yield from _unused(spec, "build", _Met(builds, names, elsewhere))
    for key, own in spec.environments.items():
        names = {one.name for one in environments if key in (one.name, one.declaration)}
        yield from _unused(own, f"build: environments: {key}", _Met(builds, names, elsewhere))


class _Met:
    """Names of sdists that these environments build, and of projects that such a build asks for or installs."""

    def __init__(
        self, builds: Mapping[str, PlannedBuild], environments: Collection[str], elsewhere: Collection[NormalizedName]
    ) -> None:
        self.built = set(elsewhere)
        self.asked = set(elsewhere)
        for build in builds.values():
            for name in build.environments.keys() & environments:
                planned = build.environments[name]
                self.built.add(build.candidate.name)
                self.asked.update(planned.closure, (canonicalize_name(a.requirement.name) for a in planned.requires))


def _unused(spec: BuildSpec, place: str, met: _Met) -> Iterator[Notice]:
    for key, entries in (("requires", spec.requires), ("system", spec.system)):
        for name in entries.keys() - met.built - spec.inherited:
            yield _notice(f"{place}: {key}", name, "no source distribution of that name is built", met.built)
    for name in {canonicalize_name(one.requirement.name) for one in spec.constraints} - met.asked - spec.inherited:
        yield _notice(f"{place}: constraints", name, "no build asks for it", met.asked)


def _notice(place: str, name: NormalizedName, why: str, known: Collection[NormalizedName]) -> Notice:
    from difflib import get_close_matches  # noqa: PLC0415  (only where something is wrong)

    return unused_entry(place, name, why, get_close_matches(name, sorted(known), 1))
