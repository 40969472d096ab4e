"""For how long a stored page stands for a new request (RFC 9111, as far as a private cache of pages needs it).

Pure: headers and times in, values out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from resolver.http_index.entries import age_line, read_age_line
from resolver.records import record

LONGEST = 3600.0
"""Seconds. A page is the one thing of an index that changes, so no server's word freezes it for longer."""

_MAX_AGE = r"max-age\s*=\s*\"?(\d{1,9})\"?"


@record
class StoredPage:
    """What is known of a page besides its bytes, which ``sha256`` identifies.

    ``url`` is the one after redirects; ``fetched`` and ``fresh_until`` are seconds since the epoch.
    """

    url: str
    content_type: str
    sha256: str
    fetched: float
    fresh_until: float
    etag: str = ""
    last_modified: str = ""

    def is_fresh(self, now: float) -> bool:
        """Whether no request is needed. A page from the future (a clock was set back) is not trusted."""
        return self.fetched <= now < self.fresh_until

    def conditions(self) -> dict[str, str]:
        """Request headers that let the index answer 304."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}

    def dump(self) -> bytes:
        """A line that tells its age, then an object of JSON."""
        rest = {"url": self.url, "content_type": self.content_type, "etag": self.etag}
        rest["last_modified"] = self.last_modified
        return age_line(self.sha256, self.fetched, self.fresh_until) + json.dumps(rest).encode()

    @classmethod
    def load(cls, stored: bytes) -> StoredPage | None:
        """The inverse of `dump`; None where another version of this program wrote another shape."""
        line, _, rest = stored.partition(b"\n")
        try:
            sha256, fetched, fresh_until = read_age_line(line)
            return cls(sha256=sha256, fetched=fetched, fresh_until=fresh_until, **json.loads(rest))
        except (ValueError, TypeError):
            return None


def page_of(url: str, headers: Mapping[str, str], sha256: str, now: float) -> StoredPage:
    """The page that an answer with these headers (names in lower case) brought, its body having this digest."""
    return StoredPage(
        url=url,
        content_type=headers.get("content-type", ""),
        sha256=sha256,
        fetched=now,
        fresh_until=now + (_lifetime(headers) or 0.0),
        etag=headers.get("etag", ""),
        last_modified=headers.get("last-modified", ""),
    )


def revalidated(page: StoredPage, headers: Mapping[str, str], now: float) -> StoredPage:
    """A stored page after a 304 with these headers."""
    known = {"etag": page.etag, "last-modified": page.last_modified, **headers, "content-type": page.content_type}
    return page_of(page.url, known, page.sha256, now)


def is_worth_keeping(page: StoredPage, headers: Mapping[str, str]) -> bool:
    """Whether the page may be stored, and could then spare a request or a body."""
    return _lifetime(headers) is not None and bool(page.conditions() or page.fresh_until > page.fetched)


def _lifetime(headers: Mapping[str, str]) -> float | None:
    """Seconds for which an answer is fresh; None where it may not be stored at all."""
    control = headers.get("cache-control", "").lower()
    if "no-store" in control:
        return None
    stated = re.search(_MAX_AGE, control.replace("s-maxage", ""))  # s-maxage is for shared caches
    if stated is None or "no-cache" in control:
        return 0.0
    age = headers.get("age", "")
    return max(0.0, min(float(stated[1]), LONGEST) - (float(age) if age.isascii() and age.isdigit() else 0.0))
