"""Which candidates meet a set of requirements on one project, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.candidates import Candidate
from resolver.catalogue import Catalogue
from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import InvalidMetadata, ProjectNotFound
from resolver.spec.model import Policy
from resolver.wanted import Key, Rules, Wanted, is_pinned, wanted_of


class Matcher:
    """Judges requirements of one search; ``roots`` are what the spec itself asks for."""

    def __init__(self, catalogue: Catalogue, environment: Environment, rules: Rules, roots: frozenset[Key]) -> None:
        self._catalogue = catalogue
        self._environment = environment
        self._rules = rules
        self._roots = roots
        self._matching: dict[tuple[NormalizedName, str], frozenset[Version]] = {}
        self._tiers: dict[tuple[NormalizedName, frozenset[str]], list[list[Version]]] = {}

    def matches(self, wanted: Sequence[Wanted]) -> Iterable[Candidate]:
        """The candidates that meet every requirement of one key, the preferred first."""
        if any(w.dead is not None for w in wanted):
            return []
        exact = {id(w.exact): w.exact for w in wanted if w.exact is not None}
        if exact:
            chosen = next(iter(exact.values()))
            return [chosen] if len(exact) == 1 and self._meets_all(chosen, wanted) else []
        project = canonicalize_name(wanted[0].key[0])
        wanted = [*wanted, *self.constraints(project)]
        urls = sorted({w.url for w in wanted if w.url is not None})
        if urls:
            return self._direct(project, urls, wanted)
        return self._listed(project, wanted)

    def constraints(self, project: NormalizedName) -> list[Wanted]:
        """The constraints of the spec that hold here, as requirements."""
        return [
            wanted_of(declared.requirement, "", f"constraint at {declared.origin}")
            for declared in self._rules.constraints.get(project, ())
            if holds(declared.requirement.marker, self._environment).value
        ]

    def _direct(self, project: NormalizedName, urls: list[str], wanted: Sequence[Wanted]) -> list[Candidate]:
        try:
            candidates = {self._catalogue.direct(project, url) for url in urls}
        except InvalidMetadata:
            return []
        candidate = candidates.pop()
        plain = [w for w in wanted if not w.url]
        return [candidate] if not candidates and self._meets_all(candidate, plain) else []

    def _meets_all(self, candidate: Candidate, wanted: Sequence[Wanted]) -> bool:
        return all(w.specifier.contains(candidate.version, prereleases=True) for w in wanted)

    def _listed(self, project: NormalizedName, wanted: Sequence[Wanted]) -> Iterator[Candidate]:
        """Candidates of the project's index, each judged only when the search comes to it; the first is prefetched."""
        first = True
        for candidate in self._usable(project, wanted):
            if first:
                self._catalogue.prefetch_claims(candidate)
                first = False
            yield candidate

    def _usable(self, project: NormalizedName, wanted: Sequence[Wanted]) -> Iterator[Candidate]:
        policy = self._rules.policy(project)
        try:
            selection = self._catalogue.selection(project, self._environment, policy)
        except ProjectNotFound:
            return
        specifiers = {str(w.specifier): w.specifier for w in wanted if w.specifier}
        preferred = self._rules.preferences.get(project)
        kept = None
        if preferred is not None and all(s.contains(preferred, prereleases=True) for s in specifiers.values()):
            kept = selection.candidate(preferred)
        if kept is not None and _may_stay(kept, policy):
            yield kept
        pinned = is_pinned(specifiers.values()) and policy.yanked == "if-pinned"
        for tier in self._ordered(project, specifiers, selection.versions, policy):
            found = False
            for version in tier:
                candidate = selection.candidate(version)
                if candidate is not None and (candidate.file.yanked is None or pinned):
                    found = True
                    if candidate is not kept:
                        yield candidate
            if found:
                return

    def _ordered(
        self,
        project: NormalizedName,
        specifiers: Mapping[str, SpecifierSet],
        versions: Iterable[Version],
        policy: Policy,
    ) -> list[list[Version]]:
        """The releases that meet every specifier, the preferred first, in tiers; a long search asks again and again."""
        key = (project, frozenset(specifiers))
        if key not in self._tiers:
            matching = [self._meeting(project, *item, versions) for item in specifiers.items()]
            common = frozenset.intersection(*matching) if matching else frozenset(versions)
            found = sorted(common, reverse=not self._lowest(project, policy))
            self._tiers[key] = _tiers(found, policy, specifiers.values())
        return self._tiers[key]

    def _lowest(self, project: NormalizedName, policy: Policy) -> bool:
        return policy.strategy == "lowest" or (policy.strategy == "lowest-direct" and (project, "") in self._roots)

    def _meeting(
        self, project: NormalizedName, text: str, specifier: SpecifierSet, versions: Iterable[Version]
    ) -> frozenset[Version]:
        key = (project, text)
        if key not in self._matching:
            self._matching[key] = frozenset(v for v in versions if specifier.contains(v, prereleases=True))
        return self._matching[key]


def _tiers(versions: list[Version], policy: Policy, specifiers: Iterable[SpecifierSet]) -> list[list[Version]]:
    """Releases in groups of which each counts only where the one before has no candidate.

    Pre-releases as PEP 440 wants them: where a specifier names one, or where nothing else is there.
    """
    if policy.prereleases == "allow":
        return [versions]
    finals = [version for version in versions if not version.is_prerelease]
    if policy.prereleases == "never":
        return [finals]
    named = any(specifier.prereleases for specifier in specifiers)
    return [versions] if named else [finals, [version for version in versions if version.is_prerelease]]


def _may_stay(kept: Candidate, policy: Policy) -> bool:
    """Whether a version that an older lock has stays, yanked or pre-release as it may be, under the policy."""
    yanked = kept.file.yanked is not None and policy.yanked == "never"
    return not yanked and not (kept.version.is_prerelease and policy.prereleases == "never")
