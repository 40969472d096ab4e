"""A search that never goes back: it finds what resolvelib finds wherever that does not have to backtrack.

It makes resolvelib's decisions in resolvelib's order (see ``Resolution.resolve`` there), but keeps no states to return
to, and looks again only at what a pin has changed, where resolvelib looks at every pin in every round. Most searches
end here. One that would have to go back returns its dead end, so that the caller can search again in another order.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import chain, islice

from resolvelib.resolvers import RequirementInformation

from resolver.records import record
from resolver.resolution.provider import Provider
from resolver.resolution.wanted import Key, Node, Wanted

MAX_ROUNDS = 20_000
"""Pins after which the search is left to resolvelib: real ones take as many as they have projects and extras."""

Information = RequirementInformation[Wanted, Node]
Claim = tuple[object, ...]


@record
class DeadEnd:
    """No candidate of ``key`` fits what the pins of ``culprits`` ask for, of it or of others, beside the spec."""

    key: Key
    culprits: frozenset[Key]


@record
class NoWay:
    """There is no solution. ``asked``: what shows it, each requirement as the newest release asks it that does."""

    asked: Sequence[Information]


class _NothingLeft(Exception):
    """A requirement leaves a project without candidates. ``information``: what is asked of it."""

    def __init__(self, information: Sequence[Information]) -> None:
        super().__init__()
        self.information = information


class _Stuck(Exception):
    """No candidate of a project can be pinned."""

    def __init__(self, dead_end: DeadEnd) -> None:
        super().__init__()
        self.dead_end = dead_end


class _Criterion:
    """What is asked of one key; once something is, the first candidate that meets it, and a way to have them all.

    ``claims``: one requirement for all that ask the same. ``is_narrow``: whether candidates were lost to requirements
    that have been dropped since, or never found.
    """

    __slots__ = ("candidates", "claims", "first", "information", "is_narrow")

    first: Node
    candidates: Callable[[], Iterator[Node]]

    def __init__(self) -> None:
        self.information: list[Information] = []
        self.claims: dict[Claim, Information] = {}
        self.is_narrow = True

    def copy(self) -> _Criterion:
        """Another one, to which more can be added."""
        copied = _Criterion()
        copied.information = self.information.copy()
        copied.claims = self.claims.copy()
        copied.first = self.first
        copied.candidates = self.candidates
        copied.is_narrow = self.is_narrow
        return copied


def straight(
    provider: Provider, roots: Sequence[Wanted], *, keeps_extras: bool = True
) -> dict[Key, Node] | DeadEnd | None:
    """The pins that ``roots`` lead to, as resolvelib's result has them; else where it would have to go back.

    None where no other order would help: the roots contradict one another, or the way is too long.
    """
    provider.keeps_extras = keeps_extras
    try:
        return _Search(provider, roots).run()
    except _Stuck as error:
        return error.dead_end
    except _NothingLeft:
        return None


def reached(asked: Mapping[Key, Sequence[Information]], pins: Mapping[Key, Node]) -> dict[Key, Node]:
    """The pins that the roots lead to, through pins that stand. ``asked``: what was asked of each key, and by whom.

    resolvelib's own way to tell recurses without end where pins that nothing asks for any more ask for one another.
    """
    asks: dict[Node | None, list[Key]] = {}
    for key, information in asked.items():
        for info in information:
            asks.setdefault(info.parent, []).append(key)
    found: dict[Key, Node] = {}
    waiting: list[Iterable[Key]] = [asks.get(None, [])]
    while waiting:
        for key in waiting.pop():
            if key not in found:
                found[key] = pins[key]
                waiting.append(asks.get(pins[key], []))
    return found


class _Search:
    def __init__(self, provider: Provider, roots: Sequence[Wanted]) -> None:
        self._provider = provider
        self._criteria: dict[Key, _Criterion] = {}
        self._pins: dict[Key, Node] = {}
        self._open: dict[Key, tuple[object, ...]] = {}
        self._queue: list[tuple[tuple[object, ...], Key]] = []
        self._ahead: set[Key] = set()
        for root in roots:
            self._add(self._criteria.setdefault(root.key, _Criterion()), root, None)
        for key in self._criteria:
            self._judge(key)

    def run(self) -> dict[Key, Node] | None:
        for _ in range(MAX_ROUNDS):
            key = self._next()
            if key is None:
                asked = {key: criterion.information for key, criterion in self._criteria.items()}
                return reached(asked, self._pins)
            self._pin(key)
        return None

    def _next(self) -> Key | None:
        """The most preferred key that has no pin, or one that no longer fits."""
        while self._queue:
            preference, key = heappop(self._queue)
            if self._open.get(key) == preference:
                del self._open[key]
                return key
        return None

    def _judge(self, key: Key) -> bool:
        """Whether the pin of ``key`` fits; if not, the key is queued."""
        claims = self._criteria[key].claims.values()
        pin = self._pins.get(key)
        if pin is not None and all(self._provider.is_satisfied_by(info.requirement, pin) for info in claims):
            self._open.pop(key, None)
            return True
        preference = self._provider.get_preference(key, self._pins, {}, {key: iter(claims)}, ())
        if self._open.get(key) != preference:
            self._open[key] = preference
            heappush(self._queue, (preference, key))
        return False

    def _pin(self, key: Key) -> None:
        """Pin the first candidate whose own requirements leave something of every project. Raises `_Stuck`."""
        criterion = self._criteria[key]
        culprits = {i.parent.key for i in criterion.information if i.parent is not None and i.requirement.bounds.text}
        for candidate in chain([criterion.first], islice(criterion.candidates(), 1, None)):
            if self._provider.is_hopeless(candidate):
                continue  # whatever is pinned: nobody is to blame
            try:
                updated = self._updated(candidate, self._criteria)
                break
            except _NothingLeft as error:
                culprits.update(info.parent.key for info in error.information if info.parent is not None)
        else:
            raise _Stuck(DeadEnd(key=key, culprits=frozenset(culprits - {key})))
        fitted = [other for other in updated if other in self._pins and other not in self._open and other != key]
        self._criteria.update(updated)
        self._pins[key] = candidate
        for other in {key: None, **updated}:
            self._judge(other)
        self._forget({other for other in fitted if other in self._open})

    def _updated(self, candidate: Node, criteria: MutableMapping[Key, _Criterion]) -> dict[Key, _Criterion]:
        """Those of ``criteria`` that the requirements of ``candidate`` change. Raises `_NothingLeft`."""
        updated: dict[Key, _Criterion] = {}
        for wanted in self._provider.get_dependencies(candidate):
            if wanted.key not in updated:
                before = criteria.get(wanted.key)
                updated[wanted.key] = _Criterion() if before is None else before.copy()
            self._add(updated[wanted.key], wanted, candidate)
        for key in updated:
            if key in self._provider.order.stuck:
                self._look_ahead(key, ChainMap(updated, criteria))
        return updated

    def _look_ahead(self, key: Key, criteria: MutableMapping[Key, _Criterion]) -> None:
        """Raise `_NothingLeft` where no candidate of ``key`` could be pinned: whoever asks for it is passed over."""
        if key in self._ahead:
            return
        self._ahead.add(key)
        against = list(criteria[key].information)
        try:
            for candidate in criteria[key].candidates():
                try:
                    self._updated(candidate, criteria)
                    return
                except _NothingLeft as error:
                    against += (info for info in error.information if info.parent is not candidate)
        finally:
            self._ahead.remove(key)
        raise _NothingLeft(against)

    def _add(self, criterion: _Criterion, wanted: Wanted, parent: Node | None) -> None:
        """One more requirement, to a criterion that nobody else has yet. Raises `_NothingLeft`."""
        info = RequirementInformation(wanted, parent)
        criterion.information.append(info)
        if wanted.dead is not None:
            raise _NothingLeft(criterion.information)
        is_first_fit = not criterion.is_narrow
        if is_first_fit and wanted.claim in criterion.claims:
            return
        criterion.claims.setdefault(wanted.claim, info)
        criterion.candidates = partial(_candidates, self._provider, wanted.key, criterion.claims)
        criterion.is_narrow = False
        if is_first_fit and wanted.narrows and self._provider.is_satisfied_by(wanted, criterion.first):
            return
        first = next(criterion.candidates(), None)
        if first is None:
            raise _NothingLeft(criterion.information)
        criterion.first = first

    def _forget(self, parents: set[Key]) -> None:
        """Drop pins that fit no longer, and what they asked for. Candidates lost to it stay lost, as in resolvelib."""
        if not parents:
            return
        for parent in parents:
            del self._pins[parent]
        for key, criterion in self._criteria.items():
            kept = [info for info in criterion.information if info.parent is None or info.parent.key not in parents]
            if len(kept) < len(criterion.information):
                criterion.information = kept
                criterion.claims = {info.requirement.claim: info for info in reversed(kept)}
                criterion.is_narrow = True
                self._judge(key)


def _candidates(provider: Provider, key: Key, claims: Mapping[Claim, Information]) -> Iterator[Node]:
    """No method: a search that its own criteria know is not freed when it ends."""
    wanted = [info.requirement for info in claims.values()]
    return provider.find_matches(key, {key: iter(wanted)}, {key: iter(())})()
