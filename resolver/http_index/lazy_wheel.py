"""METADATA of a wheel by the cheapest way that is sound: its sidecar, else ranges of the wheel, else the whole wheel.

Of a wheel that was read by ranges nobody has seen all bytes, so its sha256 cannot be verified. That is acceptable for
what the answer is used for: metadata steers the choice of versions, just as the index's own pages do, and comes from
the same index over the same connection. It can pick a wrong version, never wrong bytes: what is installed is verified
against the lock when it is vendored. A wheel is rejected as broken only on verified bytes.
"""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO, cast

from resolver.errors import IntegrityError, InvalidMetadata
from resolver.http_index.answers import tells_its_end
from resolver.http_index.blobs import STRONG, verify, whole_file
from resolver.http_index.cache import Cache
from resolver.http_index.origins import Origin, origin
from resolver.http_index.reply import Reply
from resolver.http_index.transport import Transport
from resolver.http_index.urls import shown, sidecar
from resolver.simple.model import File

TAIL = 1 << 16
"""Bytes of the first range: the central directory of nearly every wheel, and often METADATA with it."""

_LARGEST_SIDECAR = 1 << 25  # bytes
_MOST_BY_RANGES = 1 << 26  # bytes of one wheel; beyond that all of it may as well be fetched
_ABSENT = frozenset({403, 404, 410})  # a bucket that may not be listed answers 403 for what is not there
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class _RangesUnusable(Exception):
    """The server does not answer ranges, or not as RFC 9110 says."""


class LazyWheels:
    """Reads METADATA for one index. Remembers which servers answer no ranges. Safe in threads."""

    def __init__(self, transport: Transport, cache: Cache) -> None:
        self._transport = transport
        self._cache = cache
        self._without_ranges: set[Origin | None] = set()

    def metadata(self, file: File) -> bytes:
        """METADATA of the wheel ``file``, with the digest that its page states, if any.

        Raises `InvalidMetadata`, `IntegrityError` and `IndexFailure`.
        """
        found = self._found(file)
        for algorithm, promised in (file.metadata or {}).items():
            if algorithm in STRONG and promised != (actual := hashlib.new(algorithm, found).hexdigest()):
                raise IntegrityError(
                    f"{shown(file.url)}: the {algorithm} of its METADATA is {actual}, but {promised} was promised"
                )
        return found

    def _found(self, file: File) -> bytes:
        if not self._is_exposed(file):
            found = self._from_sidecar(file) if file.metadata is not None else None
            if found is None and self._cache.blob_path(file.hashes.get("sha256", "")) is None:
                found = self._by_ranges(file)
            if found is not None:
                return found
        from resolver.metadata.wheels import wheel_metadata  # noqa: PLC0415  (most wheels have a sidecar)

        with whole_file(self._transport, self._cache, file) as (stream, _):
            return wheel_metadata(stream, file.filename)

    def _is_exposed(self, file: File) -> bool:
        """Whether an https index leads to plain http: then nothing is believed but what its hash proves."""
        return self._transport.is_protected and not file.url.startswith("https:")

    def _from_sidecar(self, file: File) -> bytes | None:
        """The sidecar of PEP 658; None where it is not there after all, or may have been cut off."""
        url = sidecar(file.url)
        reply = self._transport.get(url, limit=_LARGEST_SIDECAR)
        if reply.status in _ABSENT:
            return None
        if reply.status != 200:
            raise self._transport.refusal(url, reply)
        # Without its end it would have fewer requirements, and nothing would show that.
        is_whole = tells_its_end(reply.headers) or any(algorithm in STRONG for algorithm in file.metadata or ())
        return reply.content if is_whole else None

    def _by_ranges(self, file: File) -> bytes | None:
        """METADATA from a few ranges; None where only the whole wheel can tell."""
        if origin(file.url) in self._without_ranges:
            return None
        from resolver.metadata.wheels import wheel_metadata  # noqa: PLC0415  (as above)

        try:
            stream = _Tail(self._transport, file).open()
            return wheel_metadata(stream, file.filename)
        except _RangesUnusable:
            self._without_ranges.add(origin(file.url))
        except InvalidMetadata:
            pass  # the verdict needs all of its bytes
        return None


class _Tail:
    """A wheel whose end is fetched first; further ranges come from the URL to which that request was redirected."""

    def __init__(self, transport: Transport, file: File) -> None:
        self._transport = transport
        self._file = file
        self._url = file.url
        self._size = 0
        self._fetched = 0

    def open(self) -> BinaryIO:
        """The wheel as a stream. Raises `_RangesUnusable`."""
        size = self._file.size
        # Not every server knows suffix ranges; with the size of PEP 700 there is no need for one.
        asked = f"bytes=-{TAIL}" if not size else f"bytes={max(0, size - TAIL)}-{size - 1}"
        reply = self._get(asked)
        start, end, self._size = _content_range(reply)
        if end != self._size or (size and size != self._size):
            raise _RangesUnusable
        self._url = reply.url
        if start == 0:
            # All of a small wheel: its digest costs nothing.
            hashes = {algorithm: hashlib.new(algorithm, reply.content).hexdigest() for algorithm in STRONG}
            verify(self._file, len(reply.content), hashes)
        from resolver.http_index.ranges import RangedFile  # noqa: PLC0415  (as above)

        return cast("BinaryIO", RangedFile(self._size, reply.content, self._fetch))

    def _fetch(self, start: int, end: int) -> bytes:
        if self._fetched + end - start > _MOST_BY_RANGES:
            raise _RangesUnusable
        reply = self._get(f"bytes={start}-{end - 1}")
        if _content_range(reply) != (start, end, self._size):
            raise _RangesUnusable
        return reply.content

    def _get(self, byte_range: str) -> Reply:
        reply = self._transport.get_range(self._url, byte_range)
        if reply.status in (401, 403, 404, 410):
            raise self._transport.refusal(self._url, reply)
        if reply.status != 206 or reply.headers.get("content-encoding", "identity") != "identity":
            raise _RangesUnusable
        self._fetched += len(reply.content)
        return reply


def _content_range(reply: Reply) -> tuple[int, int, int]:
    """Start, end (exclusive) and size of the whole, as a 206 states them (RFC 9110, 14.4) and as its body bears out."""
    stated = _CONTENT_RANGE.fullmatch(reply.headers.get("content-range", ""))
    if stated is None:
        raise _RangesUnusable
    start, last, size = (int(number) for number in stated.groups())
    if last + 1 - start != len(reply.content) or last >= size:
        raise _RangesUnusable
    return start, last + 1, size
