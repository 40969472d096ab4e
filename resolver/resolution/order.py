"""The order in which projects are settled, as far as dead ends of earlier searches have taught it."""

from __future__ import annotations

from collections.abc import Iterable

from resolver.resolution.wanted import Key


class Order:
    """Which projects go before which: pairs, so that no lesson undoes an earlier one, as ranks would.

    But for what the spec itself asks for: where that is stuck, it is taken back, once, that it gives way to others.
    ``stuck``: those that had no candidate left at some time, to be looked at as soon as anything asks for them.
    """

    def __init__(self) -> None:
        self.stuck: set[Key] = set()
        self._before: dict[Key, set[Key]] = {}
        self._places: dict[Key, int] = {}

    def learn(self, stuck: Key, askers: Iterable[Key] = (), culprits: Iterable[Key] = ()) -> bool:
        """``stuck`` had no candidate left by what ``culprits`` ask for: it goes first, and they give way.

        ``askers`` lead from it to the spec, and there are none where that asks for it. It cannot be settled before they
        are, so they go before the culprits too. Returns whether anything is new; what contradicts an earlier lesson is
        not learned.
        """
        first = [stuck, *askers]
        if first == [stuck] and stuck not in self.stuck:
            self._before.pop(stuck, None)
        pairs = [(early, late) for late in sorted({*culprits}.difference(first)) for early in first]
        news = [self._add(early, late) for early, late in pairs]
        if any(news) or stuck not in self.stuck:
            self.stuck.add(stuck)
            self._places = self._ranked()
            return True
        return False

    def place(self, key: Key) -> int:
        """0 for what was in no conflict, less for what goes before that."""
        return self._places.get(key, 0)

    def _add(self, early: Key, late: Key) -> bool:
        if early in self._before.get(late, ()) or late in self._all_before(early):
            return False
        self._before.setdefault(late, set()).add(early)
        return True

    def _all_before(self, key: Key) -> set[Key]:
        found: set[Key] = set()
        waiting = [key]
        while waiting:
            more = self._before.get(waiting.pop(), set()) - found
            found |= more
            waiting += more
        return found

    def _ranked(self) -> dict[Key, int]:
        """The length of the longest chain of pairs that leads to what gives way; -1 for what is stuck and does not."""
        places = dict.fromkeys(self.stuck, -1)
        earlier = {key: len(self._all_before(key)) for key in self._before}
        for key in sorted(earlier, key=earlier.__getitem__):  # after all that goes before it
            places[key] = 1 + max(0, *(places.get(early, 0) for early in self._before[key]))
        return places
