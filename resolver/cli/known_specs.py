"""Specs that the schema was found to fit, so that the next run need not load a validator for the same bytes."""

from __future__ import annotations

from resolver.cli.known_runs import program
from resolver.cli.notes import cache_root, hex_digest, read_note, write_note

_KIND = "specs"


class KnownSpecs:
    """Implements `resolver.spec.load.Fitting` in the cache directory; without one it remembers nothing."""

    def has(self, content: bytes) -> bool:
        root = cache_root()
        return root is not None and read_note(root, _KIND, _key(content)) is not None

    def add(self, content: bytes) -> None:
        root = cache_root()
        if root is not None:
            write_note(root, _KIND, _key(content), b"")


def _key(content: bytes) -> str:
    """Another release may come with another schema."""
    return hex_digest("\0".join([*program(), hex_digest(content)]).encode("utf-8", "surrogateescape"))
