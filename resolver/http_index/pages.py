"""Project pages of one index: from the cache while they are fresh, revalidated where the index allows it, else fetched.

Of a page the cache keeps what parsing it gave, and what the index said of its age. Nothing here makes values of it.
"""

from __future__ import annotations

import hashlib
import time
from threading import Lock
from typing import NamedTuple

from packaging.utils import NormalizedName

from resolver.errors import IndexFailure
from resolver.http_index.cache import Cache
from resolver.http_index.freshness import StoredPage, is_worth_keeping, page_of, revalidated
from resolver.http_index.reply import Reply
from resolver.http_index.transport import Transport
from resolver.http_index.views import dump_view, view_key
from resolver.simple.model import filenames
from resolver.simple.parse import CONTENT_TYPES, parse
from resolver.simple.releases import releases_of

_LARGEST = 1 << 28
_ABSENT = (404, 410)


class PageView(NamedTuple):
    """A page as `views` keeps it, ``url`` after redirects. ``is_kept``: a later run may find the same one fresh."""

    url: str
    sha256: str
    view: bytes
    is_kept: bool


class Pages:
    """The pages below ``root``, which ends with a slash, of the index ``index``."""

    def __init__(self, index: str, root: str, transport: Transport, cache: Cache) -> None:
        self._index = index
        self._root = root
        self._transport = transport
        self._cache = cache
        self._parsing = Lock()  # a long page takes memory, and threads would only take turns at two

    def url(self, name: NormalizedName) -> str:
        """Where a project's page lies."""
        return f"{self._root}{name}/"

    def is_at_hand(self, name: NormalizedName) -> bool:
        """Whether `read` will most likely need no request."""
        stored = self._cache.page(self.url(name))
        return stored is not None and stored.is_fresh(time.time()) and self._cache.has_view(_key(name, stored))

    def read(self, name: NormalizedName) -> PageView | None:
        """The page of a project, or None where the index has none. Raises `IndexFailure`."""
        stored = self._cache.page(self.url(name))
        view = self._cache.view(_key(name, stored)) if stored is not None else None
        if stored is None or view is None:
            return self._fetch(name, None, None)
        if stored.is_fresh(time.time()):
            return _viewed(stored, view, is_kept=True)
        return self._fetch(name, stored, view)

    def _fetch(self, name: NormalizedName, stored: StoredPage | None, view: bytes | None) -> PageView | None:
        url = self.url(name)
        conditions = stored.conditions() if stored is not None else {}
        reply = self._transport.get(url, limit=_LARGEST, headers={"Accept": CONTENT_TYPES, **conditions})
        if reply.status in _ABSENT:
            return None
        if reply.status == 304 and stored is not None and view is not None:
            page = revalidated(stored, reply.headers, time.time())
            return _viewed(page, view, is_kept=self._keep(url, page, reply))
        if reply.status != 200:
            raise self._transport.refusal(url, reply.status)
        page = page_of(reply.url, reply.headers, hashlib.sha256(reply.content).hexdigest(), time.time())
        return self._parsed(name, page, reply)

    def _parsed(self, name: NormalizedName, page: StoredPage, reply: Reply) -> PageView:
        key = _key(name, page)
        view = self._cache.view(key)
        if view is None:
            with self._parsing:
                view = self._view(name, page, reply.content)
            self._cache.add_view(key, view)
        return _viewed(page, view, is_kept=self._keep(self.url(name), page, reply))

    def _view(self, name: NormalizedName, page: StoredPage, content: bytes) -> bytes:
        try:
            files = parse(content, page.content_type, project=name).files
        except IndexFailure as error:
            raise IndexFailure(f"index {self._index!r}: {error}") from error
        return dump_view(files, releases_of(filenames(files), name))

    def _keep(self, url: str, page: StoredPage, reply: Reply) -> bool:
        """Keep what the index said of a page, where it allows that; whether it did."""
        if not is_worth_keeping(page, reply.headers):
            return False
        self._cache.add_page(url, page)
        return True


def _viewed(page: StoredPage, view: bytes, *, is_kept: bool) -> PageView:
    return PageView(page.url, page.sha256, view, is_kept)


def _key(name: NormalizedName, page: StoredPage) -> str:
    return view_key(name, page.url, page.content_type, page.sha256)
