"""METADATA that is parsed once for all runs."""

from __future__ import annotations

import hashlib

from resolver.http_index.cache import Cache
from resolver.metadata.core import parse_core
from resolver.metadata.known import READER, dump_core, load_core
from resolver.metadata.model import CoreMetadata


class KnownMetadata:
    """`parse_core` with a memory."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def __call__(self, content: bytes) -> CoreMetadata:
        """Core metadata from the bytes of a METADATA file. Raises as `parse_core` does."""
        key = hashlib.sha256(READER.encode() + b"\0" + content).hexdigest()
        kept = self._cache.core(key)
        if kept is not None:
            return load_core(kept)
        found = parse_core(content)
        self._cache.add_core(key, dump_core(found))
        return found
