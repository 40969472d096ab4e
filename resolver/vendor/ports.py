"""What vendoring needs from outside: bytes behind a URL, files that are here already, somewhere to show progress."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from resolver.lock.model import Artifact
from resolver.records import record


class Partial(Protocol):
    """A file that may hold its first ``size`` bytes already."""

    @property
    def size(self) -> int: ...
    def write(self, chunk: bytes, /) -> None:
        """Take the next bytes."""
        ...

    def cut(self, size: int) -> None:
        """Keep the first ``size`` bytes alone."""
        ...


class Fetch(Protocol):
    """Brings an artifact."""

    def fetch(self, artifact: Artifact, url: str, partial: Partial) -> None:
        """Complete ``partial``. What is in it is verified by the caller.

        Raises `resolver.errors.TransferError`; what has arrived by then stays for the next try.
        """
        ...

    def place(self, url: str) -> str:
        """Where a file with this URL is looked for, for messages; empty where what `fetch` raises says so itself."""
        ...

    def stop(self) -> None:
        """The run is over: let every `fetch` under way fail soon."""
        ...


@record
class Listed:
    """What an index says of a file today. ``yanked``: None, or the reason, which may be empty."""

    sha256: str | None
    yanked: str | None


class Listings(Protocol):
    """Knows what indexes list today."""

    def expect(self, artifact: Artifact) -> None:
        """A hint that the page of this artifact's project will be wanted; returns at once."""
        ...

    def listed(self, artifact: Artifact) -> Listed | None:
        """What the artifact's index says of it; None where it lists no such file. Raises `TransferError`."""
        ...


class Provenances(Protocol):
    """Brings provenance objects (PEP 740)."""

    def provenance(self, artifact: Artifact, url: str) -> bytes | None:
        """The object behind ``url``, as it comes; None where there is none. Raises `TransferError`."""
        ...


class Checks(Protocol):
    """Knows whether a provenance object holds; see `resolver.attestations.checker.Checker`."""

    def check(
        self, content: bytes, artifact: Artifact, expected: Mapping[str, str] | None = None
    ) -> tuple[str, ...]: ...


class Blobs(Protocol):
    """Artifacts that are on this machine already, and that may be kept for the next time."""

    def has_blob(self, sha256: str) -> bool:
        """Whether there is something under this digest; it is not read for this."""
        ...

    def take_blob(self, sha256: str, target: Path) -> bool:
        """Let ``target``, where nothing is, be a file with this digest, verified now; whether there is one."""
        ...

    def add_blob(self, sha256: str, source: Path) -> Path | None:
        """Keep a verified file."""
        ...


class Progress(Protocol):
    """Counts bytes."""

    def grow(self, total: int) -> None: ...
    def advance(self, amount: int = 1) -> None: ...


class NoBlobs:
    """Nothing is here, nothing is kept."""

    def has_blob(self, sha256: str) -> bool:  # noqa: ARG002  (the port's signature)
        return False

    def take_blob(self, sha256: str, target: Path) -> bool:  # noqa: ARG002  (the port's signature)
        return False

    def add_blob(self, sha256: str, source: Path) -> Path | None:  # noqa: ARG002
        return None


class NoProgress:
    """Nobody watches."""

    def grow(self, total: int) -> None:
        """Nothing is shown."""

    def advance(self, amount: int = 1) -> None:
        """Nothing is shown."""
