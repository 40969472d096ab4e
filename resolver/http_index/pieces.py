"""The layout of a record whose head is read at once, and whose rest is read in pieces, each when it is wanted.

First a line, ``<length of the head> <length of the table>`` in bytes, then the head, the table, and the pieces with
nothing between them. For each piece the table has where it ends, and its CRC-32, which is enough to notice damage. A
digest of all that comes before the pieces vouches for them too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from struct import Struct
from typing import NamedTuple
from zlib import crc32

_ROW = Struct("<II")


def sealable(head: bytes, pieces: Sequence[bytes]) -> bytes:
    """All that comes before the pieces."""
    table = b"".join(map(_ROW.pack, accumulate(map(len, pieces)), map(crc32, pieces)))
    return b"%d %d\n%b%b" % (len(head), len(table), head, table)


def length(beginning: bytes) -> int:
    """How many bytes come before the pieces, by the line that they begin with. Raises ValueError."""
    line, newline, _ = beginning.partition(b"\n")
    head, table = line.split()
    return len(line) + len(newline) + int(head) + int(table)


class Pieces:
    """The ``head`` of a record, and its pieces, ``size`` bytes of them.

    ``sealed`` is what `sealable` gave; ``read`` gives the bytes from a place among the pieces, as many as are wanted.
    """

    def __init__(self, sealed: bytes, read: Callable[[int, int], bytes]) -> None:
        line, _, rest = sealed.partition(b"\n")
        end = int(line.split()[0])
        self.head, self._table = rest[:end], rest[end:]
        self._read = read
        self.size = self._row(-1)[0] if self._table else 0

    def piece(self, number: int) -> bytes | None:
        """A piece, or None if it is damaged."""
        end, checksum = self._row(number)
        begin = self._row(number - 1)[0] if number else 0
        found = self._read(begin, end - begin)
        return found if len(found) == end - begin and crc32(found) == checksum else None

    def _row(self, number: int) -> tuple[int, int]:
        end, checksum = _ROW.unpack_from(self._table, number * _ROW.size)
        return end, checksum


class Loose(NamedTuple):
    """Head and pieces in memory. ``is_kept``: the cache has them too."""

    head: bytes
    pieces: Sequence[bytes]
    is_kept: bool

    def piece(self, number: int) -> bytes:
        """A piece."""
        return self.pieces[number]
