"""What of a lock is exported: some environments, and in each the projects that some groups lead to.

A lock pins all groups of an environment together, and an extra is pinned with its project: what `web[socks]` needs
counts as needed by everything that asks for `web`. A selection therefore never lacks anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from resolver.lock.model import Lock, Pin, Pins
from resolver.records import record

OWN = ""
"""The group of the spec's own requirements, which every selection has."""


@record
class Selection:
    """``environments`` in the order of their names; ``groups`` besides the spec's own requirements, sorted."""

    lock: Lock
    environments: tuple[str, ...]
    groups: tuple[str, ...]

    def pins(self, environment: str) -> Pins:
        """The pins of an environment that the groups lead to, by project."""
        wanted = {OWN, *self.groups}
        needed = needed_by(self.lock, environment)
        return {name: pin for name, pin in self.lock.resolutions[environment].items() if needed[name] & wanted}

    def roots(self, environment: str) -> dict[str, str | None]:
        """The projects that the spec itself asks for, in order of name, each with its URL where one is stated.

        What nothing leads to counts as asked for.
        """
        pins = self.lock.resolutions[environment]
        groups = self.lock.roots.get(environment, {})
        asked: dict[str, str | None] = dict.fromkeys(_unreached(self.lock, environment))
        asked.update(named for group in (OWN, *self.groups) for named in _named(groups.get(group, ())))
        return {name: asked[name] for name in sorted(asked) if name in pins}

    def files(self, environment: str) -> set[str]:
        """The files that install these pins, and those that build them."""
        return self.lock.files_from(environment, (pin.artifact for pin in self.pins(environment).values()))


def selection(lock: Lock, environments: Iterable[str] | None = None, groups: Iterable[str] | None = None) -> Selection:
    """A selection of names that the lock has; None stands for all."""
    return Selection(
        lock=lock,
        environments=tuple(sorted(lock.environments if environments is None else set(environments))),
        groups=groups_of(lock) if groups is None else tuple(sorted(set(groups) - {OWN})),
    )


def groups_of(lock: Lock) -> tuple[str, ...]:
    """Every group of the lock but the spec's own requirements, sorted."""
    return tuple(sorted({group for groups in lock.roots.values() for group in groups} - {OWN}))


def needed_by(lock: Lock, environment: str) -> dict[str, frozenset[str]]:
    """Project -> the groups that lead to it. What no root leads to counts as the spec's own: nothing gets lost."""
    pins = lock.resolutions[environment]
    found: dict[str, set[str]] = {name: set() for name in pins}
    for group, requirements in lock.roots.get(environment, {}).items():
        for name in _reached(pins, (name for name, _ in _named(requirements))):
            found[name].add(group)
    return {name: frozenset(groups or {OWN}) for name, groups in found.items()}


def _unreached(lock: Lock, environment: str) -> set[str]:
    """The projects that no root of any group leads to: a resolution has none, a lock written by hand may."""
    pins = lock.resolutions[environment]
    roots = [name for asked in lock.roots.get(environment, {}).values() for name, _ in _named(asked)]
    return pins.keys() - _reached(pins, roots)


def ordered(pins: Pins) -> list[str]:
    """The projects, each after what it depends on, and by name where that leaves a choice or goes round in a circle."""
    done: dict[str, None] = {}
    for start in sorted(pins):
        stack = [(start, iter(_below(pins, start)))]
        open_ones = {start}
        while stack and start not in done:
            name, rest = stack[-1]
            child = next((one for one in rest if one not in done and one not in open_ones), None)
            if child is None:
                done[name] = None
                stack.pop()
            else:
                open_ones.add(child)
                stack.append((child, iter(_below(pins, child))))
    return list(done)


def dependents(pins: Pins) -> dict[str, list[str]]:
    """Project -> the projects that ask for it, by name."""
    found: dict[str, list[str]] = {name: [] for name in pins}
    for name in sorted(pins):
        for dependency in _below(pins, name):
            found[dependency].append(name)
    return found


def _below(pins: Mapping[str, Pin], name: str) -> list[str]:
    return sorted(dependency for dependency in pins[name].dependencies if dependency in pins)


def _reached(pins: Pins, starts: Iterable[str]) -> set[str]:
    pending = [name for name in starts if name in pins]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += _below(pins, name)
    return seen


def _named(requirements: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # of a lock that was written by hand: `needed_by` makes up for it
            continue
        yield canonicalize_name(requirement.name), requirement.url
