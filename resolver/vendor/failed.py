"""How vendoring ends where files could not be had: all of them in one error, the reason of many told once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from resolver.errors import CheckFailed, TransferError, WheelhouseError
from resolver.http_index.urls import shown
from resolver.vendor.layout import MANIFEST
from resolver.vendor.placing import Failure


class _Failed(WheelhouseError):
    """Artifacts that could not be vendored, all of them; the tree is as it was before."""

    def __init__(self, failures: Sequence[Failure], tree: Path) -> None:
        self.failures = tuple(failures)
        self.tree = tree
        had = (tree / MANIFEST).exists()
        self._serves = "still serves what it served before" if had else "serves nothing yet"
        super().__init__(failures, tree)

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{len(self.failures)} of the lock's files could not be vendored:",
                *_told(self.failures),
                f"{self.tree} {self._serves}; a rerun continues with what is missing",
            ]
        )


class VendorFailed(_Failed, CheckFailed):
    """Some of them will not do, or are not to be had."""


class HostsUnreached(_Failed, TransferError):
    """Nobody answered for any of them: another try may do better."""


def failed(failures: Sequence[Failure], tree: Path) -> VendorFailed | HostsUnreached:
    """The error for these failures, in the order of their names."""
    kind = HostsUnreached if all(failure.unreached for failure in failures) else VendorFailed
    return kind(sorted(failures, key=lambda failure: failure.filename), tree)


def _told(failures: Sequence[Failure]) -> Iterator[str]:
    """What failed for one reason stands below that reason: to have no network is one thing, and not a thousand."""
    by_reason: dict[str, list[Failure]] = {}
    for failure in failures:
        by_reason.setdefault(failure.unreached or _shared(failure), []).append(failure)
    for reason, alike in by_reason.items():
        if len(alike) == 1:
            yield f"  {alike[0].filename}: {alike[0].reason.removeprefix(f'{alike[0].filename} ')}"
            if alike[0].url and shown(alike[0].url) not in alike[0].reason:
                yield f"      from {alike[0].url}"
        else:
            yield f"  {reason}:"
            yield from (f"      {failure.filename}" for failure in alike)


def _shared(failure: Failure) -> str:
    """The reason without what is this file's alone."""
    beyond_host = re.sub(r"^(\w+://[^/]+/).*", r"\1...", shown(failure.url))
    return failure.reason.replace(shown(failure.url), beyond_host) if failure.url else failure.reason
