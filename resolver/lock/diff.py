"""What changed between two locks, as values. Pure; `describe` puts it into words.

Equal changes are one entry with all the environments that they happened in. Closures are compared by what they hold,
never by their ids. Every field of a lock is looked at: an empty `Diff` means that nothing else differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TypeVar, get_args

from resolver.lock.changes import BuildChange, BuildWhat, Diff, FactChange, Names, PinChange, RootChange, What
from resolver.lock.model import AnsweredBy, Artifact, Attestations, EnvironmentEntry, Lock, Pin, Pins

Movement = tuple[str, What, str | None, str | None]
"""(project, what, old, new)"""

_BUILD_FACTS: tuple[BuildWhat, ...] = get_args(BuildWhat)

EntryT = TypeVar("EntryT")


def diff(old: Lock, new: Lock) -> Diff:
    """What ``new`` has that ``old`` has not, and the reverse."""
    common = tuple(sorted(old.environments.keys() & new.environments.keys()))
    facts = tuple(_artifact_facts(old.artifacts, new.artifacts))
    return Diff(
        environments_added=tuple(sorted(new.environments.keys() - old.environments.keys())),
        environments_removed=tuple(sorted(old.environments.keys() - new.environments.keys())),
        environment_facts=tuple(_facts(old.environments, new.environments, _environment_facts, common)),
        roots=_root_changes(old, new, common),
        pins=_pin_changes(old, new, common),
        builds=_build_changes(old, new, common),
        build_pins=_build_pin_changes(old, new, common),
        replaced=tuple(fact for fact in facts if fact.field == "sha256"),
        artifacts_added=_only(new.artifacts, old.artifacts),
        artifacts_removed=_only(old.artifacts, new.artifacts),
        artifact_facts=tuple(fact for fact in facts if fact.field != "sha256"),
        index_facts=tuple(_facts(old.indexes, new.indexes, lambda entry: {"url": entry.url, "files": entry.files})),
        attestations=tuple(_facts(old.attestations, new.attestations, _describe_attestations)),
        exclude_newer=tuple(_facts(old.exclude_newer, new.exclude_newer, lambda instant: {"exclude_newer": instant})),
        input_facts=tuple(_facts(old.inputs.files, new.inputs.files, lambda sha256: {"sha256": sha256})),
    )


def _only(artifacts: Mapping[str, Artifact], others: Mapping[str, Artifact]) -> tuple[Artifact, ...]:
    return tuple(artifacts[filename] for filename in sorted(artifacts.keys() - others.keys()))


def _artifact_facts(old: Mapping[str, Artifact], new: Mapping[str, Artifact]) -> Iterator[FactChange]:
    return _facts(old, new, _describe_artifact, sorted(old.keys() & new.keys()))


def _describe_artifact(artifact: Artifact) -> dict[str, str | None]:
    values = ((field.name, getattr(artifact, field.name)) for field in fields(artifact) if field.name != "filename")
    return {name: None if value is None else str(value) for name, value in values}


def _describe_attestations(asked: Attestations) -> dict[str, str | None]:
    publisher = None if asked.publisher is None else " ".join(f"{k}={v}" for k, v in sorted(asked.publisher.items()))
    return {"check": asked.check, "publisher": publisher}


def _environment_facts(entry: EnvironmentEntry) -> dict[str, str | None]:
    declared = {"python": entry.python, "os": entry.os, "arch": entry.arch, "libc": entry.libc}
    markers = {f"markers.{name}": value for name, value in entry.markers.items()}
    return {**declared, **markers, "tags": ", ".join(entry.tags)}


def _facts(
    old: Mapping[str, EntryT],
    new: Mapping[str, EntryT],
    describe: Callable[[EntryT], Mapping[str, str | None]],
    subjects: Iterable[str] | None = None,
) -> Iterator[FactChange]:
    """Fields that differ, of ``subjects`` or of all; every field of an entry that only one side has differs."""
    for subject in sorted(old.keys() | new.keys()) if subjects is None else subjects:
        before = describe(old[subject]) if subject in old else {}
        after = describe(new[subject]) if subject in new else {}
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield FactChange(subject=subject, field=name, old=before.get(name), new=after.get(name))


def _root_changes(old: Lock, new: Lock, common: Names) -> tuple[RootChange, ...]:
    found: dict[tuple[str, str, bool], list[str]] = {}
    for environment in common:
        before, after = _roots(old, environment), _roots(new, environment)
        for group, requirement in before ^ after:
            found.setdefault((group, requirement, (group, requirement) in after), []).append(environment)
    return tuple(
        RootChange(
            group=group,
            requirement=requirement,
            added=added,
            environments=tuple(environments),
            everywhere=len(environments) == len(common),
        )
        for (group, requirement, added), environments in sorted(found.items())
    )


def _roots(lock: Lock, environment: str) -> set[tuple[str, str]]:
    groups = lock.roots.get(environment, {})
    return {(group, requirement) for group, requirements in groups.items() for requirement in requirements}


def _pin_changes(old: Lock, new: Lock, common: Names) -> tuple[PinChange, ...]:
    found: dict[Movement, list[str]] = {}
    for environment in common:
        for movement in _movements(old.resolutions.get(environment, {}), new.resolutions.get(environment, {})):
            found.setdefault(movement, []).append(environment)
    return tuple(
        _pin_change(movement, tuple(found[movement]), common, ()) for movement in sorted(found, key=_movement_order)
    )


def _build_pin_changes(old: Lock, new: Lock, common: Names) -> tuple[PinChange, ...]:
    """Changes in the closures of the sdists that both locks build; sdists with the same change share an entry."""
    found: dict[Movement, dict[str, list[str]]] = {}
    for sdist, environment in _both_build(old, new, common):
        before, after = (lock.closure(lock.builds[sdist].environments[environment]) for lock in (old, new))
        for movement in _movements(before, after):
            found.setdefault(movement, {}).setdefault(sdist, []).append(environment)
    changes = []
    for movement in sorted(found, key=_movement_order):
        together: dict[Names, list[str]] = {}
        for sdist, environments in found[movement].items():
            together.setdefault(tuple(environments), []).append(sdist)
        changes += [_pin_change(movement, names, common, tuple(sdists)) for names, sdists in sorted(together.items())]
    return tuple(changes)


def _pin_change(movement: Movement, environments: Names, common: Names, sdists: Names) -> PinChange:
    project, what, old, new = movement
    return PinChange(
        project=project,
        what=what,
        old=old,
        new=new,
        environments=environments,
        everywhere=environments == common,
        sdists=sdists,
    )


def _movement_order(movement: Movement) -> tuple[str, str, str, str]:
    project, what, old, new = movement
    return project, what, old or "", new or ""


def _movements(old: Pins, new: Pins) -> Iterator[Movement]:
    for project in old.keys() | new.keys():
        before, after = old.get(project), new.get(project)
        if before is None or after is None or before.version != after.version:
            yield project, "version", before.version if before else None, after.version if after else None
        else:
            yield from _details(project, before, after)


def _details(project: str, old: Pin, new: Pin) -> Iterator[Movement]:
    if old.artifact != new.artifact:
        yield project, "artifact", old.artifact, new.artifact
    if old.extras != new.extras:
        yield project, "extras", ", ".join(old.extras), ", ".join(new.extras)
    if old.dependencies != new.dependencies:
        yield project, "dependencies", ", ".join(old.dependencies), ", ".join(new.dependencies)


def _both_build(old: Lock, new: Lock, common: Names) -> Iterator[tuple[str, str]]:
    for sdist in sorted(old.builds.keys() & new.builds.keys()):
        for environment in common:
            if old.built(sdist, environment) and new.built(sdist, environment):
                yield sdist, environment


def _build_changes(old: Lock, new: Lock, common: Names) -> tuple[BuildChange, ...]:
    found: dict[tuple[str, BuildWhat, str, str], list[str]] = {}
    for sdist in old.builds.keys() | new.builds.keys():
        for environment in common:
            before, after = _build_facts(old, sdist, environment), _build_facts(new, sdist, environment)
            for what in _BUILD_FACTS if before and after else _BUILD_FACTS[:1]:
                if before.get(what) != after.get(what):
                    key = (sdist, what, before.get(what, ""), after.get(what, ""))
                    found.setdefault(key, []).append(environment)
    return tuple(
        BuildChange(
            sdist=sdist,
            what=what,
            old=before or None,
            new=after or None,
            environments=tuple(environments),
            everywhere=tuple(environments) == common,
        )
        for (sdist, what, before, after), environments in sorted(found.items())
    )


def _build_facts(lock: Lock, sdist: str, environment: str) -> dict[BuildWhat, str]:
    """What is said of a build, as text; empty where the sdist is not built for this environment."""
    built = lock.built(sdist, environment)
    if built is None:
        return {}
    build = lock.builds[sdist]
    requires = (
        f"{r.requirement} ({r.origin}{'' if r.evidence is None else f': {r.evidence}'})" for r in built.requires
    )
    return {
        "build": "yes",
        "backend": build.backend,
        "backend_path": ", ".join(build.backend_path),
        "requires": ", ".join(requires),
        "metadata": built.metadata or "",
        "system": ", ".join(built.system),
        "answered": _answered(built.answered),
        "unknown": built.unknown or "",
        "unbuildable": built.unbuildable or "",
    }


def _answered(by: AnsweredBy | None) -> str:
    if by is None:
        return ""
    differs = f", not the environment's {', '.join(by.differs)}" if by.differs else ""
    return " ".join(part for part in (f"Python {by.python} on", by.os, by.arch, by.libc) if part) + differs
