"""What became of a lock's files at their indexes since it was made: yanked, vanished, replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from resolver.errors import TransferError
from resolver.lock.model import Artifact
from resolver.vendor.ports import Listings

What = Literal["yanked", "vanished", "replaced", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Since:
    """One file. ``detail``: why it was yanked (may be empty), the sha256 of what replaced it, or why nobody knows."""

    project: str
    version: str
    filename: str
    index: str
    what: What
    detail: str = ""


def since(artifacts: Iterable[Artifact], listings: Listings) -> list[Since]:
    """What has changed, in order; files with a URL of their own are on no page, and what the lock says is no news."""
    asked = [artifact for artifact in artifacts if artifact.index is not None]
    for artifact in asked:
        listings.expect(artifact)
    return sorted(change for artifact in asked for change in _of(artifact, listings))


def _of(artifact: Artifact, listings: Listings) -> Iterator[Since]:
    def changed(what: What, detail: str = "") -> Since:
        return Since(
            project=artifact.project,
            version=artifact.version,
            filename=artifact.filename,
            index=artifact.index or "",
            what=what,
            detail=detail,
        )

    try:
        listed = listings.listed(artifact)
    except TransferError as error:
        yield changed("unknown", str(error))
        return
    if listed is None:
        yield changed("vanished")
        return
    if listed.sha256 not in {None, artifact.sha256}:
        yield changed("replaced", str(listed.sha256))
    if listed.yanked is not None and artifact.yanked is None:
        yield changed("yanked", listed.yanked)
