"""Connections of http.client that give up the turn while they wait (see `turns`), and know where hosts were reached."""

from __future__ import annotations

import select
import socket
from collections.abc import Mapping
from contextlib import nullcontext
from http.client import HTTPConnection, HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

from resolver.http_index.addresses import Addresses
from resolver.http_index.head import read_head
from resolver.http_index.origins import PORTS, Origin
from resolver.http_index.pace import Pace
from resolver.http_index.turns import waiting

if TYPE_CHECKING:
    import ssl

_addresses = Addresses()


def is_readable(sock: socket.socket) -> bool:
    """Whether a read would not wait: something has come, or the end."""
    pending = getattr(sock, "pending", None)  # of TLS: what was received and not read
    if pending is not None and pending():
        return True
    if not hasattr(select, "poll"):  # on Windows, where `select` has no largest descriptor
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class ConnectTimeout(TimeoutError):
    """Nobody took the connection in time."""


class _Patient(RawIOBase):
    """What a socket receives of an answer; a read that has to wait gives up the turn. Raises `TooSlow`."""

    def __init__(self, sock: socket.socket, received: RawIOBase) -> None:
        self._sock = sock
        self._received = received
        self._pace = Pace(sock)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401  (a buffer)
        with nullcontext() if self._has_come() else waiting():
            return self._pace.read(self._received, buffer)

    def close(self) -> None:
        self._received.close()
        super().close()

    def _has_come(self) -> bool:
        """Whether there is nothing to wait for. What TLS has not opened yet may be no more than a ticket."""
        pending = getattr(self._sock, "pending", None)
        return is_readable(self._sock) if pending is None else pending() > 0


class PatientStream(HTTPResponse):
    """A response of http.client that gives up the turn while it waits, and that does not wait for ever."""

    def __init__(self, sock: socket.socket, *more: Any, **named: Any) -> None:  # noqa: ANN401  (as of http.client)
        super().__init__(sock, *more, **named)
        self.fp: Any = BufferedReader(_Patient(sock, self.fp.detach()))


class PatientResponse(PatientStream):
    """One whose head is read as ours are. ``fields``: its headers, as an `Answer` has them."""

    fields: Mapping[str, str]

    def begin(self, **_more: Any) -> None:  # noqa: ANN401  (what it takes is between http.client and itself)
        """Read up to the body, which http.client then reads as the head frames it. Raises `HTTPException`."""
        head = read_head(self.fp)
        self.version, self.status, self.fields = head
        self.chunked, self.chunk_left, self.length = head.is_chunked, None, head.length
        self.will_close = head.is_last


class PatientConnection(HTTPConnection):
    """A connection to ``origin``, by TLS where there is a ``context``. ``timeout``: connect, read."""

    response_class = PatientResponse

    def __init__(self, origin: Origin, context: ssl.SSLContext | None, timeout: tuple[float, float]) -> None:
        super().__init__(origin.host.rstrip("."), origin.port)  # certificates and servers know no dot at the end
        self.origin = origin
        self.default_port = PORTS[origin.scheme]
        self._context = context
        self._timeouts = timeout

    def connect(self) -> None:
        """Called by http.client when the first request is sent."""
        with waiting():
            try:
                made = _addresses.connection(self.origin.host, self._connected)
                try:
                    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.sock = made if self._context is None else self._secured(made)
                except BaseException:
                    made.close()
                    raise
            except TimeoutError as error:
                raise ConnectTimeout("timed out") from error
        self.sock.settimeout(self._timeouts[1])

    def _connected(self, host: str) -> socket.socket:
        return socket.create_connection((host, self.port), self._timeouts[0])

    def _secured(self, made: socket.socket) -> ssl.SSLSocket:
        assert self._context is not None
        return self._context.wrap_socket(made, server_hostname=self.host)
