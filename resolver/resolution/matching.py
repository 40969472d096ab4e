"""Which candidates meet a set of requirements on one project, the best first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import InvalidMetadata, ProjectNotFound
from resolver.resolution.candidates import Candidate, Selection
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.wanted import Key, Rules, Wanted, wanted_of
from resolver.spec.model import Policy


class _Listing(NamedTuple):
    """What stands for a project whatever is asked of it. ``preferred``: the version that comes first where it fits."""

    selection: Selection
    policy: Policy
    preferred: Version | None
    lowest: bool


class Matcher:
    """Judges requirements of one search."""

    def __init__(self, catalogue: Catalogue, environment: Environment, rules: Rules) -> None:
        self._catalogue = catalogue
        self._environment = environment
        self._rules = rules
        self._constraints: dict[NormalizedName, list[Wanted]] = {}
        self._listings: dict[NormalizedName, _Listing] = {}

    def matches(self, key: Key, wanted: Sequence[Wanted], passed: Collection[int] = frozenset()) -> Iterable[Candidate]:
        """The candidates that meet every requirement of one key, of which there may be none; the preferred first.

        Releases in ``passed``, by the `number` of theirs, are left out as if they had been given and not taken.
        """
        project = key[0]
        wanted = [*wanted, *self.constraints(project)]
        for one in wanted:
            if one.dead is not None or one.exact is not None or one.url is not None:
                return self._bound(project, wanted)
        return self._listed(project, wanted, passed)

    def _bound(self, project: NormalizedName, wanted: Sequence[Wanted]) -> Iterable[Candidate]:
        """As `matches`, where something else than versions is asked for."""
        if any(w.dead is not None for w in wanted):
            return []
        exact = {w.exact for w in wanted if w.exact is not None}
        if exact:
            chosen = exact.pop()
            return [] if exact or not self._meets_all(chosen, wanted) else [chosen]
        return self._direct(project, sorted({w.url for w in wanted if w.url is not None}), wanted)

    def admitted(
        self, project: NormalizedName, wanted: Sequence[Wanted], numbers: Iterable[int]
    ) -> Iterator[Candidate]:
        """Of the releases ``numbers`` of an index, in that order, those that meet ``wanted`` by version, unyanked.

        Pre-releases count like any other, and nothing is preferred.
        """
        selection = self._listing(project).selection
        for number in numbers:
            version = selection.releases.version(number)
            found = selection.candidate(number) if all(one.admits(version) for one in wanted) else None
            if found is not None and found.file.yanked is None:
                yield found

    def number(self, candidate: Candidate) -> int | None:
        """By which `matches` passes over its release; None for one that has a URL of its own, or is yanked."""
        return None if candidate.file.yanked is not None else candidate.number

    def constraints(self, project: NormalizedName) -> list[Wanted]:
        """The constraints of the spec that hold here, as requirements."""
        found = self._constraints.get(project)
        if found is None:
            found = self._constraints[project] = [
                wanted_of(declared.requirement, f"constraint at {declared.origin}")
                for declared in self._rules.constraints.get(project, ())
                if holds(declared.requirement.marker, self._environment).value
            ]
        return found

    def _direct(self, project: NormalizedName, urls: list[str], wanted: Sequence[Wanted]) -> list[Candidate]:
        try:
            candidates = {self._catalogue.direct(project, url) for url in urls}
        except InvalidMetadata:
            return []
        candidate = candidates.pop()
        plain = [w for w in wanted if not w.url]
        return [candidate] if not candidates and self._meets_all(candidate, plain) else []

    def _meets_all(self, candidate: Candidate, wanted: Sequence[Wanted]) -> bool:
        return all(w.admits(candidate.version) for w in wanted)

    def _listed(
        self, project: NormalizedName, wanted: Sequence[Wanted], passed: Collection[int]
    ) -> Iterator[Candidate]:
        """Candidates of the project's index, each judged only when the search comes to it; the first is prefetched."""
        first = True
        for candidate in self._usable(project, wanted, passed):
            if first:
                self._catalogue.prefetch_claims(candidate)
                first = False
            yield candidate

    def _usable(
        self, project: NormalizedName, wanted: Sequence[Wanted], passed: Collection[int]
    ) -> Iterator[Candidate]:
        try:
            listing = self._listing(project)
        except ProjectNotFound:
            return
        selection, policy = listing.selection, listing.policy
        avoids, kept = policy.sdists == "avoid", _kept(listing, wanted)
        late = [kept] if kept is not None and avoids and kept.kind == "sdist" else []
        if kept is not None and not late:
            yield kept
        asked = {w.bounds.text: w.bounds for w in wanted if w.bounds.text}
        pinned = policy.yanked == "if-pinned" and any(one.pins for one in asked.values())
        specifiers, lowest = self._catalogue.specifiers, listing.lowest
        for tier in specifiers.tiers(project, asked, selection.releases, policy.prereleases, lowest=lowest):
            found = False
            for number in tier:
                if number in passed:
                    found = True
                    continue
                candidate = selection.candidate(number)
                if candidate is not None and (candidate.file.yanked is None or pinned):
                    found = True
                    if candidate is kept:
                        continue
                    if avoids and candidate.kind == "sdist":
                        late.append(candidate)
                    else:
                        yield candidate
            yield from late
            late = []
            if found:
                return

    def _listing(self, project: NormalizedName) -> _Listing:
        """Raises `ProjectNotFound`."""
        found = self._listings.get(project)
        if found is None:
            policy = self._rules.policy(project)
            found = self._listings[project] = _Listing(
                self._catalogue.selection(project, self._environment, policy),
                policy,
                self._rules.preferences.get(project),
                self._rules.takes_lowest(project),
            )
        return found


def _kept(listing: _Listing, wanted: Sequence[Wanted]) -> Candidate | None:
    """The file of the preferred version, where that fits and may stay."""
    if listing.preferred is None or not all(w.admits(listing.preferred) for w in wanted):
        return None
    kept = listing.selection.of_version(listing.preferred)
    return kept if kept is not None and may_stay(kept, listing.policy) else None


def may_stay(kept: Candidate, policy: Policy) -> bool:
    """Whether a version that a lock has stays, yanked or pre-release as it may be, under the policy."""
    yanked = kept.file.yanked is not None and policy.yanked == "never"
    return not yanked and not (kept.version.is_prerelease and policy.prereleases == "never")
