"""A parsed page in few bytes, kept under a digest of all that decides how it is parsed, so that none is parsed twice.

The view is kept in place of the page. Its files are read when they are looked at, a few at a time: most releases are
never looked at, and a long page has megabytes. `marshal` because it is the fastest; the cache vouches for its bytes,
and another Python looks under another key.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any

from resolver.simple.model import FIELDS, File, LazyFiles, LazySequence
from resolver.simple.releases import Releases
from resolver.simple.rows import Row, columns_of, file_of

_REVISION = 10
"""To be raised whenever a page is read otherwise, or kept otherwise."""

_FILES = 16
"""Files of a piece: those of a release most often stand together."""

_NAMES = 64
"""Names of a piece: of a release with that many files one or two have to be read."""

_WHOLE = "I"  # of `array`

_FORMAT = 2
"""Of `marshal`: later ones look for what is there twice, which takes longer than to write it twice."""

_BETWEEN = "\n"

_READER = (str(_REVISION), str(_FILES), str(_NAMES), sys.version, sys.byteorder, *FIELDS)


def view_key(*parts: str) -> str:
    """The sha256 of all that decides what parsing a page gives: ``parts`` (its digest, too), program and Python."""
    lines = "\n".join((*_READER, *parts))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def dump_view(files: Sequence[File], releases: Releases) -> tuple[bytes, list[bytes]]:
    """The releases, each with the positions of its files; and in pieces the files, and after these their names."""
    table = columns_of(files)
    names, *columns = zip(table.columns, table.lines, strict=True)
    rows = [
        [_packed(column[begin : begin + _FILES], lines) for column, lines in columns]
        for begin in range(0, len(files), _FILES)
    ]
    named = [_packed(names[0][begin : begin + _NAMES], names[1]) for begin in range(0, len(files), _NAMES)]
    head = [len(files), _packed(releases.versions, lines=True), *_dumped(releases.files)]
    return marshal.dumps(head, _FORMAT), [marshal.dumps(piece, _FORMAT) for piece in (*rows, *named)]


def load_view(head: bytes, piece: Callable[[int], bytes]) -> tuple[LazyFiles, Releases]:
    """The inverse of `dump_view`; ``piece`` is asked for one when a file or a name of it is first looked at."""
    count, versions, ends, positions = marshal.loads(head)  # noqa: S302
    rows: dict[int, Sequence[Row]] = {}
    names = _Names(count, lambda number: piece(-(-count // _FILES) + number))

    def make(number: int) -> File:
        at, place = divmod(number, _FILES)
        if at not in rows:
            rows[at] = list(zip(*map(_unpacked, marshal.loads(piece(at))), strict=True))  # noqa: S302
        return file_of([names[number], *rows[at][place]])

    return LazyFiles(names, make), Releases(_unpacked(versions), _Groups(ends, positions))


class _Names(LazySequence[str]):
    """``count`` names, of which a block is read when one of its names is looked at."""

    def __init__(self, count: int, block: Callable[[int], bytes]) -> None:
        self._count = count
        self._block = block
        self._known: dict[int, Sequence[str]] = {}

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(self._names, range(-(-self._count // _NAMES))))

    def item(self, number: int) -> str:
        block, place = divmod(number, _NAMES)
        return self._names(block)[place]

    def _names(self, block: int) -> Sequence[str]:
        found = self._known.get(block)
        if found is None:
            found = self._known[block] = _unpacked(marshal.loads(self._block(block)))  # noqa: S302
        return found


class _Groups(LazySequence[Sequence[int]]):
    """The positions of each release's files, in two arrays: lists would take several times the memory."""

    def __init__(self, ends: bytes, positions: bytes) -> None:
        self._ends, self._positions = array(_WHOLE), array(_WHOLE)
        self._ends.frombytes(ends)
        self._positions.frombytes(positions)

    def __len__(self) -> int:
        return len(self._ends)

    def item(self, number: int) -> Sequence[int]:
        return self._positions[self._ends[number - 1] if number else 0 : self._ends[number]]


def _dumped(groups: Sequence[Sequence[int]]) -> tuple[bytes, bytes]:
    """What `_Groups` reads."""
    return array(_WHOLE, accumulate(map(len, groups))).tobytes(), array(_WHOLE, chain.from_iterable(groups)).tobytes()


def _packed(values: Sequence[Any], lines: bool) -> Any:  # noqa: ANN401  (whatever marshal can write)
    """The values, joined to one text where ``lines``: `marshal` writes and reads that much faster."""
    return _BETWEEN.join(values) if lines and values else values


def _unpacked(packed: str | Sequence[Any]) -> Sequence[Any]:
    return packed.split(_BETWEEN) if isinstance(packed, str) else packed
