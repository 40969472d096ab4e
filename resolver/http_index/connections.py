"""Single requests over pooled connections, through the proxies and by the certificate authorities of the environment.

urllib3 does the work, in a third of the time that requests takes around it. What the environment says is still read by
requests, which is only loaded where there is something to read. Redirects and refusals are the caller's.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.request import getproxies

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.util import create_urllib3_context
from urllib3.util.request import ACCEPT_ENCODING

from resolver.http_index.patient import PatientPool, PatientTLSPool
from resolver.http_index.urls import origin, plain

_Origin = tuple[str, str, int | None]


class Connections:
    """Connections that threads share; up to ``count`` to one host are kept open. ``timeout``: connect, read."""

    def __init__(self, count: int, timeout: tuple[float, float]) -> None:
        self._count = count
        self._timeout = Timeout(connect=timeout[0], read=timeout[1])
        self._headers = {"Accept-Encoding": ACCEPT_ENCODING, "User-Agent": _user_agent()}
        self._managers: dict[tuple[str | None, bool], PoolManager] = {}
        self._proxies: dict[_Origin, str | None] = {}
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def get(self, url: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """The answer to one GET, its body unread; a redirect is an answer too.

        Raises `urllib3.exceptions.HTTPError`, ValueError for what is no URL, and OSError for a bundle of certificate
        authorities that is not there.
        """
        return self._manager(url).urlopen(
            "GET",
            plain(url),
            headers={**self._headers, **headers},
            timeout=self._timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def close(self) -> None:
        """Close what nobody is using."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()

    def _manager(self, url: str) -> PoolManager:
        where = origin(url)
        with self._lock:
            if where not in self._proxies:
                self._proxies[where] = _proxy(url)
            route = (self._proxies[where], where[0] == "https")
            if route not in self._managers:
                self._managers[route] = self._made(*route)
            return self._managers[route]

    def _made(self, proxy: str | None, is_tls: bool) -> PoolManager:
        context = None
        if is_tls or (proxy is not None and proxy.lower().startswith("https:")):
            context = self._context = self._context or _context()  # one for all: reading authorities takes its time
        if proxy is None:
            manager = PoolManager(num_pools=self._count, maxsize=self._count, ssl_context=context)
            manager.pool_classes_by_scheme = {"http": PatientPool, "https": PatientTLSPool}
            return manager
        from requests.adapters import HTTPAdapter  # noqa: PLC0415  (knows SOCKS, and how to log in to a proxy)

        adapter = HTTPAdapter(pool_connections=self._count, pool_maxsize=self._count)
        more = {} if proxy.lower().startswith("socks") else {"proxy_ssl_context": context}
        through: ProxyManager = adapter.proxy_manager_for(proxy, ssl_context=context, **more)
        return through


def _proxy(url: str) -> str | None:
    """The proxy for a URL, by the variables of the environment or the settings of the system."""
    if not getproxies():
        return None
    from requests.utils import get_environ_proxies, select_proxy  # noqa: PLC0415  (as above)

    proxy = select_proxy(url, get_environ_proxies(url))
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _context() -> ssl.SSLContext:
    """TLS that trusts the authorities of ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``, else those of certifi."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if not bundle:
        import certifi  # noqa: PLC0415  (not needed on a network that has its own)

        bundle = certifi.where()
    path = Path(bundle)
    if not path.exists():
        raise FileNotFoundError(f"the bundle of certificate authorities {bundle} is not there")
    context = create_urllib3_context()
    context.load_verify_locations(**({"capath": bundle} if path.is_dir() else {"cafile": bundle}))
    return context


def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  (once a run)

    try:
        return f"rules-wheelhouse/{version('rules-wheelhouse')}"
    except PackageNotFoundError:  # run from a tree that is not installed
        return "rules-wheelhouse"
