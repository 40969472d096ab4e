"""Progress of one piece of work: drawn by rich on a terminal, a line now and then elsewhere, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_EVERY = 10.0
"""Seconds between two lines that say how far the work is."""


class Bar(Protocol):
    """Progress, counted in whatever unit its owner chose."""

    def describe(self, text: str) -> None:
        """What is being done now; a line of its own where nothing can be drawn."""

    def detail(self, what: object) -> None:
        """Something that changes often, and is written out only where it is shown: where it can be drawn over."""

    def grow(self, total: int) -> None:
        """How much there is to do."""

    def advance(self, amount: int = 1) -> None:
        """How much more of it is done."""


class Silent:
    """Nothing is shown."""

    def describe(self, text: str) -> None:
        """Nothing is shown."""

    def detail(self, what: object) -> None:
        """Nothing is shown."""

    def grow(self, total: int) -> None:
        """Nothing is shown."""

    def advance(self, amount: int = 1) -> None:
        """Nothing is shown."""


class Plain(Silent):
    """Lines for a log: each thing that is begun, and every ten seconds how far it is."""

    def __init__(self, say: Callable[[str], None], text: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._text = text
        self._clock = clock
        self._said = clock()
        self._total = self._done = 0

    def describe(self, text: str) -> None:
        self._text = text
        self._tell(text)

    def detail(self, what: object) -> None:
        if self._is_due():
            self._tell(f"{self._text}: {what}")

    def grow(self, total: int) -> None:
        self._total = total

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        if self._total and self._is_due():
            self._tell(f"{self._text}: {100 * self._done // self._total} %")

    def _is_due(self) -> bool:
        return self._clock() - self._said >= _EVERY

    def _tell(self, text: str) -> None:
        self._said = self._clock()
        self._say(text)


class _Drawn:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def describe(self, text: str) -> None:
        self._progress.update(self._task, description=text)

    def detail(self, what: object) -> None:
        self._progress.update(self._task, detail=what)

    def grow(self, total: int) -> None:
        self._progress.update(self._task, total=total)

    def advance(self, amount: int = 1) -> None:
        self._progress.advance(self._task, amount)


@contextmanager
def drawn(console: Console, text: str, unit: str) -> Iterator[Bar]:
    """A bar that vanishes at the end. ``unit`` is ``bytes`` or anything else that is counted."""
    from rich import progress as rich

    amount = rich.DownloadColumn() if unit == "bytes" else rich.MofNCompleteColumn()
    rest = [rich.TransferSpeedColumn(), rich.TimeRemainingColumn(compact=True)] if unit == "bytes" else []
    columns = [
        rich.SpinnerColumn(),
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(bar_width=20),
        amount,
        *rest,
        rich.TextColumn("{task.fields[detail]}", style="dim", markup=False),
    ]
    with rich.Progress(*columns, console=console, transient=True) as progress:
        yield _Drawn(progress, progress.add_task(text, total=None, detail=""))
