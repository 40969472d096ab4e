"""A look ahead at what searches and plans of builds will most likely ask of the indexes, all environments at once.

A search needs one page, then one METADATA, then the next page: in its order it would wait for each. A scout takes the
first candidate of whatever is asked for, asks for all that those ask for, and goes on wherever an answer has come: no
project waits for another that does not lead to it. Where it guesses wrong a request was made in vain; it decides
nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import InputError, InvalidMetadata, TransferError
from resolver.metadata.model import Unknown
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.demands import Demands
from resolver.resolution.matching import Matcher
from resolver.resolution.wanted import Key, Node, Rules, Wanted
from resolver.spec.model import Declared

_Step = Callable[[], None]


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
    agenda = _Agenda(catalogue)
    rules = rules.beginning_with(requirements)
    for environment in environments:
        preferring = replace(rules, preferences=kept.get(environment.name, {}))
        _Scout(environment, catalogue, preferring, agenda).begin(requirements)
    agenda.work_off()


class _Agenda:
    """What is to be done once something has come, by what `Index.next_come` calls that."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._ready: deque[_Step] = deque()
        self._waiting: dict[str, list[_Step]] = {}
        self._come: set[str] = set()

    def add(self, step: _Step, coming: str | None) -> None:
        """Have ``step`` done once what it needs has come, or at once where that is here."""
        if coming is not None and coming not in self._come:
            self._waiting.setdefault(coming, []).append(step)
        else:
            self._ready.append(step)

    def work_off(self) -> None:
        """Do all of it."""
        while self._ready or self._waiting:
            if self._ready:
                self._ready.popleft()()
            else:
                come = self._catalogue.next_come() or next(iter(self._waiting))  # nothing comes: the step will fetch it
                self._come.add(come)
                self._ready += self._waiting.pop(come, [])


class _Scout:
    """For one environment. Every project, and every extra of one, is looked at once."""

    def __init__(self, environment: Environment, catalogue: Catalogue, rules: Rules, agenda: _Agenda) -> None:
        self._environment = environment
        self._catalogue = catalogue
        self._agenda = agenda
        self._matcher = Matcher(catalogue, environment, rules)
        self._demands = Demands(catalogue, environment, rules, guessing=True)
        self._seen: set[Key] = set()

    def begin(self, requirements: Sequence[Declared]) -> None:
        for declared in requirements:
            if holds(declared.requirement.marker, self._environment).value:
                self._await(self._new(self._demands.expand(declared.requirement)))

    def _look(self, wanted: Wanted) -> None:
        """Ask for what the first candidate says of itself. A large sdist is left to the search."""
        try:
            first = next(iter(self._matcher.matches(wanted.key, [wanted])), None)
        except (TransferError, InputError):
            return
        if first is not None and self._catalogue.is_quick(first):
            coming = self._catalogue.prefetch_claims(first)
            self._agenda.add(partial(self._follow, Node(first, wanted.key[1])), coming)

    def _follow(self, node: Node) -> None:
        """Ask for the pages of all that ``node`` asks for, and of what its build asks for if it is an sdist."""
        try:
            found = list(self._new(self._demands.of(node)))
            if node.candidate.kind == "sdist":
                found += self._new(self._build(node.candidate))
        except TransferError:
            return
        self._await(found)

    def _build(self, sdist: Candidate) -> Iterator[Wanted]:
        """What the build of an sdist asks for, as far as its files tell."""
        try:
            static = self._catalogue.static_build(sdist)
        except InvalidMetadata:
            return
        hook = () if isinstance(static.hook, Unknown) else static.hook
        for requirement in (*static.system.requires, *hook):
            if holds(requirement.marker, self._environment).value:
                yield from self._demands.expand(requirement)

    def _await(self, found: Iterable[Wanted]) -> None:
        for wanted in found:
            name = canonicalize_name(wanted.key[0])
            is_coming = self._catalogue.prefetch([name])
            self._agenda.add(partial(self._look, wanted), name if is_coming else None)

    def _new(self, asked: Iterable[Wanted]) -> Iterator[Wanted]:
        for wanted in asked:
            if wanted.key not in self._seen and wanted.url is None and wanted.dead is None:
                self._seen.add(wanted.key)
                yield wanted
