"""Entries of a file for several environments: one version of a project, and for each environment the file it gets.

Environments share an entry where an installer that goes by tags is certain to take each one's own file from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from resolver.lock.model import Artifact, Lock


@dataclass(frozen=True, slots=True)
class Entry:
    """``files``: environment -> the file that it gets."""

    project: str
    version: str
    files: Mapping[str, Artifact]

    @property
    def wheels(self) -> list[Artifact]:
        """Its wheels, by name."""
        return [artifact for artifact in self._distinct() if artifact.kind == "wheel"]

    @property
    def sdist(self) -> Artifact | None:
        """Its only sdist, where an environment gets one."""
        return next((artifact for artifact in self._distinct() if artifact.kind == "sdist"), None)

    def _distinct(self) -> list[Artifact]:
        return sorted({a.filename: a for a in self.files.values()}.values(), key=lambda a: a.filename)


def entries(lock: Lock, chosen: Mapping[str, Mapping[str, str]], *, apart: Collection[str] = ()) -> list[Entry]:
    """The entries of environments, by project and version.

    ``chosen``: environment -> project -> file name. ``apart``: projects whose files never share an entry.
    """
    by_release: dict[tuple[str, str], dict[str, Artifact]] = {}
    for environment, files in chosen.items():
        for project, filename in files.items():
            artifact = lock.artifacts[filename]
            by_release.setdefault((project, artifact.version), {})[environment] = artifact
    return [
        entry
        for (project, version), files in sorted(by_release.items())
        for entry in _entries(lock, project, version, files, together=project not in apart)
    ]


def _entries(
    lock: Lock, project: str, version: str, files: Mapping[str, Artifact], *, together: bool
) -> Iterator[Entry]:
    names = {artifact.filename for artifact in files.values()}
    if len(names) == 1 or (
        together and all(_is_taken(lock, name, artifact, files) for name, artifact in files.items())
    ):
        yield Entry(project, version, files)
        return
    for filename in sorted(names):
        yield Entry(project, version, {name: a for name, a in files.items() if a.filename == filename})


def _is_taken(lock: Lock, environment: str, artifact: Artifact, files: Mapping[str, Artifact]) -> bool:
    """Whether an installer in ``environment`` takes ``artifact`` from ``files``: the wheel with the best tag."""
    if len({a.filename for a in files.values() if a.kind == "sdist"}) > 1:
        return False
    order = _order(lock.environments[environment].tags)
    ranks = {a.filename: rank for a in files.values() if (rank := _rank(a, order)) is not None}
    if artifact.kind == "sdist":
        return not ranks
    best = ranks.get(artifact.filename)
    return best is not None and all(rank > best for name, rank in ranks.items() if name != artifact.filename)


@lru_cache
def _order(tags: tuple[str, ...]) -> dict[str, int]:
    return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}


def _rank(artifact: Artifact, order: Mapping[str, int]) -> int | None:
    ranks = (order[tag] for tag in tags_of(artifact) if tag in order)
    return min(ranks, default=None)


def tags_of(artifact: Artifact) -> Iterable[str]:
    """The tags of a wheel; none for an sdist, and for a name that is no wheel's."""
    return _tags(artifact.filename) if artifact.kind == "wheel" else ()


@lru_cache(maxsize=1 << 12)
def _tags(filename: str) -> frozenset[str]:
    try:
        return frozenset(str(tag) for tag in parse_wheel_filename(filename)[3])
    except InvalidWheelFilename:
        return frozenset()
