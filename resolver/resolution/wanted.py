"""The nodes and edges of a search: candidates with their extras, requirements, and the rules that the spec sets.

Values only; `matching` and `demands` give them meaning, `provider` hands them to resolvelib.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.logins import without_secrets
from resolver.metadata.known import marker_text, specifier_text
from resolver.records import field, record
from resolver.resolution.candidates import Candidate
from resolver.resolution.specifiers import ANY, Bounds, bounds
from resolver.spec.model import Declared, Included, Policy, Spec, archive_of
from resolver.spec.report import Invalid
from resolver.spec.values import check_file_url

Key = tuple[NormalizedName, str]
"""(project, extra): a project with an extra is a node of its own that depends on the project itself."""


class Node:
    """A candidate, or one extra of it. It is no record: a search makes more of them than of anything."""

    __slots__ = ("candidate", "extra")

    def __init__(self, candidate: Candidate, extra: str = "") -> None:
        self.candidate: Final = candidate
        self.extra: Final = extra

    @property
    def key(self) -> Key:
        return (self.candidate.name, self.extra)

    def __str__(self) -> str:
        extra = f"[{self.extra}]" if self.extra else ""
        return f"{self.candidate.name}{extra} {self.candidate.version}"


@record(eq=False)
class Wanted:
    """One requirement as the search sees it.

    ``exact`` binds an extra to the very candidate of its project. ``dead`` makes it unsatisfiable: the reason why
    the node that asks for it cannot be used. ``declared_at`` is where the spec asks for it.
    """

    key: Key
    bounds: Bounds = ANY
    url: str | None = None
    exact: Candidate | None = None
    dead: str | None = None
    declared_at: str = ""

    @property
    def claim(self) -> tuple[object, ...]:
        """What is asked, whoever asks it: two requirements on one key with the same claim are met by the same."""
        return (self.bounds.text, self.url, self.exact, self.dead)

    @property
    def narrows(self) -> bool:
        """Whether it does nothing to what others ask of the same key but leave less of it, in the same order."""
        return self.url is None and self.exact is None and self.dead is None and self.bounds.narrows

    def admits(self, version: Version) -> bool:
        """Whether the version specifiers are met, by pre-releases too."""
        return self.bounds.specifiers.contains(version, prereleases=True)

    def __str__(self) -> str:
        project, extra = self.key
        name = f"{project}[{extra}]" if extra else project
        if self.url:
            return f"{name} @ {self.url}"
        return f"{name}{self.bounds.text}"


@record
class Rules:
    """What the spec says of one search: constraints, replacements, policies; and pins to prefer where they fit.

    ``direct`` are the projects that it begins with; ``of_wheels`` those that it must not build, whatever their policy:
    what it is for is their own build. ``left_out`` are projects that are there without it;
    ``stated``: the archives that the spec names by their URLs, see `Spec.stated_urls`.
    """

    constraints: Mapping[NormalizedName, tuple[Declared, ...]] = field(default_factory=dict)
    overrides: Mapping[NormalizedName, tuple[Declared, ...]] = field(default_factory=dict)
    policies: Spec
    preferences: Mapping[NormalizedName, Version] = field(default_factory=dict)
    direct: frozenset[NormalizedName] = frozenset()
    of_wheels: frozenset[NormalizedName] = frozenset()
    left_out: Mapping[NormalizedName, Included] = field(default_factory=dict)
    stated: frozenset[tuple[NormalizedName, str]] = frozenset()

    def beginning_with(self, requirements: Iterable[Declared]) -> Rules:
        """The same for a search that begins with ``requirements``."""
        return replace(self, direct=frozenset(canonicalize_name(one.requirement.name) for one in requirements))

    def policy(self, project: NormalizedName) -> Policy:
        stated = self.policies.policy_for(project)
        return replace(stated, sdists="never") if project in self.of_wheels else stated

    def takes_lowest(self, project: NormalizedName) -> bool:
        """Whether the lowest version that fits comes first."""
        strategy = self.policy(project).strategy
        return strategy == "lowest" or (strategy == "lowest-direct" and project in self.direct)


class Asked(NamedTuple):
    """A dependency, the same for every environment: ``name`` as it is written, and the nodes where ``marker`` holds."""

    name: str
    marker: str | None
    nodes: tuple[Wanted, ...]


def asked_in(requirements: Iterable[Requirement]) -> tuple[Asked, ...]:
    """What metadata asks for, in its order."""
    return tuple(Asked(one.name, marker_text(one), nodes_of(one, "")) for one in requirements)


def wanted_of(requirement: Requirement, declared_at: str) -> Wanted:
    """A requirement on a project alone, whatever extras it names."""
    key = (canonicalize_name(requirement.name), "")
    return Wanted(key=key, bounds=bounds(specifier_text(requirement)), url=requirement.url, declared_at=declared_at)


def nodes_of(requirement: Requirement, declared_at: str, extras: Iterable[str] = ()) -> tuple[Wanted, ...]:
    """The project and each extra that a requirement asks for: the same objects for all who ask the same."""
    wanted = frozenset(requirement.extras).union(extras)
    return _nodes(requirement.name, wanted, specifier_text(requirement), requirement.url, declared_at)


@lru_cache(maxsize=1 << 16)
def _nodes(name: str, extras: frozenset[str], text: str, url: str | None, declared_at: str) -> tuple[Wanted, ...]:
    project, limits = canonicalize_name(name), bounds(text)
    keys = [(project, ""), *((project, extra) for extra in sorted(map(canonicalize_name, extras)))]
    return tuple(Wanted(key=key, bounds=limits, url=url, declared_at=declared_at) for key in dict.fromkeys(keys))


def unstated(name: str, url: str | None, stated: Collection[tuple[NormalizedName, str]]) -> str:
    """Why ``name @ url``, for which no more than a distribution asks, is not taken; empty where it is.

    Its author would choose where a project comes from, past the index that the spec binds it to, `exclude_newer` and
    `attestations`: only the spec does. ``stated`` is what that says, see `Spec.stated_urls`.
    """
    if url is None or archive_of(name, url) in stated:
        return ""
    asked, elsewhere = f"asks for {name} @ {without_secrets(url)}", f"`overrides: [{name}]` takes it from its index"
    try:
        check_file_url(url)
    except Invalid:  # a repository, a file of somebody's machine
        return f"{asked}, which no spec can name; {elsewhere}"
    stating = f'`overrides: ["{name} @ URL"]`, with this URL, from there'
    return f"{asked}, an archive that the spec does not name; {elsewhere}, and {stating}"


def leading_name(text: str) -> NormalizedName:
    """The project that an invalid requirement most likely means: PEP 508 puts the name first."""
    end = next((i for i, c in enumerate(text) if not (c.isalnum() or c in "._-")), len(text))
    return canonicalize_name(text[:end])


def impossible(what: str, reason: str) -> Wanted:
    """A requirement that nothing meets, for the ``reason`` why ``what`` cannot be used."""
    return Wanted(key=(NormalizedName(what), "!"), dead=reason)
