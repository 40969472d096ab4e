"""Single requests over pooled connections, through the proxies and by the certificate authorities of the environment.

Without a proxy http.client does the work (`resolver.http_index.pool`). Through one urllib3 does, which takes longer for
each request and much longer to import (`resolver.http_index.proxied`). Redirects and refusals are the caller's.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from resolver.http_index.answers import Answer
from resolver.http_index.authorities import context
from resolver.http_index.origins import Origin, origin
from resolver.http_index.pool import Pool

if TYPE_CHECKING:
    import ssl

    from resolver.http_index.proxied import Proxied

_HAVE_SETTINGS = ("darwin", "win32")  # systems that know of proxies, whatever the environment says
_METADATA_FOLDER = "rules_wheelhouse-", ".dist-info"


class Connections:
    """Connections that threads share; up to ``count`` to one host are kept open. ``timeout``: connect, read."""

    def __init__(self, count: int, timeout: tuple[float, float]) -> None:
        self._headers = {"User-Agent": _user_agent()}
        self._count = count
        self._timeout = timeout
        self._pool = Pool(count, timeout, self._tls)
        self._proxied: Proxied | None = None
        self._proxies: dict[Origin, str | None] = {}
        self._lock = threading.RLock()

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """The answer to one GET, its body unread; a redirect is an answer too.

        Raises `Failed`, and `UnusableAuthorities` for a bundle of certificate authorities that is not there or is none.
        """
        headers = {**self._headers, **headers}
        proxy = self._proxy(url)
        return self._pool.get(url, headers) if proxy is None else self._through().get(proxy, url, headers)

    def close(self) -> None:
        """Close what nobody is using."""
        with self._lock:
            self._pool.close()
            if self._proxied is not None:
                self._proxied.close()

    def _proxy(self, url: str) -> str | None:
        where = origin(url)
        if where is None:  # the pool says so
            return None
        with self._lock:
            if where not in self._proxies:
                self._proxies[where] = _proxy_for(url) if _may_have_proxies() else None
            return self._proxies[where]

    def _through(self) -> Proxied:
        from resolver.http_index.proxied import Proxied  # noqa: PLC0415  (see above)

        with self._lock:
            if self._proxied is None:
                self._proxied = Proxied(self._count, self._timeout, self._tls)
            return self._proxied

    def _tls(self) -> ssl.SSLContext:
        """One for all, which no two threads make at once: reading authorities takes its time."""
        with self._lock:
            return context()


def _may_have_proxies() -> bool:
    """What `urllib.request.getproxies` would look at, which takes as long to import as http.client."""
    names = {name.lower() for name in os.environ}
    return sys.platform in _HAVE_SETTINGS or any(name.endswith("_proxy") for name in names - {"no_proxy"})


def _proxy_for(url: str) -> str | None:
    from resolver.http_index.proxied import proxy_for  # noqa: PLC0415  (see above)

    return proxy_for(url)


def _user_agent() -> str:
    version = _version()
    return f"rules-wheelhouse/{version}" if version else "rules-wheelhouse"


def _version() -> str | None:
    """Our version as `importlib.metadata` finds it, but by the name of a folder: to import it takes 8 ms."""
    prefix, suffix = _METADATA_FOLDER
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208  (hundreds, of which one is wanted)
        except OSError:  # a zip file, or not there
            continue
        for name in names:
            if name.startswith(prefix) and name.endswith(suffix):
                return name[len(prefix) : -len(suffix)]
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  (see above)

    try:
        return version("rules-wheelhouse")
    except PackageNotFoundError:  # run from a tree that is not installed
        return None
