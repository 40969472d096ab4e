"""The head of a response: its status and headers, and how its body is framed (RFC 9112). Bodies stay http.client's.

http.client reads headers by the parser of e-mail: its reading of heads took a fifth of the CPU of a short answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong, RemoteDisconnected, UnknownProtocol
from io import BufferedIOBase
from typing import NamedTuple

from resolver.http_index.answers import LENGTH, folded

_LONGEST = 1 << 16  # bytes of a line, as with http.client
_MOST = 100  # lines of headers, as with http.client (an index sends twenty to thirty), and responses that only inform
_STATUS = re.compile("[1-9][0-9]{2}")
_WITHOUT_BODY = frozenset({204, 304})


class BadLength(HTTPException):
    """A Content-Length that is no number, or an absurd one, or several that contradict each other."""


class Head(NamedTuple):
    """``version``: 10 or 11, as http.client says it. ``headers`` are as an `Answer` has them."""

    version: int
    status: int
    headers: Mapping[str, str]

    @property
    def is_chunked(self) -> bool:
        """Whether there is a body that says its length chunk by chunk (RFC 9112, 7.1)."""
        return self.status not in _WITHOUT_BODY and self.headers.get("transfer-encoding", "").lower() == "chunked"

    @property
    def length(self) -> int | None:
        """Bytes of the body; None where something else ends it (RFC 9112, 6.3). Raises `BadLength`."""
        if self.status in _WITHOUT_BODY:
            return 0
        stated = self.headers.get("content-length")
        if stated is None or self.is_chunked:
            return None
        if LENGTH.fullmatch(stated) is None:
            raise BadLength(stated)
        return int(stated)

    @property
    def is_last(self) -> bool:
        """Whether no other response comes over this connection (RFC 9112, 9.3)."""
        if self.length is None and not self.is_chunked:
            return True
        option = self.headers.get("connection", "").lower()
        if self.version > 10:
            return "close" in option
        return "keep-alive" not in option and "keep-alive" not in self.headers


def read_head(stream: BufferedIOBase) -> Head:
    """Read up to the body. Informational responses are passed over (RFC 9110, 15.2), of which http.client knows 100.

    Raises `HTTPException`: `RemoteDisconnected` where there is none, `IncompleteRead` where it breaks off.
    """
    for _ in range(_MOST):
        version, status = _status(stream)
        headers = _headers(stream)
        if status >= 200:
            return Head(version, status, headers)
    raise HTTPException(f"got {_MOST} informational responses and no other")


def _status(stream: BufferedIOBase) -> tuple[int, int]:
    line = _line(stream, "status line").decode("latin-1")
    if not line:
        raise RemoteDisconnected("Remote end closed connection without response")
    protocol, status, *_ = (*line.split(None, 2), "", "")
    if not protocol.startswith("HTTP/") or _STATUS.fullmatch(status) is None:
        raise BadStatusLine(line)
    if protocol in {"HTTP/1.0", "HTTP/0.9"}:
        return 10, int(status)
    if not protocol.startswith("HTTP/1."):
        raise UnknownProtocol(protocol)
    return 11, int(status)


def _headers(stream: BufferedIOBase) -> dict[str, str]:
    """The headers, up to the blank line. They may be folded (RFC 9112, 5.2); a line that is none is ignored."""
    fields: list[tuple[str, str]] = []
    for _ in range(_MOST + 1):
        line = _line(stream, "header line")
        if not line:
            raise IncompleteRead(b"")
        if line in {b"\r\n", b"\n"}:
            found = dict(fields)
            return found if len(found) == len(fields) else folded(fields)
        text = line.decode("latin-1")
        name, colon, value = text.partition(":")
        if text[0] in " \t":
            if fields:
                name, value = fields.pop()
                fields.append((name, f"{value} {text.strip()}".strip()))
        elif colon:
            fields.append((name.lower(), value.strip()))
    raise HTTPException(f"got more than {_MOST} headers")


def _line(stream: BufferedIOBase, what: str) -> bytes:
    line = stream.readline(_LONGEST + 1)
    if len(line) > _LONGEST:
        raise LineTooLong(what)
    return line
