"""A parsed page in few bytes, kept under a digest of all that decides how it is parsed, so that none is parsed twice.

A view stands for the page: its bytes are not kept.

Its files are read when they are looked at, a few at a time: of most releases nobody asks, and a long page has
megabytes. `marshal` because it is the fastest; the store vouches for its bytes, and another Python asks under another
key.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from resolver.simple.model import FIELDS, File, LazyFiles
from resolver.simple.releases import Releases
from resolver.simple.rows import Row, columns_of, file_of

_REVISION = 9
"""To be raised whenever a page is read otherwise, or kept otherwise."""

_FILES = 16
"""Files of a piece: those of a release most often stand together."""

_FORMAT = 2
"""Of `marshal`: later ones look for what is there twice, which takes longer than to write it twice."""

_BETWEEN = "\n"

_READER = (str(_REVISION), str(_FILES), sys.version, *FIELDS)


def view_key(*parts: str) -> str:
    """The sha256 of whatever decides how a page reads: its digest among ``parts``, this program and its Python."""
    lines = "\n".join((*_READER, *parts))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def dump_view(files: Sequence[File], releases: Releases) -> tuple[bytes, list[bytes]]:
    """The names of the files, in their order, with their releases; and in pieces what else is known of each file."""
    table = columns_of(files)
    names, *columns = zip(table.columns, table.lines, strict=True)
    pieces = [
        marshal.dumps([_packed(column[begin : begin + _FILES], lines) for column, lines in columns], _FORMAT)
        for begin in range(0, len(files), _FILES)
    ]
    head = [_packed(*names), _packed(releases.versions, lines=True), list(releases.files)]
    return marshal.dumps(head, _FORMAT), pieces


def load_view(head: bytes, piece: Callable[[int], bytes]) -> tuple[LazyFiles, Releases]:
    """The inverse of `dump_view`; ``piece`` is asked for one when a file of it is first looked at."""
    packed, versions, positions = marshal.loads(head)  # noqa: S302
    names = _unpacked(packed)
    rows: dict[int, Sequence[Row]] = {}

    def make(number: int) -> File:
        at, place = divmod(number, _FILES)
        if at not in rows:
            columns = map(_unpacked, marshal.loads(piece(at)))  # noqa: S302
            rows[at] = list(zip(names[at * _FILES : (at + 1) * _FILES], *columns, strict=True))
        return file_of(rows[at][place])

    return LazyFiles(names, make), Releases(_unpacked(versions), positions)


def _packed(values: Sequence[Any], lines: bool) -> Any:  # noqa: ANN401  (whatever marshal can write)
    """Values, the same in one text where each is a line: that is written and read in a moment."""
    return _BETWEEN.join(values) if lines and values else values


def _unpacked(packed: str | Sequence[Any]) -> Sequence[Any]:
    return packed.split(_BETWEEN) if isinstance(packed, str) else packed
