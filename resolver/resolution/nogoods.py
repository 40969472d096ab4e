"""What cannot all hold at once, and what follows from that: the logic of a search that learns from conflicts.

A key of a search has a value, and its *domain* is the set of values that it may still have, as the bits of a number. A
*nogood* is a set of terms, each a key with a set of its values, that do not all hold at once: "a is 2 or 3" and "b is
neither 1 nor 2", where those releases of a ask for such a b. Where all terms but one hold, the values of that one are
ruled out. Where all hold, something was decided that has no solution. From the nogoods that led there a new one is
derived, which rules it out earlier. PubGrub calls them incompatibilities, and SAT solvers learned clauses.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise
from typing import NamedTuple

from resolver.resolution.wanted import Key

ANYTHING = ~0
"""Every value, of which there may be any number."""

NOTHING = 1
"""The bit that stands for having no value at all."""


class Nogood:
    """Terms that do not all hold at once. ``sources``: the nogoods that it was derived from; none for a fact."""

    __slots__ = ("sources", "terms", "watched")

    def __init__(self, terms: dict[Key, int], sources: tuple[Nogood, ...] = ()) -> None:
        self.terms = terms
        self.sources = sources
        self.watched: tuple[Key, ...] = ()

    def facts(self) -> Iterator[Nogood]:
        """What it was derived from in the end, each once."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            nogood = waiting.pop()
            if id(nogood) not in seen:
                seen.add(id(nogood))
                waiting += nogood.sources
                if not nogood.sources:
                    yield nogood


class _Step(NamedTuple):  # one for each time that a domain becomes smaller
    """``before``: the domain until then. ``cause``: the nogood that it follows from; None for a decision."""

    key: Key
    before: int
    level: int
    cause: Nogood | None


class Domains:
    """The domains of all keys, as they follow from decisions and nogoods. ``level``: how many decisions stand."""

    def __init__(self) -> None:
        self.level = 0
        self._domains: dict[Key, int] = {}
        self._steps: list[_Step] = []
        self._steps_of: dict[Key, list[int]] = {}
        self._watching: dict[Key, list[Nogood]] = {}
        self._leaders: dict[Key, Key] = {}
        self._followers: dict[Key, list[Key]] = {}
        self._changed: list[Key] = []
        self._pending: list[Nogood] = []

    def __getitem__(self, key: Key) -> int:
        return self._domains.get(key, ANYTHING)

    def link(self, follower: Key, leader: Key) -> None:
        """Have ``follower``, which is new, take the value of ``leader``, or none."""
        self._leaders[follower] = leader
        self._followers.setdefault(leader, []).append(follower)
        self._changed.append(leader)

    def add(self, nogood: Nogood) -> None:
        """Add a nogood, or look once more at one of which a term has grown; `propagate` finds what follows."""
        self._pending.append(nogood)

    def decide(self, key: Key, value: int) -> None:
        """Begin a new level with a choice, by its bit."""
        self.level += 1
        self._narrow(key, value, None)

    def propagate(self) -> Nogood | None:
        """Rule out whatever follows. Returns a nogood all of whose terms hold, if there is one: that is for `learn`."""
        while self._pending or self._changed:
            failed = self._attend(self._pending.pop()) if self._pending else self._follow(self._changed.pop())
            if failed is not None:
                self._pending.append(failed)
                return failed
        return None

    def learn(self, failed: Nogood) -> Nogood:
        """Derive a nogood that rules ``failed`` out earlier, and go back to the level from which on it does.

        If it has no terms, there is no solution.
        """
        terms, sources = dict(failed.terms), [failed]
        since = {key: self._holds_since(key, term) for key, term in terms.items()}
        while terms:
            latest = max(since, key=since.__getitem__)
            step = self._steps[since[latest]]
            level = max((self._steps[place].level for key, place in since.items() if key != latest), default=0)
            if level < step.level:
                break
            assert step.cause is not None, "a level begins with its decision: what else holds then held before"
            sources.append(step.cause)
            for key, term in step.cause.terms.items():
                # One of the two nogoods is right whatever the latest is; of all else both have to be wrong.
                terms[key] = terms[key] | term if key == latest else terms.get(key, ANYTHING) & term
                since[key] = self._holds_since(key, terms[key]) if terms[key] != ANYTHING else -1
            if terms[latest] == ANYTHING:
                del terms[latest], since[latest]
        learned = Nogood(terms, tuple(sources))
        if terms:
            self.go_back(level)
            self.add(learned)
        return learned

    def go_back(self, level: int) -> None:
        """Take back all decisions after the first ``level``, and what followed from them."""
        self._changed.clear()  # of the levels that stay, all was followed
        while self._steps and self._steps[-1].level > level:
            step = self._steps.pop()
            self._domains[step.key] = step.before
            self._steps_of[step.key].pop()
            if step.cause is not None and step.cause.watched:
                self._pending.append(step.cause)  # what was added late may follow from fewer decisions
        self.level = level

    def _holds_since(self, key: Key, term: int) -> int:
        """The first step after which a term holds that holds now."""
        places = self._steps_of[key]
        for place, following in pairwise(places):
            if not self._steps[following].before & ~term:
                return place
        return places[-1]

    def _narrow(self, key: Key, domain: int, cause: Nogood | None) -> None:
        self._steps_of.setdefault(key, []).append(len(self._steps))
        self._steps.append(_Step(key, self[key], self.level, cause))
        self._domains[key] = domain
        self._changed.append(key)

    def _attend(self, nogood: Nogood) -> Nogood | None:
        """Rule out what a nogood does, or watch two of its terms that do not hold. Returns it where all of them do."""
        domains, terms = self._domains, nogood.terms
        first: Key | None = None
        for key in chain(nogood.watched, terms):
            if key != first and domains.get(key, ANYTHING) & ~terms[key]:
                if first is not None:
                    self._watch(nogood, (first, key))
                    return None
                first = key
        if first is None:
            return nogood
        held = max((key for key in terms if key != first), key=self._last_step, default=first)
        self._watch(nogood, (first, held))  # of those that hold, the one that will be the first to hold no more
        domain = self[first]
        if domain & terms[first]:
            self._narrow(first, domain & ~terms[first], nogood)
        return None

    def _last_step(self, key: Key) -> int:
        return self._steps_of[key][-1]

    def _watch(self, nogood: Nogood, keys: tuple[Key, ...]) -> None:
        before, nogood.watched = nogood.watched, keys
        for key in keys:
            if key not in before:
                self._watching.setdefault(key, []).append(nogood)

    def _follow(self, key: Key) -> Nogood | None:
        """Attend to what watches a key whose domain has changed, and to what it is linked to."""
        domain, failed = self[key], None
        watching = self._watching.get(key, [])
        for nogood in watching:
            if failed is None and key in nogood.watched and not domain & ~nogood.terms[key]:
                failed = self._attend(nogood)
        self._watching[key] = [nogood for nogood in watching if key in nogood.watched]
        leader = self._leaders.get(key)
        if failed is None and leader is not None and not domain & NOTHING:
            failed = self._keep(leader, domain, Nogood({key: domain, leader: ~domain}))
        for follower in self._followers.get(key, ()):
            others = ~(domain | NOTHING)
            failed = failed or self._keep(follower, ~others, Nogood({follower: others, key: ~others}))
        return failed

    def _keep(self, key: Key, values: int, cause: Nogood) -> Nogood | None:
        """Leave a key no other values than these, for a cause that nothing has to watch; that, if none is left."""
        before = self[key]
        if not before & values:
            return cause
        if before & ~values:
            self._narrow(key, before & values, cause)
        return None
