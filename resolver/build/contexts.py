"""Resolves build requirements, each set once for an environment, under the rules that the spec has for builds.

Where there is no solution, each sdist gets an explanation of its own, since the explanation names the sdist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from packaging.utils import NormalizedName, canonicalize_name

from resolver.build.model import Context, Kept, PlannedRequirement
from resolver.environments.model import Environment
from resolver.errors import NoSolution, again
from resolver.notices import Notice
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import Resolution, resolve
from resolver.resolution.wanted import Rules, unstated
from resolver.spec.model import Declared, Origin

_Key = tuple[Context, frozenset[NormalizedName]]


class Contexts:
    """``rules`` gives the rules for an environment; ``kept`` are versions to prefer.

    ``names`` grows with each question: the sdists, and the projects that their builds ask for or install.
    """

    def __init__(self, catalogue: Catalogue, rules: Callable[[Environment], Rules], kept: Kept) -> None:
        self._catalogue = catalogue
        self._rules = rules
        self._kept = kept
        self._known: dict[_Key, tuple[Candidate, Resolution]] = {}
        self._failed: dict[tuple[str, _Key], NoSolution] = {}
        self.names: set[NormalizedName] = set()

    def resolve(
        self,
        candidate: Candidate,
        asked: Sequence[PlannedRequirement],
        environment: Environment,
        wheels: frozenset[NormalizedName] = frozenset(),
    ) -> Resolution:
        """What the build of ``candidate`` installs; of the projects in ``wheels``, wheels only. Raises `NoSolution`."""
        context = (environment.name, tuple(sorted({str(a.requirement) for a in asked})))
        key = (context, wheels)
        self.names.update((candidate.name, *(canonicalize_name(a.requirement.name) for a in asked)))
        if key not in self._known:
            failed = self._failed.get((candidate.file.filename, key))
            if failed is not None:
                raise again(failed)
            rules = replace(self._rules(environment), of_wheels=wheels, preferences=self._kept.get(context, {}))
            try:
                self._known[key] = candidate, self._resolve(candidate, asked, environment, rules)
            except NoSolution as error:
                self._failed[candidate.file.filename, key] = error
                raise
            self.names.update(self._known[key][1].pins)
        first, found = self._known[key]
        return replace(found, notices=tuple(_told_of(one, candidate, first) for one in found.notices))

    def _resolve(
        self,
        candidate: Candidate,
        asked: Sequence[PlannedRequirement],
        environment: Environment,
        rules: Rules,
    ) -> Resolution:
        for one in asked:
            foreign = unstated(one.requirement.name, one.requirement.url, rules.stated)
            if foreign and canonicalize_name(one.requirement.name) not in rules.overrides:
                raise NoSolution(environment.name, f"  it {foreign}")
        place = Origin(file=_place(candidate), line=0, path="")
        declared = [Declared(requirement=a.requirement, origin=place) for a in asked]
        return resolve(declared, environment, self._catalogue, rules)


def _place(candidate: Candidate) -> str:
    return f"build of {candidate.file.filename}"


def _told_of(notice: Notice, candidate: Candidate, first: Candidate) -> Notice:
    """What was told of the build that was resolved ``first``, told of another one that asks for the same."""
    if not notice.message.startswith(f"{_place(first)} "):
        return notice
    message = notice.message.replace(_place(first), _place(candidate), 1)
    return replace(notice, message=message, subject=candidate.file.filename)
