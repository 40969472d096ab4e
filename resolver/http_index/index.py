"""The `Index` port over HTTP: pages, metadata and sdists of one Simple repository, each asked for once.

It joins the parts of this package and keeps their answers for its life, so that they do not change under a resolution.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from packaging.utils import NormalizedName

from resolver.concurrency import Arrivals, Memo, Workers
from resolver.errors import IndexFailure, ProjectNotFound
from resolver.evidence import Evidence
from resolver.http_index.assistant import Assistant
from resolver.http_index.blobs import cached_file
from resolver.http_index.cache import Cache
from resolver.http_index.direct_files import DirectFiles
from resolver.http_index.errands import Errands, metadata_of
from resolver.http_index.reader import Reader
from resolver.http_index.transport import Transport
from resolver.http_index.urls import joined, shown
from resolver.index import Project
from resolver.metadata.known import load_core
from resolver.metadata.model import CoreMetadata, SdistFiles
from resolver.simple.model import File, LazyFiles, filenames

_WORKERS = 16
"""Requests that threads may have under way at once, where there is no assistant."""


class HttpIndex:
    """The index ``name`` whose project pages lie below ``url``. Close it, or use it as a context manager.

    What is asked for ahead is had by the ``assistant``, where there is one, else in threads.
    Raises besides what `Index` says `InputError` for a direct URL that cannot be locked.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        transport: Transport,
        cache: Cache,
        evidence: Evidence | None = None,
        assistant: Assistant | None = None,
    ) -> None:
        self.name = name
        self._url = url.rstrip("/") + "/"
        self._transport = transport
        self._cache = cache
        self._evidence = evidence if evidence is not None else Evidence()
        self._reader = Reader(name, self._url, transport, cache)
        self._errands = Errands(name, self._url, self._reader, assistant)
        self._workers = Workers(_WORKERS)
        self._projects: Memo[NormalizedName, Project] = Memo(self._workers)
        self._metadata: Memo[str, CoreMetadata] = Memo(self._workers)
        self._sdists: Memo[str, SdistFiles] = Memo(self._workers)
        self._direct: Memo[str, File] = Memo(self._workers)
        self._direct_files = DirectFiles(transport, cache)
        self._hinted: dict[NormalizedName, bool] = {}
        self._hinted_files: dict[str, bool] = {}
        self._arrivals = Arrivals()

    def __enter__(self) -> HttpIndex:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Prefetch nothing more, and wait for nothing."""
        self._workers.close()
        self._direct_files.close()

    def project(self, name: NormalizedName) -> Project:
        """The files that the project's page lists, in its order, with absolute URLs without credentials."""
        return self._projects.ask(name, lambda: self._read_project(name))

    def wheel_metadata(self, file: File) -> CoreMetadata:
        """METADATA of a wheel (see `LazyWheels`)."""
        if file in self._direct_files:
            return self._direct_files.wheel_metadata(file)
        return self._metadata.ask(metadata_of(file), lambda: self._read_metadata(file))

    def sdist_files(self, file: File) -> SdistFiles:
        """The answering files of an sdist, which is downloaded whole, verified and kept for vendoring."""
        if file in self._direct_files:
            return self._direct_files.sdist_files(file)
        return self._sdists.ask(file.url, lambda: self._errands.sdist_files(file))

    def artifact(self, file: File) -> Path:
        """A whole file in the cache. Raises `StorageError` where that cannot hold it."""
        if file in self._direct_files:
            return self._direct_files.artifact(file)
        return cached_file(self._transport, self._cache, file)

    def direct(self, name: NormalizedName, url: str) -> File:
        """The file behind a direct URL; it is downloaded, and its size known, where the fragment gives no sha256."""
        self._evidence.unrepeatable()
        return self._direct.ask(f"{name} {url}", lambda: self._direct_files.file(name, url))

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        """Begin to fetch pages that are not at hand; an error is raised by `project` alone."""
        answers = [self._is_on_its_way(name) for name in names]
        return any(answers)

    def prefetch_metadata(self, file: File) -> str | None:
        """Begin to fetch it; an error is raised by `wheel_metadata` or `sdist_files` alone."""
        if file in self._direct_files:
            return None
        is_wheel = file.filename.endswith(".whl")
        what = metadata_of(file) if is_wheel else file.url
        if what not in self._hinted_files:
            self._hinted_files[what] = self._begin_wheel(file, what) if is_wheel else self._begin_sdist(file)
        return what if self._hinted_files[what] else None

    def next_come(self) -> str | None:
        """The next answer of the assistant, to whichever index, or else of a thread."""
        return self._errands.next_come() or self._arrivals.next()

    def _begin_wheel(self, file: File, metadata: str) -> bool:
        if self._reader.has_metadata(file):
            return False
        if not self._errands.begin_metadata(file):
            self._metadata.hint(metadata, lambda: self._read_metadata(file), self._arrivals.expect(metadata))
        return True

    def _begin_sdist(self, file: File) -> bool:
        if self._reader.has_sdist_files(file):
            return False
        if not self._errands.begin_sdist(file):
            self._sdists.hint(file.url, lambda: self._reader.sdist_files(file), self._arrivals.expect(file.url))
        return True

    def _is_on_its_way(self, name: NormalizedName) -> bool:
        if name not in self._hinted:
            self._hinted[name] = not self._reader.has_page(name)
            # What is at hand is left alone: a thread would only take turns with the search.
            if self._hinted[name] and not self._errands.begin_page(name):
                self._projects.hint(name, lambda: self._read_project(name), self._arrivals.expect(name))
        return self._hinted[name]

    def _read_project(self, name: NormalizedName) -> Project:
        page = self._errands.page(name)
        if page is None:
            self._evidence.unrepeatable()  # the next run would have to ask again
            raise ProjectNotFound(name, self.name)
        if page.is_kept:
            self._evidence.page(self._reader.page_url(name), page.sha256)
        else:
            self._evidence.unrepeatable()
        files = LazyFiles(filenames(page.files), lambda number: self._at(page.url, page.files[number]))
        return Project(name=name, index=self.name, files=files, releases=page.releases)

    def _at(self, page: str, file: File) -> File:
        """The file with an absolute URL, which can take longer to work out than all else of its row."""
        try:
            url = joined(page, file.url)
            provenance = joined(page, file.provenance) if file.provenance is not None else None
        except ValueError as error:  # a link that is no URL
            raise IndexFailure(f"index {self.name!r}: {shown(page)}: {file.filename}: {error}") from error
        if url == file.url and provenance == file.provenance:
            return file
        return replace(file, url=url, provenance=provenance)

    def _read_metadata(self, file: File) -> CoreMetadata:
        return load_core(self._errands.metadata(file))
