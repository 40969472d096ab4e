"""Where a URL leads: the origin to connect to, and the path to ask for there (RFC 9112, 3.2.1). No I/O.

Nearly all URLs are in normal form, which one expression tells. The others are brought into it by urllib3, which is slow
to import: what has to be quoted or is quoted in lower case, dot segments, addresses of IPv6, hosts in other scripts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from resolver.http_index.urls import plain

PORTS = {"http": 80, "https": 443}
"""The schemes that can be asked, with the port of each where a URL gives none."""

_HOST = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?"
_PLAIN, _QUOTED = r"\w.~!$&'()*+,;=:@-", "%[0-9A-F]{2}"  # RFC 3986, 3.3
_SEGMENT = rf"/(?!\.{{1,2}}(?:[/?]|$))[{_PLAIN}]*(?:{_QUOTED}[{_PLAIN}]*)*"
_QUERY = rf"\?(?=.)[/?{_PLAIN}]*(?:{_QUOTED}[/?{_PLAIN}]*)*"
_USUAL = re.compile(rf"(https?)://({_HOST})(?::([0-9]{{1,5}}))?((?:{_SEGMENT})*)({_QUERY})?", re.ASCII)
_LARGEST_PORT = 65535
_NO_URL = "no URL of http or https"


class Origin(NamedTuple):
    """RFC 6454. ``host`` is in ASCII and lower case, an address of IPv6 without brackets."""

    scheme: str
    host: str
    port: int


@lru_cache(maxsize=256)  # every URL is asked about by whoever has a say in its exchange, one after the other
def target(url: str) -> tuple[Origin, str]:
    """Where ``url`` leads, and the path to ask for there, with its query; user info and fragment are left out.

    Raises ValueError for what is no URL of http or https.
    """
    usual = _USUAL.fullmatch(url)
    if usual is None or (usual[3] and int(usual[3]) > _LARGEST_PORT):
        return _normalized(url)
    scheme, host, port, path, query = usual.groups()
    return Origin(scheme, host, int(port) if port else PORTS[scheme]), (path or "/") + (query or "")


def origin(url: str) -> Origin | None:
    """The origin of ``url`` alone; None for what is no URL of http or https."""
    try:
        return target(url)[0]
    except ValueError:
        return None


def _normalized(url: str) -> tuple[Origin, str]:
    if urlsplit(url).scheme not in PORTS:
        raise ValueError(_NO_URL)
    from urllib3.util import parse_url  # noqa: PLC0415  (slow, and hardly ever needed)

    parts = parse_url(plain(url))
    if parts.scheme not in PORTS or not parts.host:
        raise ValueError(_NO_URL)
    port = PORTS[parts.scheme] if parts.port is None else parts.port
    return Origin(parts.scheme, parts.host.strip("[]"), port), parts.request_uri
