"""One GET after another until an answer is whole: retries, bounds, redirects, credentials.

A whole exchange is tried again, not only its beginning, so that a body that was cut off counts like a refused
connection. This module and what it imports need urllib3: `Transport` loads it at the first exchange.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import nullcontext
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    InvalidHeader,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
    TimeoutError,  # noqa: A004  (theirs)
)
from urllib3.util import Retry

from resolver.errors import IndexFailure
from resolver.http_index.connections import Connections
from resolver.http_index.credentials import Credentials
from resolver.http_index.failure import is_certificate_error, reason
from resolver.http_index.reply import Reply, Sink
from resolver.http_index.turns import waiting
from resolver.http_index.urls import shown

CONNECTIONS = 20  # kept open to one host: the index's workers, the caller, and some to spare
LONGEST_WAIT = 120.0  # seconds that a server's Retry-After may ask for
WORTH_RETRYING = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_BACKOFF = 30.0
_CHUNK = 1 << 17
_SMALL = 1 << 16  # bytes of a body that come with its headers, most often: they are read at once, of a refusal too
_PASSING = (DecodeError, NewConnectionError, ProtocolError, ProxyError, SSLError, TimeoutError)
_REDIRECTS = 10  # that one answer may take


class TooManyRedirects(HTTPError):
    """A redirect after the last one that is followed."""


class Wire:
    """The exchanges of the index ``name`` at ``url``, from any thread, with shared connections; see `Transport`."""

    def __init__(
        self, name: str, url: str, *, tries: int, backoff: float, timeout: tuple[float, float], called: str
    ) -> None:
        self._called = called
        self._tries = tries
        self._backoff = backoff
        self._credentials = Credentials(name, url)
        self._connections = Connections(CONNECTIONS, timeout)
        self._closed = threading.Event()

    def close(self) -> None:
        """Exchanges under way end with an error at their next step."""
        self._closed.set()
        self._connections.close()

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
            except (HTTPError, ValueError) as error:  # ValueError: a URL that cannot be read
                if tried == self._tries or not isinstance(error, _PASSING) or is_certificate_error(error):
                    raise self._failure(url, error, tried) from error
            self._closed.wait(delay)
        raise AssertionError("the last try returns or raises")

    def _once(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        """One exchange with its redirects; another where a keyring has an answer to a 401."""
        response, place = self._followed(url, headers)
        if response.status == 401 and self._credentials.ask_keyring(place):
            _let_go(response)
            response, place = self._followed(url, headers)
        try:
            return self._receive(response, place, headers, sink, limit)
        finally:
            response.close()  # which leaves the connection alone where all was read

    def _followed(self, url: str, headers: Mapping[str, str]) -> tuple[BaseHTTPResponse, str]:
        """The answer that redirects lead to, and its URL. Every origin gets its own login, and no other."""
        for _ in range(_REDIRECTS + 1):
            response = self._get(url, {**headers, **self._credentials.headers(url)})
            location = response.get_redirect_location()
            if not location:
                return response, url
            _let_go(response)
            url = redirected(url, location)
        raise TooManyRedirects

    def _get(self, url: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        self._must_be_open()
        try:
            return self._connections.get(url, headers)
        except HTTPError:
            raise
        except OSError as error:  # a bundle of certificate authorities that is not there, or is none
            raise IndexFailure(f"{self._called}: {error}") from error

    def _receive(
        self, response: BaseHTTPResponse, url: str, sent: Mapping[str, str], sink: Sink, limit: int | None
    ) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        reply = Reply(status=response.status, url=url, headers=headers)
        if response.status != (206 if "Range" in sent else 200):
            _let_go(response)
            return reply
        sink.restart()
        received = 0
        is_long = _length(response.headers) > _SMALL
        with waiting() if is_long else nullcontext():
            for chunk in response.stream(_CHUNK, decode_content=True):
                self._must_be_open()
                received += len(chunk)
                if limit is not None and received > limit:
                    raise IndexFailure(
                        f"{self._called}: {shown(url)} is larger than the {limit} bytes that it may have"
                    )
                sink.write(chunk)
        return reply

    def _wait(self, reply: Reply, url: str, *, otherwise: float) -> float:
        """Seconds before the next try: what the server asks for, within reason."""
        asked = _retry_after(reply.headers.get("retry-after"))
        if asked is not None and asked > LONGEST_WAIT:
            raise IndexFailure(
                f"{self._called} answers {reply.status} for {shown(url)} and asks to wait for "
                f"more than {LONGEST_WAIT:.0f} s; try again later"
            )
        return otherwise if asked is None else asked

    def _failure(self, url: str, error: Exception, tried: int) -> IndexFailure:
        tries = f" ({tried} tries)" if tried > 1 else ""
        return IndexFailure(f"{self._called}: {shown(url)} cannot be had{tries}: {reason(error)}")

    def _must_be_open(self) -> None:
        if self._closed.is_set():
            raise IndexFailure(f"{self._called} was closed")


def redirected(here: str, location: str) -> str:
    """Where a redirect leads. Raises `IndexFailure` where that is out of TLS, and ValueError for what is no URL."""
    there = urljoin(here, location)
    if here.startswith("https:") and not there.startswith("https:"):
        raise IndexFailure(f"{shown(here)} redirects from https to {shown(there)}, which is not protected: refused")
    return there


def _let_go(response: BaseHTTPResponse) -> None:
    """Be done with an answer that is not wanted; where it is short, its connection can be used again."""
    if _length(response.headers) <= _SMALL:
        response.drain_conn()
    response.close()


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
