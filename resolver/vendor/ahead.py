"""Files of a tree that are made while others still arrive: written beside it, and seen all at once at the end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from resolver.vendor.contents import outer_last
from resolver.vendor.layout import PARTIAL, Entry, entry_of, make_folder
from resolver.vendor.writes import holds, short, write_new


class Ahead:
    """Contents for ``tree``; what was not placed by the end of the block is removed. Methods raise OSError.

    ``entries``: all of them by path, of which ``waiting`` are those that the tree does not have yet.
    """

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._partial = tree / PARTIAL
        self.entries: dict[str, Entry] = {}
        self.waiting: dict[str, Path] = {}

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for staged in self.waiting.values():
            staged.unlink(missing_ok=True)

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Take files by their path below the tree; one that is there with the same bytes stays."""
        for path, content in contents.items():
            self.entries[path] = entry_of(content)
            if not holds(self._tree / path, content):
                staged = self._partial / f"{short(path)}.ahead"
                self.waiting[path] = staged
                write_new(staged, content)

    def place(self) -> list[str]:
        """Let them be seen, in the order of `outer_last`, and return which."""
        placed = sorted(self.waiting, key=outer_last)
        for path in placed:
            _move(self.waiting[path], self._tree / path)
            del self.waiting[path]
        return placed


def _move(staged: Path, target: Path) -> None:
    try:
        os.replace(staged, target)  # noqa: PTH105  (hundreds are moved in a run)
    except FileNotFoundError:
        make_folder(target.parent)
        staged.replace(target)
