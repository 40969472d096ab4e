"""A parsed page in few bytes, kept under the digest of all that parsing it hung on, so that no page is parsed twice.

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

from resolver.simple.model import FIELDS, File, LazyFiles, filenames
from resolver.simple.releases import Releases
from resolver.simple.rows import Row, file_of, rows_of

_REVISION = 7
"""To be raised whenever a page is read otherwise, or kept otherwise."""

_ROWS = 16
"""Files of a piece: those of a release most often stand together."""

_FORMAT = 2
"""Of `marshal`: later ones look for what is there twice, which takes longer than to write it twice."""

_BETWEEN = "\n"

_READER = (str(_REVISION), sys.version, *FIELDS)


def view_key(*parts: str) -> str:
    """The sha256 of whatever decides how a page reads: its digest among ``parts``, this program and its Python."""
    lines = "\n".join((*_READER, *parts))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def dump_view(files: Sequence[File], releases: Releases) -> tuple[bytes, list[bytes]]:
    """The names of the files, in their order, with their releases; and in pieces what else is known of each file."""
    rows = rows_of(files)
    pieces = [marshal.dumps(list(rows[begin : begin + _ROWS]), _FORMAT) for begin in range(0, len(rows), _ROWS)]
    head = (_packed(filenames(files)), _packed(releases.versions), list(releases.files))
    return marshal.dumps(head, _FORMAT), pieces


def load_view(head: bytes, piece: Callable[[int], bytes]) -> tuple[LazyFiles, Releases]:
    """The inverse of `dump_view`; ``piece`` is asked for one when a file of it is first looked at."""
    names, versions, positions = marshal.loads(head)  # noqa: S302
    rows: dict[int, Sequence[Row]] = {}

    def make(number: int) -> File:
        at, place = divmod(number, _ROWS)
        if at not in rows:
            rows[at] = marshal.loads(piece(at))  # noqa: S302
        return file_of(rows[at][place])

    return LazyFiles(_unpacked(names), make), Releases(_unpacked(versions), positions)


def _packed(texts: Sequence[str]) -> str | list[str]:
    """One text, which is read in a moment, unless a text among them has what stands between them."""
    joined = _BETWEEN.join(texts)
    return joined if joined.count(_BETWEEN) == len(texts) - 1 else list(texts)


def _unpacked(packed: str | list[str]) -> list[str]:
    return packed.split(_BETWEEN) if isinstance(packed, str) else packed
