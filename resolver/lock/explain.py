"""What brings a project into a lock: chains from the spec's requirements, and from the builds that need it. Pure.

A graph of a few hundred projects can hold more chains than anyone could read or wait for. They are found shortest
first, and `CHAINS` ends the search; an answer says when that happened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import islice

from resolver.lock.model import Lock, Pin, Pins
from resolver.lock.required import project_of
from resolver.records import record

CHAINS = 50
"""Chains that are looked for in one environment, and again in each build closure."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Chain:
    """``requirement``, as it is declared, and the projects from the one that it names to the one that was asked for.

    ``source`` is the group of the spec (empty: its own requirements); for a build requirement its provenance.
    """

    projects: tuple[str, ...]
    source: str
    requirement: str


@record
class BuildUse:
    """Why the build of ``project version`` (the file ``sdist``) installs what was asked for, which is at ``used``."""

    sdist: str
    project: str
    version: str
    used: str
    chains: tuple[Chain, ...]
    more: bool = False


@record
class Source:
    """How the project itself is built, where it comes as an sdist; ``gap``: why the lock cannot carry that out."""

    sdist: str
    backend: str
    requires: tuple[str, ...]
    system: tuple[str, ...] = ()
    gap: str | None = None


@record
class Reason:
    """The answer for environments where it is the same. ``version`` None: nothing but builds uses it there.

    ``more``: there are more chains than were looked for.
    """

    environments: tuple[str, ...]
    version: str | None
    chains: tuple[Chain, ...]
    builds: tuple[BuildUse, ...]
    more: bool = False
    source: Source | None = None


@record
class Explanation:
    """All that brings ``project`` in; ``absent``: the environments that have it nowhere."""

    project: str
    reasons: tuple[Reason, ...]
    absent: tuple[str, ...]


def explain(lock: Lock, project: str, environments: Collection[str] | None = None, limit: int = CHAINS) -> Explanation:
    """Why ``project`` is in ``lock``, in ``environments`` (all where None), which must be names that the lock has."""
    wanted = sorted(lock.environments if environments is None else set(environments))
    grouped: dict[tuple[str | None, tuple[Chain, ...], tuple[BuildUse, ...], bool, Source | None], list[str]] = {}
    absent = []
    for environment in wanted:
        pin = lock.resolutions[environment].get(project)
        chains, more = _chains(_roots(lock, environment), lock.resolutions[environment], project, limit)
        builds = tuple(_builds(lock, environment, project, limit))
        if pin is None and not builds:
            absent.append(environment)
        else:
            source = _source(lock, pin, environment) if pin else None
            grouped.setdefault((pin.version if pin else None, chains, builds, more, source), []).append(environment)
    reasons = (
        Reason(environments=tuple(names), version=version, chains=chains, builds=builds, more=more, source=source)
        for (version, chains, builds, more, source), names in grouped.items()
    )
    return Explanation(project=project, reasons=tuple(reasons), absent=tuple(absent))


def _source(lock: Lock, pin: Pin, environment: str) -> Source | None:
    built = lock.built(pin.artifact, environment)
    if built is None:
        return None
    backend = lock.builds[pin.artifact].backend
    requires = tuple(f"{r.requirement} ({r.origin})" for r in built.requires)
    return Source(sdist=pin.artifact, backend=backend, requires=requires, system=built.system, gap=built.gap)


Root = tuple[str, str]
"""(source, requirement)"""


def _roots(lock: Lock, environment: str) -> list[Root]:
    groups = lock.roots.get(environment, {})
    return [(group, requirement) for group, requirements in groups.items() for requirement in requirements]


def _builds(lock: Lock, environment: str, project: str, limit: int) -> Iterator[BuildUse]:
    """Every build for ``environment`` whose closure holds ``project``, by name of the sdist."""
    for sdist, build in sorted(lock.builds.items()):
        built = build.environments.get(environment)
        if built is None or project not in lock.closure(built):
            continue
        closure, artifact = lock.closure(built), lock.artifacts[sdist]
        chains, more = _chains([(r.origin, r.requirement) for r in built.requires], closure, project, limit)
        yield BuildUse(
            sdist=sdist,
            project=artifact.project,
            version=artifact.version,
            used=closure[project].version,
            chains=chains,
            more=more,
        )


def _chains(roots: Iterable[Root], pins: Pins, target: str, limit: int) -> tuple[tuple[Chain, ...], bool]:
    """The ``limit`` shortest chains from ``roots`` to ``target``, and whether there are more."""
    starts: dict[str, list[Root]] = {}
    for source, requirement in sorted(set(roots)):
        starts.setdefault(project_of(requirement), []).append((source, requirement))
    found = (
        Chain(projects=projects, source=source, requirement=requirement)
        for projects in _paths(starts, pins, target)
        for source, requirement in starts[projects[0]]
    )
    chains = tuple(islice(found, limit + 1))
    return chains[:limit], len(chains) > limit


def _paths(starts: Iterable[str], pins: Pins, target: str) -> Iterator[tuple[str, ...]]:
    """Paths to ``target`` that visit nothing twice, shortest first, then in the order of names.

    What a path still needs is measured round the projects that it holds. So none is followed that leads nowhere, which
    in a graph with cycles most would do, and the next path is never more than its own length away.
    """
    dependents = _dependents(pins)
    distance = _distances(dependents, target, ()) if target in pins else {}
    pending: list[tuple[int, tuple[str, ...]]] = [(1 + distance[s], (s,)) for s in starts if s in distance]
    heapify(pending)
    while pending:
        _, path = heappop(pending)
        if path[-1] == target:
            yield path
            continue
        distance = _distances(dependents, target, path)
        for dependency in pins[path[-1]].dependencies:
            if dependency in distance:
                heappush(pending, (len(path) + 1 + distance[dependency], (*path, dependency)))


def _dependents(pins: Pins) -> dict[str, list[str]]:
    dependents: dict[str, list[str]] = {}
    for project, pin in pins.items():
        for dependency in pin.dependencies:
            dependents.setdefault(dependency, []).append(project)
    return dependents


def _distances(dependents: Mapping[str, list[str]], target: str, without: Iterable[str]) -> dict[str, int]:
    """How many steps from ``target`` each project is that leads there by none of ``without``."""
    barred = set(without)
    distance, pending = {target: 0}, deque([target])
    while pending:
        current = pending.popleft()
        for dependent in dependents.get(current, ()):
            if dependent not in distance and dependent not in barred:
                distance[dependent] = distance[current] + 1
                pending.append(dependent)
    return distance


def describe_explanation(explanation: Explanation) -> list[str]:
    """Lines for a person."""
    lines: list[str] = []
    for reason in explanation.reasons:
        version = f" {reason.version}" if reason.version else ""
        lines.append(f"{explanation.project}{version}, for {', '.join(reason.environments)}:")
        lines += [f"  {_chain(chain)}" for chain in reason.chains]
        lines += ["  ... and more chains than these"] * reason.more
        lines += [f"  {line}" for line in _source_lines(reason.source)]
        for use in reason.builds:
            lines += [f"  {line}" for line in _build_lines(use, explanation.project)]
    if explanation.absent:
        lines.append(f"{explanation.project} is not used for {', '.join(explanation.absent)}")
    return lines


def _chain(chain: Chain) -> str:
    """``requests>=2.31 (group dev) → requests → urllib3``, the first project left out where it is the last."""
    return " → ".join([f"{chain.requirement} ({_spec_source(chain)})", *chain.projects[1:]])


def _spec_source(chain: Chain) -> str:
    return f"group {chain.source}" if chain.source else "requirements"


def _source_lines(source: Source | None) -> Iterator[str]:
    """``built from numpy-2.2.6.tar.gz by mesonpy with meson-python>=0.15 (build-system), ninja>=1.8.2 (hook)``"""
    if source is None:
        return
    by = f" by {source.backend}" if source.backend else ""
    yield f"built from {source.sdist}{by} with {', '.join(source.requires) or 'nothing else'}"
    if source.system:
        yield f"its build needs {' and '.join(source.system)}, which no index has"
    if source.gap:
        yield from (
            f"it cannot be built: {line}" if not i else f"  {line}" for i, line in enumerate(source.gap.splitlines())
        )


def _build_lines(use: BuildUse, project: str) -> Iterator[str]:
    """``ninja 1.13.0, to build numpy 2.2.6: ninja>=1.8.2 (hook)``"""
    head = f"{project} {use.used}, to build {use.project} {use.version}"
    for chain in use.chains:
        steps = " → ".join([f"{chain.requirement} ({chain.source})", *chain.projects[1:]])
        yield f"{head}: {steps}"
    if use.more or not use.chains:
        yield head + (": and by more chains than these" if use.chains else "")
