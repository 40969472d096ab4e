"""What environments gave up so that all agree: told by the environments that would not have it otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.notices import Notice
from resolver.resolution.search import Resolution

SHOWN = 4
"""Projects that are named in one notice before the rest is counted."""


_REMEDY = "with `align: false`, under `policy` or for one of `projects`, each has its own"


class _Concession(NamedTuple):
    """``agreed`` is what all have; ``alone`` is the release farthest from it that one would have by itself."""

    project: NormalizedName
    agreed: Version
    alone: Version

    def __str__(self) -> str:
        return f"{self.project} {self.agreed} instead of {self.alone}"


def concessions(
    alone: Mapping[str, Resolution],
    agreed: Mapping[str, Resolution],
    roots: Collection[NormalizedName],
    is_aligned: Callable[[NormalizedName], bool] = lambda _: True,
) -> Iterator[Notice]:
    """A notice for each set of environments that others follow; of its projects, ``roots`` are named first.

    What only follows from another project's release is not told; neither are projects that the spec lets differ.
    """
    by_cause: dict[tuple[str, ...], list[_Concession]] = {}
    for project in filter(is_aligned, sorted({name for resolution in agreed.values() for name in resolution.pins})):
        for causes, concession in _of(project, alone, agreed):
            by_cause.setdefault(causes, []).append(concession)
    for causes, found in by_cause.items():
        found.sort(key=lambda one: (one.project not in roots, one.project))
        named = ", ".join(map(str, found[:SHOWN])) + (f", and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
        yield Notice(
            kind="agreed",
            project=found[0].project,
            message=f"to agree with {' and '.join(causes)}, others get {named}; {_REMEDY}",
            environment=causes[0],
        )


def _of(
    project: NormalizedName, alone: Mapping[str, Resolution], agreed: Mapping[str, Resolution]
) -> Iterator[tuple[tuple[str, ...], _Concession]]:
    """Whom others follow with a project, and what that costs them."""
    now = {name: r.pins[project].candidate.version for name, r in agreed.items() if project in r.pins}
    before = {name: r.pins[project].candidate.version for name, r in alone.items() if project in r.pins}
    for version in sorted(set(now.values())):
        moved = [before[name] for name in now if now[name] == version and before.get(name, version) != version]
        causes = tuple(name for name in now if now[name] == version == before.get(name))
        if moved and causes:
            farthest = max(moved) if max(moved) > version else min(moved)
            yield causes, _Concession(project, version, farthest)
