"""A parsed page in few bytes, kept under the digest of all that parsing it hung on, so that no page is parsed twice.

Its files are made when they are looked at: of most releases nobody asks. `marshal` because it reads a long page in a
millisecond; the store vouches for its bytes, and another Python asks under another key.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter

from resolver.simple.model import File, LazyFiles

_REVISION = 2
"""To be raised whenever a page is read otherwise, or kept otherwise."""

_NAMES = tuple(field.name for field in fields(File))
_VALUES = attrgetter(*_NAMES)


def view_key(*parts: str, content: bytes) -> str:
    """The sha256 of ``content`` and of whatever else decides how it reads, this program and its Python included."""
    head = "\n".join((str(_REVISION), sys.version, *_NAMES, *parts))
    return hashlib.sha256(f"{len(head)}\n{head}".encode("utf-8", "surrogatepass") + content).hexdigest()


def dump_view(files: Sequence[File]) -> bytes:
    """The files, in their order: their names, and behind each what else is known of it."""
    return marshal.dumps([(file.filename, marshal.dumps(_VALUES(file))) for file in files])


def load_view(stored: bytes) -> LazyFiles:
    """The inverse of `dump_view`."""
    rows = marshal.loads(stored)  # noqa: S302
    return LazyFiles([name for name, _ in rows], lambda number: _file(rows[number][1]))


def _file(row: bytes) -> File:
    return File(**dict(zip(_NAMES, marshal.loads(row), strict=True)))  # noqa: S302
