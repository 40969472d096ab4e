"""GET requests to one index and to wherever it leads. What a status means is for the caller to say; nothing is cached.

`Wire` does the work. What it imports is slow to import and often not needed, since answers come from the cache, so it
is loaded at the first exchange.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from resolver.errors import IndexFailure
from resolver.http_index.reply import Reply, Sink
from resolver.http_index.urls import shown
from resolver.logins import variable

if TYPE_CHECKING:
    from resolver.http_index.wire import Wire

CONNECTIONS = 25
"""Connections to a host that are kept open: whoever asks for more at once opens the rest anew each time."""

_LARGEST_RANGE = 1 << 30
OF_A_DIRECT_URL = "the server of its direct URL"
"""What messages call whoever answers for a URL that is no index's."""


def variables(index: str) -> tuple[str, str]:
    """The names of the environment variables that hold an index's user name and password."""
    stem = f"WHEELHOUSE_INDEX_{variable(index)}"
    return f"{stem}_USERNAME", f"{stem}_PASSWORD"


class Transport:
    """Exchanges for the index ``name`` at ``url``, from any thread; connections are shared.

    ``tries`` counts the first one too. ``backoff`` is in seconds and doubles with every try after the second, unless
    the server asks for another wait; ``timeout`` is in seconds, for connecting and for every silence after that (an
    answer that trickles ends too: see `pace`). ``called`` is what messages call it. Proxies, netrc and bundles of
    certificate authorities are those of the environment, as requests knows them.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        tries: int = 5,
        backoff: float = 0.5,
        timeout: tuple[float, float] = (10.0, 60.0),
        called: str | None = None,
    ) -> None:
        self.name = name
        self._called = called or f"index {name!r}"
        self._url = url
        self._tries = tries
        self._backoff = backoff
        self._timeout = timeout
        self._wire: Wire | None = None
        self._wiring = threading.Lock()

    def called_otherwise(self, called: str) -> Transport:
        """Another one like it, for URLs that are not the index's; its login goes where it would go anyway."""
        return Transport(
            self.name, self._url, tries=self._tries, backoff=self._backoff, timeout=self._timeout, called=called
        )

    @property
    def is_protected(self) -> bool:
        """Whether the index is asked over TLS."""
        return self._url.startswith("https:")

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up: exchanges under way in other threads end with an error at their next step."""
        if self._wire is not None:
            self._wire.close()

    def get(self, url: str, *, limit: int, headers: Mapping[str, str] | None = None) -> Reply:
        """GET into memory. Raises `IndexFailure`, also for a body of more than ``limit`` bytes."""
        memory = _Memory()
        reply = self._exchange(url, headers or {}, memory, limit)
        return Reply(status=reply.status, url=reply.url, headers=reply.headers, content=memory.content())

    def get_range(self, url: str, byte_range: str) -> Reply:
        """GET of ``byte_range`` (as in ``bytes=0-99``). Where the answer is not 206, its body is left unread."""
        return self.get(url, limit=_LARGEST_RANGE, headers={"Range": byte_range, "Accept-Encoding": "identity"})

    def download(self, url: str, sink: Sink, *, limit: int | None = None) -> Reply:
        """GET of a file's own bytes into ``sink``. Raises `IndexFailure`, also for every status but 200."""
        reply = self._exchange(url, {"Accept-Encoding": "identity"}, sink, limit)
        if reply.status != 200:
            raise self.refusal(url, reply)
        return reply

    def download_rest(self, url: str, sink: Sink, start: int, *, limit: int | None = None) -> bool:
        """GET of a file's bytes from ``start`` on; False, with nothing written, where the server sends no such part.

        Raises `IndexFailure`, also for more than ``limit`` bytes.
        """
        headers = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"}
        return self._exchange(url, headers, sink, limit).status == 206

    def refusal(self, url: str, reply: Reply) -> IndexFailure:
        """The error for a status that the caller does not expect."""
        status = reply.status
        message = f"{self._called} answers {status} for {shown(url)}"
        if status in (401, 403) and self._wire is not None:
            is_direct = self._called == OF_A_DIRECT_URL
            message += f"; {self._wire.credentials.advice(reply.url, status, is_direct=is_direct)}"
        elif status == 429 or status >= 500:
            message += "; it may be busy or broken, try again later"
        return IndexFailure(message)

    def _exchange(self, url: str, headers: Mapping[str, str], sink: Sink, limit: int | None) -> Reply:
        with self._wiring:
            if self._wire is None:
                from resolver.http_index.wire import Wire  # noqa: PLC0415  (the first need of it)

                self._wire = Wire(
                    self.name,
                    self._url,
                    tries=self._tries,
                    backoff=self._backoff,
                    timeout=self._timeout,
                    called=self._called,
                )
        return self._wire.exchange(url, headers, sink, limit)


class _Memory:
    """A sink for small bodies."""

    def __init__(self) -> None:
        self._stream = io.BytesIO()

    def restart(self) -> None:
        self._stream = io.BytesIO()

    def write(self, chunk: bytes, /) -> object:
        return self._stream.write(chunk)

    def content(self) -> bytes:
        """What was written, of which no copy is made; a list of chunks would be there twice when it is joined."""
        return self._stream.getvalue()
