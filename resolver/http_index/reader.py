"""Reads what one index says of its projects and files: from the cache, else by asking it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from resolver.http_index.blobs import whole_file
from resolver.http_index.cache import Cache, MetadataKey, metadata_key
from resolver.http_index.pages import Page, Pages, Told
from resolver.http_index.transport import Transport
from resolver.metadata.model import SdistFiles
from resolver.simple.model import File

if TYPE_CHECKING:
    from resolver.http_index.lazy_wheel import LazyWheels


class Reader:
    """The index ``name`` at ``url``, which ends with a slash. Safe in threads; it remembers on disk alone."""

    def __init__(self, name: str, url: str, transport: Transport, cache: Cache) -> None:
        self._url = url
        self._cache = cache
        self._transport = transport
        self._pages = Pages(name, url, transport, cache)

    def page_url(self, name: NormalizedName) -> str:
        """Where a project's page lies."""
        return self._pages.url(name)

    def has_page(self, name: NormalizedName) -> bool:
        """Whether `page` will most likely need no request."""
        return self._pages.is_at_hand(name)

    def page(self, name: NormalizedName) -> Page | None:
        """The page of a project, or None where the index has none. Raises `IndexFailure`."""
        return self._pages.read(name)

    def tell(self, name: NormalizedName) -> Told | None:
        """As `page`, for another process with the same cache."""
        return self._pages.tell(name)

    def told(self, name: NormalizedName, told: Told) -> Page | None:
        """The page of which another process told, or None where it has to be read here."""
        return self._pages.told(name, told)

    def has_metadata(self, file: File) -> bool:
        """Whether `metadata` will most likely need no request."""
        key = metadata_key(self._url, file)
        return key is not None and self._cache.has_metadata(key)

    def metadata(self, file: File) -> bytes:
        """METADATA of a wheel (see `LazyWheels`) as it was parsed, in the bytes of `dump_core`. Raises as that does."""
        key = metadata_key(self._url, file)
        found = self._cache.metadata(key) if key else None
        return self._parsed(file, key) if found is None else found

    def _parsed(self, file: File, key: MetadataKey | None) -> bytes:
        from resolver.metadata.core import parse_core  # noqa: PLC0415  (what is known is not parsed again)
        from resolver.metadata.known import dump_core  # noqa: PLC0415  (as above)

        found = dump_core(parse_core(self._wheels.metadata(file)))
        if key:
            self._cache.add_metadata(key, found)
        return found

    def has_sdist_files(self, file: File) -> bool:
        """Whether `sdist_files` will most likely need no request."""
        return self._cache.has_sdist_files(file.hashes.get("sha256", ""))

    def sdist_files(self, file: File) -> SdistFiles:
        """The answering files of an sdist, which is downloaded whole, verified and kept for vendoring."""
        kept = self._cache.sdist_files(file.hashes.get("sha256", ""))
        if kept is not None:
            return kept
        from resolver.metadata.archives import sdist_files  # noqa: PLC0415  (what is known is not read again)

        with whole_file(self._transport, self._cache, file) as (stream, sha256):
            found = sdist_files(stream, file.filename)
        self._cache.add_sdist_files(sha256, found)
        return found

    @cached_property
    def _wheels(self) -> LazyWheels:
        from resolver.http_index.lazy_wheel import LazyWheels  # noqa: PLC0415  (what is known is not read again)

        return LazyWheels(self._transport, self._cache)
