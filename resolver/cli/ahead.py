"""Starts the assistant before the library is imported, in a run that is sure to need it: both take as long to begin.

Only the plainest command line is understood, and only a cache without pages is sure to need one; whatever is in doubt
starts it later (see `resolver.cli.commands.resolve`).
"""

from __future__ import annotations

import os

from resolver.cli.notes import cache_root
from resolver.cli.plain_words import understood
from resolver.http_index import second_process
from resolver.http_index.entries import kind_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.cli.plain_words import Resolve


class Ahead:
    """In this context there may be a process for an assistant to take; at its end, one that nobody took is ended.

    ``may_fork``: whether this process was started for this command, and nothing of anybody else's is in it.
    """

    def __init__(self, given: Sequence[str], *, may_fork: bool) -> None:
        self._given = given
        self._may_fork = may_fork

    def __enter__(self) -> None:
        command, root = understood(self._given), cache_root()
        if command is not None and root is not None and _asks_an_index(command, root):
            second_process.start_ahead(may_fork=self._may_fork)

    def __exit__(self, *exception: object) -> None:
        second_process.end_ahead()


def _asks_an_index(command: Resolve, root: str) -> bool:
    """Whether there is something to work out, with no page at hand."""
    if command.check or os.path.exists(kind_path(root, "pages")):  # noqa: PTH110  (pathlib takes longer to import)
        return False
    return os.path.isfile(command.spec) and (command.update is not None or not os.path.exists(command.lock))  # noqa: PTH110, PTH113
