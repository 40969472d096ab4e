"""Where the cache keeps an entry, and the first line of a kept page: enough to tell its age, with nothing imported.

A page begins with a line ``<sha256 of its bytes> <fetched> <fresh until>``, times in seconds since the epoch.
"""

from __future__ import annotations

LAYOUT = "v2"

TEMPORARY = "tmp"
"""The folder of what is not an entry yet, with names of any form: downloads, and records that are being written."""

ABANDONED = 24 * 3600
"""Seconds after which a temporary file belongs to a run that was killed."""


def entry_path(root: str, kind: str, key: str) -> str:
    """The file of an entry; ``key`` is 64 hex digits.

    One folder a kind: file systems look up one of a hundred thousand names as fast as one of ten, and to make a folder
    for nearly each entry of a first run takes as long as to write them.
    """
    return f"{kind_path(root, kind)}/{key}"


def kind_path(root: str, kind: str) -> str:
    """The folder of all entries of a kind, which is there since the first of them."""
    return f"{root}/{LAYOUT}/{kind}"


def age_line(sha256: str, fetched: float, fresh_until: float) -> bytes:
    """The first line of a page, with its newline."""
    return f"{sha256} {fetched!r} {fresh_until!r}\n".encode()


def read_age_line(line: bytes) -> tuple[str, float, float]:
    """The inverse of `age_line`. Raises ValueError."""
    sha256, fetched, fresh_until = line.decode("ascii").split()
    return sha256, float(fetched), float(fresh_until)
