"""A file on a server as a seekable stream, of which only what is read is fetched."""

from __future__ import annotations

import io
from bisect import insort
from collections.abc import Callable, Iterator

MINIMUM = 1 << 15
"""Bytes of the smallest request: one more round trip costs more than these."""

_GROWTH_LIMIT = 1 << 20  # bytes by which requests grow at most


class RangedFile(io.RawIOBase):
    """``size`` bytes, of which ``tail`` (the last ones) are here and ``fetch(start, end)`` gives any others.

    Every byte is fetched at most once; neighbouring reads share a request.
    """

    def __init__(self, size: int, tail: bytes, fetch: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size = size
        self._fetch = fetch
        self._parts = [(size - len(tail), tail)]  # by start; they never overlap
        self._step = MINIMUM
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if position < 0:
            raise ValueError(f"negative position {position}")
        self._position = position
        return position

    def read(self, size: int | None = -1, /) -> bytes:
        """Exactly the bytes asked for, fewer only at the end of the file."""
        start = min(self._position, self._size)
        end = self._size if size is None or size < 0 else min(start + size, self._size)
        for gap in list(self._gaps(start, end)):
            self._fill(*gap)
        self._position = end
        return b"".join(
            content[max(0, start - at) : max(0, end - at)]
            for at, content in self._parts
            if at < end and start < at + len(content)
        )

    def _gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What of [start, end) is not here."""
        for at, content in self._parts:
            if start < min(at, end):
                yield start, min(at, end)
            start = max(start, at + len(content))
        if start < end:
            yield start, end

    def _fill(self, start: int, end: int) -> None:
        start, end = self._widened(start, end)
        insort(self._parts, (start, self._fetch(start, end)))

    def _widened(self, start: int, end: int) -> tuple[int, int]:
        """A gap, grown to a request that is worth its round trip, without overlapping what is here already.

        A gap that ends where a known part begins is most likely the rest of the central directory, and before that
        often comes the member that is read next (the wheel specification puts .dist-info last): it grows backwards.
        """
        before = max((at + len(content) for at, content in self._parts if at + len(content) <= start), default=0)
        after = min((at for at, _ in self._parts if at >= end), default=self._size)
        if end == after:
            return max(before, min(start - MINIMUM, end - self._step)), end
        end = min(after, max(end, start + self._step))
        self._step = min(2 * self._step, _GROWTH_LIMIT)
        return start, end
