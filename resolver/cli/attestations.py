"""Attestations on the command line: what checks them, and the line that tells who vouches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.attestations.checker import Checker


def checker(trusted_root: str | None) -> Checker:
    """Imported where there is something to check: it takes a second. Raises `InputError` as `Checker` does."""
    from resolver.attestations.checker import Checker

    return Checker(Path(trusted_root) if trusted_root else None)


def vouched_for(publishers: Mapping[str, tuple[str, ...]]) -> list[str]:
    """One line, or none where no attestation was asked for."""
    from resolver.lock.describe import counted

    if not publishers:
        return []
    names = sorted({name for names in publishers.values() for name in names})
    return [f"attested: {counted(len(publishers), 'file')}, by {', '.join(names)}"]
