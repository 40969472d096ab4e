"""The head of a response: all of its headers, of which http.client is told those that frame the body.

http.client has headers read by the parser of e-mail, which takes a fifth of the time of a short answer. What frames a
body, and when a connection is to be closed, stays for http.client to say.
"""

from __future__ import annotations

from http.client import HTTPException
from io import BufferedIOBase

from resolver.http_index.answers import folded

_MOST = 100  # headers, as with http.client; an index sends twenty to thirty

_FRAMING = frozenset({"connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding"})
"""What `http.client.HTTPResponse.begin` asks for."""


class Head:
    """Reads from ``stream`` in place of http.client, up to the body.

    ``has_ended``: whether all had ended where a line was wanted, which http.client takes for the end of the headers.
    """

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self._fields: list[tuple[str, str]] = []
        self._is_within = False
        self.has_ended = False

    @property
    def headers(self) -> dict[str, str]:
        """What was read since the last status line, as an `Answer` has it."""
        return folded(self._fields)

    def readline(self, size: int) -> bytes:
        """The next line that http.client has to know: of the status, of a header that frames the body, or blank.

        One that is longer than ``size`` is given in part, which http.client refuses.
        """
        if not self._is_within:
            self._is_within, self._fields = True, []
            return self._line(size)
        while True:
            line = self._line(size)
            if not line.strip(b"\r\n"):
                self._is_within = False
                return line
            if self._kept(line) in _FRAMING or len(line) >= size:
                return line

    def close(self) -> None:
        """Called by http.client where a status line is none."""
        self._stream.close()

    def _line(self, size: int) -> bytes:
        line = self._stream.readline(size)
        self.has_ended = not line
        return line

    def _kept(self, line: bytes) -> str:
        """The name of the header that a line states or goes on with (RFC 9112, 5.2); a line that is none is let go."""
        text = line.decode("latin-1")
        if text[0] in " \t":
            if not self._fields:
                return ""
            name, value = self._fields.pop()
            value = f"{value} {text.strip()}".strip()
        else:
            name, colon, value = text.partition(":")
            if not colon:
                return ""
            name, value = name.lower(), value.strip()
        self._fields.append((name, value))
        if len(self._fields) > _MOST:
            raise HTTPException(f"got more than {_MOST} headers")
        return name
