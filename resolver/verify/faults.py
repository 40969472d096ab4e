"""What can be wrong with a file of a tree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """What is wrong with one entry of the tree; ``path`` is relative to it.

    ``stray``: it should not be there, and vendoring again leaves it. ``unsigned``: a signature is missing, which only
    whoever packs can give.
    """

    path: str
    reason: str
    stray: bool = False
    unsigned: bool = False
