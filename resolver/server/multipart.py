"""Forms, as they arrive: nothing here waits, and nothing keeps more than its limits."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional, Tuple
from urllib.parse import unquote

from resolver.server.limits import MAX_FIELDS, MAX_PART_HEAD
from resolver.server.requests import Refused, read_headers


class Part(NamedTuple):
    """A field of a form; ``filename`` where it is a file."""

    name: str
    filename: Optional[str]


class Fields:
    """Who is told of the fields of a form; refuses by raising Refused."""

    def begin(self, part: Part) -> None:
        """A field begins."""
        raise NotImplementedError

    def data(self, content: bytes) -> None:
        """More of the field."""
        raise NotImplementedError


class Multipart:
    """Reads multipart/form-data (RFC 7578), in whatever pieces it comes."""

    def __init__(self, boundary: bytes, fields: Fields) -> None:
        self.done = False
        self._delimiter = b"\r\n--" + boundary
        self._fields = fields
        self._buffer = bytearray(b"\r\n")  # so that the first delimiter is like the others
        self._state = self._preamble
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take more. Raises Refused (400) for what is no form."""
        self._buffer += data
        while self._state():
            pass

    # Each state goes on by one step, and returns False where more has to come first.

    def _preamble(self) -> bool:
        end = self._buffer.find(self._delimiter)
        if end < 0:
            if len(self._buffer) > MAX_PART_HEAD:
                raise Refused(400, "the form does not begin with its boundary")
            return False
        del self._buffer[: end + len(self._delimiter)]
        self._state = self._after_delimiter
        return True

    def _after_delimiter(self) -> bool:
        if len(self._buffer) < 2:
            return False
        mark = bytes(self._buffer[:2])
        del self._buffer[:2]
        if mark == b"--":
            self.done, self._state = True, self._epilogue
        elif mark == b"\r\n":
            self._state = self._head
        else:
            raise Refused(400, "a boundary of the form is damaged")
        return True

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end > MAX_PART_HEAD or (end < 0 and len(self._buffer) > MAX_PART_HEAD):
            raise Refused(400, "the head of a field of the form is too long")
        if end < 0:
            return False
        self._count += 1
        if self._count > MAX_FIELDS:
            raise Refused(400, "the form has more than {} fields".format(MAX_FIELDS))
        part = read_part(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        self._fields.begin(part)
        self._state = self._content
        return True

    def _content(self) -> bool:
        end = self._buffer.find(self._delimiter)
        kept = len(self._buffer) - len(self._delimiter) + 1  # the last bytes may be the begin of a delimiter
        stop = end if end >= 0 else max(0, kept)
        if stop:
            self._fields.data(bytes(self._buffer[:stop]))
        if end < 0:
            del self._buffer[:stop]
            return False
        del self._buffer[: stop + len(self._delimiter)]
        self._state = self._after_delimiter
        return True

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False


BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
PARAMETER = re.compile(r';[ \t]*([!#$&+.^_`|~0-9A-Za-z*-]+)=("(?:[^"\\]|\\.)*"|[^;"\s]*)[ \t]*')


def parameters(header: str) -> Tuple[str, Dict[str, str]]:
    """``form-data; name="x"`` as its value, lower case, and its parameters. Raises Refused (400)."""
    value, _, rest = header.partition(";")
    rest, found, position = ";" + rest if rest else "", {}, 0
    while position < len(rest):
        match = PARAMETER.match(rest, position)
        if match is None or match.group(1).lower() in found:
            raise Refused(400, "the parameters of a header cannot be read")
        text = match.group(2)
        found[match.group(1).lower()] = re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
        position = match.end()
    return value.strip().lower(), found


def boundary_of(content_type: str) -> bytes:
    """The boundary of a form's Content-Type. Raises Refused (400)."""
    kind, given = parameters(content_type)
    boundary = given.get("boundary", "")
    if kind != "multipart/form-data" or not BOUNDARY.fullmatch(boundary):
        raise Refused(400, "an upload is a form: multipart/form-data with a boundary")
    return boundary.encode("ascii")


def read_part(head: bytes) -> Part:
    """The head of a field. Raises Refused (400)."""
    headers = read_headers(head.split(b"\r\n"))
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise Refused(400, "a field of the form is encoded, which RFC 7578 does not allow")
    kind, given = parameters(headers.get("content-disposition", ""))
    if kind != "form-data" or "name" not in given:
        raise Refused(400, "a field of the form has no name")
    filename = given.get("filename")
    extended = re.match(r"utf-8'[^']*'(.*)\Z", given.get("filename*", ""), re.IGNORECASE)  # RFC 8187
    if extended is not None:
        filename = unquote(extended.group(1), errors="replace")
    elif filename is not None:
        filename = filename.encode("latin-1", "replace").decode("utf-8", "replace")
    return Part(given["name"], filename)
