"""One GET after another until an answer is whole: retries, bounds, redirects, credentials.

A whole exchange is tried again, not only its beginning, so that a body that was cut off counts like a refused
connection. This module and what it imports need http.client: `Transport` loads it at the first exchange.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import urljoin

from resolver.errors import IndexFailure, Unreached
from resolver.http_index.answers import SMALL, Answer, length, location
from resolver.http_index.authorities import UnusableAuthorities
from resolver.http_index.connections import Connections
from resolver.http_index.credentials import Credentials
from resolver.http_index.failure import Failed, is_certificate_error, reason
from resolver.http_index.origins import target
from resolver.http_index.reply import Reply, Sink
from resolver.http_index.transport import CONNECTIONS
from resolver.http_index.turns import waiting
from resolver.http_index.urls import shown

LONGEST_WAIT = 120.0  # seconds that a server's Retry-After may ask for
WORTH_RETRYING = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_BACKOFF = 30.0
_CHUNK = 1 << 17
_REDIRECTS = 10  # that one answer may take


class TooManyRedirects(Failed):
    """A redirect after the last one that is followed."""


class Wire:
    """The exchanges of the index ``name`` at ``url``, from any thread, with shared connections; see `Transport`.

    ``credentials`` are what its requests are sent with.
    """

    def __init__(
        self, name: str, url: str, *, tries: int, backoff: float, timeout: tuple[float, float], called: str
    ) -> None:
        self._called = called
        self._tries = tries
        self._backoff = backoff
        self.credentials = Credentials(name, url)
        self._connections = Connections(CONNECTIONS, timeout)
        self._closed = threading.Event()

    def close(self) -> None:
        """Exchanges under way end with an error at their next step."""
        self._closed.set()
        self._connections.close()

    def exchange(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        """The last answer after at most ``tries``. Raises `IndexFailure` where there is none."""
        for tried in range(1, self._tries + 1):
            delay = self._pause(tried)
            try:
                reply = self._once(url, headers, sink, limit)
                if reply.status not in WORTH_RETRYING or tried == self._tries:
                    return reply
                delay = self._wait(reply, url, otherwise=delay)
            except Failed as error:
                if tried == self._tries or not error.may_pass or is_certificate_error(error):
                    raise self._failure(url, error, tried) from error
            with waiting():
                self._closed.wait(delay)
        raise AssertionError("the last try returns or raises")

    def _pause(self, tried: int) -> float:
        """Seconds before the next try, unless the server asks for others: some, so that not all come back at once."""
        if tried == 1:
            return 0.0
        import random  # noqa: PLC0415  (hardly any exchange is tried twice)

        return min(self._backoff * ((1 << min(tried - 1, 20)) + random.random() / 2), _LONGEST_BACKOFF)  # noqa: S311  (no secret)

    def _once(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        """One exchange with its redirects; another where a keyring has an answer to a 401."""
        answer, place, login = self._followed(url, headers)
        if answer.status == 401 and self.credentials.ask_keyring(place, login):
            _let_go(answer)
            answer, place, _ = self._followed(url, headers)
        try:
            return self._receive(answer, place, headers, sink, limit)
        finally:
            answer.close()

    def _followed(self, url: str, headers: Mapping[str, str]) -> tuple[Answer, str, Mapping[str, str]]:
        """The answer that redirects lead to, its URL, and the login that it got: every origin's own, and no other."""
        for _ in range(_REDIRECTS + 1):
            login = self.credentials.headers(url)
            answer = self._get(url, {**headers, **login})
            there = location(answer)
            if not there:
                return answer, url, login
            _let_go(answer)
            url = redirected(url, there)
        raise TooManyRedirects(may_pass=False)

    def _get(self, url: str, headers: Mapping[str, str]) -> Answer:
        self._must_be_open()
        try:
            return self._connections.get(url, headers)
        except UnusableAuthorities as error:
            raise IndexFailure(f"{self._called}: {error}") from error
        except Failed as error:
            error.is_of_host = error.may_pass
            raise

    def _receive(self, answer: Answer, url: str, sent: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        reply = Reply(status=answer.status, url=url, headers=answer.headers)
        if answer.status != (206 if "Range" in sent else 200):
            _let_go(answer)
            return reply
        sink.restart()
        received = 0
        is_long = length(answer.headers) > SMALL  # what is not was received with the headers
        with waiting() if is_long else nullcontext():
            for chunk in answer.chunks(_CHUNK):
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

    def _failure(self, url: str, error: Failed, tried: int) -> IndexFailure:
        failure = Unreached(self._called, shown(url), tried, reason(error))
        return failure if error.is_of_host else IndexFailure(str(failure))

    def _must_be_open(self) -> None:
        if self._closed.is_set():
            raise IndexFailure(f"{self._called} was closed")


def redirected(here: str, location: str) -> str:
    """Where a redirect leads. Raises `IndexFailure` where that is out of TLS, or no URL of http or https."""
    try:
        there = urljoin(here, location)
        target(there)
    except ValueError as error:
        raise IndexFailure(f"{shown(here)} redirects to what is no URL of http or https: {shown(location)}") from error
    if here.startswith("https:") and not there.startswith("https:"):
        raise IndexFailure(f"{shown(here)} redirects from https to {shown(there)}, which is not protected: refused")
    return there


def _let_go(answer: Answer) -> None:
    """Be done with an answer that is not wanted; where it is short, its connection can be used again."""
    if length(answer.headers) <= SMALL:
        answer.drain()
    answer.close()


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3: a number or a date); None for nonsense."""
    if value is None:
        return None
    if re.fullmatch(r"\s*[0-9]+\s*", value):
        return float(value)
    date = parsedate_tz(value)
    try:
        return None if date is None else max(0.0, mktime_tz(date) - time.time())
    except (ValueError, OverflowError):
        return None
