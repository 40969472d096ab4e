"""A lock and a `Diff` in words for a person. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.lock.changes import BuildChange, Diff, FactChange, PinChange, RootChange
    from resolver.lock.model import Artifact, Lock


def describe_diff(diff: Diff) -> list[str]:
    """Lines for a person, what is most urgent first; empty where nothing differs."""
    return [
        *(_replaced(fact) for fact in diff.replaced),
        *(f"environment {name} added" for name in diff.environments_added),
        *(f"environment {name} removed" for name in diff.environments_removed),
        *(_environment(fact) for fact in diff.environment_facts),
        *(_root(change) for change in diff.roots),
        *(_pin(change) for change in diff.pins),
        *(_build(change) for change in diff.builds),
        *(_pin(change) for change in diff.build_pins),
        *(f"{fact.subject}: {_movement(fact)}" for fact in diff.artifact_facts),
        *_index_lines(diff.index_facts),
        *(f"attestations of {fact.subject or 'all'}: {_movement(fact)}" for fact in diff.attestations),
        *(f"uploads younger than {fact.subject}: {_movement(fact)}" for fact in diff.exclude_newer),
        *_input_lines(diff.input_facts),
        *_artifacts("added", diff.artifacts_added),
        *_artifacts("removed", diff.artifacts_removed),
    ]


HOW_TO_ANSWER = (
    "state the answers in the spec (`build: requires:` for what it asks for besides, `overrides:` for what it gets in "
    "place of something, and for run time), name programs that it needs (`build: system:`), bound what it builds with "
    "(`build: constraints:`), or let other files be chosen (`constraints:`; `projects: {NAME: {sdists: never}}` for "
    "the newest release with a wheel); then resolve again"
)


def describe_gaps(lock: Lock, environments: Collection[str] | None = None) -> list[str]:
    """What keeps builds for ``environments`` (all where None) from being carried out, an entry for each reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for sdist, environment, reason in lock.incomplete():
        if environments is None or environment in environments:
            found.setdefault((sdist, reason), []).append(environment)
    return ["\n".join(_gap(lock, sdist, names, reason)) for (sdist, reason), names in found.items()]


def _gap(lock: Lock, sdist: str, environments: Sequence[str], reason: str) -> Iterator[str]:
    from resolver.lock.remedies import remedy_for  # noqa: PLC0415  (most locks have no gap)

    yield f"  {sdist} for {', '.join(environments)}:"
    yield from (f"    {line}" for line in reason.splitlines())
    found = remedy_for(lock, sdist, environments, reason)
    if found:
        yield f"    hint: {found}"


def human_size(size: int) -> str:
    """Bytes for a person: ``12.3 MB`` (decimal units, as file managers show them)."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.95:  # what would be shown as 1000.0 belongs to the next unit
            return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def counted(number: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _replaced(fact: FactChange) -> str:
    return (
        f"SECURITY: {fact.subject} has other bytes under the same name: sha256 {fact.old} → {fact.new}. "
        "No index may change a file; find out why before you use it"
    )


def _where(change: PinChange | BuildChange | RootChange) -> str:
    return "all environments" if change.everywhere else ", ".join(change.environments)


def _environment(fact: FactChange) -> str:
    if fact.field == "tags":  # there are hundreds of them
        old, new = _tags(fact.old), _tags(fact.new)
        if set(old) == set(new):
            return f"environment {fact.subject}: its tags changed their order"
        return f"environment {fact.subject}: {len(set(new) - set(old))} tags added, {len(set(old) - set(new))} removed"
    return f"environment {fact.subject}: {_movement(fact)}"


def _tags(joined: str | None) -> list[str]:
    return (joined or "").split(", ")


def _movement(fact: FactChange) -> str:
    if fact.old is None:
        return f"{fact.field} set to {fact.new!r}"
    if fact.new is None:
        return f"{fact.field} no longer {fact.old!r}"
    return f"{fact.field} {fact.old!r} → {fact.new!r}"


def _shown(text: str | None) -> str:
    return text or "nothing"


def _root(change: RootChange) -> str:
    group = f" in group {change.group}" if change.group else ""
    return f"requirement {change.requirement}{group} {'added' if change.added else 'removed'} ({_where(change)})"


def _pin(change: PinChange) -> str:
    built = f", to build {', '.join(change.sdists)}" if change.sdists else ""
    return f"{change.project} {_pin_movement(change)} ({_where(change)}{built})"


def _pin_movement(change: PinChange) -> str:
    if change.old is None:
        return f"{change.new} added"
    if change.new is None:
        return f"{change.old} removed"
    subject = "" if change.what == "version" else f"{change.what}: "
    return f"{subject}{_shown(change.old)} → {_shown(change.new)}"


def _build(change: BuildChange) -> str:
    if change.what == "build":
        return f"build of {change.sdist} {'added' if change.old is None else 'removed'} ({_where(change)})"
    return f"build of {change.sdist}: {change.what} {_shown(change.old)} → {_shown(change.new)} ({_where(change)})"


def _index_lines(facts: Sequence[FactChange]) -> Iterator[str]:
    for fact in facts:
        yield f"index {fact.subject}: {_movement(fact)}"


def _input_lines(facts: Sequence[FactChange]) -> Iterator[str]:
    for fact in facts:
        verb = "is a new input" if fact.old is None else "is no longer an input" if fact.new is None else "has changed"
        yield f"{fact.subject} {verb}"


def _artifacts(verb: str, artifacts: Sequence[Artifact]) -> Iterator[str]:
    """One line of sum: the versions that moved were told already."""
    if artifacts:
        unsized = sum(artifact.size is None for artifact in artifacts)
        unknown = f" and {counted(unsized, 'file')} of unknown size" if unsized else ""
        total = sum(artifact.size or 0 for artifact in artifacts)
        yield f"{counted(len(artifacts), 'file')} {verb}: {human_size(total)}{unknown}"
