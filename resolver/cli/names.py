"""Names that a user gives and that a lock or a spec should have."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from resolver.errors import InputError

_SHOWN = 10


def known_environments(names: Iterable[str] | None, have: Collection[str]) -> list[str] | None:
    """The names once each, in the order given; None for none, which means all. Raises `InputError`."""
    if names is None:
        return None
    return [known(name, have, "the lock has no environment") for name in dict.fromkeys(names)]


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
