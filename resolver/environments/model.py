"""A target environment: everything that a choice of files may depend on, and nothing of the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from packaging.tags import Tag

_Parts = tuple[str, str, str]
"""Interpreter, ABI and platform of a tag."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Environment:
    """One target.

    ``declaration``  the name under which the spec declares it: one declaration may make several environments.
    ``declared``  python, os, arch, libc as the spec gave them (absent keys: raw form).
    ``markers``   every variable of PEP 508 but ``extra``.
    ``tags``      PEP 425 tags in order, the most specific first.
    ``assumed``   marker variables whose value the spec leaves open, such as ``python_full_version``
                  for ``python: "3.11"``; an answer that hangs on one of them is reported.
    """

    name: str
    markers: Mapping[str, str]
    tags: tuple[Tag, ...]
    declaration: str = ""
    declared: Mapping[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    _ranks: dict[_Parts, int] = field(init=False, repr=False)
    _known: dict[str, int | None] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        ranks: dict[_Parts, int] = {}
        for rank, tag in enumerate(self.tags):
            ranks.setdefault((tag.interpreter, tag.abi, tag.platform), rank)
        object.__setattr__(self, "_ranks", ranks)

    def rank(self, tag: Tag) -> int | None:
        """Position of ``tag`` in ``tags`` (0 is best), or None where this environment cannot use it."""
        return self._ranks.get((tag.interpreter, tag.abi, tag.platform))

    def best_rank(self, tags: str) -> int | None:
        """The best rank of a compressed tag set, such as ``cp311.cp312-abi3-any`` (PEP 425), or None."""
        if tags not in self._known:
            ranks = [rank for parts in _expanded(tags) if (rank := self._ranks.get(parts)) is not None]
            self._known[tags] = min(ranks, default=None)
        return self._known[tags]


@lru_cache(maxsize=1 << 14)  # wheels of all projects repeat theirs, in every environment
def _expanded(tags: str) -> tuple[_Parts, ...]:
    """The tags of a compressed set as `Tag` would take them apart, without making one of each."""
    interpreters, abis, platforms = tags.lower().split("-")
    return tuple(product(interpreters.split("."), abis.split("."), platforms.split(".")))
