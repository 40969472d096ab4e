"""The lock as values: the waist of the product. Emitters, vendoring, the rules and the server know this alone.

Every mapping is keyed by normalised names; the file's shape is described in ``lock.schema.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal
from urllib.parse import urljoin

from resolver.records import field, record

LOCK_VERSION = 1

Check = Literal["ignore", "if-present", "require"]
Origin = Literal["build-system", "default", "hook", "override"]


@record
class Inputs:
    """``files`` maps the spec and what it includes to sha256 of their bytes; ``sha256`` digests that mapping.

    ``spec``: which of them is the spec, where it extends another; None where only one can be meant.
    ``combined``: they are no spec but locks, named by their paths from this one.
    """

    sha256: str
    files: Mapping[str, str]
    spec: str | None = None
    combined: bool = False

    def are_of(self, spec: str) -> bool:
        """Whether the lock can be that of the spec with this name."""
        if self.combined:
            return False
        return spec in self.files if self.spec is None else spec == self.spec


@record
class IndexEntry:
    """``url`` of the Simple API; ``files``: what an artifact's ``path`` is joined to. A mirror changes these two."""

    url: str
    files: str


@record
class EnvironmentEntry:
    """A target environment as declared, with its complete markers and its ordered tags (best first)."""

    markers: Mapping[str, str]
    tags: tuple[str, ...]
    python: str | None = None
    os: str | None = None
    arch: str | None = None
    libc: str | None = None


@record
class Attestations:
    """Whether attestations are checked, and who must have signed them (by the keys of PEP 740; None: anybody)."""

    check: Check = "ignore"
    publisher: Mapping[str, str] | None = None


@record
class Artifact:
    """One file. It lies at its index's ``files`` + ``path``, or at its own ``url`` where that is set.

    ``provenance``: where its provenance object lies (PEP 740), absolute or relative to the ``url`` of its index.
    """

    filename: str
    project: str
    version: str
    kind: Literal["wheel", "sdist"]
    sha256: str
    index: str | None = None
    path: str | None = None
    url: str | None = None
    size: int | None = None
    upload_time: str | None = None
    requires_python: str | None = None
    yanked: str | None = None
    provenance: str | None = None


@record
class Pin:
    """One project of a resolution: its version, its only artifact, extras asked for, direct dependencies."""

    version: str
    artifact: str
    extras: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()


Pins = Mapping[str, Pin]


@record
class BuildRequirement:
    """A build requirement with its provenance; ``evidence`` names the file that shows a hook's answer unrun."""

    requirement: str
    origin: Origin
    evidence: str | None = None


@record
class AnsweredBy:
    """The kind of machine and Python that ran a backend's hooks; ``differs``: what of it is not the environment's."""

    python: str
    os: str
    arch: str
    libc: str | None = None
    differs: tuple[str, ...] = ()


@record
class BuildEnvironment:
    """How an sdist is built for one environment.

    ``metadata`` names what shows its run-time requirements (a file of the sdist, ``hook`` or ``override``). ``system``:
    programs that the build needs and no index has. ``answered``: who ran its hooks, where any was run.
    ``unknown``: what only its backend could tell; ``unbuildable``: why it cannot be built, and only then ``closure`` is
    None. With either of them the environment is incomplete.
    """

    requires: tuple[BuildRequirement, ...]
    closure: str | None
    metadata: str | None = None
    system: tuple[str, ...] = ()
    answered: AnsweredBy | None = None
    unknown: str | None = None
    unbuildable: str | None = None

    @property
    def gap(self) -> str | None:
        """Why this build cannot be carried out from the lock."""
        return self.unbuildable or self.unknown


@record
class Build:
    """An sdist's backend (empty where its files do not say) and its builds by environment."""

    backend: str
    environments: Mapping[str, BuildEnvironment]
    backend_path: tuple[str, ...] = ()


@record
class Lock:
    """A whole lock.

    ``roots``: environment -> group (``""``: the spec's own requirements) -> requirements that hold there, as strings.
    ``resolutions``: environment -> project -> pin.  ``builds``: sdist file name -> build.  ``closures``: id -> pins.
    ``attestations``: what is asked of each project's, ``""`` standing for the others.
    ``exclude_newer``: each age that the spec states, as ISO 8601, and the instant that it was frozen to.
    """

    inputs: Inputs
    indexes: Mapping[str, IndexEntry]
    environments: Mapping[str, EnvironmentEntry]
    artifacts: Mapping[str, Artifact]
    exclude_newer: Mapping[str, str] = field(default_factory=dict)
    attestations: Mapping[str, Attestations] = field(default_factory=dict)
    roots: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    resolutions: Mapping[str, Pins] = field(default_factory=dict)
    builds: Mapping[str, Build] = field(default_factory=dict)
    closures: Mapping[str, Pins] = field(default_factory=dict)

    def location(self, artifact: Artifact) -> str:
        """The URL of an artifact (relative to the lock for an index that is a directory beside it)."""
        if artifact.url is not None:
            return artifact.url
        assert artifact.index is not None  # the codec checked both
        assert artifact.path is not None
        return self.indexes[artifact.index].files + artifact.path

    def provenance(self, artifact: Artifact) -> str | None:
        """The URL of an artifact's provenance object (relative to the lock as `location` may be); None for none."""
        if artifact.provenance is None or artifact.index is None or "://" in artifact.provenance:
            return artifact.provenance
        index = self.indexes[artifact.index].url
        return urljoin(index, artifact.provenance) if "://" in index else index + artifact.provenance

    def attested(self, project: str) -> Attestations:
        """What is asked of a project's attestations."""
        return self.attestations.get(project) or self.attestations.get("") or Attestations()

    def incomplete(self) -> Iterator[tuple[str, str, str]]:
        """(sdist, environment, reason) wherever a build cannot be carried out from the lock."""
        for sdist, build in self.builds.items():
            for environment, built in build.environments.items():
                if built.gap is not None:
                    yield sdist, environment, built.gap

    def built(self, sdist: str, environment: str) -> BuildEnvironment | None:
        """How an sdist is built for one environment; None where the lock does not say."""
        build = self.builds.get(sdist)
        return None if build is None else build.environments.get(environment)

    def closure(self, built: BuildEnvironment) -> Pins:
        """What a build installs; nothing where it is unbuildable."""
        return self.closures[built.closure] if built.closure is not None else {}

    def files_for(self, environment: str) -> set[str]:
        """File names of every artifact that installs or builds anything for one environment."""
        return self.files_from(environment, (pin.artifact for pin in self.resolutions[environment].values()))

    def files_from(self, environment: str, filenames: Iterable[str]) -> set[str]:
        """``filenames``, and whatever building them for one environment takes, recursively."""
        pending = list(filenames)
        seen: set[str] = set()
        while pending:
            filename = pending.pop()
            if filename in seen:
                continue
            seen.add(filename)
            built = self.built(filename, environment)
            if built is not None:
                pending.extend(pin.artifact for pin in self.closure(built).values())
        return seen
