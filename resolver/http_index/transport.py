"""GET requests to one index and to wherever it leads: retried, bounded, authenticated, and refused in plain words.

A whole exchange is tried again, not only its beginning, so that a body that was cut off counts like a refused
connection. What a status means is for the caller to say, except that it is worth another try. No caching here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from resolver.errors import IndexFailure, TransferError
from resolver.http_index.credentials import Credentials, variables
from resolver.http_index.failure import is_certificate_error, reason, shown

if TYPE_CHECKING:
    from requests import Response
    from requests.adapters import HTTPAdapter

    from resolver.http_index.session import IndexSession

CONNECTIONS = 20  # kept open to one host: the index's workers, the caller, and some to spare
LONGEST_WAIT = 120.0  # seconds that a server's Retry-After may ask for
WORTH_RETRYING = frozenset({408, 429, 500, 502, 503, 504})
_CHUNK = 1 << 16
_SMALL = 1 << 16  # bodies of refusals up to this size are read, so that their connection can be used again


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: ``url`` after redirects, names of ``headers`` in lower case, no ``content`` unless 200 or 206."""

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes = b""


class Sink(Protocol):
    """Where a body goes. ``restart`` comes before every try, also the first."""

    def restart(self) -> None: ...
    def write(self, chunk: bytes, /) -> object: ...


class _Memory:
    def __init__(self) -> None:
        self.content = bytearray()

    def restart(self) -> None:
        self.content.clear()

    def write(self, chunk: bytes, /) -> object:
        self.content += chunk
        return None


class Transport:
    """Exchanges for the index ``name`` at ``url``, from any thread; connections are shared.

    ``tries`` counts the first one too. ``backoff`` is in seconds and doubles with every try after the second;
    ``timeout`` is for connecting and for every silence after that. Proxies, netrc and bundles of certificate
    authorities are those of the environment, as requests knows them. Nothing is imported or opened before the first
    exchange.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        tries: int = 5,
        backoff: float = 0.5,
        timeout: tuple[float, float] = (10.0, 60.0),
    ) -> None:
        self.name = name
        self._tries = tries
        self._backoff = backoff
        self._timeout = timeout
        self._credentials = Credentials(name, url)
        self._adapter: HTTPAdapter | None = None
        self._adapting = threading.Lock()
        self._sessions = threading.local()
        self._closed = threading.Event()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up: exchanges under way end with an error at their next step."""
        self._closed.set()
        if self._adapter is not None:
            self._adapter.close()

    def get(self, url: str, *, limit: int, headers: Mapping[str, str] | None = None) -> Reply:
        """GET into memory. Raises `IndexFailure`, also for a body of more than ``limit`` bytes."""
        memory = _Memory()
        reply = self._exchange(url, headers or {}, memory, limit)
        return Reply(status=reply.status, url=reply.url, headers=reply.headers, content=bytes(memory.content))

    def get_range(self, url: str, byte_range: str) -> Reply:
        """GET of ``byte_range`` (as in ``bytes=0-99``). Where the answer is not 206, its body is left unread."""
        return self.get(url, limit=1 << 30, headers={"Range": byte_range, "Accept-Encoding": "identity"})

    def download(self, url: str, sink: Sink, *, limit: int | None = None) -> Reply:
        """GET of a file's own bytes into ``sink``. Raises `IndexFailure` for every status but 200."""
        reply = self._exchange(url, {"Accept-Encoding": "identity"}, sink, limit)
        if reply.status != 200:
            raise self.refusal(url, reply.status)
        return reply

    def refusal(self, url: str, status: int) -> IndexFailure:
        """The error for a status that the caller can make nothing of."""
        message = f"index {self.name!r} answers {status} for {shown(url)}"
        if status in (401, 403):
            user, password = variables(self.name)
            message += f"; to give credentials, set {user} and {password}, or put the host into netrc or a keyring"
        elif status in WORTH_RETRYING:
            message += f", {self._tries} times in a row; try again later"
        return IndexFailure(message)

    def _exchange(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        from requests import RequestException
        from urllib3.exceptions import HTTPError
        from urllib3.util import Retry

        retry = Retry(total=None, backoff_factor=self._backoff, backoff_jitter=self._backoff / 2, backoff_max=60)
        for last in [False] * (self._tries - 1) + [True]:
            retry = retry.increment("GET")
            delay = retry.get_backoff_time()
            try:
                reply = self._try(url, headers, sink, limit)
            except (RequestException, HTTPError, UnicodeError) as error:
                if last or not _is_passing(error):
                    raise self._failure(url, error, last=last) from error
            except OSError as error:  # a bundle of certificate authorities that is not there
                raise IndexFailure(f"index {self.name!r}: {error}") from error
            else:
                if last or reply.status not in WORTH_RETRYING:
                    return reply
                delay = self._asked_wait(retry, reply, url, otherwise=delay)
            self._closed.wait(delay)
        raise AssertionError("the last try returns or raises")

    def _try(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        """One exchange with its redirects; a second where a keyring has an answer to a 401."""
        with self._response(url, headers) as response:
            if response.status_code != 401 or not self._credentials.ask_keyring(response.url):
                return self._receive(response, headers, sink, limit)
        with self._response(url, headers) as response:
            return self._receive(response, headers, sink, limit)

    @contextmanager
    def _response(self, url: str, headers: Mapping[str, str]) -> Iterator[Response]:
        self._must_be_open()
        with self._session().get(url, headers=dict(headers), timeout=self._timeout, stream=True) as response:
            yield response

    def _receive(self, response: Response, sent: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        reply = Reply(status=response.status_code, url=response.url, headers=headers)
        if response.status_code != (206 if "Range" in sent else 200):
            if int(headers.get("content-length", _SMALL + 1)) <= _SMALL:
                response.content  # noqa: B018  (reading it frees the connection)
            return reply
        sink.restart()
        length = 0
        for chunk in response.iter_content(_CHUNK):
            self._must_be_open()
            length += len(chunk)
            if limit is not None and length > limit:
                raise IndexFailure(f"index {self.name!r}: {shown(response.url)} is larger than {limit} bytes: refused")
            sink.write(chunk)
        return reply

    def _session(self) -> IndexSession:
        session: IndexSession | None = getattr(self._sessions, "session", None)
        if session is None:
            from requests.adapters import HTTPAdapter

            from resolver.http_index.session import IndexSession

            with self._adapting:
                if self._adapter is None:
                    self._adapter = HTTPAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS)
            session = self._sessions.session = IndexSession(self._credentials, self._adapter)
        return session

    def _asked_wait(self, retry: object, reply: Reply, url: str, *, otherwise: float) -> float:
        """Seconds to wait: what the server asks for, within reason."""
        asked = _retry_after(reply.headers.get("retry-after"))
        if asked is None:
            return otherwise
        if asked > LONGEST_WAIT:
            raise IndexFailure(
                f"index {self.name!r} answers {reply.status} for {shown(url)} and asks to wait for {asked:.0f} s; "
                "try again later"
            )
        return asked

    def _failure(self, url: str, error: Exception, *, last: bool) -> TransferError:
        tries = f" ({self._tries} tries)" if last and self._tries > 1 else ""
        return IndexFailure(f"index {self.name!r}: {shown(url)} cannot be had{tries}: {reason(error)}")

    def _must_be_open(self) -> None:
        if self._closed.is_set():
            raise IndexFailure(f"index {self.name!r}: closed")


def _is_passing(error: Exception) -> bool:
    """Whether another try may go better."""
    from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, Timeout  # noqa: A004

    return isinstance(
        error, (ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError)
    ) and not is_certificate_error(error)


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3: a number or a date); None for nonsense."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    if value is None:
        return None
    try:
        return Retry().parse_retry_after(value)
    except (InvalidHeader, ValueError, OverflowError):
        return None
