"""What one index says of its projects and wheels: from the cache, else by asking it."""

from __future__ import annotations

from packaging.utils import NormalizedName

from resolver.http_index.cache import Cache
from resolver.http_index.lazy_wheel import LazyWheels
from resolver.http_index.pages import Pages, PageView
from resolver.http_index.transport import Transport
from resolver.simple.model import File


class Reader:
    """The index ``name`` below ``url``, which ends with a slash. Safe in threads; nothing is remembered but on disk."""

    def __init__(self, name: str, url: str, transport: Transport, cache: Cache) -> None:
        self._url = url
        self._cache = cache
        self._pages = Pages(name, url, transport, cache)
        self._wheels = LazyWheels(transport, cache)

    def page_url(self, name: NormalizedName) -> str:
        """Where a project's page lies."""
        return self._pages.url(name)

    def has_page(self, name: NormalizedName) -> bool:
        """Whether `page` will most likely need no request."""
        return self._pages.is_at_hand(name)

    def page(self, name: NormalizedName) -> PageView | None:
        """The page of a project, or None where the index has none. Raises `IndexFailure`."""
        return self._pages.read(name)

    def has_metadata(self, file: File) -> bool:
        """Whether `metadata` will most likely need no request."""
        return self._cache.has_metadata(self._url, file.hashes.get("sha256", ""))

    def metadata(self, file: File) -> bytes:
        """METADATA of a wheel (see `LazyWheels`)."""
        sha256 = file.hashes.get("sha256", "")
        found = self._cache.metadata(self._url, sha256) if sha256 else None
        if found is None:
            found = self._wheels.metadata(file)
            if sha256:
                self._cache.add_metadata(self._url, sha256, found)
        return found
