"""The installation and the builds of one environment, replayed from a tree alone where this machine can run it.

Every sdist is built and every wheel installed as the lock says, in the sandbox: with no network, and with nothing of
the host but an interpreter, the libraries of the system, and programs: those that the lock names, and for builds its C
and C++ compilers and utilities of POSIX. A sandbox is sought for environments that this machine can run, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.tags import parse_tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.builder.builds import Builder
from resolver.builder.ports import Runs
from resolver.environments.evaluate import holds
from resolver.environments.markers import UNKNOWN
from resolver.environments.model import Environment
from resolver.errors import BuildFailed, IntegrityError
from resolver.lock.model import EnvironmentEntry, Lock, Pin
from resolver.lock.recipes import file_of, recipe_of
from resolver.recipe import Recipe
from resolver.records import record
from resolver.sandbox.interpreters import differences, host_environment, nearest
from resolver.sandbox.model import Interpreter
from resolver.simple.filenames import tags_of
from resolver.simple.model import File
from resolver.vendor.layout import FILES, digest
from resolver.verify.builds import NOTHING, ReplayedBuild, metadata_of, replay_builds


@record
class Replayed:
    """One environment. ``obstacle``: why this machine cannot run it; ``no_sandbox``: for want of a sandbox alone.
    ``faults`` of the installation, one a line.

    ``unbuilt``: sdists that nobody asked to build, which the installation then goes without. ``notes``: requirements of
    wheels that the installation does not meet, which overrides in the spec may have wanted so, and files of which two
    wheels bring one each.
    """

    environment: str
    obstacle: str = NOTHING
    no_sandbox: bool = False
    python: str = NOTHING
    installed: int = 0
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    builds: tuple[ReplayedBuild, ...] = ()
    unbuilt: int = 0

    @property
    def failed(self) -> bool:
        """Whether anything that was tried went wrong."""
        return bool(self.faults) or any(build.failure for build in self.builds)


@dataclass(slots=True, kw_only=True)
class TreeFiles:
    """The artifacts of a tree; each is digested again when it is first used."""

    tree: Path
    _sound: set[str] = field(default_factory=set)

    def artifact(self, file: File) -> Path:
        """The path of an artifact. Raises `IntegrityError` where its bytes are not the locked ones."""
        path = self.tree / FILES / file.filename
        if file.filename not in self._sound:
            found = digest(path)
            if found is None or found.sha256 != file.hashes["sha256"]:
                raise IntegrityError(f"{path}: is missing or is not what the lock names")
            self._sound.add(file.filename)
        return path


def replay(
    lock: Lock,
    tree: Path,
    name: str,
    *,
    sandbox: Callable[[], Runs],
    interpreters: Sequence[Interpreter],
    build: bool,
    tell: Callable[[str], None] = lambda _: None,
) -> Replayed:
    """Install the environment ``name``, and with ``build`` build every sdist that it needs.

    Raises `NoSandbox` where this machine could run it, but for want of one.
    """
    target = environment_of(name, lock.environments[name])
    interpreter = nearest(interpreters, target)
    host = host_environment(interpreter)
    obstacle = _obstacle(lock, name, host, target)
    if obstacle:
        return Replayed(environment=name, obstacle=obstacle)
    with Builder(sandbox(), TreeFiles(tree=tree), tell=tell) as builder:
        builds = replay_builds(lock, name, builder, interpreter) if build else ()
        pins = lock.resolutions[name]
        sdists = [pin for pin in pins.values() if lock.artifacts[pin.artifact].kind == "sdist"]
        wheels = {project: pin for project, pin in pins.items() if build or pin not in sdists}
        found = Replayed(
            environment=name, python=interpreter.version, builds=builds, unbuilt=0 if build else len(sdists)
        )
        if found.failed:
            return found  # without what was not built there is no whole to install
        parts = {project: _part(lock, pin, name) for project, pin in wheels.items()}
        try:
            faults = tuple(_install(lock, parts, name, builder, interpreter))
            notes = (*_unmet(lock, parts, target, builder, interpreter), *_shared(parts, builder, interpreter))
        except (BuildFailed, IntegrityError) as error:
            return replace(found, faults=(str(error),))
        return replace(found, installed=len(parts), faults=faults, notes=notes)


def environment_of(name: str, entry: EnvironmentEntry) -> Environment:
    """An environment as a lock keeps it."""
    declared = {"python": entry.python, "os": entry.os, "arch": entry.arch, "libc": entry.libc}
    stated = (entry.python or "").partition("-")[0].rstrip("t").count(".") > 1
    unknown = {variable for variable in UNKNOWN if not entry.markers.get(variable)}
    return Environment(
        name=name,
        markers=entry.markers,
        tags=tuple(tag for text in entry.tags for tag in parse_tag(text)),
        declared={key: value for key, value in declared.items() if value is not None},
        assumed=frozenset(unknown if stated else {*unknown, "python_full_version"}),
    )


def _obstacle(lock: Lock, name: str, host: Environment, target: Environment) -> str:
    """Why this machine cannot run an environment, or nothing."""
    differs = differences(host, target)
    if differs:
        return f"another {', '.join(differs)}"
    for filename in sorted(lock.files_for(name)):
        if filename.endswith(".whl") and host.best_rank(tags_of(filename)) is None:
            return f"this machine has no use for {filename}"
    return NOTHING


def _part(lock: Lock, pin: Pin, environment: str) -> File | Recipe:
    artifact = lock.artifacts[pin.artifact]
    return file_of(artifact) if artifact.kind == "wheel" else recipe_of(lock, artifact.filename, environment)


Parts = Mapping[str, File | Recipe]


def _install(lock: Lock, parts: Parts, environment: str, builder: Builder, interpreter: Interpreter) -> Iterator[str]:
    """Install, and tell what Python does not find as the lock has it."""
    pins = lock.resolutions[environment]
    found = builder.installed(tuple(parts.values()), interpreter)
    seen = {canonicalize_name(name): version for name, version in found}
    for project in parts:
        version = seen.pop(canonicalize_name(project), None)
        if version is None:
            yield f"{project} {pins[project].version} was installed, and Python does not find it"
        elif Version(version) != Version(pins[project].version):
            yield f"{project} should be {pins[project].version}, and Python finds {version}"
    yield from (f"{project} {version} is there, and the lock does not know it" for project, version in seen.items())


def _unmet(lock: Lock, parts: Parts, target: Environment, builder: Builder, interpreter: Interpreter) -> Iterator[str]:
    """Requirements of what was installed, extras included, that the resolution does not meet."""
    pins = lock.resolutions[target.name]
    for project, part in parts.items():
        extras = ("", *pins[project].extras)
        for requirement in metadata_of(builder.wheel_of(part, interpreter)).requires_dist:
            if not any(holds(requirement.marker, target, extra).value for extra in extras):
                continue
            pin = pins.get(canonicalize_name(requirement.name))
            if pin is None:
                yield f"{project} requires {requirement}, which the lock leaves out"
            elif not requirement.specifier.contains(pin.version, prereleases=True):
                yield f"{project} requires {requirement}, and the lock has {pin.version}"


def _shared(parts: Parts, builder: Builder, interpreter: Interpreter) -> Iterator[str]:
    """Wheels that hold other bytes in files of the same names, a line for each two."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for clash in builder.clashes(tuple(parts.values()), interpreter):
        pairs.setdefault((clash.kept, clash.lost), []).append(clash.path)
    for (kept, lost), paths in sorted(pairs.items()):
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield f"{kept} and {lost} differ in {min(paths)}{more}: an installer keeps those of either"
