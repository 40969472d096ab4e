"""``wheelhouse resolve`` and ``resolve --check`` with nothing to do, answered before the library is imported.

Only the plainest command line is understood; whatever is in doubt takes the long way, which says the same.
"""

from __future__ import annotations

import os

from resolver.cli.known_locks import recall
from resolver.cli.notes import are_unchanged
from resolver.cli.plain_words import understood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def answer(arguments: Sequence[str]) -> str | None:
    """What the command would print, where it would print one line and change nothing; else None."""
    command = understood(arguments)
    if command is None or command.update is not None or not _is_current(command.spec, command.lock):
        return None
    return current(command.lock, checked=command.check)


def current(lock: str, *, checked: bool) -> str:
    """The line for a lock that is current."""
    return f"{lock} is current" if checked else f"{lock} is current; `--update` takes newer releases"


def _is_current(spec: str, lock: str) -> bool:
    try:
        with open(lock, "rb") as stream:  # noqa: PTH123  (pathlib takes longer to import than all of this)
            inputs = recall(stream.read())
        if inputs is None or os.path.basename(spec) != next(iter(inputs)):  # noqa: PTH119
            return False
        return are_unchanged(os.path.dirname(spec), inputs)  # noqa: PTH120
    except OSError:
        return False
