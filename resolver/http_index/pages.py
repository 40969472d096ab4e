"""Project pages of one index: from the cache while they are fresh, revalidated where the index allows it, else fetched.

Of a page the cache keeps what parsing it gave, and what the index said of its age.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

from packaging.utils import NormalizedName

from resolver.errors import IndexFailure
from resolver.http_index.cache import Cache
from resolver.http_index.freshness import StoredPage, is_worth_keeping, page_of, revalidated
from resolver.http_index.reply import Reply
from resolver.http_index.transport import Transport
from resolver.http_index.views import dump_view, load_view, view_key
from resolver.records import record
from resolver.simple.model import File, filenames
from resolver.simple.parse import CONTENT_TYPES, parse
from resolver.simple.releases import Releases, releases_of

LARGEST = 1 << 28
ABSENT = (404, 410)


@record
class Page:
    """A parsed page, ``url`` after redirects. ``is_kept``: for the same ``sha256`` a later run may find it fresh."""

    url: str
    sha256: str
    files: Sequence[File]
    releases: Releases
    is_kept: bool


class Pages:
    """The pages below ``root``, which ends with a slash, of the index ``index``."""

    def __init__(self, index: str, root: str, transport: Transport, cache: Cache) -> None:
        self._index = index
        self._root = root
        self._transport = transport
        self._cache = cache

    def url(self, name: NormalizedName) -> str:
        """Where a project's page lies."""
        return f"{self._root}{name}/"

    def is_at_hand(self, name: NormalizedName) -> bool:
        """Whether `read` will most likely need no request."""
        stored = self._cache.page(self.url(name))
        return stored is not None and stored.is_fresh(time.time()) and self._cache.has_view(_key(name, stored))

    def read(self, name: NormalizedName) -> Page | None:
        """The page of a project, or None where the index has none. Raises `IndexFailure`."""
        stored = self._cache.page(self.url(name))
        view = self._cache.view(_key(name, stored)) if stored is not None else None
        if stored is None or view is None:
            return self._fetch(name, None, None)
        if stored.is_fresh(time.time()):
            return _viewed(stored, view, is_kept=True)
        return self._fetch(name, stored, view)

    def _fetch(self, name: NormalizedName, stored: StoredPage | None, view: bytes | None) -> Page | None:
        url = self.url(name)
        conditions = stored.conditions() if stored is not None else {}
        reply = self._transport.get(url, limit=LARGEST, headers={"Accept": CONTENT_TYPES, **conditions})
        if reply.status in ABSENT:
            return None
        if reply.status == 304 and stored is not None and view is not None:
            page = revalidated(stored, reply.headers, time.time())
            return _viewed(page, view, is_kept=self._keep(url, page, reply))
        if reply.status != 200:
            raise self._transport.refusal(url, reply.status)
        page = page_of(reply.url, reply.headers, hashlib.sha256(reply.content).hexdigest(), time.time())
        return self._parsed(name, page, reply)

    def _parsed(self, name: NormalizedName, page: StoredPage, reply: Reply) -> Page:
        key = _key(name, page)
        view = self._cache.view(key)
        if view is not None:
            return _viewed(page, view, is_kept=self._keep(self.url(name), page, reply))
        try:
            files = parse(reply.content, page.content_type, project=name).files
        except IndexFailure as error:
            raise IndexFailure(f"index {self._index!r}: {error}") from error
        releases = releases_of(filenames(files), name)
        view = dump_view(files, releases)
        self._cache.add_view(key, view)
        # From here on the view stands for the page: it takes a third of the memory.
        return _viewed(page, view, is_kept=self._keep(self.url(name), page, reply))

    def _keep(self, url: str, page: StoredPage, reply: Reply) -> bool:
        """Keep what the index said of a page, where it allows that; whether it did."""
        if not is_worth_keeping(page, reply.headers):
            return False
        self._cache.add_page(url, page)
        return True


def _viewed(page: StoredPage, view: bytes, *, is_kept: bool) -> Page:
    files, releases = load_view(view)
    return Page(url=page.url, sha256=page.sha256, files=files, releases=releases, is_kept=is_kept)


def _key(name: NormalizedName, page: StoredPage) -> str:
    return view_key(name, page.url, page.content_type, page.sha256)
