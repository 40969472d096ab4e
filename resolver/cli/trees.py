"""Vendored trees that a user names."""

from __future__ import annotations

from pathlib import Path

from resolver.errors import InputError


def named_tree(name: str) -> Path:
    """The directory of a vendored tree. Raises `InputError` where there is none; what lies in it is not judged."""
    tree = Path(name)
    if not tree.exists():
        raise InputError(f"{tree}: there is no such directory; name a vendored tree, which `wheelhouse vendor` makes")
    if not tree.is_dir():
        raise InputError(f"{tree}: is a file; name the directory of a vendored tree")
    return tree
