"""The `Listings` port over the indexes of a lock: their pages, each asked for once and only when somebody wants it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from resolver.errors import ProjectNotFound, TransferError
from resolver.http_index.cache import Cache
from resolver.http_index.transport import Transport
from resolver.lock.model import Artifact
from resolver.vendor.ports import Listed

if TYPE_CHECKING:
    from resolver.http_index.index import HttpIndex
    from resolver.local_index import LocalIndex

_TRIES = 2
"""The tree does not hang on what a page says."""


class IndexPages:
    """``indexes``: the Simple API of each index, by name; ``directory``: where the lock lies."""

    def __init__(self, indexes: Mapping[str, str], directory: Path, cache: Cache) -> None:
        self._urls = indexes
        self._directory = directory
        self._cache = cache
        self._stack = ExitStack()
        self._made: dict[str, HttpIndex | LocalIndex] = {}
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
            self._index(artifact.index).prefetch([canonicalize_name(artifact.project)])

    def listed(self, artifact: Artifact) -> Listed | None:
        """See `resolver.vendor.ports.Listings`. An index that failed once is not asked again: nobody waits twice."""
        assert artifact.index is not None, "a file with a URL of its own is on no page"
        if artifact.index in self._silent:
            raise self._silent[artifact.index]
        try:
            files = self._index(artifact.index).project(canonicalize_name(artifact.project)).files
        except ProjectNotFound:
            return None
        except TransferError as error:
            self._silent[artifact.index] = error
            raise
        found = next((file for file in files if file.filename == artifact.filename), None)
        return None if found is None else Listed(sha256=found.hashes.get("sha256"), yanked=found.yanked)

    def _index(self, name: str) -> HttpIndex | LocalIndex:
        with self._making:
            if name not in self._made:
                self._made[name] = self._make(name, self._urls[name])
            return self._made[name]

    def _make(self, name: str, url: str) -> HttpIndex | LocalIndex:
        from resolver.http_index.index import HttpIndex  # noqa: PLC0415  (most runs ask for no page)
        from resolver.local_index import LocalIndex, path_of  # noqa: PLC0415

        if url.startswith(("http://", "https://")):
            transport = self._stack.enter_context(Transport(name, url, tries=_TRIES))
            return self._stack.enter_context(HttpIndex(name, url, transport=transport, cache=self._cache))
        directory = path_of(url) if url.startswith("file:") else self._directory / unquote(url)
        return LocalIndex(name, directory, url)
