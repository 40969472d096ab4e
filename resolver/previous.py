"""What an older lock holds on to: versions by environment and by build context, and the instants of ages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.build.model import Context
from resolver.environments.model import Environment
from resolver.lock.model import Lock
from resolver.lock.model import Pins as LockedPins
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
                tags = tuple(map(str, environment.tags))
                alike = (n for n, e in had.items() if e.markers == environment.markers and e.tags == tags)
                former = next(alike, None)
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
