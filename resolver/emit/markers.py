"""Markers (PEP 508) that tell the environments of a lock apart, derived from the environments and from nothing else.

A lock has one exact resolution for each environment; standards that have one file for many machines ask for markers.
Only variables count whose values a declaration settles: a machine's patch level and its kernel are not among them, nor
is its libc, which no marker knows. Environments that no marker tells apart cannot share a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from packaging.version import Version

from resolver.lock.model import Lock

ALWAYS = ("sys_platform", "python_version", "platform_machine", "implementation_name")
"""What every environment of a file is described by; earlier ones are preferred where one of them suffices."""

SELDOM = ("os_name", "platform_system", "platform_python_implementation")
"""What follows from the others, unless an environment in raw form says otherwise."""

_PLAIN = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True, slots=True)
class Family:
    """Environments that markers tell apart.

    ``values``: by environment what is known of each of its ``variables``. ``ambiguous``: it has a single environment,
    since no marker tells that from some other one.
    """

    values: dict[str, dict[str, str]]
    variables: tuple[str, ...]
    ambiguous: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The environments."""
        return tuple(self.values)

    def describe(self, name: str) -> str:
        """The marker of one environment, with all that is known of it; it holds for no other of the family."""
        return _all_of(f"{v} == '{self.values[name][v]}'" for v in self.variables if v in self.values[name])

    def marker(self, names: Collection[str]) -> str | None:
        """A short marker that holds for ``names`` and for no other of the family; None where it would always hold.

        It says nothing of machines that are none of the family's.
        """
        others = [name for name in self.values if name not in names]
        if not others:
            return None
        inside = [name for name in self.values if name in names]
        return next(self._by_one_variable(inside, others), None) or self._by_several(inside, others)

    def _by_one_variable(self, inside: Sequence[str], others: Sequence[str]) -> Iterator[str]:
        for variable in self.variables:
            if all(variable in known for known in self.values.values()):
                here = {self.values[name][variable] for name in inside}
                there = {self.values[name][variable] for name in others}
                if not here & there:
                    yield _between(variable, here, there)

    def _by_several(self, inside: Sequence[str], others: Sequence[str]) -> str:
        """As few and as short conjunctions as a greedy choice finds."""
        covering = {conjunction: self._holding(conjunction, inside) for conjunction in self._excluding(inside, others)}
        chosen: list[str] = []
        left = set(inside)
        while left:
            best = max(covering, key=lambda c: (len(covering[c] & left), -len(c)))
            chosen.append(_all_of(f"{variable} == '{value}'" for variable, value in best))
            left -= covering[best]
        return any_of(chosen)

    def _excluding(self, inside: Sequence[str], others: Sequence[str]) -> Iterator[tuple[tuple[str, str], ...]]:
        """For each environment the conjunctions of least length that hold for none of ``others``."""
        for name in inside:
            known = self.values[name]
            for length in range(1, len(known) + 1):
                found = [c for c in combinations(known.items(), length) if not self._possible(c, others)]
                yield from found
                if found:
                    break

    def _holding(self, conjunction: Iterable[tuple[str, str]], names: Iterable[str]) -> set[str]:
        """The environments for which a conjunction is known to hold."""
        return {name for name in names if all(self.values[name].get(v) == value for v, value in conjunction)}

    def _possible(self, conjunction: Iterable[tuple[str, str]], names: Iterable[str]) -> bool:
        """Whether a conjunction could hold for any of ``names``, some of whose values may not be known."""
        return any(all(self.values[name].get(v, value) == value for v, value in conjunction) for name in names)


def families(lock: Lock, names: Iterable[str]) -> list[Family]:
    """The environments that can share a file, as one family, and then each of the others as its own."""
    known = {name: _known(lock, name) for name in names}
    alone = [a for a in known if any(a != b and not _is_told_apart(known[a], known[b]) for b in known)]
    shared = [name for name in known if name not in alone]
    found = [_family(shared, known)] if shared else []
    return found + [_family([name], known, ambiguous=True) for name in alone]


def any_of(markers: Sequence[str]) -> str:
    """A marker that holds where one of ``markers`` does."""
    return " or ".join(markers)


def both(*markers: str | None) -> str | None:
    """A marker that holds where all do; None is a marker that always holds."""
    stated = [marker for marker in markers if marker is not None]
    return _all_of(f"({marker})" if " or " in marker and len(stated) > 1 else marker for marker in stated) or None


def _all_of(markers: Iterable[str]) -> str:
    return " and ".join(markers)


def _family(names: Sequence[str], known: dict[str, dict[str, str]], *, ambiguous: bool = False) -> Family:
    variables = list(ALWAYS)
    for variable in SELDOM:
        pairs = list(combinations((known[name] for name in names), 2))
        if not all(_is_told_apart(a, b, variables) for a, b in pairs):
            variables.append(variable)
    values = {name: {v: known[name][v] for v in variables if v in known[name]} for name in names}
    return Family(values=values, variables=tuple(variables), ambiguous=ambiguous)


def _known(lock: Lock, name: str) -> dict[str, str]:
    """Values that a marker can compare; an environment in raw form may leave some of them open."""
    markers = lock.environments[name].markers
    found = {variable: markers.get(variable, "") for variable in (*ALWAYS, *SELDOM)}
    return {variable: value for variable, value in found.items() if _PLAIN.fullmatch(value)}


def _is_told_apart(a: dict[str, str], b: dict[str, str], variables: Iterable[str] = (*ALWAYS, *SELDOM)) -> bool:
    return any(v in a and v in b and a[v] != b[v] for v in variables)


def _between(variable: str, here: set[str], there: set[str]) -> str:
    """The shortest comparison of one variable that holds for ``here`` and not for ``there``."""
    if len(here) == 1:
        return f"{variable} == '{next(iter(here))}'"
    if variable == "python_version":
        lowest, highest = min(here, key=Version), max(here, key=Version)
        if Version(highest) < min(map(Version, there)):
            return f"{variable} < '{min(there, key=Version)}'"
        if Version(lowest) > max(map(Version, there)):
            return f"{variable} >= '{lowest}'"
    if len(there) == 1:
        return f"{variable} != '{next(iter(there))}'"
    return any_of([f"{variable} == '{value}'" for value in sorted(here)])
