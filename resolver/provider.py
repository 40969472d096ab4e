"""The resolvelib provider for one environment: which candidates meet requirements, and what they ask for in turn.

It judges; it never searches (resolvelib does) and never reads (the catalogue does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version
from resolvelib import AbstractProvider

from resolver.candidates import Candidate
from resolver.catalogue import Catalogue
from resolver.environments.evaluate import accepts_python, holds
from resolver.environments.model import Environment
from resolver.errors import InvalidMetadata, ProjectNotFound
from resolver.metadata.model import CoreMetadata
from resolver.notices import Kind, Notice
from resolver.spec.model import Declared, Policy, Spec

if TYPE_CHECKING:
    from resolvelib.resolvers import RequirementInformation

Key = tuple[str, str]
"""(project, extra): a project with an extra is a node of its own that depends on the project itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A candidate, or one extra of it."""

    candidate: Candidate
    extra: str = ""

    @property
    def key(self) -> Key:
        return (self.candidate.name, self.extra)

    def __str__(self) -> str:
        extra = f"[{self.extra}]" if self.extra else ""
        return f"{self.candidate.name}{extra} {self.candidate.version}"


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One requirement as the search sees it.

    ``exact`` binds an extra to the very candidate of its project. ``dead`` makes it unsatisfiable: the reason why
    the node that asks for it cannot be used. ``declared_at`` is where the spec asks for it.
    """

    key: Key
    specifier: SpecifierSet
    url: str | None = None
    exact: Candidate | None = None
    dead: str | None = None
    declared_at: str = ""

    def __str__(self) -> str:
        project, extra = self.key
        name = f"{project}[{extra}]" if extra else project
        if self.url:
            return f"{name} @ {self.url}"
        return f"{name}{self.specifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the spec says of one search: constraints, replacements, policies; and pins to prefer where they fit."""

    constraints: Mapping[NormalizedName, tuple[Declared, ...]] = field(default_factory=dict)
    overrides: Mapping[NormalizedName, tuple[Declared, ...]] = field(default_factory=dict)
    policies: Spec
    preferences: Mapping[NormalizedName, Version] = field(default_factory=dict)

    def policy(self, project: NormalizedName) -> Policy:
        return self.policies.policy_for(project)


class Provider(AbstractProvider[Wanted, Node, Key]):
    """Answers resolvelib's questions for one environment. ``notices`` fills while the search goes on."""

    def __init__(self, catalogue: Catalogue, environment: Environment, rules: Rules, direct: frozenset[Key]) -> None:
        self.catalogue = catalogue
        self.environment = environment
        self.rules = rules
        self._roots = direct
        self._order: dict[Key, int] = {}
        self._conflicts: dict[Key, int] = {}
        self._matching: dict[tuple[NormalizedName, str], frozenset[Version]] = {}
        self._nodes: dict[tuple[Candidate, str], Node] = {}
        self._dependencies: dict[Node, tuple[Wanted, ...]] = {}
        self.asked_by: dict[Key, Node] = {}
        self.notices: dict[Candidate, list[Notice]] = {}
        self.unusable: dict[Candidate, str] = {}

    # What resolvelib asks.

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
        """Fewest choices first: URLs and exact pins, then whatever has caused conflicts, then what is bounded."""
        wanted = [info.requirement for info in information[identifier]]
        fixed = any(w.url or w.exact or w.dead for w in wanted)
        operators = {s.operator for w in wanted for s in w.specifier}
        pinned = fixed or _is_pinned(w.specifier for w in wanted)
        bounded = bool(operators & {"<", "<=", "~=", "=="})
        order = self._order.setdefault(identifier, len(self._order))
        return (not pinned, -self._conflicts.get(identifier, 0), not bounded, order)

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
        involved.update(info.parent.key for info in backtrack_causes if info.parent is not None)
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
        self._order.setdefault(identifier, len(self._order))
        return lambda: (self._node(c, identifier[1]) for c in self.matches(wanted) if c not in excluded)

    def is_satisfied_by(self, requirement: Wanted, candidate: Node) -> bool:
        if requirement.dead is not None:
            return False
        if requirement.exact is not None:
            return requirement.exact is candidate.candidate
        if requirement.url is not None:
            return self.catalogue.direct(candidate.candidate.name, requirement.url) is candidate.candidate
        return requirement.specifier.contains(candidate.candidate.version, prereleases=True)

    def get_dependencies(self, candidate: Node) -> Iterable[Wanted]:
        found = self._dependencies.get(candidate)
        if found is None:
            found = self._dependencies[candidate] = tuple(self._ask(candidate))
            self.catalogue.prefetch(canonicalize_name(w.key[0]) for w in found if not w.dead and not w.exact)
        for wanted in found:
            self.asked_by.setdefault(wanted.key, candidate)
        return found

    # Candidates.

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
            _wanted(declared.requirement, "", f"constraint at {declared.origin}")
            for declared in self.rules.constraints.get(project, ())
            if holds(declared.requirement.marker, self.environment).value
        ]

    def _direct(self, project: NormalizedName, urls: list[str], wanted: Sequence[Wanted]) -> list[Candidate]:
        if len({url.partition("#")[0] for url in urls}) > 1:
            return []
        try:
            candidate = self.catalogue.direct(project, urls[0])
        except InvalidMetadata:
            return []
        return [candidate] if self._meets_all(candidate, [w for w in wanted if not w.url]) else []

    def _meets_all(self, candidate: Candidate, wanted: Sequence[Wanted]) -> bool:
        return all(w.specifier.contains(candidate.version, prereleases=True) for w in wanted)

    def _listed(self, project: NormalizedName, wanted: Sequence[Wanted]) -> Iterator[Candidate]:
        """Candidates of the project's index, each judged only when the search comes to it; the first is prefetched."""
        first = True
        for candidate in self._usable(project, wanted):
            if first:
                self.catalogue.prefetch_claims(candidate)
                first = False
            yield candidate

    def _usable(self, project: NormalizedName, wanted: Sequence[Wanted]) -> Iterator[Candidate]:
        policy = self.rules.policy(project)
        try:
            selection = self.catalogue.selection(project, self.environment, policy)
        except ProjectNotFound:
            return
        specifiers = {str(w.specifier): w.specifier for w in wanted if w.specifier}
        matching = [self._versions_matching(project, *item, selection.versions) for item in specifiers.items()]
        versions = [v for v in selection.versions if all(v in one for one in matching)]
        if policy.strategy == "lowest" or (policy.strategy == "lowest-direct" and (project, "") in self._roots):
            versions.reverse()
        preferred = self.rules.preferences.get(project)
        kept = selection.candidate(preferred) if preferred in versions else None
        if kept is not None and _may_stay(kept, policy):
            yield kept
        pinned = _is_pinned(specifiers.values()) and policy.yanked == "if-pinned"
        for tier in _tiers(versions, policy, specifiers.values()):
            found = False
            for version in tier:
                candidate = selection.candidate(version)
                if candidate is not None and (candidate.file.yanked is None or pinned):
                    found = True
                    if candidate is not kept:
                        yield candidate
            if found:
                return

    def _versions_matching(
        self, project: NormalizedName, text: str, specifier: SpecifierSet, versions: Iterable[Version]
    ) -> frozenset[Version]:
        key = (project, text)
        if key not in self._matching:
            self._matching[key] = frozenset(v for v in versions if specifier.contains(v, prereleases=True))
        return self._matching[key]

    def _node(self, candidate: Candidate, extra: str) -> Node:
        return self._nodes.setdefault((candidate, extra), Node(candidate, extra))

    # What a candidate asks for.

    def _ask(self, node: Node) -> Iterator[Wanted]:
        candidate = node.candidate
        try:
            claims = self.catalogue.claims(candidate)
        except InvalidMetadata as error:
            yield self._dead(candidate, str(error))
            return
        metadata = claims.metadata
        unfit = self._unfit(node, metadata)
        if unfit:
            yield self._dead(candidate, unfit)
            return
        if node.extra:
            yield Wanted((candidate.name, ""), SpecifierSet(), exact=candidate)
            if node.extra not in metadata.provides_extra:
                self._note(candidate, "extra", f"{candidate} has no extra {node.extra!r}")
        else:
            if claims.overridden:
                self._note(candidate, "override", f"the spec replaces the dependencies of {candidate}")
            for text, _ in metadata.invalid_requires:
                yield from self.replaced(_leading_name(text), (), candidate)
        for requirement in metadata.requires_dist:
            if self._applies(requirement, node):
                yield from self.expand(requirement, candidate)

    def _unfit(self, node: Node, metadata: CoreMetadata) -> str:
        """Why the metadata rules a candidate out here, or nothing."""
        if metadata.invalid_requires_python is not None:
            return (
                f"its Requires-Python {metadata.invalid_requires_python!r} is invalid "
                "(an entry in `overrides` can state it)"
            )
        if metadata.requires_python is not None:
            answer = accepts_python(metadata.requires_python, self.environment)
            if not answer.value:
                return f"requires Python {metadata.requires_python}"
            if answer.assumed:
                python = self.environment.markers["python_version"]
                message = f"{node} requires Python {metadata.requires_python}: not every patch level of {python} is"
                self._note(node.candidate, "assumed", message)
        for text, reason in metadata.invalid_requires:
            if _leading_name(text) not in self.rules.overrides:
                return f"its requirement {text!r} is invalid ({reason}); an entry in `overrides` can replace it"
        return ""

    def _applies(self, requirement: Requirement, node: Node) -> bool:
        """Whether a dependency holds here: for an extra's node, those that hold because of the extra alone."""
        if requirement.marker is None:
            return not node.extra
        plain = holds(requirement.marker, self.environment)
        answer = holds(requirement.marker, self.environment, node.extra) if node.extra else plain
        if answer.assumed:
            values = ", ".join(f"{v} {self.environment.markers[v] or 'unknown'}" for v in sorted(answer.assumed))
            self._note(
                node.candidate,
                "assumed",
                f"{node} wants {requirement.name} only where {requirement.marker}; assumed {values}, so it is "
                f"{'wanted' if answer.value else 'left out'}",
            )
        return answer.value and not (node.extra and plain.value)

    def expand(self, requirement: Requirement, parent: Candidate | None, declared_at: str = "") -> Iterator[Wanted]:
        """One requirement as the nodes that it asks for, after the overrides of the spec."""
        name = canonicalize_name(requirement.name)
        if name in self.rules.overrides:
            yield from self.replaced(name, tuple(requirement.extras), parent)
            return
        yield from _nodes_of(requirement, declared_at)

    def replaced(self, name: NormalizedName, extras: Sequence[str], parent: Candidate | None) -> Iterator[Wanted]:
        """The spec's overrides of ``name``; the extras that were asked for stay asked for."""
        for declared in self.rules.overrides[name]:
            if not holds(declared.requirement.marker, self.environment).value:
                continue
            if parent is not None:
                self._note(parent, "override", f"{parent} gets {declared.requirement}, as {declared.origin} says")
            yield from _nodes_of(declared.requirement, f"override at {declared.origin}", extras)

    def _dead(self, candidate: Candidate, reason: str) -> Wanted:
        """An unsatisfiable requirement: resolvelib then tries the next candidate, and the cause keeps the reason."""
        self.unusable[candidate] = reason
        return Wanted((f"{candidate.name}=={candidate.version}", "!"), SpecifierSet(), dead=reason)

    def _note(self, candidate: Candidate, kind: Kind, message: str) -> None:
        notice = Notice(kind=kind, project=candidate.name, message=message, environment=self.environment.name)
        self.notices.setdefault(candidate, []).append(notice)


def _wanted(requirement: Requirement, extra: str, declared_at: str) -> Wanted:
    key = (canonicalize_name(requirement.name), extra)
    return Wanted(key, requirement.specifier, url=requirement.url, declared_at=declared_at)


def _nodes_of(requirement: Requirement, declared_at: str, extras: Iterable[str] = ()) -> Iterator[Wanted]:
    yield _wanted(requirement, "", declared_at)
    for extra in sorted({canonicalize_name(e) for e in (*requirement.extras, *extras)}):
        yield _wanted(requirement, extra, declared_at)


def _leading_name(text: str) -> NormalizedName:
    """The project that an invalid requirement most likely means: PEP 508 puts the name first."""
    end = next((i for i, c in enumerate(text) if not (c.isalnum() or c in "._-")), len(text))
    return canonicalize_name(text[:end])


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


def _is_pinned(specifiers: Iterable[SpecifierSet]) -> bool:
    """Whether a specifier names one version outright (PEP 592: that alone may choose a yanked file)."""
    return any(
        s.operator == "===" or (s.operator == "==" and not s.version.endswith(".*"))
        for specifier in specifiers
        for s in specifier
    )
