"""Project pages of one index: from the cache while they are fresh, revalidated where the index allows it, else fetched.

Of a page the cache keeps what parsing it gave, and what the index said of its age.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from threading import Lock

from packaging.utils import NormalizedName

from resolver.errors import IndexFailure
from resolver.http_index.answers import tells_its_end
from resolver.http_index.cache import Cache
from resolver.http_index.freshness import StoredPage, is_worth_keeping, page_of, revalidated
from resolver.http_index.pieces import Loose, Pieces
from resolver.http_index.reply import Reply
from resolver.http_index.transport import Transport
from resolver.http_index.urls import shown
from resolver.http_index.views import dump_view, load_view, view_key
from resolver.records import record
from resolver.simple.model import File, filenames
from resolver.simple.parse import CONTENT_TYPES, check_end, parse
from resolver.simple.releases import Releases, releases_of

LARGEST = 1 << 28
ABSENT = (404, 410)

Told = tuple[bytes, bool, tuple[bytes, Sequence[bytes]] | None]
"""What one process sends of a page to another with the same cache: a dumped `StoredPage`, whether a later run may find
the page there, and the view (head, pieces) where the cache did not take it."""


@record
class Page:
    """A parsed page, ``url`` after redirects. ``is_kept``: for the same ``sha256`` a later run may find it fresh."""

    url: str
    sha256: str
    files: Sequence[File]
    releases: Releases
    is_kept: bool


@record
class _Found:
    """A page whose ``view`` is still to be read."""

    stored: StoredPage
    view: Pieces | Loose
    is_kept: bool


class Pages:
    """The pages below ``root``, which ends with a slash, of the index ``index``."""

    def __init__(self, index: str, root: str, transport: Transport, cache: Cache) -> None:
        self._index = index
        self._root = root
        self._transport = transport
        self._cache = cache
        self._glanced: dict[NormalizedName, StoredPage | None] = {}
        self._parsing = Lock()  # one at a time: a long page takes much memory, and two would not be parsed sooner

    def url(self, name: NormalizedName) -> str:
        """Where a project's page lies."""
        return f"{self._root}{name}/"

    def is_at_hand(self, name: NormalizedName) -> bool:
        """Whether `read` will most likely need no request."""
        if name not in self._glanced:
            self._glanced[name] = self._cache.page(self.url(name))
        stored = self._glanced[name]
        return stored is not None and stored.is_fresh(time.time()) and self._cache.has_view(_key(name, stored))

    def read(self, name: NormalizedName) -> Page | None:
        """The page of a project, or None where the index has none. Raises `IndexFailure`."""
        found = self._find(name)
        return None if found is None else self._opened(name, found)

    def tell(self, name: NormalizedName) -> Told | None:
        """As `read`, for another process to make a page of."""
        found = self._find(name)
        if found is None:
            return None
        view = found.view
        loose = (view.head, view.pieces) if isinstance(view, Loose) and not view.is_kept else None
        return found.stored.dump(), found.is_kept, loose

    def told(self, name: NormalizedName, told: Told) -> Page | None:
        """The page of which another process told, or None where the cache has lost its view meanwhile."""
        dumped, is_kept, loose = told
        stored = StoredPage.load(dumped)
        if stored is None:
            return None
        view = Loose(*loose, is_kept=False) if loose is not None else self._cache.view(_key(name, stored))
        return None if view is None else self._opened(name, _Found(stored=stored, view=view, is_kept=is_kept))

    def _find(self, name: NormalizedName) -> _Found | None:
        stored = self._glanced.pop(name, None) or self._cache.page(self.url(name))
        view = self._cache.view(_key(name, stored)) if stored is not None else None
        if stored is None or view is None:
            return self._fetch(name, None, None)
        if stored.is_fresh(time.time()):
            return _Found(stored=stored, view=view, is_kept=True)
        return self._fetch(name, stored, view)

    def _fetch(self, name: NormalizedName, stored: StoredPage | None, view: Pieces | None) -> _Found | None:
        url = self.url(name)
        conditions = stored.conditions() if stored is not None else {}
        reply = self._transport.get(url, limit=LARGEST, headers={"Accept": CONTENT_TYPES, **conditions})
        if reply.status in ABSENT:
            return None
        if reply.status == 304 and stored is not None and view is not None:
            page = revalidated(stored, reply.headers, time.time())
            return _Found(stored=page, view=view, is_kept=self._keep(url, page, reply))
        if reply.status != 200:
            raise self._transport.refusal(url, reply)
        page = page_of(reply.url, reply.headers, hashlib.sha256(reply.content).hexdigest(), time.time())
        known = self._cache.view(_key(name, page)) or self._view(name, page, reply)
        return _Found(stored=page, view=known, is_kept=self._keep(url, page, reply))

    def _view(self, name: NormalizedName, page: StoredPage, reply: Reply) -> Loose:
        """The view of a fetched page, which is kept in its place: it takes a third of the memory."""
        with self._parsing:
            try:
                files = parse(reply.content, page.content_type, project=name).files
                if not tells_its_end(reply.headers):
                    check_end(reply.content, page.content_type, project=name)
            except IndexFailure as error:
                raise IndexFailure(f"index {self._index!r}: {shown(page.url)}: {error}") from error
            head, pieces = dump_view(files, releases_of(filenames(files), name))
        return Loose(head, pieces, is_kept=self._cache.add_view(_key(name, page), head, pieces))

    def _keep(self, url: str, page: StoredPage, reply: Reply) -> bool:
        """Keep what the index said of a page, where it allows that; whether it did."""
        if not is_worth_keeping(page, reply.headers):
            return False
        self._cache.add_page(url, page)
        return True

    def _opened(self, name: NormalizedName, found: _Found) -> Page:
        """A page by its view. Where a piece of the view is damaged in the cache, the page is fetched again."""
        again: list[Loose] = []

        def piece(number: int) -> bytes:
            content = found.view.piece(number) if not again else None
            if content is None:
                again[:] = again or [self._again(name, found.stored)]
                content = again[0].piece(number)
            return content

        page = found.stored
        files, releases = load_view(found.view.head, piece)
        return Page(url=page.url, sha256=page.sha256, files=files, releases=releases, is_kept=found.is_kept)

    def _again(self, name: NormalizedName, page: StoredPage) -> Loose:
        """The view of the very same page, from the index."""
        reply = self._transport.get(self.url(name), limit=LARGEST, headers={"Accept": CONTENT_TYPES})
        if reply.status != 200 or hashlib.sha256(reply.content).hexdigest() != page.sha256:
            raise IndexFailure(
                f"index {self._index!r}: what the cache has of {shown(page.url)} is damaged, and the index has "
                "another page by now; run it again"
            )
        return self._view(name, page, reply)


def _key(name: NormalizedName, page: StoredPage) -> str:
    return view_key(name, page.url, page.content_type, page.sha256)
