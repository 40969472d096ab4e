"""What a run of vendoring was asked for."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from resolver.lock.model import Lock
from resolver.records import record
from resolver.vendor.ports import Blobs, Fetch, Listings, Progress
from resolver.vendor.vouching import Notary


@record
class Job:
    """The arguments of `resolver.vendor.run.vendor`, with nobody for whoever is absent."""

    lock: Lock
    lock_bytes: bytes
    tree: Path
    fetch: Fetch
    blobs: Blobs
    environments: Collection[str] | None
    views: Collection[str]
    listings: Listings | None
    check_all: bool
    notary: Notary | None
    workers: int
    progress: Progress
