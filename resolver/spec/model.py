"""What a user declares, as values: the result of reading a spec. No text, no YAML, no files here.

Names of projects and groups are normalised (PEP 503); requirements are parsed (PEP 508).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.records import field, record

if TYPE_CHECKING:
    from datetime import datetime, timedelta

Prereleases = Literal["if-necessary", "allow", "never"]
Yanked = Literal["if-pinned", "never"]
Sdists = Literal["fallback", "avoid", "always", "never"]
Digests = Literal["stated", "computed"]
Attestations = Literal["ignore", "if-present", "require"]
Strategy = Literal["highest", "lowest", "lowest-direct"]


@record
class Origin:
    """Where something was declared: ``file`` as the user wrote it, ``line`` 1-based (0: unknown)."""

    file: str
    line: int
    path: str

    def __str__(self) -> str:
        if self.line:
            return f"{self.file}:{self.line}"
        return f"{self.file} ({self.path})" if self.path else self.file


@record
class Declared:
    """A requirement with the place that declares it, and the group that it was put into, if any."""

    requirement: Requirement
    origin: Origin
    group: str = ""

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{self.origin}, group {self.group}" if self.group else str(self.origin)


@record
class Unfollowed:
    """A setting of another tool for how releases are chosen, of which the spec says nothing: it is not followed.

    ``key`` and ``value`` are what a policy would say for it, the value empty where it has nothing like it; ``project``
    is empty where it is about all of them.
    """

    origin: Origin
    key: str
    value: str
    project: NormalizedName


@record
class Unread:
    """What a pyproject.toml says to a tool that counts there and not here; ``message`` ends with what to do.

    ``project`` is empty where it is not about one of the projects that may be locked.
    """

    origin: Origin
    message: str
    project: NormalizedName


@record
class Supported:
    """The Pythons that an included project says it is for."""

    origin: Origin
    pythons: SpecifierSet


@record
class Included:
    """A project whose pyproject.toml is included: ``file``, the ``extras`` that were chosen, its version if it says so.

    It is there where its requirements are installed, so that no release of it is meant by whoever asks for its name.
    """

    file: str
    extras: frozenset[NormalizedName] = frozenset()
    version: Version | None = None


@record
class NamedFiles:
    """The only files that may stand for some releases of a project: whoever declared it there named their digests.

    ``digests`` as ``sha256:<hex>``; what several say of one release adds up.
    """

    project: NormalizedName
    versions: SpecifierSet
    digests: frozenset[str]
    origin: Origin


@record
class ShortEnvironment:
    """The short form. ``python`` holds every version that was listed; each becomes an environment.

    ``implementation`` is ``cpython`` or ``pypy``; ``freethreaded`` asks for the ``t`` ABI.
    ``markers`` states marker values that the short form leaves open (``platform_release`` ...).
    """

    name: str
    origin: Origin
    python: tuple[str, ...]
    os: str
    arch: str
    libc: str | None = None
    markers: Mapping[str, str] = field(default_factory=dict)


@record
class RawEnvironment:
    """The raw form: marker values and ordered tags, best first (each may be a compressed set)."""

    name: str
    origin: Origin
    markers: Mapping[str, str]
    tags: tuple[str, ...]


@record
class Policy:
    """How candidates are chosen.

    ``exclude_newer`` is an aware datetime; later uploads do not exist. ``minimum_age`` says the same of uploads that
    are younger: `resolver.cutoffs` makes an ``exclude_newer`` of it. ``publisher``: the identity that must have signed
    the attestations, by the keys of PEP 740 (``kind``, ``repository`` ...); what it leaves out may be anything.
    """

    prereleases: Prereleases = "if-necessary"
    yanked: Yanked = "if-pinned"
    sdists: Sdists = "fallback"
    exclude_newer: datetime | None = None
    minimum_age: timedelta | None = None
    attestations: Attestations = "ignore"
    publisher: Mapping[str, str] | None = None
    strategy: Strategy = "highest"
    align: bool = True


@record
class IndexSpec:
    """One index. ``url`` None is PyPI. ``projects`` are the globs of the names bound to it.

    ``policy`` is that of its projects, where it differs from the spec's. ``digests``: whether a file can be locked of
    which the index states no sha256, by the bytes that come.
    """

    name: str
    url: str | None = None
    projects: tuple[str, ...] = ()
    policy: Policy | None = None
    digests: Digests = "stated"

    def binds(self, project: NormalizedName) -> bool:
        """Whether ``projects`` names this project outright or by a glob."""
        return any(fnmatchcase(project, pattern) for pattern in self.projects)


@record
class MetadataOverride:
    """Replaces what releases of one project claim. None leaves a claim as it is."""

    project: NormalizedName
    versions: SpecifierSet
    dependencies: tuple[Requirement, ...] | None = None
    requires_python: SpecifierSet | None = None


@record
class BuildSpec:
    """What holds while sdists are built.

    ``requires`` adds to a project's build requirements and stands for its hook's answer. ``system``: programs that a
    project's build needs and no index has. ``environments``: what differs for an environment, by the name under which
    it is declared or by its own; those have none in their turn. ``origin`` is where such an entry stands.
    ``inherited``: projects of which only a spec that is extended says something here.
    """

    constraints: tuple[Declared, ...] = ()
    requires: Mapping[NormalizedName, tuple[Declared, ...]] = field(default_factory=dict)
    system: Mapping[NormalizedName, tuple[str, ...]] = field(default_factory=dict)
    environments: Mapping[str, BuildSpec] = field(default_factory=dict)
    origin: Origin | None = None
    inherited: frozenset[NormalizedName] = frozenset()

    def for_environment(self, name: str, declaration: str) -> BuildSpec:
        """What holds for one environment: constraints add up; a project's nearest entry stands for the others."""
        merged = replace(self, environments={})
        for key in dict.fromkeys((declaration, name)):
            own = self.environments.get(key)
            if own is not None:
                merged = BuildSpec(
                    constraints=(*merged.constraints, *own.constraints),
                    requires={**merged.requires, **own.requires},
                    system={**merged.system, **own.system},
                )
        return merged

    def declared(self) -> Iterator[Declared]:
        """Every requirement that is stated here, those for single environments included."""
        yield from self.constraints
        for requirements in self.requires.values():
            yield from requirements
        for own in self.environments.values():
            yield from own.declared()


def is_bound(project: NormalizedName, indexes: Iterable[IndexSpec]) -> bool:
    """Whether one of the indexes is named for the project."""
    return any(index.binds(project) for index in indexes)


def archive_of(name: str, url: str) -> tuple[NormalizedName, str]:
    """What ``name @ url`` names, for `Spec.stated_urls`."""
    return canonicalize_name(name), url.partition("#")[0]


@record
class Spec:
    """A whole spec. ``inputs`` maps its file and every other that was read for it to the sha256 of its bytes.

    ``own_file``: which of them is its own, where it extends another spec.
    """

    environments: tuple[ShortEnvironment | RawEnvironment, ...]
    requirements: tuple[Declared, ...] = ()
    groups: Mapping[NormalizedName, tuple[Declared, ...]] = field(default_factory=dict)
    constraints: tuple[Declared, ...] = ()
    overrides: tuple[Declared, ...] = ()
    metadata_overrides: tuple[MetadataOverride, ...] = ()
    named_files: tuple[NamedFiles, ...] = ()
    unfollowed: tuple[Unfollowed, ...] = ()
    unread: tuple[Unread, ...] = ()
    supported: tuple[Supported, ...] = ()
    included: Mapping[NormalizedName, Included] = field(default_factory=dict)
    indexes: tuple[IndexSpec, ...] = (IndexSpec(name="pypi"),)
    build: BuildSpec = field(default_factory=BuildSpec)
    policy: Policy = field(default_factory=Policy)
    projects: Mapping[NormalizedName, Policy] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    own_file: str | None = None

    def declared(self) -> tuple[Declared, ...]:
        """All that is asked for, by whatever group."""
        grouped = (replace(one, group=name) for name, group in self.groups.items() for one in group)
        return (*self.requirements, *grouped)

    def left_out(self) -> dict[NormalizedName, Included]:
        """The projects that are included and that nothing here asks of an index."""
        wanted = {canonicalize_name(one.requirement.name) for one in (*self.declared(), *self.overrides)}
        return {
            name: one for name, one in self.included.items() if name not in wanted and not is_bound(name, self.indexes)
        }

    def stated_urls(self) -> frozenset[tuple[NormalizedName, str]]:
        """Projects with the URLs of archives that are stated for them here, whatever their fragments promise."""
        declared = (*self.declared(), *self.constraints, *self.overrides, *self.build.declared())
        replacing = (one for override in self.metadata_overrides for one in override.dependencies or ())
        stated = (*(one.requirement for one in declared), *replacing)
        return frozenset(archive_of(one.name, one.url) for one in stated if one.url is not None)

    def policy_for(self, project: NormalizedName) -> Policy:
        """The policy of one project: its own entry (already merged over the others), or `general_policy_for`."""
        return self.projects.get(project) or self.general_policy_for(project)

    def general_policy_for(self, project: NormalizedName) -> Policy:
        """What a project has without an entry of its own: the policy of its index, or ``policy``."""
        has_own = any(index.policy is not None for index in self.indexes)
        return (self.index_for(project).policy if has_own else None) or self.policy

    def policies(self) -> Iterator[Policy]:
        """Every policy that is stated."""
        yield self.policy
        yield from (index.policy for index in self.indexes if index.policy is not None)
        yield from self.projects.values()

    def with_policies(self, changed: Callable[[Policy], Policy]) -> Spec:
        """The same with every policy that is stated as ``changed`` has it."""
        return replace(
            self,
            policy=changed(self.policy),
            indexes=tuple(replace(one, policy=one.policy and changed(one.policy)) for one in self.indexes),
            projects={name: changed(policy) for name, policy in self.projects.items()},
        )

    def index_for(self, project: NormalizedName) -> IndexSpec:
        """The only index that may be asked for this project: the first that binds it, else the first unbound one."""
        for index in self.indexes:
            if index.binds(project):
                return index
        return next(index for index in self.indexes if not index.projects)
