"""The resolvelib provider for one environment: it hands resolvelib's questions to `matching` and `demands`.

Its own are the order in which projects are settled and the trail that explanations follow. It never searches
(resolvelib does) and never reads (the catalogue does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from resolvelib import AbstractProvider

from resolver.environments.model import Environment
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.demands import Demands
from resolver.resolution.matching import Matcher
from resolver.resolution.order import Order
from resolver.resolution.outlook import Outlook
from resolver.resolution.wanted import Key, Node, Rules, Wanted, impossible

if TYPE_CHECKING:
    from resolvelib.resolvers import RequirementInformation


_HOPELESS = impossible("hopeless", "no solution has it")
"""What candidates ask for that no solution has: there may be thousands."""


class Provider(AbstractProvider[Wanted, Node, Key]):
    """Answers resolvelib's questions.

    ``asked_by``: for every key the first node that asked for it. ``stumbled``: for candidates that the search went back
    from, the requirement of theirs that was last in conflict. ``outlook``: who tells hopeless candidates, if anybody.
    ``order``: what earlier searches have learned. ``roots``: what the spec asks for, once a search has begun;
    ``groups``: of those in a group, its name, by where they are declared.
    ``keeps_extras``: whether releases are passed over that lack an extra which better ones have. ``missed_extras``:
    whether any was.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        environment: Environment,
        rules: Rules,
        order: Order | None = None,
    ) -> None:
        self.order = order or Order()
        self.catalogue = catalogue
        self.environment = environment
        self.rules = rules
        self.matcher = Matcher(catalogue, environment, rules)
        self.demands = Demands(catalogue, environment, rules)
        self.outlook: Outlook | None = None
        self.roots: Sequence[Wanted] = ()
        self.groups: Mapping[str, str] = {}
        self.keeps_extras = False
        self.missed_extras = False
        self.asked_by: dict[Key, Node] = {}
        self.stumbled: dict[Candidate, Wanted] = {}
        self._asked: set[Node] = set()
        self._met: dict[Key, int] = {}
        self._conflicts: dict[Key, int] = {}
        self._nodes: dict[tuple[Candidate, str], Node] = {}
        self._satisfied: dict[tuple[Wanted, Node], bool] = {}

    def identify(self, requirement_or_candidate: Wanted | Node) -> Key:
        return requirement_or_candidate.key

    def get_preference(
        self,
        identifier: Key,
        resolutions: Mapping[Key, Node],
        candidates: Mapping[Key, Iterator[Node]],
        information: Mapping[Key, Iterator[RequirementInformation[Wanted, Node]]],
        backtrack_causes: Sequence[RequirementInformation[Wanted, Node]],
    ) -> tuple[object, ...]:
        """Fewest choices first: URLs and exact pins, then whatever has caused conflicts, then what is bounded.

        Last what nothing asks for any more: resolvelib still wants a pin for it, which must not steer the search.
        """
        wanted = [info.requirement for info in information[identifier]]
        fixed = any(w.url or w.exact or w.dead for w in wanted)
        pinned = fixed or any(w.bounds.pins for w in wanted)
        bounded = any(w.bounds.limits for w in wanted)
        learned = self.order.place(identifier)
        conflicts = self._conflicts.get(identifier, 0)
        met = self._met.setdefault(identifier, len(self._met))
        return (not wanted, learned, not pinned, -conflicts, not bounded, met)

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[Key],
        resolutions: Mapping[Key, Node],
        candidates: Mapping[Key, Iterator[Node]],
        information: Mapping[Key, Iterator[RequirementInformation[Wanted, Node]]],
        backtrack_causes: Sequence[RequirementInformation[Wanted, Node]],
    ) -> Iterable[Key]:
        """While backtracking, settle what is in conflict before anything else."""
        if not backtrack_causes:
            return identifiers
        involved = {info.requirement.key for info in backtrack_causes}
        for info in backtrack_causes:
            if info.parent is not None:
                involved.add(info.parent.key)
                if info.requirement.exact is None and info.requirement.dead is None:
                    self.stumbled[info.parent.candidate] = info.requirement
        for key in involved:
            self._conflicts[key] = self._conflicts.get(key, 0) + 1
        listed = list(identifiers)
        return [key for key in listed if key in involved] or listed

    def find_matches(
        self,
        identifier: Key,
        requirements: Mapping[Key, Iterator[Wanted]],
        incompatibilities: Mapping[Key, Iterator[Node]],
    ) -> Callable[[], Iterator[Node]]:
        wanted = list(requirements[identifier])
        excluded = {node.candidate for node in incompatibilities[identifier]}
        self._met.setdefault(identifier, len(self._met))
        extra = identifier[1]

        def found() -> Iterator[Node]:
            candidates = iter(self.matcher.matches(identifier, wanted))
            if extra and self.keeps_extras:
                candidates = self._offering(extra, candidates)
            return (self._node(c, extra) for c in candidates if c not in excluded)

        return found

    def _offering(self, extra: str, candidates: Iterator[Candidate]) -> Iterator[Candidate]:
        """Without those that lack an extra that the best of them has: to lose it is no way out of a conflict."""
        best = next(candidates, None)
        if best is None:
            return
        if self.rules.policy(best.name).sdists == "avoid" and not self.demands.offers(best, extra):
            rest = list(candidates)
            sdist = next((one for one in rest if one.kind == "sdist" and self._comes_before(one, best)), None)
            missed = sdist is not None and self.demands.offers(sdist, extra)
            candidates = iter((best, *rest))
        else:
            yield best
            missed = self.demands.offers(best, extra)  # most often nobody wants a second one: nothing is read for it
        for candidate in candidates:
            if not missed or self.demands.offers(candidate, extra):
                yield candidate
            else:
                self.missed_extras = True

    def _comes_before(self, one: Candidate, other: Candidate) -> bool:
        """Whether a release would be the better one, if it had not to be built."""
        return one.version < other.version if self.rules.takes_lowest(one.name) else one.version > other.version

    def is_satisfied_by(self, requirement: Wanted, candidate: Node) -> bool:
        """Remembered: in every round resolvelib asks of every pin once more."""
        key = (requirement, candidate)
        known = self._satisfied.get(key)
        if known is None:
            known = self._satisfied[key] = self._satisfies(candidate, requirement)
        return known

    def _satisfies(self, candidate: Node, requirement: Wanted) -> bool:
        if requirement.dead is not None:
            return False
        if requirement.exact is not None:
            return requirement.exact is candidate.candidate
        if requirement.url is not None:
            return self.catalogue.direct(candidate.candidate.name, requirement.url) is candidate.candidate
        return requirement.admits(candidate.candidate.version)

    def is_hopeless(self, candidate: Node) -> bool:
        """Whether it is seen that no solution has it, where anybody looks ahead."""
        return self.outlook is not None and self.outlook.is_hopeless(candidate)

    def get_dependencies(self, candidate: Node) -> tuple[Wanted, ...]:
        if self.is_hopeless(candidate):
            return (_HOPELESS,)
        found = self.demands.of(candidate)
        if candidate not in self._asked:
            self._asked.add(candidate)
            self.catalogue.prefetch([w.key[0] for w in found if not w.dead and not w.exact])
            for wanted in found:
                self.asked_by.setdefault(wanted.key, candidate)
        return found

    def askers(self, key: Key) -> Iterator[Node]:
        """Who first asked for ``key``, who asked for that one, and so on up to what the spec asks for."""
        declared = {root.key for root in self.roots}
        seen = {key}
        while key not in declared and (asker := self.asked_by.get(key)) is not None and asker.key not in seen:
            yield asker
            key = asker.key
            seen.add(key)

    def foresee(self, roots: Sequence[Wanted]) -> None:
        """Pass over candidates that no solution with ``roots`` has."""
        self.outlook = Outlook(roots, self.demands.of, self.matcher)

    def _node(self, candidate: Candidate, extra: str) -> Node:
        return self._nodes.setdefault((candidate, extra), Node(candidate, extra))
