"""Bodies of requests, as they arrive: nothing here waits, and nothing keeps more than its limits."""

from __future__ import annotations

import re
from typing import Optional

from resolver.server.limits import MAX_PART_HEAD
from resolver.server.messages import readable
from resolver.server.requests import Refused


class Body:
    """The body of a request, by Content-Length or in chunks (RFC 9112, 6 and 7). ``rest`` is what came behind it."""

    def __init__(self, length: Optional[int], limit: int) -> None:
        self.done = length == 0
        self.rest = b""
        self._left = length or 0  # of the body or of the chunk
        self._chunked = length is None
        self._buffer = bytearray()
        self._state = "size"
        self._limit = self._allowed = limit

    def check(self) -> None:
        """Raise Refused (413) for a body that says that it is too large."""
        if self._left > self._limit:
            raise Refused(413, "the body is larger than {}".format(readable(self._limit)))

    def feed(self, data: bytes) -> bytes:
        """The bytes of the body among ``data``. Raises Refused (400, 413)."""
        if not self._chunked:
            taken = data[: self._left]
            self._left -= len(taken)
            if self._left == 0:
                self.done, self.rest = True, data[len(taken) :]
            return taken
        self._buffer += data
        found = bytearray()
        while not self.done and self._step(found):
            pass
        return bytes(found)

    def _step(self, found: bytearray) -> bool:
        """Go on by one line or one piece; False where more has to come first."""
        if self._state == "data":
            taken = self._buffer[: self._left]
            del self._buffer[: len(taken)]
            found += taken
            self._left -= len(taken)
            if self._left == 0:
                self._state = "end"
            return bool(taken)
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > MAX_PART_HEAD:
                raise Refused(400, "a line between chunks is too long")
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        if self._state == "end" and line:
            raise Refused(400, "a chunk is longer than it says")
        if self._state == "end":
            self._state = "size"
        elif self._state == "size":
            self._size(line)
        elif not line:  # after the trailers
            self.done, self.rest = True, bytes(self._buffer)
        return True

    def _size(self, line: bytes) -> None:
        size = re.match(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t -~\x80-\xff]*)?\Z", line)
        if size is None:
            raise Refused(400, "the size of a chunk cannot be read")
        self._left = int(size.group(1), 16)
        self._allowed -= self._left
        if self._allowed < 0:
            raise Refused(413, "the body is larger than is taken here")
        self._state = "data" if self._left else "trailers"
