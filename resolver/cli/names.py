"""Names that a user gives and that a lock or a spec should have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.lock.model import Lock

_SHOWN = 10


def known_environments(names: Iterable[str] | None, have: Collection[str]) -> list[str] | None:
    """The names once each, in the order given; None for none, which means all. Raises `InputError`."""
    if names is None:
        return None
    return [known(name, have, "the lock has no environment") for name in dict.fromkeys(names)]


def known_project(name: str, lock: Lock) -> str:
    """The project that a name means, in whatever spelling. Raises `InputError`."""
    from packaging.utils import canonicalize_name

    have = {artifact.project for artifact in lock.artifacts.values()}
    return known(canonicalize_name(name), have, "the lock has no project")


def known(name: str, have: Collection[str], complaint: str) -> str:
    """``name`` where it is one of ``have``. Raises `InputError` with names that are near."""
    if name in have:
        return name
    from difflib import get_close_matches

    names = sorted(have)
    near = get_close_matches(name, names, n=3)
    if near:
        raise InputError(f"{complaint} {name!r}; did you mean {' or '.join(near)}?")
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    raise InputError(f"{complaint} {name!r}; it has {', '.join(names[:_SHOWN]) or 'none'}{rest}")
