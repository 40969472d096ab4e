"""The port through which the resolver sees the world of distributions.

``http_index`` and ``local_index`` implement it, `Routed` binds each project to exactly one of them, and tests have a
fake. Everything here is a question about named bytes; no method looks at a target environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from packaging.utils import NormalizedName

from resolver.metadata.model import CoreMetadata, SdistFiles
from resolver.records import field, record
from resolver.simple.model import File, LazyFiles, filenames
from resolver.simple.releases import Releases

if TYPE_CHECKING:
    from pathlib import Path


@record
class Project:
    """A project's files as its one index lists them, and its releases; every ``File.url`` is absolute.

    ``digest`` gives a file of which the page states no sha256 that of its bytes; None: such a file cannot be locked.
    """

    name: NormalizedName
    index: str
    files: Sequence[File]
    releases: Releases = field(compare=False)
    digest: Callable[[File], File] | None = field(default_factory=lambda: None, compare=False)


@record
class Site:
    """Where an index lies: ``url`` as a lock calls it, without credentials and with a final slash.

    ``root``: for a directory, the file:// URL that stands for ``url`` on this machine; empty for HTTP.
    """

    url: str
    root: str = ""


class Index(Protocol):
    """Answers about projects and files.

    Every method may raise `resolver.errors.TransferError`; answers are the same for the life of the object.
    """

    def project(self, name: NormalizedName) -> Project:
        """The files of a project. Raises `ProjectNotFound`."""
        ...

    def wheel_metadata(self, file: File) -> CoreMetadata:
        """METADATA of a wheel, by the cheapest way that is sound.

        Raises `InvalidMetadata` for a broken archive, and as `resolver.metadata.core.parse_core` does.
        """
        ...

    def sdist_files(self, file: File) -> SdistFiles:
        """The answering files of an sdist. Raises `InvalidMetadata` for a broken or unsafe archive."""
        ...

    def direct(self, name: NormalizedName, url: str) -> File:
        """The file behind a direct URL, with its sha256 (from the fragment or from its bytes) and size."""
        ...

    def artifact(self, file: File) -> Path:
        """A whole file, verified against its digest; it is not the caller's to change."""
        ...

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        """A hint that these projects will be asked for; returns at once and never raises.

        Whether one of them is on its way: it was not at hand when it was first asked for.
        """
        ...

    def prefetch_metadata(self, file: File) -> str | None:
        """A hint that a wheel's metadata, or the answering files of an sdist, will be asked for.

        Returns at once and never raises: what `next_come` will call it, the same for wheels with the same METADATA, or
        None where it was at hand when it was first asked for.
        """
        ...

    def next_come(self) -> str | None:
        """Wait until one more of what is on its way has come, or failed to: a project's name, or that of metadata.

        None where nothing is on its way. Each is returned once, maybe long after it came.
        """
        ...


class Wrapped:
    """The `Index` behind ``index``, for those that answer some questions otherwise."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def project(self, name: NormalizedName) -> Project:
        return self._index.project(name)

    def wheel_metadata(self, file: File) -> CoreMetadata:
        return self._index.wheel_metadata(file)

    def sdist_files(self, file: File) -> SdistFiles:
        return self._index.sdist_files(file)

    def direct(self, name: NormalizedName, url: str) -> File:
        return self._index.direct(name, url)

    def artifact(self, file: File) -> Path:
        return self._index.artifact(file)

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        return self._index.prefetch(names)

    def prefetch_metadata(self, file: File) -> str | None:
        return self._index.prefetch_metadata(file)

    def next_come(self) -> str | None:
        return self._index.next_come()


class Routed:
    """An `Index` over several: ``index_for`` names the only one that may be asked for a project.

    A file is asked of the index that listed it; one that none listed (a direct URL) of ``elsewhere``.
    """

    def __init__(self, indexes: dict[str, Index], index_for: Callable[[NormalizedName], str], elsewhere: Index) -> None:
        self._indexes = indexes
        self._index_for = index_for
        self._elsewhere = elsewhere
        self._owner: dict[str, Index] = {}

    def project(self, name: NormalizedName) -> Project:
        index = self._indexes[self._index_for(name)]
        project = index.project(name)
        if len(self._indexes) == 1 and index is self._elsewhere:
            return project
        files = project.files  # to look at each of them, only to know whose it is, takes longer than all else
        owned = LazyFiles(filenames(files), lambda number: self._owned(files[number], index))
        return replace(project, files=owned)

    def wheel_metadata(self, file: File) -> CoreMetadata:
        return self._owner.get(file.url, self._elsewhere).wheel_metadata(file)

    def sdist_files(self, file: File) -> SdistFiles:
        return self._owner.get(file.url, self._elsewhere).sdist_files(file)

    def direct(self, name: NormalizedName, url: str) -> File:
        return self._elsewhere.direct(name, url)

    def artifact(self, file: File) -> Path:
        return self._owner.get(file.url, self._elsewhere).artifact(file)

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        answers = [self._indexes[self._index_for(name)].prefetch([name]) for name in names]
        return any(answers)

    def prefetch_metadata(self, file: File) -> str | None:
        return self._owner.get(file.url, self._elsewhere).prefetch_metadata(file)

    def next_come(self) -> str | None:
        told = (index.next_come() for index in self._indexes.values())
        return next((come for come in told if come is not None), None)

    def _owned(self, file: File, index: Index) -> File:
        self._owner[file.url] = index
        return file
