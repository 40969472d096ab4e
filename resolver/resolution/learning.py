"""A search that learns from conflicts, for what a search that never goes back finds no way through.

It pins one project after the other. What a pin asks for rules out releases of others; where none is left of one, it
finds out which pins led there, remembers that they do not go together, and goes back to where that matters (see
`nogoods`). What contradicts each other is not tried twice, with whatever else, and what is often in conflict is settled
early: so PubGrub and uv search.

What the spec itself asks for goes before all else, since it is not to be old for a patch level of something else. Of
that, too, what is in conflict goes first: or hundreds of its releases would be read in vain, where another has to give
way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from packaging.utils import NormalizedName

from resolver.errors import InvalidMetadata, ProjectNotFound
from resolver.resolution.candidates import Candidate, Selection
from resolver.resolution.nogoods import ANYTHING, NOTHING, Domains, Nogood
from resolver.resolution.provider import Provider
from resolver.resolution.straight import Information, NoWay, reached
from resolver.resolution.wanted import Key, Node, Wanted

MAX_CONFLICTS = 5_000
"""Conflicts after which a search is given up: real sets that have a solution take dozens, or hundreds."""

REFUSED = 5
"""Releases of what the spec asks for that are ruled out one after the other until it is settled before all else."""


def learning(provider: Provider, roots: Sequence[Wanted]) -> dict[Key, Node] | NoWay | None:
    """The pins that ``roots`` lead to; None where the way is too long."""
    return _Search(provider, roots).run()


class _Search:
    """``_asked``: what the spec and the pins ask for; ``_pinned`` are the pins in the order of their levels.

    ``_rules``: for each key and requirement the nogood of the releases that are known to ask for it, and ``_said`` who
    was the first to. ``_urgent`` goes before all else, ``_postponed`` after it.
    """

    def __init__(self, provider: Provider, roots: Sequence[Wanted]) -> None:
        self._provider = provider
        self._domains = Domains()
        self._values = _Values(provider)
        self._asked: dict[Key, list[Information]] = {}
        self._pins: dict[Key, Node] = {}
        self._pinned: list[Node] = []
        self._rules: dict[tuple[Key, Wanted], Nogood] = {}
        self._said: dict[Nogood, Information] = {}
        self._taught: set[Node] = set()
        self._met: dict[Key, int] = {}
        self._urgent: set[Key] = set()
        self._postponed: set[Key] = set()
        self._conflicts: dict[Key, int] = {}
        self._preferences: dict[Key, tuple[object, ...]] = {}
        for root in sorted(roots, key=lambda root: root.url is None):  # what is at a URL is no release of an index
            self._meet(root.key)
            self._ask(root, None)
            self._state({root.key: ~self._values.meeting(root)}, Information(root, None))

    def run(self) -> dict[Key, Node] | NoWay | None:
        conflicts = 0
        while True:
            failed = self._domains.propagate()
            if failed is not None:
                conflicts += 1
                learned = self._domains.learn(failed)
                if not learned.terms:
                    return NoWay(asked=[self._said[fact] for fact in learned.facts() if fact in self._said])
                if conflicts == MAX_CONFLICTS:
                    return None
                self._go_back(learned)
                continue
            waiting = [key for key, asked in self._asked.items() if asked and key not in self._pins]
            if not waiting:
                return reached(self._asked, self._pins)
            self._settle(min([key for key in waiting if key not in self._postponed] or waiting, key=self._preference))

    def _go_back(self, learned: Nogood) -> None:
        for key in learned.terms:
            self._conflicts[key] = self._conflicts.get(key, 0) + 1
            self._preferences.pop(key, None)
        self._take_back()

    def _begin_anew(self) -> None:
        self._preferences.clear()
        self._domains.go_back(0)
        self._take_back()

    def _take_back(self) -> None:
        """Take back the pins whose decisions were taken back."""
        self._postponed.clear()
        while len(self._pinned) > self._domains.level:
            node = self._pinned.pop()
            del self._pins[node.key]
            for wanted in self._provider.get_dependencies(node):
                self._asked[wanted.key].pop()
                self._preferences.pop(wanted.key, None)

    def _preference(self, key: Key) -> tuple[object, ...]:
        found = self._preferences.get(key)
        if found is None:
            wanted = [info.requirement for info in self._asked[key]]
            pinned = any(w.url or w.exact or w.bounds.pins for w in wanted)
            bounded = any(w.bounds.limits for w in wanted)
            learned = (key not in self._urgent, not self._is_root(key), -self._conflicts.get(key, 0))
            found = (not pinned, *learned, not bounded, self._met[key])
            self._preferences[key] = found
        return found

    def _is_root(self, key: Key) -> bool:
        return any(info.parent is None for info in self._asked[key])

    def _settle(self, key: Key) -> None:
        """Pin the first candidate that nothing rules out; or have it known that none is left."""
        information = {info.requirement.claim: info for info in reversed(self._asked[key])}.values()
        asked, refused = {key: (info.requirement for info in information)}, 0
        for node in self._provider.find_matches(key, asked, {key: iter(())})():
            value = self._values.value(node.candidate)
            if not self._domains[key] & value:
                continue
            self._teach(node, value)
            if self._domains.propagate() is not None:
                return  # it will be met again
            if self._domains[key] & value:
                self._pin(node, value)
                return
            refused += 1
            if refused == REFUSED and key not in self._urgent and self._is_root(key):
                self._urgent.add(key)
                self._begin_anew()
                return
        self._have_none(key, information)

    def _pin(self, node: Node, value: int) -> None:
        self._domains.decide(node.key, value)
        self._pins[node.key] = node
        self._pinned.append(node)
        for wanted in self._provider.get_dependencies(node):
            self._ask(wanted, node)

    def _have_none(self, key: Key, information: Iterable[Information]) -> None:
        """Have it known that nothing which is left of a key is on offer, as long as those ask for it who do.

        If there are files of it, such as of pre-releases, others may ask for just that: they are heard first.
        """
        left = self._domains[key]
        of_files = sum(map(self._values.value, self._values.files(key[0], left)))
        if of_files and key not in self._postponed:
            self._postponed.add(key)
            return
        self._domains.add(Nogood({key: left & ~of_files}))
        terms = {key: of_files}  # of none, if there are no files: then this says nothing
        for info in information:
            if info.parent is not None:
                asking, rule = info.parent.key, self._rules.get((info.parent.key, info.requirement))
                term = rule.terms[asking] if rule is not None else self._values.value(info.parent.candidate)
                terms[asking] = terms.get(asking, ANYTHING) & term
        self._domains.add(Nogood(terms))

    def _teach(self, node: Node, value: int) -> None:
        """Have it known what a node asks for."""
        if node in self._taught:
            return
        self._taught.add(node)
        for wanted in self._provider.get_dependencies(node):
            if wanted.exact is not None:
                continue  # the project of an extra: they are linked
            admitted = 0 if wanted.dead is not None else self._values.meeting(wanted)
            rule = self._rules.get((node.key, wanted))
            if wanted.key == node.key or not admitted:  # it is in nobody's way but its own
                self._state({node.key: value & ~admitted}, Information(wanted, node))
            elif rule is None:
                self._meet(wanted.key)
                rule = self._state({node.key: value, wanted.key: ~admitted}, Information(wanted, node))
                self._rules[node.key, wanted] = rule
            else:
                rule.terms[node.key] |= value
                self._domains.add(rule)

    def _ask(self, wanted: Wanted, parent: Node | None) -> None:
        self._asked.setdefault(wanted.key, []).append(Information(wanted, parent))
        self._preferences.pop(wanted.key, None)
        self._postponed.discard(wanted.key)

    def _state(self, terms: dict[Key, int], said: Information) -> Nogood:
        """Add a fact, and who says it."""
        fact = Nogood({key: term for key, term in terms.items() if term != ANYTHING})
        self._said[fact] = said
        self._domains.add(fact)
        return fact

    def _meet(self, key: Key) -> None:
        """See a key for the first time."""
        if key in self._met:
            return
        self._met[key] = len(self._met)
        project, extra = key
        if extra:
            self._meet((project, ""))
            self._domains.link(key, (project, ""))
            return
        for one in self._provider.matcher.constraints(project):
            self._domains.add(Nogood({key: ~(self._values.meeting(one) | NOTHING)}))


class _Values:
    """The releases of projects as values, by their bits: files at URLs come before those of the index."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._at_urls: dict[NormalizedName, dict[Candidate, int]] = {}
        self._meeting: dict[tuple[NormalizedName, str], int] = {}
        urls = Counter(project for project, _ in provider.rules.stated)
        self._first = {project: 1 + number for project, number in urls.items()}

    def value(self, candidate: Candidate) -> int:
        if candidate.number is not None:
            return 1 << (self._first.get(candidate.name, 1) + candidate.number)
        known = self._at_urls.setdefault(candidate.name, {})
        return known.setdefault(candidate, 1 << (1 + len(known)))

    def meeting(self, wanted: Wanted) -> int:
        """All that meets a requirement, whether there is a file of it or not."""
        project = wanted.key[0]
        if wanted.url is not None:
            try:
                return self.value(self._provider.catalogue.direct(project, wanted.url))
            except InvalidMetadata:
                return 0
        if project in self._at_urls:
            return sum(value for one, value in self._at_urls[project].items() if wanted.admits(one.version))
        key = (project, wanted.bounds.text)
        if key not in self._meeting:
            self._meeting[key] = self._listed(project, wanted) << self._first.get(project, 1)
        return self._meeting[key]

    def _listed(self, project: NormalizedName, wanted: Wanted) -> int:
        try:
            releases = self._selection(project).releases
        except ProjectNotFound:
            return 0
        meeting = self._provider.catalogue.specifiers.meeting
        return sum(1 << number for number in meeting(project, wanted.bounds, releases))

    def files(self, project: NormalizedName, values: int) -> Iterator[Candidate]:
        """Of some releases those that have a file, the newest first."""
        if project in self._at_urls:
            yield from (one for one, value in self._at_urls[project].items() if value & values)
            return
        selection, first = self._selection(project), self._first.get(project, 1)
        for number in range(len(selection.releases)):
            candidate = selection.candidate(number) if values >> (first + number) & 1 else None
            if candidate is not None:
                yield candidate

    def _selection(self, project: NormalizedName) -> Selection:
        provider = self._provider
        return provider.catalogue.selection(project, provider.environment, provider.rules.policy(project))
