"""The `Listings` port over the indexes of a lock: their pages, each asked for once and only when somebody wants it."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from packaging.utils import NormalizedName, canonicalize_name

from resolver.errors import ProjectNotFound, TransferError, again
from resolver.http_index.cache import Cache
from resolver.http_index.transport import Transport
from resolver.lock.model import Artifact, Lock
from resolver.vendor.ports import Listed

if TYPE_CHECKING:
    from resolver.local_index import LocalIndex
    from resolver.simple.model import File

_TRIES = 2
"""Few: the tree does not depend on what a page says."""


class _Listing(Protocol):
    def expect(self, project: NormalizedName) -> None: ...
    def file(self, project: NormalizedName, filename: str) -> File | None: ...


class IndexPages:
    """``directory``: where the lock lies."""

    def __init__(self, lock: Lock, directory: Path, cache: Cache) -> None:
        self._lock = lock
        self._directory = directory
        self._cache = cache
        self._stack = ExitStack()
        self._made: dict[str, _Listing] = {}
        self._making = threading.Lock()
        self._silent: dict[str, TransferError] = {}

    def __enter__(self) -> IndexPages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def expect(self, artifact: Artifact) -> None:
        """See `resolver.vendor.ports.Listings`."""
        if artifact.index is not None and artifact.index not in self._silent:
            self._index(artifact.index).expect(canonicalize_name(artifact.project))

    def listed(self, artifact: Artifact) -> Listed | None:
        """See `resolver.vendor.ports.Listings`. An index that failed once is not asked again: nobody waits twice."""
        assert artifact.index is not None, "a file with a URL of its own is on no page"
        if artifact.index in self._silent:
            raise again(self._silent[artifact.index])
        try:
            found = self._index(artifact.index).file(canonicalize_name(artifact.project), artifact.filename)
        except TransferError as error:
            self._silent[artifact.index] = error
            raise
        return None if found is None else Listed(sha256=found.hashes.get("sha256"), yanked=found.yanked)

    def _index(self, name: str) -> _Listing:
        with self._making:
            if name not in self._made:
                self._made[name] = self._make(name, self._lock.indexes[name].url)
            return self._made[name]

    def _make(self, name: str, url: str) -> _Listing:
        from resolver.http_index.listing import Listing  # noqa: PLC0415  (most runs ask for no page)
        from resolver.local_index import LocalIndex, path_of  # noqa: PLC0415

        if url.startswith(("http://", "https://")):
            transport = self._stack.enter_context(Transport(name, url, tries=_TRIES))
            listing = Listing(name, url, transport=transport, cache=self._cache, wanted=self._wanted(name))
            return self._stack.enter_context(listing)
        directory = path_of(url) if url.startswith("file:") else self._directory / unquote(url)
        return _Directory(LocalIndex(name, directory, url))

    def _wanted(self, index: str) -> dict[NormalizedName, list[str]]:
        found: dict[NormalizedName, list[str]] = {}
        for artifact in self._lock.artifacts.values():
            if artifact.index == index:
                found.setdefault(canonicalize_name(artifact.project), []).append(artifact.filename)
        return found


class _Directory:
    """A directory as index: it lists what lies in it."""

    def __init__(self, index: LocalIndex) -> None:
        self._index = index

    def expect(self, project: NormalizedName) -> None:
        """Nothing is worth doing ahead."""

    def file(self, project: NormalizedName, filename: str) -> File | None:
        try:
            files = self._index.project(project).files
        except ProjectNotFound:
            return None
        return next((file for file in files if file.filename == filename), None)
