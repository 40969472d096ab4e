"""Spec -> Lock: the whole pure pipeline in one call.

It runs the stages in order, and gathers what the user should be told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName, canonicalize_name

from resolver.build.hooks import Hooks
from resolver.build.interview import Interview
from resolver.build.model import BuildPlan
from resolver.build.plan import plan
from resolver.cutoffs import Clock, frozen, no_clock
from resolver.environments.evaluate import accepts_python, holds
from resolver.environments.expand import check_named, expand
from resolver.environments.model import Environment
from resolver.errors import DirectFailure, InputError, InvalidDirectURL, InvalidMetadata
from resolver.index import Index, Site
from resolver.lock.merge import merge
from resolver.lock.model import Lock
from resolver.metadata.reading import SdistReader
from resolver.misspelt import misspelt, misspelt_markers
from resolver.notices import Notice
from resolver.previous import Previous, Versions
from resolver.records import record
from resolver.resolution.alignment import resolve_all
from resolver.resolution.behind import behind
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import Resolution
from resolver.resolution.wanted import Rules
from resolver.spec.model import BuildSpec, Declared, Policy, Spec, Supported, Unfollowed, Unread

if TYPE_CHECKING:
    from resolver.preferences.model import Preferred


@record
class Locked:
    """A lock, and what the run assumed, replaced or passed over."""

    lock: Lock
    notices: tuple[Notice, ...]


def lock(
    spec: Spec,
    index: Index,
    sites: Mapping[str, Site],
    previous: Previous,
    *,
    hooks: Hooks | None = None,
    sdists: SdistReader | None = None,
    clock: Clock = no_clock,
    wishes: Sequence[Preferred] = (),
    started: Callable[[str], None] = lambda _: None,
) -> Locked:
    """Resolve ``spec`` for all its environments.

    ``hooks`` run what only a build backend can answer; ``sdists`` reads what the files of sdists say; ``clock`` is
    asked where the spec states an age that no older lock has frozen; ``wishes`` are versions to begin with where
    ``previous`` holds none; ``started`` is told of each step that begins.

    Raises `SpecError` for environments that cannot be, `InputError` for a marker without an answer, `NoSolution`,
    `ResolutionLimit` and `TransferError`.
    """
    spec = frozen(spec, previous.cutoffs(), clock)
    environments = expand(spec.environments)
    check_named(spec.build, environments)
    _check_markers(spec, environments)
    catalogue = Catalogue(
        index, spec.metadata_overrides, named_files=spec.named_files, sdists=sdists, locked=previous.digest
    )
    overrides, stated = _by_project(spec.overrides), spec.stated_urls()
    policies = spec.with_policies(_highest)  # an old release of a build system builds nothing that is tested

    def build_rules(build: BuildSpec) -> Rules:
        return Rules(constraints=_by_project(build.constraints), overrides=overrides, policies=policies, stated=stated)

    interview = Interview(hooks, catalogue, spec, build_rules) if hooks is not None else None
    catalogue.dynamic = interview
    requirements = spec.declared()
    rules = Rules(
        constraints=_by_project(spec.constraints),
        overrides=overrides,
        policies=spec,
        left_out=spec.left_out(),
        stated=stated,
    )
    kept = previous.versions(environments)
    wished = _wished(wishes, environments, kept)
    with _placed(spec):
        resolutions = resolve_all(
            requirements,
            environments,
            catalogue,
            rules,
            kept={name: {**_versions(wished[name]), **kept.get(name, {})} for name in wished},
            started=started,
        )
        started("build requirements")
        planned = plan(
            resolutions.values(),
            catalogue,
            spec,
            build_rules,
            previous.contexts(environments),
            earlier=previous.answers(environments),
            backends=interview,
        )
    notices = {notice for resolution in resolutions.values() for notice in resolution.notices}
    notices.update(planned.notices, behind(resolutions, catalogue, spec), _empty(resolutions, requirements))
    elsewhere = interview.names if interview is not None else frozenset()
    notices.update(_unmatched(spec, environments, resolutions, planned, elsewhere))
    if wishes:
        from resolver.resolution.unmet import unmet  # noqa: PLC0415  (as in `_wished`)

        notices.update(unmet(wished, resolutions, requirements, catalogue, rules))
    return Locked(lock=merge(spec, resolutions, planned, sites), notices=tuple(sorted(notices)))


def _highest(policy: Policy) -> Policy:
    return replace(policy, strategy="highest")


def _unmatched(
    spec: Spec,
    environments: Sequence[Environment],
    resolutions: Mapping[str, Resolution],
    planned: BuildPlan,
    elsewhere: Collection[NormalizedName],
) -> Iterator[Notice]:
    """What is said and has no effect: entries of the spec that match nothing, or nearly, and settings of other tools.

    ``elsewhere``: see `resolver.build.unused`.
    """
    if spec.build != BuildSpec():
        from resolver.build.unused import unused  # noqa: PLC0415  (few specs say anything of builds)

        yield from unused(spec.build, planned.builds, environments, elsewhere)
    yield from misspelt_markers(spec)
    yield from (note for one in spec.supported for note in _unsupported(one, environments))
    if spec.projects or spec.overrides or spec.metadata_overrides or spec.unfollowed or spec.unread:
        met = _locked_projects(resolutions, planned)
        yield from misspelt(spec, met)
        yield from (_unfollowed(one) for one in spec.unfollowed if not one.project or one.project in met)
        decided = {*spec.build.requires, *(one.project for one in spec.metadata_overrides)}
        yield from (_unread(one) for one in spec.unread if not one.project or one.project in met - decided)


def _locked_projects(resolutions: Mapping[str, Resolution], planned: BuildPlan) -> set[NormalizedName]:
    """All that is installed, and all that is built with."""
    found = {name for resolution in resolutions.values() for name in resolution.pins}
    builds = [one for build in planned.builds.values() for one in build.environments.values()]
    return found.union(*(one.closure for one in builds))


@contextmanager
def _placed(spec: Spec) -> Iterator[None]:
    """Add to errors about a direct URL the place in the spec that names it."""
    try:
        yield
    except (DirectFailure, InvalidDirectURL) as error:
        declared = [*spec.declared(), *spec.constraints, *spec.overrides, *spec.build.declared()]
        places = [one.origin for one in declared if one.requirement.url == error.url]
        raise (error.at(str(places[0])) if places else error) from error.__cause__


def _wished(
    wishes: Sequence[Preferred], environments: Sequence[Environment], kept: Mapping[str, Versions]
) -> dict[str, dict[NormalizedName, Preferred]]:
    """By environment, the wishes for projects of which no older lock holds a version."""
    if not wishes:
        return {environment.name: {} for environment in environments}
    from resolver.preferences.model import preferred_in  # noqa: PLC0415  (most runs wish for nothing)

    found = {}
    for environment in environments:
        held = kept.get(environment.name, {})
        try:
            here = preferred_in(environment, wishes)
        except InvalidMetadata as error:
            raise InputError(f"a version that is preferred: {error}") from None
        found[environment.name] = {name: wish for name, wish in here.items() if name not in held}
    return found


def _versions(wishes: Mapping[NormalizedName, Preferred]) -> Versions:
    return {name: wish.version for name, wish in wishes.items()}


def _check_markers(spec: Spec, environments: Sequence[Environment]) -> None:
    """Raise `InputError` for a marker in the spec that has no answer, such as ``sys_platform ~= "linux"``."""
    declared = [*spec.declared(), *spec.constraints, *spec.overrides, *spec.build.declared()]
    for one in declared:
        for environment in environments:
            try:
                holds(one.requirement.marker, environment)
            except InvalidMetadata as error:
                raise InputError(f"{one.origin}: {error}") from None


def _by_project(declared: Sequence[Declared]) -> dict[NormalizedName, tuple[Declared, ...]]:
    found: dict[NormalizedName, list[Declared]] = {}
    for one in declared:
        found.setdefault(canonicalize_name(one.requirement.name), []).append(one)
    return {name: tuple(many) for name, many in found.items()}


def _unfollowed(setting: Unfollowed) -> Notice:
    """That another tool would choose otherwise, and what would say the same in the spec."""
    policy = f"{{{setting.key}: {setting.value}}}"
    same = f"projects: {{{setting.project}: {policy}}}" if setting.project else f"policy: {policy}"
    remedy = f"in the spec it is `{same}`" if setting.value else "a policy has nothing like it"
    place = f"{setting.origin.path} of {setting.origin.file}"
    return Notice(kind="unfollowed", project=setting.project, message=f"{place} is not followed; {remedy}")


def _unread(stated: Unread) -> Notice:
    message = f"{stated.origin.path} of {stated.origin.file} {stated.message}"
    return Notice(kind="unfollowed", project=stated.project, message=message)


def _unsupported(project: Supported, environments: Sequence[Environment]) -> Iterator[Notice]:
    """That what an included project requires is locked for Pythons that the project itself refuses."""
    for environment in environments:
        if not accepts_python(project.pythons, environment).value:
            asked = f"{project.origin} asks for Python {project.pythons}"
            message = f"{asked}: what the project requires is locked, and it cannot be installed itself"
            yield Notice(kind="unfollowed", project="", message=message, environment=environment.name)


def _empty(resolutions: Mapping[str, Resolution], requirements: Sequence[Declared]) -> Iterator[Notice]:
    """Nothing to install is right now and then, and most often a list that is missing or a marker that is wrong."""
    if not requirements:
        message = "the lock holds no project: `requirements`, `groups` and `include` ask for none"
        yield Notice(kind="empty", project="", message=message)
        return
    for name, resolution in resolutions.items():
        if not resolution.pins:
            message = "no requirement of the spec holds, so no project is locked"
            yield Notice(kind="empty", project="", message=message, environment=name)
