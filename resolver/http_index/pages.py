"""Project pages: from the cache while they are fresh, revalidated where the index allows it, else fetched."""

from __future__ import annotations

import time

from resolver.http_index.cache import Cache
from resolver.http_index.freshness import StoredPage, is_worth_keeping, page_of, revalidated
from resolver.http_index.transport import Transport
from resolver.simple.parse import CONTENT_TYPES

_LARGEST = 1 << 28
_ABSENT = (404, 410)


def fresh_page(cache: Cache, url: str) -> StoredPage | None:
    """The page at ``url`` where the cache has it and no request is needed."""
    kept = cache.page(url)
    return kept if kept is not None and kept.is_fresh(time.time()) else None


def fetch_page(transport: Transport, cache: Cache, url: str) -> StoredPage | None:
    """The page at ``url``, or None where the index has none. Raises `IndexFailure`."""
    kept = cache.page(url)
    if kept is not None and kept.is_fresh(time.time()):
        return kept
    conditions = {} if kept is None else kept.conditions()
    reply = transport.get(url, limit=_LARGEST, headers={"Accept": CONTENT_TYPES, **conditions})
    if reply.status in _ABSENT:
        return None
    if reply.status == 304 and kept is not None:
        page = revalidated(kept, reply.headers, time.time())
    elif reply.status == 200:
        page = page_of(reply.url, reply.headers, reply.content, time.time())
    else:
        raise transport.refusal(url, reply.status)
    if is_worth_keeping(page, reply.headers):
        cache.add_page(url, page)
    return page
