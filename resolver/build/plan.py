"""Resolutions -> a plan of every build that they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from resolver.build.model import BuildPlan, Earlier, Kept
from resolver.environments.model import Environment
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import Resolution
from resolver.resolution.wanted import Rules
from resolver.spec.model import BuildSpec, Spec

if TYPE_CHECKING:
    from resolver.build.asking import Backends


def plan(
    resolutions: Iterable[Resolution],
    catalogue: Catalogue,
    spec: Spec,
    rules_of: Callable[[BuildSpec], Rules],
    kept: Kept,
    *,
    earlier: Earlier,
    backends: Backends | None,
) -> BuildPlan:
    """Plan the build of every sdist in ``resolutions`` and in the build closures that they lead to.

    ``rules_of`` gives the rules of build contexts; ``kept`` holds the versions that an older lock has for them and
    should stay; ``backends`` answer what the files of an sdist do not, and where they cannot be run, ``earlier``
    answers stand. What cannot be built is marked in the plan.
    Raises `TransferError`.
    """
    building = [one for one in resolutions if any(pin.candidate.kind == "sdist" for pin in one.pins.values())]
    if not building:
        return BuildPlan(builds={}, notices=())
    from resolver.build.contexts import Contexts  # noqa: PLC0415  (most locks have no sdist)
    from resolver.build.planner import Planner  # noqa: PLC0415  (as above)

    def spec_of(environment: Environment) -> BuildSpec:
        return spec.build.for_environment(environment.name, environment.declaration)

    contexts = Contexts(catalogue, lambda environment: rules_of(spec_of(environment)), kept)
    planner = Planner(catalogue, contexts, spec, spec_of, backends, earlier=earlier)
    planner.visit(building)  # all at once, for backends answer side by side
    return BuildPlan(builds=dict(sorted(planner.builds.items())), notices=tuple(sorted(planner.notices)))
