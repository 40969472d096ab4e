"""Specs that the schema was found to fit: of the same bytes the next run reads no YAML, and asks no validator."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from resolver.cli.known_runs import program
from resolver.cli.notes import cache_root, note_digest, read_note, write_note

if TYPE_CHECKING:
    from resolver.spec.document import Parts

_KIND = "specs"


class KnownSpecs:
    """Implements `resolver.spec.load.Documents` in the cache directory; without one it remembers nothing."""

    def get(self, content: bytes) -> Parts | None:
        root = cache_root()
        note = read_note(root, _KIND, _key(content)) if root is not None else None
        return None if note is None else marshal.loads(note)  # noqa: S302  (sealed, and the user's own)

    def add(self, content: bytes, document: Parts) -> None:
        root = cache_root()
        if root is not None:
            write_note(root, _KIND, _key(content), marshal.dumps(document))


def _key(content: bytes) -> str:
    """Another release may read a spec otherwise, or come with another schema."""
    return note_digest("\0".join([*program(), note_digest(content)]).encode("utf-8", "surrogateescape"))
