"""GET without a proxy, over connections of http.client that are kept open. Safe in threads.

http.client knows HTTP; here is what it leaves to its callers: which connection to use, what to do with one that the
server has closed meanwhile, and whether a body is all there.
"""

from __future__ import annotations

import ssl
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException, IncompleteRead
from typing import cast

from resolver.http_index.answers import SMALL
from resolver.http_index.encodings import ACCEPTED, DecodeError, decoded
from resolver.http_index.failure import Failed
from resolver.http_index.origins import Origin, target
from resolver.http_index.patient import PatientConnection, PatientResponse, is_readable

_Idle = dict[Origin, list[PatientConnection]]


class Pool:
    """Keeps up to ``count`` connections to each of the last ``count`` origins. ``timeout``: connect, read, in seconds.

    ``context`` is asked for what TLS needs at the first connection by https, and may raise what it likes.
    """

    def __init__(self, count: int, timeout: tuple[float, float], context: Callable[[], ssl.SSLContext]) -> None:
        self._count = count
        self._timeout = timeout
        self._context = context
        self._idle: _Idle = {}
        self._is_closed = False
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._idle)

    def get(self, url: str, headers: Mapping[str, str]) -> PooledAnswer:
        """The answer to one GET, its body unread. Raises `Failed`.

        A connection that was kept may turn out to be closed only when it is used, which says nothing about the server:
        it is asked once more, over a new one.
        """
        try:
            origin, path = target(url)
            headers = {"Accept-Encoding": ACCEPTED, **headers}
            kept = self._taken(origin)
            if kept is not None:
                with suppress(ConnectionError, ssl.SSLError):
                    return self._asked(kept, path, headers)
            return self._asked(self._new(origin), path, headers)
        except (OSError, HTTPException) as error:
            raise Failed from error
        except ValueError as error:
            raise Failed(may_pass=False) from error

    def close(self) -> None:
        """Close idle connections, and the others as soon as they are given back."""
        with self._lock:
            self._is_closed = True
            _close(self._idle)

    def give_back(self, connection: PatientConnection) -> None:
        """Keep a connection over which all was read."""
        with self._lock:
            idle = self._idle.pop(connection.origin, [])
            self._idle[connection.origin] = idle  # the last of all
            if self._is_closed or len(idle) >= self._count:
                connection.close()
            else:
                idle.append(connection)
            if len(self._idle) > self._count:
                for forgotten in self._idle.pop(next(iter(self._idle))):
                    forgotten.close()

    def _taken(self, origin: Origin) -> PatientConnection | None:
        """The idle connection that was used last. One with something to read was closed, or answers out of step."""
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                connection = idle.pop() if idle else None
            if connection is None or not (connection.sock is None or is_readable(connection.sock)):
                return connection
            connection.close()

    def _new(self, origin: Origin) -> PatientConnection:
        return PatientConnection(origin, self._context() if origin.scheme == "https" else None, self._timeout)

    def _asked(self, connection: PatientConnection, path: str, headers: Mapping[str, str]) -> PooledAnswer:
        try:
            connection.request("GET", path, headers=headers)
            return PooledAnswer(self, connection, cast("PatientResponse", connection.getresponse()))
        except BaseException:
            connection.close()
            raise


class PooledAnswer:
    """An `Answer` of http.client."""

    def __init__(self, pool: Pool, connection: PatientConnection, response: PatientResponse) -> None:
        self._pool = pool
        self._connection = connection
        self._response = response
        self._is_closed = False
        self.status = response.status
        self.headers = response.fields

    def chunks(self, size: int) -> Iterator[bytes]:
        """See `Answer.chunks`."""
        encoding = self.headers.get("content-encoding")
        body = self._body(size)
        try:
            yield from body if encoding is None else decoded(body, encoding, size)
        except (OSError, HTTPException, DecodeError) as error:
            raise Failed from error

    def drain(self) -> None:
        """See `Answer.drain`."""
        with suppress(OSError, HTTPException, ValueError):
            self._response.read(SMALL)

    def close(self) -> None:
        """See `Answer.close`."""
        if self._is_closed:  # the connection may be somebody else's by now
            return
        self._is_closed = True
        left = self._response.length  # None where only the end tells that nothing is
        is_whole = left == 0 or (left is None and self._response.isclosed())
        self._response.close()
        if is_whole and self._connection.sock is not None:
            self._pool.give_back(self._connection)
        else:
            self._connection.close()

    def _body(self, size: int) -> Iterator[bytes]:
        """The body as it is sent. Raises `IncompleteRead`, which http.client does only where all is read at once."""
        response = self._response
        while not response.isclosed():
            try:
                chunk = response.read(size)
            except ValueError as error:  # the length of a chunk is none
                raise IncompleteRead(b"") from error
            if chunk:
                yield chunk
        if response.length:
            raise IncompleteRead(b"", response.length)


def _close(idle: _Idle) -> None:
    while idle:
        for connection in idle.popitem()[1]:
            connection.close()
