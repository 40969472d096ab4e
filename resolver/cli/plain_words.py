"""The plainest ``wheelhouse resolve``, understood without a parser; whatever is in doubt is left to the parser."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TAKE_A_VALUE = ("--spec", "--lock")
_INCLUDED = (".toml", ".txt", ".in", "setup.cfg")
_FLAGS = {"--check": "--check", "--quiet": "--quiet", "-q": "--quiet"}


class Resolve:
    """The arguments of a command as the parser gives them, those included that were not given.

    ``update``: None where nothing may move, the projects that may, or no names for all.
    """

    command = "resolve"
    version = json = dry_run = False
    cache_dir = None
    prefer: Sequence[str] | None = None

    def __init__(self, spec: str, lock: str, *, check: bool, quiet: bool, update: Sequence[str] | None) -> None:
        self.spec = spec
        self.lock = lock
        self.check = check
        self.quiet = quiet
        self.update = update

    @property
    def folder(self) -> str:
        """Where the spec lies."""
        return os.path.dirname(self.spec)  # noqa: PTH120  (pathlib takes longer to import than all of this)


def is_included(path: str) -> bool:
    """Whether a file is one that specs include, and no spec itself, as its name tells."""
    return path.endswith(_INCLUDED)


def understood(arguments: Sequence[str]) -> Resolve | None:
    """What a command line asks for, or None where there is more to it than this understands."""
    if not arguments or arguments[0] != "resolve" or "" in arguments:  # the parser refuses what is empty
        return None
    found: dict[str, str] = {}
    update: list[str] | None = None
    rest = list(arguments[:0:-1])
    while rest:
        word = rest.pop()
        if word in _FLAGS:
            found[_FLAGS[word]] = ""
        elif word == "--update" and update is None:
            update = []
            while rest and not rest[-1].startswith("-"):
                update.append(rest.pop())
        elif word in _TAKE_A_VALUE and word not in found and rest and not rest[-1].startswith("-"):
            found[word] = rest.pop()
        else:
            return None
    return _resolve(found, update)


def _resolve(found: dict[str, str], update: Sequence[str] | None) -> Resolve | None:
    spec = found.get("--spec", "spec.yaml")
    lock = found.get("--lock") or os.path.join(os.path.dirname(spec), "lock.json")  # noqa: PTH118, PTH120
    check = "--check" in found
    if (
        is_included(spec)
        or spec != os.path.normpath(spec)
        or lock != os.path.normpath(lock)
        or (check and update is not None)
    ):
        return None
    return Resolve(spec, lock, check=check, quiet="--quiet" in found, update=update)
