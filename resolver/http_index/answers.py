"""The answer to one HTTP request, its body unread, from whichever library (`reply` has the body too). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from resolver.http_index.encodings import is_decoded

SMALL = 1 << 16
"""Bytes of a body that come with its headers, most often."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

LENGTH = re.compile("[0-9]{1,18}")
"""A Content-Length that can be; of more digits `int` refuses some."""

_ENDS = frozenset({"content-length", "transfer-encoding"})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class Answer(Protocol):
    """``headers`` have names in lower case; the values of a repeated one are joined by commas (RFC 9110, 5.3)."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...

    def chunks(self, size: int) -> Iterator[bytes]:
        """The body without its Content-Encoding, at most ``size`` bytes at a time. Raises `Failed`."""
        ...

    def drain(self) -> None:
        """Read and drop a body of at most `SMALL` bytes, so that its connection can be used again."""
        ...

    def close(self) -> None:
        """Release it, at any time and more than once. If all was read, its connection can be used again."""
        ...


def folded(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as an `Answer` has them."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        before = found.get(key, value)
        found[key] = value if before == value else f"{before}, {value}"
    return found


def location(answer: Answer) -> str | None:
    """Where a redirect leads; None for an answer that is no redirect.

    Headers come as Latin-1, a character for each byte. A server that sends a URL unquoted means those bytes: they are
    read as UTF-8, and where they are not that, each is quoted as it came.
    """
    stated = answer.headers.get("location") if answer.status in REDIRECTS else None
    if stated is None or stated.isascii():
        return stated
    try:
        return stated.encode("latin-1").decode()
    except UnicodeError:
        return _NOT_ASCII.sub(lambda found: f"%{ord(found[0]):02X}", stated)


def length(headers: Mapping[str, str]) -> float:
    """Bytes of the body as they are sent; infinity where the headers do not say."""
    stated = headers.get("content-length", "")
    return int(stated) if LENGTH.fullmatch(stated) else float("inf")


def tells_its_end(headers: Mapping[str, str]) -> bool:
    """Whether a cut in the body would be noticed. If not, it ends with the connection, cut or whole."""
    return not headers.keys().isdisjoint(_ENDS) or is_decoded(headers.get("content-encoding", ""))
