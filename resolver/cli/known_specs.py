"""Specs that were found valid: given the same bytes, the next run parses no YAML and validates nothing."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from resolver.cli.known_runs import program
from resolver.cli.notes import cache_root, has_notes, note_digest, read_note, write_note

if TYPE_CHECKING:
    from resolver.spec.document import Parts

_KIND = "specs"


class KnownSpecs:
    """Implements `resolver.spec.load.Documents` in the cache directory; without one it remembers nothing.

    What is added is kept by `keep`, when there is time for it: to tell this program from others takes milliseconds.
    """

    def __init__(self) -> None:
        self._root = cache_root()
        self._added: list[tuple[bytes, Parts]] = []

    def get(self, content: bytes) -> Parts | None:
        if self._root is None or not has_notes(self._root, _KIND):
            return None
        note = read_note(self._root, _KIND, _key(content))
        return None if note is None else marshal.loads(note)  # noqa: S302  (sealed, and the user's own)

    def add(self, content: bytes, document: Parts) -> None:
        self._added.append((content, document))

    def keep(self) -> None:
        """Remember what was added."""
        if self._root is not None:
            for content, document in self._added:
                write_note(self._root, _KIND, _key(content), marshal.dumps(document))


def _key(content: bytes) -> str:
    """Another release may read a spec otherwise, or come with another schema."""
    return note_digest("\0".join([*program(), note_digest(content)]).encode("utf-8", "surrogateescape"))
