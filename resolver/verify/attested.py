"""The attestations that a vendored tree carries, put to what its lock asks for. No network is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from resolver.emit.pages import files_of
from resolver.records import record
from resolver.vendor.layout import FILES, PROVENANCE
from resolver.vendor.ports import Checks
from resolver.vendor.sources import Folder
from resolver.vendor.vouching import Notary
from resolver.verify.faults import Fault
from resolver.verify.tree import TreeReport


@record
class Attested:
    """``publishers``: who vouches for a file, by its name, in words. ``faults``: where nobody rightly does."""

    publishers: Mapping[str, tuple[str, ...]]
    faults: tuple[Fault, ...]


def check_attestations(found: TreeReport, tree: Path, checker: Callable[[], Checks]) -> Attested:
    """Check the provenance objects of a tree whose bytes are right.

    ``checker`` is called where there is one to check, and raises `InputError` where this machine cannot.
    """
    assert found.lock is not None, "a damaged lock is a fault"
    vouchers = Notary(Folder(tree / FILES), checker).vouch(found.lock, files_of(found.lock, found.environments), tree)
    return Attested(
        publishers={name: vouched.publishers for name, vouched in vouchers.held.items()},
        faults=tuple(
            Fault(path=f"{FILES}/{name}{PROVENANCE}", reason=reason) for name, reason in vouchers.refused.items()
        ),
    )
