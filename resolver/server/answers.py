"""Answers: a status, headers and a body."""

from __future__ import annotations

import errno
import hashlib
import http.client
import io
import re
from typing import Dict, NamedTuple, Optional

from resolver.server.negotiation import JSON_TYPE, matches
from resolver.server.requests import Refused, Request
from resolver.server.tokens import TokensError
from resolver.server.tree import TreeError


class Answer(NamedTuple):
    """A status, headers, and a body: bytes, or a file with the part of it that is sent.

    ``reason``: what clients show that show no body; ``user``: whose token it was.
    """

    status: int
    headers: Dict[str, str]
    body: bytes = b""
    file: Optional[io.FileIO] = None
    start: int = 0
    length: int = 0
    reason: str = ""
    user: str = ""

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.length if self.file is not None else len(self.body)


REASONS = http.client.responses
PAGE_CACHE = "max-age=60"
ASK_AGAIN = "no-cache"  # pages of uploads: what was published is seen at once


class Gone(Exception):
    """The client has left, or must be left: there is nobody to answer."""


def page(body: bytes, headers: Dict[str, str], request: Request) -> Answer:
    """A text that this server made or keeps, or 304 where the client has it."""
    tag = '"{}"'.format(hashlib.sha256(body).hexdigest())
    headers["ETag"] = tag
    return Answer(304, headers) if matches(request.headers.get("if-none-match"), tag) else Answer(200, headers, body)


def plain(status: int, message: str, headers: Optional[Dict[str, str]] = None) -> Answer:
    """A short answer in words."""
    given = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": ASK_AGAIN}
    given.update(headers or {})
    reason = re.sub(r"[^ -~]", "?", message)[:200] if status in (400, 401, 403, 409, 413) else ""
    return Answer(status, given, (message + "\n").encode("utf-8", "replace"), reason=reason)


def failure(error: Exception) -> Answer:
    """An error as an answer; what only the server's log should tell is not in it."""
    if isinstance(error, Refused):
        return plain(error.status, str(error), error.headers)
    if isinstance(error, TreeError):
        return plain(503, "this tree cannot be read")
    if isinstance(error, TokensError):
        return plain(503, "the tokens of this server cannot be read")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return plain(507, "the disk of the server is full")
    if isinstance(error, OSError):  # too many open files, say
        return plain(503, "the server is short of resources", {"Retry-After": "1"})
    return plain(500, "the tree is damaged; `wheelhouse verify` says more")


def with_charset(kind: str) -> str:
    """The Content-Type of a page."""
    return kind if kind == JSON_TYPE else kind + "; charset=utf-8"


def scheme_of(request: Request) -> str:
    """How the client came here, by its proxy's word: it decides what an example on a page looks like, nothing else."""
    return "https" if request.headers.get("x-forwarded-proto", "").lower() == "https" else request.scheme
