"""A look ahead at what searches will most likely ask of the indexes, all environments at once and breadth first.

A search needs one page, then one METADATA, then the next page: in its order it would wait for each. A scout takes the
first candidate of whatever is asked for, and asks for all that those ask for at once, so that one wave of requests
brings a level of the graph. Where it guesses wrong a request was made in vain; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.catalogue import Catalogue
from resolver.demands import Demands
from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import InputError, TransferError
from resolver.matching import Matcher
from resolver.spec.model import Declared
from resolver.wanted import Key, Node, Rules, Wanted


def scout(
    requirements: Sequence[Declared],
    environments: Iterable[Environment],
    catalogue: Catalogue,
    rules: Rules,
    kept: Mapping[str, Mapping[NormalizedName, Version]],
) -> None:
    """Ask ahead for what ``requirements`` lead to, unless it is at hand. What fails is left to whoever needs it."""
    roots = [declared.requirement for declared in requirements]
    if not catalogue.prefetch(canonicalize_name(one.name) for one in roots if one.url is None):
        return
    scouts = [_Scout(one, catalogue, replace(rules, preferences=kept.get(one.name, {}))) for one in environments]
    waves = [list(one.begin(requirements)) for one in scouts]
    while any(waves):
        candidates = [list(one.candidates(wave)) for one, wave in zip(scouts, waves, strict=True)]
        waves = [list(one.asked_by(nodes)) for one, nodes in zip(scouts, candidates, strict=True)]


class _Scout:
    """For one environment. Every project, and every extra of one, is looked at once."""

    def __init__(self, environment: Environment, catalogue: Catalogue, rules: Rules) -> None:
        self._environment = environment
        self._catalogue = catalogue
        self._matcher = Matcher(catalogue, environment, rules, frozenset())
        self._demands = Demands(catalogue, environment, rules)
        self._seen: set[Key] = set()

    def begin(self, requirements: Sequence[Declared]) -> Iterator[Wanted]:
        for declared in requirements:
            if holds(declared.requirement.marker, self._environment).value:
                yield from self._new(self._demands.expand(declared.requirement, None))

    def candidates(self, wave: Iterable[Wanted]) -> Iterator[Node]:
        """The first candidate of each, whose METADATA is then on its way; of wheels alone, the rest is slow to tell."""
        for wanted in wave:
            try:
                first = next(iter(self._matcher.matches(wanted.key, [wanted])), None)
            except (TransferError, InputError):
                continue
            if first is not None and first.kind == "wheel":
                yield Node(first, wanted.key[1])

    def asked_by(self, nodes: Iterable[Node]) -> Iterator[Wanted]:
        """What is asked for next; its pages are then on their way."""
        for node in nodes:
            try:
                found = list(self._new(self._demands.of(node)))
            except TransferError:
                continue
            self._catalogue.prefetch(canonicalize_name(wanted.key[0]) for wanted in found)
            yield from found

    def _new(self, asked: Iterable[Wanted]) -> Iterator[Wanted]:
        for wanted in asked:
            if wanted.key not in self._seen and wanted.url is None and wanted.dead is None:
                self._seen.add(wanted.key)
                yield wanted
