"""A server of one's own making: what it sends is written out to the byte, connection by connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

HOLD = b"(hold)"
"""As the last answer of a connection: it stays open, with nothing said, until the test is over."""
HANG_UP = b""
"""As the last answer of a connection: a request is read, and the connection closed."""
Sent = bytes | Sequence[Callable[[], bytes]]
"""An answer, or what makes its parts once it is asked for."""


class Scripted:
    """``heads``: what was asked, as (number of the connection, request and headers); ``protocols``: those of TLS."""

    def __init__(self, port: int, host: str) -> None:
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.heads: list[tuple[int, str]] = []
        self.protocols: list[str | None] = []
        self.over = threading.Event()

    @property
    def connections(self) -> list[int]:
        """The connection over which each request came."""
        return [number for number, _ in self.heads]


@contextmanager
def scripted(
    *connections: Sequence[Sent], host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Scripted]:
    """Each connection answers one request after another with what it was given for it, and then is closed."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        server = Scripted(listening.getsockname()[1], host)

        def serve() -> None:
            for number, answers in enumerate(connections):
                with suppress(OSError):
                    threading.Thread(target=talk, args=(listening.accept()[0], number, answers), daemon=True).start()

        def talk(connection: socket.socket, number: int, answers: Sequence[Sent]) -> None:
            with suppress(OSError), connection:
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                    server.protocols.append(connection.selected_alpn_protocol())
                with connection, connection.makefile("rb") as received:
                    for answer in answers:
                        if answer == HOLD:
                            server.over.wait(20)
                            return
                        head = _head(received)
                        if not head:
                            return
                        server.heads.append((number, head))
                        for part in [answer] if isinstance(answer, bytes) else (make() for make in answer):
                            connection.sendall(part)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", version: str = "HTTP/1.1") -> bytes:
    """An answer whose Content-Length is right, unless ``headers`` say something of its length."""
    lines = [f"{version} {status}", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _head(received: BinaryIO) -> str:
    lines: list[bytes] = []
    while line := received.readline():
        if line == b"\r\n":
            return b"".join(lines).decode()
        lines.append(line)
    return ""
