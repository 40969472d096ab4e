"""Which file each environment gets of each project, and what that weighs: the matrix behind ``show``. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from resolver.lock.model import Lock, Pin
from resolver.records import record

CellKind = Literal["wheel", "sdist", "absent", "incomplete"]


@record
class Cell:
    """What one environment gets of one project.

    ``incomplete`` is an sdist for which the lock does not say all that building it takes; ``reason`` tells what is
    missing. ``closure`` is the id of its build closure, ``build_requirements`` how many projects that holds (those that
    a build installs, not the sdists below it). ``size`` in bytes, None where the index did not say.
    """

    kind: CellKind
    version: str | None = None
    artifact: str | None = None
    size: int | None = None
    closure: str | None = None
    build_requirements: int = 0
    reason: str | None = None


@record
class Weight:
    """The bytes of a set of files; ``unsized`` counts those of unknown size, which ``bytes`` leaves out."""

    files: int
    bytes: int
    unsized: int


@record
class Total:
    """One environment: the projects that it installs by kind of file, and the weight of all that this takes.

    ``weight`` includes build closures, recursively, each file once.
    """

    wheels: int
    sdists: int
    weight: Weight


@record
class Coverage:
    """The matrix. ``projects``: project -> environment -> cell, with a cell for every environment.

    ``build_only``: the projects that are never installed but by builds -> environment -> its cells, one for each file,
    since two builds may need two versions; environments that build with none of it are left out.
    ``weight``: all the files of these environments, each once.
    """

    environments: tuple[str, ...]
    projects: Mapping[str, Mapping[str, Cell]]
    build_only: Mapping[str, Mapping[str, tuple[Cell, ...]]]
    totals: Mapping[str, Total]
    weight: Weight


@record
class FileUse:
    """A file, and the environments that install it (``run``) or only use it in builds (``build``).

    ``size`` in bytes, None where the index did not say; ``reasons``: why the lock cannot carry out its build.
    """

    project: str
    version: str
    file: str
    size: int | None
    run: tuple[str, ...]
    build: tuple[str, ...]
    reasons: tuple[str, ...]


def files_of(lock: Lock, projects: Collection[str], environments: Collection[str] | None = None) -> list[FileUse]:
    """The files of ``projects``, by project and name, that ``environments`` (all where None) need for anything."""
    names = sorted(lock.environments if environments is None else set(environments))
    needed = {name: lock.files_for(name) for name in names}
    installed = {name: {pin.artifact for pin in lock.resolutions[name].values()} for name in names}
    found = []
    for filename in set().union(*needed.values()):
        artifact, users = lock.artifacts[filename], [name for name in names if filename in needed[name]]
        if artifact.project in projects:
            gaps = {_incomplete(lock, filename, name) for name in users} if artifact.kind == "sdist" else set()
            found.append(
                FileUse(
                    project=artifact.project,
                    version=artifact.version,
                    file=filename,
                    size=artifact.size,
                    run=tuple(name for name in users if filename in installed[name]),
                    build=tuple(name for name in users if filename not in installed[name]),
                    reasons=tuple(sorted(filter(None, gaps))),
                )
            )
    return sorted(found, key=lambda one: (one.project, one.file))


def coverage(lock: Lock, environments: Collection[str] | None = None) -> Coverage:
    """The matrix of ``lock`` for ``environments`` (all where None), which must be names that the lock has."""
    names = tuple(sorted(lock.environments if environments is None else set(environments)))
    projects = sorted({project for name in names for project in lock.resolutions[name]})
    files = {name: lock.files_for(name) for name in names}
    return Coverage(
        environments=names,
        projects={project: {name: _installed(lock, project, name) for name in names} for project in projects},
        build_only=_build_only(lock, files, projects),
        totals={name: _total(lock, name, files[name]) for name in names},
        weight=_weight(lock, set().union(*files.values())),
    )


def _installed(lock: Lock, project: str, environment: str) -> Cell:
    pin = lock.resolutions[environment].get(project)
    return Cell(kind="absent") if pin is None else _cell(lock, pin, environment)


def _cell(lock: Lock, pin: Pin, environment: str) -> Cell:
    artifact = lock.artifacts[pin.artifact]
    if artifact.kind == "wheel":
        return Cell(kind="wheel", version=pin.version, artifact=pin.artifact, size=artifact.size)
    built = lock.built(pin.artifact, environment)
    reason = _incomplete(lock, pin.artifact, environment)
    return Cell(
        kind="sdist" if reason is None else "incomplete",
        version=pin.version,
        artifact=pin.artifact,
        size=artifact.size,
        closure=None if built is None else built.closure,
        build_requirements=0 if built is None else len(lock.closure(built)),
        reason=reason,
    )


def _incomplete(lock: Lock, sdist: str, environment: str) -> str | None:
    """The first thing that building ``sdist`` lacks: in its own entry, else in those of the sdists that it needs."""
    pending, seen = [sdist], {sdist}
    for current in pending:  # it grows while it is walked
        built = lock.built(current, environment)
        reason = "the lock does not say how it is built" if built is None else built.gap
        if reason is not None:
            return reason if current == sdist else f"{current}, which its build needs: {reason}"
        assert built is not None
        for _, pin in sorted(lock.closure(built).items()):
            if lock.artifacts[pin.artifact].kind == "sdist" and pin.artifact not in seen:
                seen.add(pin.artifact)
                pending.append(pin.artifact)
    return None


def _build_only(
    lock: Lock, files: Mapping[str, set[str]], installed: Collection[str]
) -> dict[str, dict[str, tuple[Cell, ...]]]:
    found: dict[str, dict[str, tuple[Cell, ...]]] = {}
    known = set(installed)
    for environment, filenames in files.items():
        for filename in sorted(filenames):
            artifact = lock.artifacts[filename]
            if artifact.project not in known:
                cell = _cell(lock, Pin(version=artifact.version, artifact=filename), environment)
                cells = found.setdefault(artifact.project, {})
                cells[environment] = (*cells.get(environment, ()), cell)
    return dict(sorted(found.items()))


def _total(lock: Lock, environment: str, files: Iterable[str]) -> Total:
    kinds = [lock.artifacts[pin.artifact].kind for pin in lock.resolutions[environment].values()]
    return Total(wheels=kinds.count("wheel"), sdists=kinds.count("sdist"), weight=_weight(lock, files))


def _weight(lock: Lock, files: Iterable[str]) -> Weight:
    sizes = [lock.artifacts[filename].size for filename in files]
    known = [size for size in sizes if size is not None]
    return Weight(files=len(sizes), bytes=sum(known), unsized=len(sizes) - len(known))
