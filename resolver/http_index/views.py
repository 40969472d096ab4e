"""A parsed page in few bytes, kept under the digest of all that parsing it hung on, so that no page is parsed twice.

A view stands for the page: its bytes are not kept.

Its files are made when they are looked at: of most releases nobody asks. `marshal` because it reads a long page in a
millisecond; the store vouches for its bytes, and another Python asks under another key.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Sequence

from resolver.simple.model import FIELDS, File, LazyFiles, filenames
from resolver.simple.releases import Releases
from resolver.simple.rows import file_of, rows_of

_REVISION = 5
"""To be raised whenever a page is read otherwise, or kept otherwise."""

_READER = (str(_REVISION), sys.version, *FIELDS)


def view_key(*parts: str) -> str:
    """The sha256 of whatever decides how a page reads: its digest among ``parts``, this program and its Python."""
    lines = "\n".join((*_READER, *parts))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def dump_view(files: Sequence[File], releases: Releases) -> bytes:
    """The files, in their order: their names, behind each what else is known of it, and their releases."""
    rows = list(map(marshal.dumps, rows_of(files)))
    return marshal.dumps((list(filenames(files)), rows, list(releases.versions), list(releases.files)))


def load_view(stored: bytes) -> tuple[LazyFiles, Releases]:
    """The inverse of `dump_view`."""
    names, rows, versions, positions = marshal.loads(stored)  # noqa: S302
    files = LazyFiles(names, lambda number: file_of(marshal.loads(rows[number])))  # noqa: S302
    return files, Releases(versions, positions)
