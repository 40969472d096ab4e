"""Which file of each release an environment would use, and why every other file is refused.

A selection looks at one project, one environment and one policy. It knows nothing of requirements:
specifiers, pre-releases and pins are judged by the provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Literal, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.environments.evaluate import YES, assumption, claim_of_python
from resolver.environments.model import Environment
from resolver.errors import InvalidMetadata
from resolver.index import Project
from resolver.records import record
from resolver.resolution.restated import how_to_state_python
from resolver.simple.filenames import WheelName, parse_filename, tags_of
from resolver.simple.model import File, filenames
from resolver.simple.times import upload_moment
from resolver.spec.model import MetadataOverride, NamedFiles, Policy

Locked = Callable[[str], tuple[str, int | None] | None]


@record(eq=False)
class Candidate:
    """The one file that stands for a release in an environment.

    ``index`` is None for a direct URL, and so is ``number``: that of the release on its project's page.
    ``is_digested``: nobody has stated the sha256 of its file, which is that of the bytes that came.
    Two candidates are one object, or they differ.
    """

    name: NormalizedName
    version: Version
    file: File
    kind: Literal["wheel", "sdist"]
    index: str | None
    number: int | None = None
    is_digested: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@record
class Rejection:
    """A file that an environment cannot use. ``untagged``: its tags or its kind stand against it."""

    filename: str
    reason: str
    untagged: bool = False


class _Usable(NamedTuple):  # one for each file and environment: a record takes four times as long to make
    """A file that passed. ``order`` sorts the best first: unyanked, wheels by tag, then the higher build tag."""

    order: tuple[object, ...]
    candidate: Candidate


class _Sole(NamedTuple):
    """The only wheel of a release. Its ``tags`` and ``requires_python`` are all that could stand against it here."""

    candidate: Candidate
    tags: str
    requires_python: str | None


class Shelf:
    """The files of a project by release, as every environment finds them: each is looked at once, and when asked for.

    ``releases`` are all that have files. Whatever is asked here stands beside the file in every environment.
    ``locked`` gives, for a file name, the sha256 and the size that an older lock has of it.
    """

    def __init__(self, project: Project, locked: Locked = lambda _: None) -> None:
        self.project = project
        self.releases = project.releases
        self._locked = locked
        self._filenames = filenames(project.files)
        self._wheels: dict[int, Sequence[tuple[int, str]]] = {}
        self._placed: dict[int, tuple[Candidate, tuple[object, ...]]] = {}
        self._sole: dict[int, _Sole | None] = {}
        self._lockable: dict[str, Candidate] = {}

    def sole(self, number: int) -> _Sole | None:
        """The wheel of a release that has one alone, not yanked and with the digest that a lock needs."""
        if number not in self._sole:
            self._sole[number] = self._sole_of(number)
        return self._sole[number]

    def _sole_of(self, number: int) -> _Sole | None:
        wheels = self.wheels(number)
        if len(wheels) != 1:
            return None
        [(position, tags)] = wheels
        try:
            candidate, _ = self.candidate(position, number)
        except InvalidMetadata:
            return None
        file = candidate.file
        is_fit = file.yanked is None and "sha256" in file.hashes
        return _Sole(candidate, tags, file.requires_python) if is_fit else None

    def wheels(self, number: int) -> Sequence[tuple[int, str]]:
        """The wheels of a release: the position of each on the page, and its tags as its name has them (PEP 425)."""
        found = self._wheels.get(number)
        if found is None:
            names = ((position, self._filenames[position]) for position in self.releases.files[number])
            wheels = [(position, tags_of(name)) for position, name in names if name.endswith(".whl")]
            found = self._wheels[number] = wheels
        return found

    def others(self, number: int) -> list[int]:
        """The positions of the files of a release that are no wheels."""
        return [p for p in self.releases.files[number] if not self._filenames[p].endswith(".whl")]

    def candidate(self, position: int, number: int) -> tuple[Candidate, tuple[object, ...]]:
        """A file of a release as a candidate, and what sorts it among files of its kind. Raises `InvalidMetadata`."""
        found = self._placed.get(position)
        if found is None:
            project, filename = self.project, self._filenames[position]
            kind, place = _kind_of(filename, project.name, self.releases.versions[number])
            candidate = Candidate(
                name=project.name,
                version=self.releases.version(number),
                file=project.files[position],
                kind=kind,
                index=project.index,
                number=number,
            )
            found = self._placed[position] = (candidate, place)
        return found

    def lockable(self, candidate: Candidate) -> Candidate:
        """The candidate, with the sha256 that a lock needs. Raises `TransferError` where that is to be worked out."""
        digest = self.project.digest
        if digest is None or "sha256" in candidate.file.hashes:
            return candidate
        file = candidate.file
        if file.filename not in self._lockable:
            known = self._locked(file.filename)
            if known is not None:
                sha256, size = known
                file = replace(file, hashes={**file.hashes, "sha256": sha256}, size=size)
            else:
                file = digest(file)
            self._lockable[file.filename] = replace(candidate, file=file, is_digested=known is None)
        return self._lockable[file.filename]


class Selection:
    """One file for each release that an environment can use under a policy, judged when it is first asked for.

    Follows PEP 425 for tags, PEP 592 for yanked files (they stand only where a release has nothing else),
    and Requires-Python file by file (PEP 503). Files need a sha256, since a lock can hold no other;
    where the index states none and `Project.digest` gives it, that is asked only for a file that would be taken.
    ``named_files`` are the only ones that may stand for releases of their project.
    ``releases`` are all that have files, whether or not the environment can use one of them.
    """

    def __init__(
        self,
        shelf: Shelf,
        environment: Environment,
        policy: Policy,
        overrides: Iterable[MetadataOverride] = (),
        named_files: Iterable[NamedFiles] = (),
    ) -> None:
        self._shelf = shelf
        self.releases = shelf.releases
        self._environment = environment
        self._policy = policy
        project = shelf.project.name
        self._claims = tuple(override for override in overrides if override.project == project)
        self._named = tuple(n for n in named_files if n.project == project)
        self._candidates: dict[int, Candidate | None] = {}
        self._fitting: dict[tuple[str, str | None], bool] = {}
        asks_more = policy.exclude_newer is not None or policy.attestations == "require" or policy.sdists == "always"
        self._is_plain = not (asks_more or self._claims or self._named)

    def of_version(self, version: Version) -> Candidate | None:
        """The file that stands here for the release that a version means, or None where none can be used."""
        number = self.releases.number(version)
        return None if number is None else self.candidate(number)

    def candidate(self, number: int) -> Candidate | None:
        """The file that stands for a release here, or None where none can be used."""
        if number not in self._candidates:
            self._candidates[number] = self._only_wheel(number) or self._best_file(number)
        return self._candidates[number]

    def _only_wheel(self, number: int) -> Candidate | None:
        """The wheel of a release that has one alone, as most have, where that can be used: it is soon told."""
        sole = self._shelf.sole(number) if self._is_plain else None
        if sole is None:
            return None
        claims = (sole.tags, sole.requires_python)
        if claims not in self._fitting:
            python = claim_of_python(sole.requires_python, self._environment) if sole.requires_python else YES
            fits = python is not None and python.value
            self._fitting[claims] = fits and self._environment.best_rank(sole.tags) is not None
        return sole.candidate if self._fitting[claims] else None

    def _best_file(self, number: int) -> Candidate | None:
        best = self._best_wheel(number)
        if best is None or best.candidate.file.yanked is not None:  # else no source distribution comes before it
            choices = (choice for choice in (best, self._best_other(number)) if choice is not None)
            best = min(choices, key=_ORDER, default=None)
        return self._shelf.lockable(best.candidate) if best is not None else None

    def _best_wheel(self, number: int) -> _Usable | None:
        """The tags of most wheels alone rule them out: nothing else has to be looked at then."""
        rank = self._environment.best_rank
        return _best(
            self._judge(position, number, tags)
            for position, tags in self._shelf.wheels(number)
            if rank(tags) is not None
        )

    def _best_other(self, number: int) -> _Usable | None:
        return _best(self._judge(position, number, None) for position in self._shelf.others(number))

    def rejections(self, number: int) -> tuple[Rejection, ...]:
        """Why the other files of a release cannot be used."""
        wheels = dict(self._shelf.wheels(number))
        judged = (self._judge(position, number, wheels.get(position)) for position in self.releases.files[number])
        return tuple(one for one in judged if isinstance(one, Rejection))

    def _judge(self, position: int, number: int, tags: str | None) -> _Usable | Rejection:
        """``tags`` as `Shelf.wheels` has them; other files have none."""
        policy = self._policy
        try:
            candidate, place = self._shelf.candidate(position, number)
        except InvalidMetadata as error:
            return _refused(self._shelf.project.files[position], str(error))
        file = candidate.file
        if tags is not None:
            if policy.sdists == "always":
                return _refused(file, "is a wheel, and the policy is `sdists: always`")
            rank = self._environment.best_rank(tags)
            if rank is None:
                return _refused(file, f"is built for {tags}", untagged=True)
            order: tuple[object, ...] = (file.yanked is not None, 0, rank, place, file.filename)
        else:
            if policy.sdists == "never":
                return _refused(file, "is a source distribution, and the policy is `sdists: never`", untagged=True)
            order = (file.yanked is not None, 1, *place, (), file.filename)
        reason = _undigested(file, self._shelf.project)
        reason = reason or _unfit(file, candidate.version, self._environment, policy, self._claims)
        if self._named and not reason:
            candidate = self._shelf.lockable(candidate)
            reason = _unnamed(candidate.file, candidate.version, self._named)
        return _refused(file, reason) if reason else _Usable(order, candidate)


def _refused(file: File, reason: str, *, untagged: bool = False) -> Rejection:
    return Rejection(filename=file.filename, reason=reason, untagged=untagged)


def _best(judged: Iterable[_Usable | Rejection]) -> _Usable | None:
    return min((one for one in judged if isinstance(one, _Usable)), key=_ORDER, default=None)


_ORDER = attrgetter("order")


def _undigested(file: File, project: Project) -> str:
    if "sha256" in file.hashes or project.digest is not None:
        return ""
    given = ", ".join(sorted(file.hashes)) or "no digest"
    remedy = f"`digests: computed` at the index {project.index} takes that of the bytes that come"
    return f"comes with {given} from the index, and a lock needs sha256 ({remedy})"


def _unfit(
    file: File, version: Version, environment: Environment, policy: Policy, claims: tuple[MetadataOverride, ...]
) -> str:
    if policy.exclude_newer is not None:
        if file.upload_time is None:
            return "has no upload time at the index, and `exclude_newer` is set"
        if upload_moment(file.upload_time) >= policy.exclude_newer:
            return f"was uploaded {file.upload_time}, after `exclude_newer` ({policy.exclude_newer:%Y-%m-%dT%H:%M:%SZ})"
    stated = file.requires_python
    if claims:
        claim = next((claim for claim in claims if claim.versions.contains(version, prereleases=True)), None)
        if claim is not None and claim.requires_python is not None:
            stated = str(claim.requires_python)
    answer = claim_of_python(stated, environment) if stated else YES
    if answer is None:
        return f"has an invalid Requires-Python {stated!r} ({how_to_state_python(str(stated))})"
    if policy.attestations == "require" and file.provenance is None:
        return "has no attestations at the index, and the policy is `attestations: require`"
    if not answer.value:
        return f"requires Python {SpecifierSet(str(stated))}" + (
            f" ({assumption(environment)})" if answer.assumed else ""
        )
    return ""


def _unnamed(file: File, version: Version, named: Sequence[NamedFiles]) -> str:
    about = [one for one in named if one.versions.contains(version, prereleases=True)] if named else ()
    if not about:
        return ""
    digests = {f"{algorithm}:{digest}" for algorithm, digest in file.hashes.items()}
    if any(digests & one.digests for one in about):
        return ""
    return f"is none of the files whose hashes {about[0].origin} gives"


_IN_TAGS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
_LONGEST_PLAIN = 200


def _kind_of(
    filename: str, project: NormalizedName, version: str
) -> tuple[Literal["wheel", "sdist"], tuple[object, ...]]:
    """What kind of file a name stands for, and what sorts it among those. Raises `InvalidMetadata`.

    Of most wheels a glance tells that the name is right, and has no build tag: to take it apart takes longer.
    """
    if _is_plain_wheel(filename, project, version):
        return "wheel", _descending(())
    name = parse_filename(filename, project)
    return ("wheel", _descending(name.build)) if isinstance(name, WheelName) else ("sdist", (_archive_rank(filename),))


def _is_plain_wheel(filename: str, project: NormalizedName, version: str) -> bool:
    """Whether there are tags and nothing else behind a version that is numbers with dots between."""
    tags = tags_of(filename)
    if filename != f"{project.replace('-', '_')}-{version}-{tags}.whl" or tags.count("-") != 2:
        return False
    if version.strip("0123456789.") or tags.strip(_IN_TAGS) or len(filename) > _LONGEST_PLAIN:
        return False
    pythons, abis, platforms = (part.split(".") for part in tags.split("-"))
    return all(map(str.isidentifier, pythons)) and all(abis) and all(platforms)


def _descending(build: tuple[()] | tuple[int, str]) -> tuple[object, ...]:
    """A build tag ``(number, suffix)`` as a key under which the higher one, and any one before none, comes first."""
    if not build:
        return (1,)
    number, suffix = build
    return (0, -number, (*(-ord(c) for c in suffix), 0))


def _archive_rank(filename: str) -> int:
    """PEP 625's format first, where a release has more than one sdist."""
    return 0 if filename.endswith(".tar.gz") else 1
