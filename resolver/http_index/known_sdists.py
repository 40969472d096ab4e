"""Keeps what the files of sdists say for later runs: to read a setup.py takes longer than to resolve what it states."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.http_index.cache import Cache
from resolver.metadata.known_static import dump_build, dump_metadata, load_build, load_metadata
from resolver.metadata.model import SdistFiles, StaticBuild, StaticMetadata, Unknown
from resolver.metadata.reading import SdistReader


class KnownSdists(SdistReader):
    """A reader that remembers. ``program`` names this program and its Python: another one may read otherwise."""

    def __init__(self, cache: Cache, program: Iterable[str]) -> None:
        self._cache = cache
        self._program = "\n".join(program)

    def build(self, sha256: str, files: Callable[[], SdistFiles]) -> StaticBuild:
        """As `static_build`; what was read before is not read again. Raises as it does."""
        key = self._key("build", sha256)
        kept = self._cache.reading(key)
        if kept is not None:
            return load_build(kept)
        found = super().build(sha256, files)
        self._cache.add_reading(key, dump_build(found))
        return found

    def metadata(
        self, sha256: str, files: Callable[[], SdistFiles], *, project: NormalizedName, version: Version
    ) -> StaticMetadata | Unknown:
        """As `static_metadata`; what was read before is not read again. Raises as it does."""
        key = self._key("metadata", sha256, project, str(version))
        kept = self._cache.reading(key)
        if kept is not None:
            return load_metadata(kept)
        found = super().metadata(sha256, files, project=project, version=version)
        self._cache.add_reading(key, dump_metadata(found))
        return found

    def _key(self, *parts: str) -> str:
        lines = "\n".join((*parts, self._program))
        return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()
