"""A target environment: everything that a choice of files may depend on, and nothing of the host."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import product

from packaging.tags import Tag

from resolver.records import field, record

_Parts = tuple[str, str, str]
"""Interpreter, ABI and platform of a tag."""


@record(eq=False)
class Environment:
    """One target.

    ``declaration``  the name under which the spec declares it: one declaration may make several environments.
    ``declared``  python, os, arch, libc as the spec gave them (absent keys: raw form).
    ``markers``   every variable of PEP 508 but ``extra``.
    ``tags``      PEP 425 tags in order, the most specific first.
    ``assumed``   marker variables whose value the spec leaves open, such as ``python_full_version``
                  for ``python: "3.11"``; an answer that depends on one of them is reported.
    """

    name: str
    markers: Mapping[str, str]
    tags: tuple[Tag, ...]
    declaration: str = ""
    declared: Mapping[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()

    def best_rank(self, tags: str) -> int | None:
        """The best position in ``tags`` (0 is best) of a compressed set of tags, such as ``cp311.cp312-abi3-any``.

        None where this environment can use none of them.
        """
        return _best_rank(self, tags)


@cache
def _ranks(environment: Environment) -> dict[_Parts, int]:
    ranks: dict[_Parts, int] = {}
    for rank, tag in enumerate(environment.tags):
        ranks.setdefault((tag.interpreter, tag.abi, tag.platform), rank)
    return ranks


@cache
def _best_rank(environment: Environment, tags: str) -> int | None:
    known = _ranks(environment)
    return min((rank for parts in _expanded(tags) if (rank := known.get(parts)) is not None), default=None)


@lru_cache(maxsize=1 << 14)  # wheels of all projects repeat theirs, in every environment
def _expanded(tags: str) -> tuple[_Parts, ...]:
    """The parts of each tag in a compressed set; none where the text is no such set. No `Tag` is made for it."""
    parts = tags.lower().split("-")
    if len(parts) != 3:
        return ()
    interpreters, abis, platforms = parts
    return tuple(product(interpreters.split("."), abis.split("."), platforms.split(".")))
