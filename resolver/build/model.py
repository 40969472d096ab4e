"""What planning a build finds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.metadata.model import Host
from resolver.notices import Notice
from resolver.records import field, record
from resolver.resolution.candidates import Candidate
from resolver.resolution.search import Resolved

Provenance = Literal["build-system", "default", "hook", "override"]


class PlannedRequirement(NamedTuple):
    """A build requirement and who asks for it; ``evidence``: the file that shows it, for a hook that was not run."""

    requirement: Requirement
    origin: Provenance
    evidence: str | None = None


@record
class Planned:
    """How one sdist is built for one environment.

    ``metadata`` names what shows its run-time requirements (a file, ``hook`` or ``override``). ``system``: programs
    that its build needs and no index has. ``answered``: who ran its hooks, where any was run. ``unknown``: what only
    running its backend could tell; ``unbuildable``: why it cannot be built here; then there may be no ``closure``.
    """

    requires: tuple[PlannedRequirement, ...]
    closure: Mapping[NormalizedName, Resolved]
    metadata: str = ""
    system: tuple[str, ...] = ()
    answered: Host | None = None
    unknown: str | None = None
    unbuildable: str | None = None


@record
class PlannedBuild:
    """One sdist: its backend, and a plan for each environment (by name) that builds it."""

    candidate: Candidate
    backend: str
    backend_path: tuple[str, ...]
    environments: dict[str, Planned] = field(default_factory=dict)


@record
class BuildPlan:
    """Every sdist that anything needs, by file name, and what the user should be told."""

    builds: Mapping[str, PlannedBuild]
    notices: tuple[Notice, ...]


@record
class EarlierAnswer:
    """What a backend asked for, when an older lock was made, beyond what the files of its sdist state; who ran it."""

    requires: tuple[Requirement, ...]
    host: Host


Earlier = Mapping[tuple[str, str], EarlierAnswer]
"""The answers that an older lock has, by the sha256 of the sdist and the name of the environment."""

Context = tuple[str, tuple[str, ...]]
"""What a closure is the resolution of: the environment, and the build requirements as sorted texts."""

Kept = Mapping[Context, Mapping[NormalizedName, Version]]
"""The versions that an older lock has for a build context, and that should stay."""
