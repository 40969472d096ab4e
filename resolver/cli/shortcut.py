"""``wheelhouse resolve`` and ``resolve --check`` with nothing to do, answered before the library is imported.

Only the plainest command line is understood; whatever is in doubt takes the long way, which says the same.
"""

from __future__ import annotations

import os

from resolver.cli.known_locks import hex_digest, recall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TAKE_A_VALUE = ("--spec", "--lock")
_FLAGS = ("--check", "--quiet", "-q")


def answer(arguments: Sequence[str]) -> str | None:
    """What the command would print, where it would print one line and change nothing; else None."""
    options = _options(arguments)
    if options is None:
        return None
    spec = options.get("--spec", "spec.yaml")
    lock = options.get("--lock") or os.path.join(os.path.dirname(spec), "lock.json")  # noqa: PTH118, PTH120
    if spec != os.path.normpath(spec) or lock != os.path.normpath(lock) or not _is_current(spec, lock):
        return None
    return current(lock, checked="--check" in options)


def current(lock: str, *, checked: bool) -> str:
    """The line for a lock that is current."""
    return f"{lock} is current" if checked else f"{lock} is current; `--update` takes newer releases"


def _options(arguments: Sequence[str]) -> dict[str, str] | None:
    """Option -> value, or None where there is more to the command line than this understands."""
    if not arguments or arguments[0] != "resolve":
        return None
    found: dict[str, str] = {}
    rest = iter(arguments[1:])
    for word in rest:
        if word in _FLAGS:
            found[word] = ""
        elif word in _TAKE_A_VALUE:
            value = next(rest, "")
            if not value or value.startswith("-") or word in found:
                return None
            found[word] = value
        else:
            return None
    return found


def _is_current(spec: str, lock: str) -> bool:
    try:
        with open(lock, "rb") as stream:  # noqa: PTH123  (pathlib takes longer to import than all of this)
            inputs = recall(stream.read())
        if inputs is None or os.path.basename(spec) not in inputs:  # noqa: PTH119
            return False
        folder = os.path.dirname(spec)  # noqa: PTH120
        for path, digest in inputs.items():
            with open(os.path.join(folder, path), "rb") as stream:  # noqa: PTH118, PTH123
                if hex_digest(stream.read()) != digest:
                    return False
    except OSError:
        return False
    return True
