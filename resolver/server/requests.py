"""What a request asks for: its head, and the path in it. Pure."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import unquote_to_bytes


def split_target(target: str) -> Tuple[str, str]:
    """Path and query of a request target, both still encoded; a path without ``/`` in front for what names none."""
    found = re.match(r"https?://[^/?#]+(?=/)", target, re.IGNORECASE)  # absolute form, which proxies send
    path, _, query = (target[found.end() :] if found else target).partition("#")[0].partition("?")
    return path, query


def decode_path(target: str) -> Optional[str]:
    """The path of a request target, decoded once; None where it is no plain path.

    An encoded slash is refused: a proxy in front and this server would see different folders.
    """
    encoded = split_target(target)[0]
    if re.search(r"%(2f|5c|00)", encoded, re.IGNORECASE):
        return None
    try:
        path = unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not path.startswith("/") or "//" in path or re.search(r"[\\\0]|%2e|%2f|%5c", path, re.IGNORECASE):
        return None
    return path


class Request(NamedTuple):
    """The head of a request. Names of headers are lower case; of several with one name the values are joined.

    ``length``: bytes of the body; None where they come in chunks.
    """

    method: str
    target: str
    version: str
    headers: Dict[str, str]
    length: Optional[int] = 0
    scheme: str = "http"

    @property
    def keeps(self) -> bool:
        """Whether the client wants to go on with this connection."""
        wishes = [wish.strip().lower() for wish in self.headers.get("connection", "").split(",")]
        return "close" not in wishes if self.version == "HTTP/1.1" else "keep-alive" in wishes


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, headers: Optional[Dict[str, str]] = None) -> None:
        super(Refused, self).__init__(message)
        self.status = status
        self.headers = headers or {}


TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([!-~]+) (HTTP/1\.[01])")
HEADER = re.compile(rb"(" + TOKEN + rb"):[ \t]*([\t -~\x80-\xff]*)")


def parse_head(head: bytes) -> Request:
    """A head without its last empty line (RFC 9112). Raises Refused (400, 405, 411).

    Strict where clients and proxies have read heads in different ways: no bare CR or LF, no folded lines, no blank
    before a colon, one way to tell the length of a body, and a body for POST only.
    """
    first, *rest = head.split(b"\r\n")
    found = REQUEST_LINE.fullmatch(first)
    if found is None:
        raise Refused(400, "this is not a request of HTTP/1.1")
    method, target, version = (part.decode("ascii") for part in found.groups())
    headers = read_headers(rest[:-1] if rest and not rest[-1] else rest)
    if method not in ("GET", "HEAD", "POST"):
        raise Refused(405, "only GET and HEAD are answered here", {"Allow": "GET, HEAD"})
    if version == "HTTP/1.1" and not HOST.fullmatch(headers.get("host", "?")):
        raise Refused(400, "a request names one host")
    return Request(method, target, version, headers, body_length(method, version, headers))


def body_length(method: str, version: str, headers: Dict[str, str]) -> Optional[int]:
    """Bytes of the body that follows, or None where it comes in chunks. Raises Refused (400, 411)."""
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if method != "POST":
        if coding is not None or length not in (None, "0"):
            raise Refused(400, "a request like this has no body")
        return 0
    if coding is not None:
        if coding.lower() != "chunked" or length is not None or version != "HTTP/1.1":
            raise Refused(400, "the length of the body cannot be told for sure")
        return None
    if length is None:
        raise Refused(411, "an upload tells its length")
    if not re.fullmatch(r"[0-9]{1,15}", length):
        raise Refused(400, "the length of the body cannot be read")
    return int(length)


HOST = re.compile(r"[A-Za-z0-9._:\[\]%-]*")


def read_headers(lines: List[bytes]) -> Dict[str, str]:
    """Lower-case names and values, those of one name joined. Raises Refused (400)."""
    headers: Dict[str, str] = {}
    for line in lines:
        found = HEADER.fullmatch(line)
        if found is None:
            raise Refused(400, "the headers cannot be read")
        name, value = found.group(1).decode("ascii").lower(), found.group(2).decode("latin-1").strip(" \t")
        headers[name] = headers[name] + ", " + value if name in headers else value
    return headers
