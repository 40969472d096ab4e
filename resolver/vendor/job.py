"""What a run of vendoring is asked for."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from resolver.lock.model import Lock
from resolver.records import field, record
from resolver.vendor.ports import Blobs, Fetch, Listings, NoBlobs, NoProgress, Progress
from resolver.vendor.vouching import Notary


@record
class Job:
    """Make ``tree`` hold what ``environments`` (None: all) of ``lock`` need, and nothing else that it once named.

    ``views``: those of `resolver.vendor.views.NAMES` to make beside the index; one that is there is kept up to date.
    ``listings`` are asked about the files that had to be fetched, or with ``check_all`` about all of them. ``notary``
    checks the attestations that the lock asks for; without one they are passed over.
    """

    lock: Lock
    lock_bytes: bytes
    tree: Path
    fetch: Fetch
    blobs: Blobs = field(default_factory=NoBlobs)
    environments: Collection[str] | None = None
    views: Collection[str] = ()
    listings: Listings | None = None
    check_all: bool = False
    notary: Notary | None = None
    workers: int = 8
    progress: Progress = field(default_factory=NoProgress)
