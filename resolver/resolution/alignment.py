"""Environments that agree: one resolution each, and then one version for all where a common one exists.

Each environment is first resolved by itself. Where their versions of a project differ, the lowest of them is tried
in all: it is the newest that any environment's limits let all of them share (under `strategy: lowest`, the highest).
It is kept where every environment that needs the project takes it, none has to build what it would not build by itself,
none loses an extra that it asks for and has by itself, and no version that the old lock holds has to move.

All that differ are tried at once. Where something stands against it, only what leads there is given up, and the rest is
tried again: a version that an environment does not take; for a file that would have to be built, the nearest of those
that ask for it, at first or second hand, and have moved to a common version; where there are none, or where an
environment has no solution, all that has moved there. What cannot be shared is left as it was found.

An agreement may take away what another one was made for: the version that held all back was asked for by a release
that nobody has any more. Such agreements are made anew, once, without what they began with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from functools import partial

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.environments.model import Environment
from resolver.errors import NoSolution, ResolutionLimit
from resolver.records import record
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.concessions import concessions
from resolver.resolution.order import Order
from resolver.resolution.scouting import scout
from resolver.resolution.search import Resolution, resolve
from resolver.resolution.wanted import Rules
from resolver.spec.model import Declared

Pins = Mapping[NormalizedName, Version]
ROUNDS = 6
"""Attempts at agreement, each at most one resolution of every environment; real specs take up to four.

A version that was agreed on can bring other requirements, which differ in their turn; one that was given up lets others
be judged anew.
"""


@record
class _Agreement:
    """``followed``: the versions that all share. ``grounds``: what each environment had when they were chosen."""

    resolutions: Mapping[str, Resolution]
    followed: Pins
    grounds: Mapping[NormalizedName, Mapping[str, Resolution]]
    refused: frozenset[NormalizedName]


def resolve_all(
    requirements: Sequence[Declared],
    environments: Sequence[Environment],
    catalogue: Catalogue,
    rules: Rules,
    *,
    kept: Mapping[str, Pins] | None = None,
    started: Callable[[str], None] = lambda _: None,
) -> dict[str, Resolution]:
    """Resolve every environment; ``kept`` holds, by environment, what an older lock has and should stay.

    Raises `NoSolution` for all environments that have none, and whatever else `resolve` raises.
    """
    kept = kept or {}
    order = Order()

    def one(environment: Environment, wished: Pins) -> Resolution:
        preferences = {**wished, **kept.get(environment.name, {})}
        return resolve(requirements, environment, catalogue, replace(rules, preferences=preferences), order=order)

    scout(requirements, environments, catalogue, rules, kept)
    resolutions: dict[str, Resolution] = {}
    failures: list[NoSolution] = []
    for environment in environments:
        started(environment.name)
        try:
            resolutions[environment.name] = one(environment, {})
        except NoSolution as failure:
            failures.append(failure)
    if failures:
        raise NoSolution.joined(failures)
    agreed = dict(_agreed(resolutions, one, catalogue, rules, kept))
    roots = {canonicalize_name(declared.requirement.name) for declared in requirements}
    for notice in concessions(resolutions, agreed, roots, lambda name: rules.policy(name).align):
        followed = agreed[notice.environment]
        agreed[notice.environment] = replace(followed, notices=(*followed.notices, notice))
    return agreed


def _agreed(
    alone: Mapping[str, Resolution],
    one: Callable[[Environment, Pins], Resolution],
    catalogue: Catalogue,
    rules: Rules,
    kept: Mapping[str, Pins],
) -> Mapping[str, Resolution]:
    agree = partial(_agree, one=one, catalogue=catalogue, rules=rules, kept=kept)
    found = agree(_Agreement(resolutions=dict(alone), followed={}, grounds={}, refused=frozenset()))
    freed = {name: version for name, version in found.followed.items() if name not in _groundless(found)}
    if len(freed) == len(found.followed):
        return found.resolutions
    attempt = _attempt(found.resolutions, found.followed, freed, one)
    if len(attempt) < len(found.resolutions):
        return found.resolutions
    again = agree(replace(found, resolutions=attempt, followed=freed)).resolutions
    return again if _agrees_as_well(again, found.resolutions) else found.resolutions


def _agree(
    start: _Agreement,
    one: Callable[[Environment, Pins], Resolution],
    catalogue: Catalogue,
    rules: Rules,
    kept: Mapping[str, Pins],
) -> _Agreement:
    current, followed, grounds = start.resolutions, start.followed, dict(start.grounds)
    wished, refused = dict(followed), set(start.refused)
    for _ in range(ROUNDS):
        wanted = _common_versions(current, catalogue, rules, kept, refused)
        if not wanted:
            break
        grounds.update(dict.fromkeys(wanted, current))
        wishes = {**wished, **wanted}
        attempt = _attempt(current, followed, wishes, one)
        spoilt = {name for name in wishes if _differs(attempt, name)} | _culprits(attempt, current, wishes)
        if not spoilt:
            current, followed, wished = attempt, wishes, wishes
            continue
        refused |= spoilt
        wished = {name: version for name, version in wishes.items() if name in wished and name not in refused}
    return _Agreement(resolutions=current, followed=followed, grounds=grounds, refused=frozenset(refused))


def _groundless(agreement: _Agreement) -> set[NormalizedName]:
    """The agreed versions that nothing may hold any more: wherever they came from, who asks for them has moved.

    prefect for Python 3.12 asked for an older fastapi than prefect for 3.10 did; once all have the latter, none has to.
    """
    found = set()
    for name, version in agreement.followed.items():
        before = agreement.grounds[name]
        origins = [r for r in before.values() if name in r.pins and r.pins[name].candidate.version == version]
        if all(_has_moved(name, origin, agreement.resolutions[origin.environment.name]) for origin in origins):
            found.add(name)
    return found


def _has_moved(name: NormalizedName, before: Resolution, after: Resolution) -> bool:
    """Whether a project that asks for ``name`` has another version than before, or none."""
    askers = {asker: pin.candidate.version for asker, pin in before.pins.items() if name in pin.dependencies}
    return any(asker not in after.pins or after.pins[asker].candidate.version != v for asker, v in askers.items())


def _agrees_as_well(after: Mapping[str, Resolution], before: Mapping[str, Resolution]) -> bool:
    """Whether nothing differs that agreed before, and no environment has more to build or fewer extras."""
    names = {name for resolution in after.values() for name in resolution.pins}
    differing = any(_differs(after, name) and not _differs(before, name) for name in names)
    return not differing and not any(_worse(after[name], before[name]) for name in before)


def _attempt(
    current: Mapping[str, Resolution], followed: Pins, wishes: Pins, one: Callable[[Environment, Pins], Resolution]
) -> dict[str, Resolution]:
    """What environments have with ``wishes`` in place of those that they followed; one without a solution is left out.

    An environment that has what is wished already is not resolved again.
    """
    found: dict[str, Resolution] = {}
    for name, before in current.items():
        asked = ((followed.get(project), wishes.get(project), pin) for project, pin in before.pins.items())
        if all(new in (old, pin.candidate.version) for old, new, pin in asked):
            found[name] = before
            continue
        with suppress(NoSolution, ResolutionLimit):
            found[name] = one(before.environment, wishes)
    return found


def _common_versions(
    resolutions: Mapping[str, Resolution],
    catalogue: Catalogue,
    rules: Rules,
    kept: Mapping[str, Pins],
    refused: set[NormalizedName],
) -> dict[NormalizedName, Version]:
    """For each project whose versions differ, the one to try in every environment that needs it."""
    found: dict[NormalizedName, Version] = {}
    for name in sorted({name for resolution in resolutions.values() for name in resolution.pins} - refused):
        holders = [r for r in resolutions.values() if name in r.pins]
        versions = {r.pins[name].candidate.version for r in holders}
        policy = rules.policy(name)
        if len(versions) < 2 or not policy.align:
            continue
        held = {kept[r.environment.name][name] for r in holders if name in kept.get(r.environment.name, {})} & versions
        if len(held) > 1:
            continue
        nearest = max if policy.strategy == "lowest" else min
        target = next(iter(held)) if held else nearest(versions)
        if all(_as_good(r, name, target, catalogue, rules) for r in holders):
            found[name] = target
    return found


def _as_good(
    resolution: Resolution, name: NormalizedName, version: Version, catalogue: Catalogue, rules: Rules
) -> bool:
    """Whether an environment could take ``version`` without building what it has as a wheel, or taking it yanked."""
    pinned = resolution.pins[name].candidate
    if pinned.index is None:
        return False
    selection = catalogue.selection(name, resolution.environment, rules.policy(name))
    other = selection.of_version(version)
    return other is not None and other.file.yanked is None and (other.kind == "wheel" or pinned.kind == "sdist")


def _differs(resolutions: Mapping[str, Resolution], name: NormalizedName) -> bool:
    return len({r.pins[name].candidate.version for r in resolutions.values() if name in r.pins}) > 1


def _culprits(
    attempt: Mapping[str, Resolution], current: Mapping[str, Resolution], wishes: Pins
) -> set[NormalizedName]:
    """The wishes to give up, for the environments that have no solution with them, more to build, or fewer extras."""
    found: set[NormalizedName] = set()
    for name, before in current.items():
        had = {project: pin.candidate.version for project, pin in before.pins.items()}
        after = attempt.get(name)
        if after is None:
            lacked = {project for project, version in wishes.items() if had.get(project, version) != version}
            found |= lacked or set(wishes)
            continue
        has = {project: pin.candidate.version for project, pin in after.pins.items()}
        moved = {project for project, version in wishes.items() if has.get(project) == version != had.get(project)}
        for project in _worse(after, before):
            found |= _leading_to(project, after, moved) or moved or set(wishes)
    return found


def _worse(after: Resolution, before: Resolution) -> set[NormalizedName]:
    """The projects that an environment would have to build, which it had as wheels or did not need, or without extras.

    What others take may be from before there was an extra: jax[cuda12] for Windows is a jax that had none.
    """
    built = {project for project, pin in before.pins.items() if pin.candidate.kind == "sdist"}
    building = {project for project, pin in after.pins.items() if pin.candidate.kind == "sdist"} - built
    return building | set(_extras_not_there(after) - _extras_not_there(before))


def _extras_not_there(resolution: Resolution) -> Counter[NormalizedName]:
    """How many extras are asked for that a release does not have, by project."""
    return Counter(canonicalize_name(notice.project) for notice in resolution.notices if notice.kind == "extra")


def _leading_to(project: NormalizedName, resolution: Resolution, moved: Set[NormalizedName]) -> set[NormalizedName]:
    """Those of ``moved`` that are nearest: the project itself, else who asks for it, else who asks for those."""
    level = seen = {project}
    while level and level.isdisjoint(moved):
        level = {name for name, pin in resolution.pins.items() if not level.isdisjoint(pin.dependencies)} - seen
        seen = seen | level
    return level & moved
