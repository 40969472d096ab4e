"""GET through a proxy, which urllib3 knows how to use. It is slow to import, and most machines need none."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from requests.adapters import HTTPAdapter  # knows SOCKS, and how to log in to a proxy
from requests.utils import get_environ_proxies, select_proxy
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, ProxyManager, Timeout
from urllib3.exceptions import DecodeError, HTTPError, NewConnectionError, ProtocolError, ProxyError, SSLError
from urllib3.exceptions import TimeoutError as TimedOut
from urllib3.util.request import ACCEPT_ENCODING

from resolver.http_index.answers import folded
from resolver.http_index.failure import Failed
from resolver.http_index.patient import PatientStream
from resolver.http_index.turns import waiting
from resolver.http_index.urls import plain, shown

_PASSING = (DecodeError, NewConnectionError, ProtocolError, ProxyError, SSLError, TimedOut)


def proxy_for(url: str) -> str | None:
    """The proxy by the variables of the environment or the settings of the system; None where there is none for it."""
    proxy = select_proxy(url, get_environ_proxies(url))
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


class Proxied:
    """As `resolver.http_index.pool.Pool`, through proxies. Safe in threads."""

    def __init__(self, count: int, timeout: tuple[float, float], context: Callable[[], ssl.SSLContext]) -> None:
        self._count = count
        self._timeout = Timeout(connect=timeout[0], read=timeout[1])
        self._context = context
        self._managers: dict[tuple[str, bool], ProxyManager] = {}
        self._lock = threading.Lock()

    def get(self, proxy: str, url: str, headers: Mapping[str, str]) -> ProxiedAnswer:
        """The answer to one GET, its body unread. Raises `Failed`."""
        try:
            manager = self._manager(proxy, is_tls=url.startswith("https:"))
            with waiting():
                response = manager.urlopen(
                    "GET",
                    plain(url),
                    headers={"Accept-Encoding": ACCEPT_ENCODING, **headers},
                    timeout=self._timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
        except (HTTPError, ValueError) as error:
            raise _failed(error, shown(proxy)) from error
        return ProxiedAnswer(response)

    def close(self) -> None:
        """Close what nobody is using."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()

    def _manager(self, proxy: str, *, is_tls: bool) -> ProxyManager:
        with self._lock:
            if (proxy, is_tls) not in self._managers:
                self._managers[proxy, is_tls] = self._made(proxy, is_tls=is_tls)
            return self._managers[proxy, is_tls]

    def _made(self, proxy: str, *, is_tls: bool) -> ProxyManager:
        context = self._context() if is_tls or proxy.lower().startswith("https:") else None
        adapter = HTTPAdapter(pool_connections=self._count, pool_maxsize=self._count)
        more = {} if proxy.lower().startswith("socks") else {"proxy_ssl_context": context}
        made: ProxyManager = adapter.proxy_manager_for(proxy, ssl_context=context, **more)
        made.pool_classes_by_scheme = {scheme: _patient(pool) for scheme, pool in made.pool_classes_by_scheme.items()}
        return made


class ProxiedAnswer:
    """An `Answer` of urllib3."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = folded(response.headers.items())

    def chunks(self, size: int) -> Iterator[bytes]:
        """See `Answer.chunks`."""
        body = self._response.stream(size, decode_content=True)
        try:
            while True:
                with waiting():
                    chunk = next(body, None)
                if chunk is None:
                    return
                yield chunk
        except HTTPError as error:
            raise _failed(error) from error

    def drain(self) -> None:
        """See `Answer.drain`."""
        with suppress(HTTPError, OSError), waiting():
            self._response.drain_conn()

    def close(self) -> None:
        """See `Answer.close`."""
        self._response.close()


def _patient(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """One whose answers are not waited for for ever: urllib3 too bounds silences alone."""
    connection = type("Connection", (pool.ConnectionCls,), {"response_class": PatientStream})
    return type("Pool", (pool,), {"ConnectionCls": connection})


def _failed(error: Exception, proxy: str = "") -> Failed:
    return Failed(may_pass=isinstance(error, _PASSING), proxy=proxy)
