"""What an older lock holds on to: versions by environment and by build context, answers, and the instants of ages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.build.model import Context, Earlier, EarlierAnswer
from resolver.environments.model import Environment
from resolver.lock.model import AnsweredBy, BuildEnvironment, EnvironmentEntry, Lock
from resolver.lock.model import Pins as LockedPins
from resolver.metadata.model import Host
from resolver.records import record

Versions = Mapping[NormalizedName, Version]


@record
class Previous:
    """An older lock and what of it may move: nothing (``update`` empty), some projects, or everything (None)."""

    lock: Lock | None = None
    update: Collection[NormalizedName] | None = frozenset()

    def versions(self, environments: Sequence[Environment]) -> dict[str, Versions]:
        """By environment, the versions that should stay."""
        if self.lock is None:
            return {}
        return {
            name: self._kept(self.lock.resolutions[former])
            for former, names in self._names(environments).items()
            for name in names
        }

    def digest(self, filename: str) -> tuple[str, int | None] | None:
        """The sha256 and the size of a file that may stay."""
        artifact = self.lock.artifacts.get(filename) if self.lock is not None else None
        if artifact is None or self.update is None or canonicalize_name(artifact.project) in self.update:
            return None
        return artifact.sha256, artifact.size

    def cutoffs(self) -> Mapping[str, str]:
        """The instants that ages were frozen to, unless anything may move."""
        return self.lock.exclude_newer if self.lock is not None and self.update == frozenset() else {}

    def contexts(self, environments: Sequence[Environment]) -> dict[Context, Versions]:
        """By build context, the versions that should stay."""
        if self.lock is None:
            return {}
        names = self._names(environments)
        return {
            (name, tuple(sorted({r.requirement for r in built.requires}))): self._kept(self.lock.closure(built))
            for build in self.lock.builds.values()
            for former, built in build.environments.items()
            for name in names.get(former, ())
        }

    def answers(self, environments: Sequence[Environment]) -> Earlier:
        """What backends answered of build requirements, for environments that are what they were."""
        if self.lock is None:
            return {}
        here = {one.name: one for one in environments}
        return {
            (self.lock.artifacts[sdist].sha256, name): EarlierAnswer(requires=_answered(built), host=_host(by))
            for sdist, build in self.lock.builds.items()
            for name, built in build.environments.items()
            if name in here and _is_same(self.lock.environments[name], here[name])
            if (by := built.answered) is not None and built.gap is None and not _is_overridden(built)
        }

    def _names(self, environments: Sequence[Environment]) -> dict[str, list[str]]:
        """What environments of the lock are called now.

        One that is the same but for its name holds on to its versions: a second Python makes ``linux`` ``linux-py311``.
        """
        assert self.lock is not None
        had = self.lock.environments
        found: dict[str, list[str]] = {}
        for environment in environments:
            former: str | None = environment.name
            if former not in had:
                former = next((name for name, entry in had.items() if _is_same(entry, environment)), None)
            if former is not None:
                found.setdefault(former, []).append(environment.name)
        return found

    def _kept(self, pins: LockedPins) -> dict[NormalizedName, Version]:
        update = self.update
        if update is None:
            return {}
        return {
            canonicalize_name(name): Version(pin.version)
            for name, pin in pins.items()
            if canonicalize_name(name) not in update
        }


def _is_same(entry: EnvironmentEntry, environment: Environment) -> bool:
    """Whether a lock's environment is this one, but for its name."""
    return entry.markers == environment.markers and entry.tags == tuple(map(str, environment.tags))


def _answered(built: BuildEnvironment) -> tuple[Requirement, ...]:
    return tuple(Requirement(r.requirement) for r in built.requires if r.origin == "hook" and r.evidence is None)


def _is_overridden(built: BuildEnvironment) -> bool:
    """Whether the spec stood for the backend, which was not asked then."""
    return any(r.origin == "override" for r in built.requires)


def _host(by: AnsweredBy) -> Host:
    return Host(python=by.python, os=by.os, arch=by.arch, libc=by.libc, differs=by.differs)
