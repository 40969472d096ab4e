"""What is known of projects and candidates, asked of the index once and shared by all environments.

It joins the index, the metadata readers and the spec's metadata overrides; it never judges a requirement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from packaging.utils import NormalizedName, canonicalize_name

from resolver.environments.model import Environment
from resolver.errors import BuildFailed, IndexFailure, InvalidMetadata, ProjectNotFound, again
from resolver.index import Index, Project
from resolver.metadata.model import CoreMetadata, Host, SdistFiles, StaticBuild, StaticMetadata, Unknown
from resolver.metadata.reading import SdistReader
from resolver.records import record
from resolver.resolution.candidates import Candidate, Locked, Selection, Shelf
from resolver.resolution.specifiers import Specifiers
from resolver.resolution.wanted import Asked, asked_in
from resolver.simple.filenames import WheelName, parse_filename
from resolver.simple.model import File, filenames
from resolver.spec.model import MetadataOverride, NamedFiles, Policy


@record
class Claims:
    """What a candidate says of itself after the spec's overrides.

    ``uncertain``: an sdist's dependencies are a best guess, because only its backend could tell, and why;
    ``uncertain_extras``: those of its extras alone are.
    ``overridden``: the spec replaced its dependencies. ``evidence``: what shows them, a file or ``hook`` or
    ``override``, nothing for a guess; ``answered``: who ran the hook.
    """

    metadata: CoreMetadata
    evidence: str = "METADATA"
    answered: Host | None = None
    uncertain: str | None = None
    uncertain_extras: str | None = None
    overridden: bool = False


class Dynamic(Protocol):
    """Somebody who can run a backend for what an sdist does not state."""

    def metadata(self, candidate: Candidate, environment: Environment) -> tuple[CoreMetadata, Host]:
        """The metadata of ``candidate`` as its backend computes it for ``environment``, and who ran that.

        Raises `BuildFailed`.
        """
        ...


class Catalogue:
    """Memoised answers over one `Index`. Not thread-safe; the index does its own prefetching.

    ``dynamic`` is asked for what only a backend can tell; where it is None, a guess stays a guess.
    ``sdists`` reads what the files of sdists say; ``locked``: see `Shelf`.
    """

    def __init__(
        self,
        index: Index,
        overrides: Iterable[MetadataOverride] = (),
        *,
        named_files: Iterable[NamedFiles] = (),
        sdists: SdistReader | None = None,
        locked: Locked = lambda _: None,
    ) -> None:
        self.dynamic: Dynamic | None = None
        self.specifiers = Specifiers()
        self._index = index
        self._overrides = tuple(overrides)
        self._named_files = tuple(named_files)
        self._reader = sdists or SdistReader()
        self._locked = locked
        self._builds: dict[str, StaticBuild | InvalidMetadata] = {}
        self._projects: dict[NormalizedName, Project | ProjectNotFound] = {}
        self._shelves: dict[NormalizedName, Shelf] = {}
        self._selections: dict[tuple[object, ...], Selection] = {}
        self._hinted: dict[Candidate, str | None] = {}
        self._claims: dict[Candidate, Claims | InvalidMetadata] = {}
        self._asked: dict[int, tuple[CoreMetadata, tuple[Asked, ...]]] = {}
        self._computed: dict[tuple[str, str], Claims | InvalidMetadata] = {}
        self._sdists: dict[str, SdistFiles] = {}
        self._direct: dict[tuple[NormalizedName, str], Candidate] = {}
        self._placed: dict[tuple[str, str], Candidate] = {}

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        """Hint that these projects will be asked for. Whether any of them is on its way."""
        return self._index.prefetch([name for name in names if name not in self._projects])

    def prefetch_claims(self, candidate: Candidate) -> str | None:
        """Hint that what it says of itself will be asked for: what `next_come` will call that, where it has to come."""
        if candidate not in self._hinted:
            is_new = candidate not in self._claims and self.is_quick(candidate)
            self._hinted[candidate] = self._index.prefetch_metadata(candidate.file) if is_new else None
        return self._hinted[candidate]

    @staticmethod
    def is_quick(candidate: Candidate) -> bool:
        """Whether what it says is had on a hint, which may be wrong: a large sdist is too much for nothing."""
        size = candidate.file.size
        return candidate.kind == "wheel" or (size is not None and size <= _LARGE)

    def next_come(self) -> str | None:
        """As `Index.next_come`."""
        return self._index.next_come()

    def project(self, name: NormalizedName) -> Project:
        """The project's files. Raises `ProjectNotFound` each time it is asked where there is none."""
        if name not in self._projects:
            try:
                self._projects[name] = self._index.project(name)
            except ProjectNotFound as error:
                self._projects[name] = error
        found = self._projects[name]
        if isinstance(found, ProjectNotFound):
            raise again(found)
        return found

    def wheel_tags(self, candidate: Candidate) -> list[str]:
        """What the wheels of a release are for, whatever the machine: the tags that their names end with (PEP 425)."""
        return [] if candidate.number is None else [t for _, t in self._shelf(candidate.name).wheels(candidate.number)]

    def has_wheels(self, name: NormalizedName) -> bool:
        """Whether any release of a project has a wheel, for whatever machine. Raises as `project`."""
        return any(filename.endswith(".whl") for filename in filenames(self.project(name).files))

    def selection(self, name: NormalizedName, environment: Environment, policy: Policy) -> Selection:
        """The candidates of a project for an environment."""
        key = (name, environment, policy.sdists, policy.exclude_newer, policy.attestations)
        if key not in self._selections:
            shelf = self._shelf(name)
            self._selections[key] = Selection(shelf, environment, policy, self._overrides, self._named_files)
        return self._selections[key]

    def _shelf(self, name: NormalizedName) -> Shelf:
        found = self._shelves.get(name)
        if found is None:
            found = self._shelves[name] = Shelf(self.project(name), self._locked)
        return found

    def direct(self, name: NormalizedName, url: str) -> Candidate:
        """The candidate behind a direct URL: one for the same bytes at the same place, whatever fragment names them.

        Raises `InvalidMetadata` where its file name does not fit.
        """
        if (name, url) not in self._direct:
            file = self._index.direct(name, url)
            parsed = parse_filename(file.filename, name)
            made = Candidate(
                name=name,
                version=parsed.version,
                file=file,
                kind="wheel" if isinstance(parsed, WheelName) else "sdist",
                index=None,
            )
            self._direct[name, url] = self._placed.setdefault((file.url, file.hashes["sha256"]), made)
        return self._direct[name, url]

    def static_build(self, candidate: Candidate) -> StaticBuild:
        """How an sdist is built by its own files. Raises `InvalidMetadata`."""
        url = candidate.file.url
        if url not in self._builds:
            try:
                self._builds[url] = self._reader.build(*self._source(candidate))
            except InvalidMetadata as error:
                self._builds[url] = error
        found = self._builds[url]
        if isinstance(found, InvalidMetadata):
            raise again(found)
        return found

    def _source(self, candidate: Candidate) -> tuple[str, Callable[[], SdistFiles]]:
        """The digest of an sdist, and what has its answering files."""
        return candidate.file.hashes["sha256"], lambda: self._sdist_files(candidate.file)

    def _sdist_files(self, file: File) -> SdistFiles:
        if file.url not in self._sdists:
            self._sdists[file.url] = self._index.sdist_files(file)
        return self._sdists[file.url]

    def claims(self, candidate: Candidate, environment: Environment, *, extras: bool = False) -> Claims:
        """What ``candidate`` says of itself. Raises `InvalidMetadata` where it breaks the specifications.

        A backend is run where only that can tell, for what its ``extras`` ask for only where they matter.
        """
        found = self.stated(candidate)
        if self.dynamic is None or not (found.uncertain or (extras and found.uncertain_extras)):
            return found
        dynamic, key = self.dynamic, (candidate.file.url, environment.name)
        return _answer(self._computed, key, candidate, lambda: self._ask(dynamic, candidate, environment, found))

    def stated(self, candidate: Candidate) -> Claims:
        """What its files say of ``candidate``: a guess where that is ``uncertain``. Raises as `claims`."""
        found = self._claims.get(candidate)
        if isinstance(found, Claims):
            return found
        return _answer(self._claims, candidate, candidate, lambda: self._overrule(candidate, self._read(candidate)))

    def has_read(self, candidate: Candidate) -> bool:
        """Whether `stated` has been asked for it."""
        return candidate in self._claims

    def asked(self, claims: Claims) -> tuple[Asked, ...]:
        """What ``claims``, which are of this catalogue, ask for, in the order of the metadata."""
        metadata = claims.metadata
        found = self._asked.get(id(metadata))
        if found is None:
            # It is kept with them, so that no other gets its number: a first answer may be followed by a better one.
            found = self._asked[id(metadata)] = metadata, asked_in(metadata.requires_dist)
        return found[1]

    def _ask(self, dynamic: Dynamic, candidate: Candidate, environment: Environment, guess: Claims) -> Claims:
        try:
            metadata, host = dynamic.metadata(candidate, environment)
        except BuildFailed as error:
            why = f"{error.outcome}: {error}"
            if guess.uncertain:
                return replace(guess, uncertain=f"{guess.uncertain}, and {why}")
            return replace(guess, uncertain_extras=f"{guess.uncertain_extras}, and {why}")
        return self._overrule(candidate, Claims(metadata=metadata, evidence="hook", answered=host))

    def _read(self, candidate: Candidate) -> Claims:
        if candidate.kind == "sdist":
            return self._read_sdist(candidate)
        metadata = self._index.wheel_metadata(candidate.file)
        if metadata.name != candidate.name or metadata.version != candidate.version:
            raise InvalidMetadata(
                f"{candidate.file.filename}: its metadata calls it {metadata.name} {metadata.version}"
            )
        return Claims(metadata=metadata)

    def _read_sdist(self, candidate: Candidate) -> Claims:
        static = self._reader.metadata(*self._source(candidate), project=candidate.name, version=candidate.version)
        if isinstance(static, StaticMetadata) and static.uncertain is None:
            extras = static.uncertain_extras.reason if static.uncertain_extras is not None else None
            return Claims(metadata=static.metadata, evidence=static.evidence, uncertain_extras=extras)
        reason = static.reason if isinstance(static, Unknown) else (static.uncertain or Unknown(reason="")).reason
        guess = self._from_sibling(candidate)
        if guess is None and isinstance(static, StaticMetadata):
            guess = static.metadata
        metadata = guess or CoreMetadata(name=candidate.name, version=candidate.version)
        return Claims(metadata=metadata, evidence="", uncertain=reason)

    def _from_sibling(self, candidate: Candidate) -> CoreMetadata | None:
        """Metadata of a wheel of the same release, for whatever environment: the best guess, and never more."""
        if candidate.number is None:
            return None
        project = self.project(candidate.name)
        positions = [position for position, _ in self._shelf(candidate.name).wheels(candidate.number)]
        for file in sorted((project.files[position] for position in positions), key=lambda file: file.filename):
            try:
                parse_filename(file.filename, candidate.name)
                return self._index.wheel_metadata(file)
            except InvalidMetadata:
                continue
            except IndexFailure:
                return None  # of a file that nobody needs
        return None

    def _overrule(self, candidate: Candidate, claims: Claims) -> Claims:
        for override in self._overrides:
            if override.project != candidate.name or not override.versions.contains(
                candidate.version, prereleases=True
            ):
                continue
            metadata = claims.metadata
            if override.requires_python is not None:
                metadata = replace(metadata, requires_python=override.requires_python, invalid_requires_python=None)
            if override.dependencies is None:
                return replace(claims, metadata=metadata)
            metadata = replace(
                metadata,
                requires_dist=override.dependencies,
                invalid_requires=(),
                provides_extra=metadata.provides_extra | _extras_named_by(override),
            )
            return Claims(metadata=metadata, evidence="override", overridden=True)
        return claims


_LARGE = 16 << 20
"""Bytes of an sdist that is had when it is sure to be needed, and not before."""


_Key = TypeVar("_Key")


def _answer(
    known: dict[_Key, Claims | InvalidMetadata], key: _Key, candidate: Candidate, read: Callable[[], Claims]
) -> Claims:
    """What ``read`` answers, remembered; an error is raised each time, and names the file."""
    if key not in known:
        try:
            known[key] = read()
        except InvalidMetadata as error:
            named = str(error) if candidate.file.filename in str(error) else f"{candidate.file.filename}: {error}"
            known[key] = InvalidMetadata(named)
    found = known[key]
    if isinstance(found, InvalidMetadata):
        raise again(found)
    return found


_EXTRA = re.compile(r'\bextra == "([^"]+)"|"([^"]+)" == extra\b')


def _extras_named_by(override: MetadataOverride) -> frozenset[NormalizedName]:
    """Extras that the replacing dependencies name in their markers."""
    markers = [str(requirement.marker or "") for requirement in override.dependencies or ()]
    named = (name for marker in markers for pair in _EXTRA.findall(marker) for name in pair if name)
    return frozenset(map(canonicalize_name, named))
