"""Locks of several specs -> one lock of them all, so that one tree can hold what every one of them names. Pure.

Nothing is resolved: each environment keeps its pins. A lock is the sum of its environments, so that whoever reads locks
reads the sum as well.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

from resolver.errors import LockError
from resolver.lock.inputs import inputs_digest
from resolver.lock.model import Artifact, Attestations, Build, Check, IndexEntry, Inputs, Lock, Pins
from resolver.logins import variable
from resolver.records import record

Value = TypeVar("Value")

_STRICTER: tuple[Check, ...] = ("ignore", "if-present", "require")


@record
class Part:
    """One of the locks. ``folder``: where it lies, relative to the combined one (empty: beside it)."""

    lock: Lock
    folder: str = ""


def combined(parts: Mapping[str, Part], files: Mapping[str, str]) -> Lock:
    """The lock of ``parts``, by name. ``files``: their paths relative to it -> sha256 of their bytes.

    An environment becomes ``<name>-<environment>``. An index keeps its name, unless a part before has another index of
    that name: it becomes ``<name>-<index>`` then. Of what is asked of a project's attestations, the strictest counts.
    Instants of ages are left out: nothing of it is resolved anew. Raises `LockError` where parts contradict each other.
    """
    indexes: dict[str, IndexEntry] = {}
    named = {name: _named(name, part, indexes) for name, part in parts.items()}
    return Lock(
        inputs=Inputs(sha256=inputs_digest(files), files=dict(sorted(files.items())), combined=True),
        attestations=_attestations(named),
        indexes=indexes,
        environments=_distinct((name, lock.environments) for name, lock in named.items()),
        roots=_distinct((name, lock.roots) for name, lock in named.items()),
        artifacts=_artifacts(named),
        resolutions=_distinct((name, lock.resolutions) for name, lock in named.items()),
        builds=_builds(named.values()),
        closures=_closures(named.values()),
    )


def of_several_indexes(lock: Lock) -> dict[tuple[str, ...], list[str]]:
    """Names of indexes -> the projects whose files come from them all, and of which a tree offers them on one page.

    Names for one place are one index.
    """
    found: dict[str, set[str]] = {}
    for artifact in lock.artifacts.values():
        if artifact.index is not None:
            found.setdefault(artifact.project, set()).add(artifact.index)
    together: dict[tuple[str, ...], list[str]] = {}
    for project, indexes in sorted(found.items()):
        if len({lock.indexes[index].url for index in indexes}) > 1:
            together.setdefault(tuple(sorted(indexes)), []).append(project)
    return together


def _named(name: str, part: Part, indexes: dict[str, IndexEntry]) -> Lock:
    """A part with the names that its environments and indexes have in the sum; its indexes are added to ``indexes``."""
    names: dict[str, str] = {}
    for index, entry in part.lock.indexes.items():
        moved = _moved(entry, part.folder)
        names[index] = found = _as_known(index, moved, indexes) or f"{name}-{index}"
        if _as_known(found, moved, indexes) != found:
            raise LockError(f"{name}: another lock has an index called {found}; give this lock another name")
        indexes[found] = moved

    def of_environments(members: Mapping[str, Value]) -> dict[str, Value]:
        return {f"{name}-{environment}": member for environment, member in members.items()}

    lock = part.lock
    return replace(
        lock,
        environments=of_environments(lock.environments),
        roots=of_environments(lock.roots),
        artifacts={
            filename: artifact if artifact.index is None else replace(artifact, index=names[artifact.index])
            for filename, artifact in lock.artifacts.items()
        },
        resolutions=of_environments(lock.resolutions),
        builds={
            sdist: replace(build, environments=of_environments(build.environments))
            for sdist, build in lock.builds.items()
        },
    )


def _as_known(name: str, entry: IndexEntry, indexes: Mapping[str, IndexEntry]) -> str | None:
    """What an index is called: as one that is there already, or by its name; None where that means another.

    Names that one variable stands for mean one index: it would hand the login of either site to both.
    """
    other = next((one for one in indexes if variable(one) == variable(name)), name)
    return other if indexes.get(other, entry) == entry else None


def _moved(entry: IndexEntry, folder: str) -> IndexEntry:
    """An index as seen from the combined lock: a directory is named by its path from the lock that names it."""
    if not folder or "://" in entry.files:
        return entry
    return IndexEntry(url=_below(folder, entry.url), files=_below(folder, entry.files))


def _below(folder: str, path: str) -> str:
    return f"{posixpath.normpath(posixpath.join(quote(folder), path))}/"


def _distinct(parts: Iterable[tuple[str, Mapping[str, Value]]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, members in parts:
        for environment, member in members.items():
            if environment in found:
                raise LockError(f"{name}: another lock has an environment called {environment} here; rename one")
            found[environment] = member
    return found


def _artifacts(named: Mapping[str, Lock]) -> dict[str, Artifact]:
    """The row of the first lock that has a file, or of the first that knows who vouches for it.

    It is yanked where any says so. Where another has other bytes for it, no index could hold both.
    """
    found: dict[str, tuple[str, Artifact]] = {}
    for name, lock in named.items():
        for filename, artifact in lock.artifacts.items():
            first, other = found.setdefault(filename, (name, artifact))
            if other.sha256 != artifact.sha256:
                raise LockError(
                    f"{first} and {name}: two files are called {filename} and differ: {other.sha256} and"
                    f" {artifact.sha256}; one tree cannot hold both"
                )
            row = artifact if other.provenance is None and artifact.provenance is not None else other
            yanked = artifact.yanked if other.yanked is None else other.yanked
            found[filename] = first, row if row.yanked == yanked else replace(row, yanked=yanked)
    return {filename: artifact for filename, (_, artifact) in found.items()}


def _builds(locks: Iterable[Lock]) -> dict[str, Build]:
    found: dict[str, Build] = {}
    for lock in locks:
        for sdist, build in lock.builds.items():
            other = found.setdefault(sdist, build)
            if other is not build:
                known = other if other.backend else build  # a lock may know of no backend where another was told one
                found[sdist] = replace(known, environments={**other.environments, **build.environments})
    return found


def _closures(locks: Iterable[Lock]) -> dict[str, Pins]:
    found: dict[str, Pins] = {}
    for lock in locks:
        for identity, pins in lock.closures.items():
            if found.setdefault(identity, pins) != pins:
                raise LockError(f"two closures are called {identity} and differ; resolve these locks with one release")
    return found


def _attestations(named: Mapping[str, Lock]) -> dict[str, Attestations]:
    found: dict[str, tuple[str, Attestations]] = {}
    for name, lock in named.items():
        for project in {artifact.project for artifact in lock.artifacts.values()}:
            asked = lock.attested(project)
            first, other = found.get(project, (name, asked))
            if None not in (asked.publisher, other.publisher) and asked.publisher != other.publisher:
                raise LockError(f"{first} and {name} want {project} to be signed by different publishers")
            check = max(asked.check, other.check, key=_STRICTER.index)
            found[project] = first, Attestations(check=check, publisher=asked.publisher or other.publisher)
    return {project: asked for project, (_, asked) in sorted(found.items()) if asked != Attestations()}
