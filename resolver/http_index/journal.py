"""Records one after another in one file, to which runs append at the same time, without a lock. No I/O.

Each carries its key and a digest. A record that is damaged, cut off or mixed with the bytes of another writer is
skipped, and those after it are found: a journal need not be mended, and whoever misses a record appends it again.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct

_MARK = b"\xff\xfe\xfd\xfcWHL\n"  # no part of text in UTF-8, nor of a length below 2 GiB: no METADATA can hold one
_HEADER = Struct(f">{len(_MARK)}s32s32sI")  # the mark, the key, the digest, bytes of the content


class Journal:
    """The whole records in ``content``, the bytes of the journal ``name``; of one key the last counts."""

    def __init__(self, name: str, content: bytes) -> None:
        self._content = content
        self._places: dict[bytes, slice] = {}
        at = content.find(_MARK)
        while at >= 0:
            at = content.find(_MARK, self._end(name, at))

    def has(self, key: str) -> bool:
        """Whether there is a record ``key`` (64 hex digits)."""
        return bytes.fromhex(key) in self._places

    def read(self, key: str) -> bytes | None:
        """The record ``key``, or None."""
        place = self._places.get(bytes.fromhex(key))
        return None if place is None else self._content[place]

    def _end(self, name: str, at: int) -> int:
        """Take the record at ``at``. Returns where the next may begin."""
        begin = at + _HEADER.size
        if begin <= len(self._content):
            _, key, digest, size = _HEADER.unpack_from(self._content, at)
            end: int = begin + size
            if end <= len(self._content) and _digest(name, key, self._content[begin:end]) == digest:
                self._places[key] = slice(begin, end)
                return end - len(_MARK)  # what looks like its end may be the next mark, where it was cut off
        return at + 1


def journal_entry(name: str, key: str, content: bytes) -> bytes:
    """A record as it is appended to the journal ``name``, in one write; ``key`` is 64 hex digits."""
    binary = bytes.fromhex(key)
    return _HEADER.pack(_MARK, binary, _digest(name, binary, content), len(content)) + content


def _digest(name: str, key: bytes, content: bytes) -> bytes:
    """Binds a record to its place, so that one that was copied there from elsewhere is found out too."""
    return sha256(name.encode() + key + content).digest()
