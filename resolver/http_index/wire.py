"""One GET after another until an answer is whole: retries, bounds, redirects, credentials.

A whole exchange is tried again, not only its beginning, so that a body that was cut off counts like a refused
connection. This module and what it imports need requests: `Transport` loads it at the first exchange.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from requests import RequestException, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, Timeout  # noqa: A004  (theirs)
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from resolver.errors import IndexFailure
from resolver.http_index.credentials import Credentials
from resolver.http_index.failure import is_certificate_error, reason
from resolver.http_index.reply import Reply, Sink
from resolver.http_index.session import IndexSession
from resolver.http_index.urls import shown

CONNECTIONS = 20  # kept open to one host: the index's workers, the caller, and some to spare
LONGEST_WAIT = 120.0  # seconds that a server's Retry-After may ask for
WORTH_RETRYING = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_BACKOFF = 30.0
_CHUNK = 1 << 17
_SMALL = 1 << 16  # bodies of refusals up to this size are read, so that their connection can be used again
_PASSING = (ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError)


class Wire:
    """The exchanges of the index ``name`` at ``url``, from any thread, with shared connections."""

    def __init__(self, name: str, url: str, *, tries: int, backoff: float, timeout: tuple[float, float]) -> None:
        self._name = name
        self._tries = tries
        self._backoff = backoff
        self._timeout = timeout
        self._credentials = Credentials(name, url)
        self._adapter = HTTPAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS)
        self._threads = threading.local()
        self._closed = threading.Event()

    def close(self) -> None:
        """Exchanges under way end with an error at their next step."""
        self._closed.set()
        self._adapter.close()

    def exchange(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        """The last answer after at most ``tries``. Raises `IndexFailure` where there is none."""
        retry = Retry(
            total=None,
            backoff_factor=self._backoff,
            backoff_jitter=self._backoff / 2,
            backoff_max=_LONGEST_BACKOFF,
        )
        for tried in range(1, self._tries + 1):
            retry = retry.increment("GET")
            delay = retry.get_backoff_time()
            try:
                reply = self._once(url, headers, sink, limit)
                if reply.status not in WORTH_RETRYING or tried == self._tries:
                    return reply
                delay = self._wait(reply, url, otherwise=delay)
            except (RequestException, HTTPError, ValueError) as error:  # ValueError: a URL that cannot be read
                if tried == self._tries or not isinstance(error, _PASSING) or is_certificate_error(error):
                    raise self._failure(url, error, tried) from error
            self._closed.wait(delay)
        raise AssertionError("the last try returns or raises")

    def _once(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        """One exchange with its redirects; another where a keyring has an answer to a 401."""
        with self._get(url, headers) as response:
            if response.status_code != 401 or not self._credentials.ask_keyring(response.url):
                return self._receive(response, headers, sink, limit)
        with self._get(url, headers) as response:
            return self._receive(response, headers, sink, limit)

    def _get(self, url: str, headers: Mapping[str, str]) -> Response:
        self._must_be_open()
        session: IndexSession | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = IndexSession(self._credentials, self._adapter)
        try:
            return session.get(url, headers=dict(headers), timeout=self._timeout, stream=True)
        except RequestException:
            raise
        except OSError as error:  # a bundle of certificate authorities that is not there; requests says which
            raise IndexFailure(f"index {self._name!r}: {error}") from error

    def _receive(self, response: Response, sent: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        reply = Reply(status=response.status_code, url=response.url, headers=headers)
        if response.status_code != (206 if "Range" in sent else 200):
            if _length(headers) <= _SMALL:
                response.content  # noqa: B018  (reading it frees the connection)
            return reply
        sink.restart()
        received = 0
        for chunk in response.iter_content(_CHUNK):
            self._must_be_open()
            received += len(chunk)
            if limit is not None and received > limit:
                place = shown(response.url)
                raise IndexFailure(f"index {self._name!r}: {place} is larger than the {limit} bytes that it may have")
            sink.write(chunk)
        return reply

    def _wait(self, reply: Reply, url: str, *, otherwise: float) -> float:
        """Seconds before the next try: what the server asks for, within reason."""
        asked = _retry_after(reply.headers.get("retry-after"))
        if asked is not None and asked > LONGEST_WAIT:
            raise IndexFailure(
                f"index {self._name!r} answers {reply.status} for {shown(url)} and asks to wait for "
                f"more than {LONGEST_WAIT:.0f} s; try again later"
            )
        return otherwise if asked is None else asked

    def _failure(self, url: str, error: Exception, tried: int) -> IndexFailure:
        tries = f" ({tried} tries)" if tried > 1 else ""
        return IndexFailure(f"index {self._name!r}: {shown(url)} cannot be had{tries}: {reason(error)}")

    def _must_be_open(self) -> None:
        if self._closed.is_set():
            raise IndexFailure(f"index {self._name!r} was closed")


def _length(headers: Mapping[str, str]) -> float:
    stated = headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() else float("inf")


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3: a number or a date); None for nonsense."""
    if value is None:
        return None
    try:
        return Retry().parse_retry_after(value)
    except (InvalidHeader, ValueError, OverflowError):
        return None
