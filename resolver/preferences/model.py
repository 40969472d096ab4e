"""A version that a resolution should begin with, where the spec allows it."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.markers import Marker
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.records import record


@record
class Preferred:
    """One pin of the file ``source``; it is for environments in which any of ``markers`` holds, or for all."""

    project: NormalizedName
    version: Version
    source: str
    markers: tuple[Marker, ...] = ()


def preferred_in(environment: Environment, wishes: Iterable[Preferred]) -> dict[NormalizedName, Preferred]:
    """One wish for each project: of the first file that has any here, the newest version.

    Raises `InvalidMetadata` for a marker that has no answer.
    """
    found: dict[NormalizedName, Preferred] = {}
    for wish in wishes:
        if not wish.markers or any(holds(marker, environment).value for marker in wish.markers):
            known = found.setdefault(wish.project, wish)
            if known.source == wish.source and wish.version > known.version:
                found[wish.project] = wish
    return found
