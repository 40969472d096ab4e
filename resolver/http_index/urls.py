"""URLs made from other URLs: absolute, without secrets, of the file beside. Pure; `origins` says where a URL leads."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

_PLAIN = re.compile(r"https?://[a-z0-9.:-]+(?:/[\w+!%~=-][\w.+!%~=-]*)+", re.ASCII)
_UP_TO_QUERY = re.compile(r"[^?#]*")


def shown(url: str) -> str:
    """A URL as messages may show it: user info, query and fragment may each hold a token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(a URL that cannot be read)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def plain(url: str) -> str:
    """The URL without user info and fragment. Raises ValueError for what is no URL."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def joined(page: str, link: str) -> str:
    """The absolute URL of a page's link, without user info and fragment. Raises ValueError for what is no URL.

    A page has thousands of links, and nearly all are absolute already: one expression recognises those.
    """
    return link if _PLAIN.fullmatch(link) else plain(urljoin(page, link))


def sidecar(url: str) -> str:
    """Where the metadata file of a wheel lies (PEP 658): ``.metadata`` is added to the path."""
    path = _UP_TO_QUERY.match(url)
    assert path is not None, "it matches nothing too"
    return f"{path[0]}.metadata{url[path.end() :]}"
