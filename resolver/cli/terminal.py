"""What a person sees: results on standard output, everything else on standard error.

On a terminal rich draws bars and tables; elsewhere there are plain lines. ``--quiet`` leaves results and errors,
``--json`` leaves one document on standard output, NO_COLOR is honoured by rich.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from resolver.errors import SpecError, WheelhouseError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar(Protocol):
    """Progress of one piece of work, counted in whatever unit its owner chose."""

    def describe(self, text: str) -> None: ...
    def grow(self, total: int) -> None: ...
    def advance(self, amount: int = 1) -> None: ...


class Terminal:
    """The one place that writes to the user."""

    def __init__(
        self, *, quiet: bool = False, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.quiet = quiet
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    def result(self, lines: Sequence[str], document: object) -> None:
        """Print the outcome: ``lines`` for a person, or ``document`` under ``--json``."""
        if self.as_json:
            json.dump(document, self._out, indent=2, sort_keys=True)
            self._out.write("\n")
        else:
            self._out.writelines(f"{line}\n" for line in lines)

    def note(self, text: str) -> None:
        """Tell something on the side; silent under ``--quiet`` and ``--json``."""
        if not (self.quiet or self.as_json):
            print(text, file=self._err, flush=True)

    def warn(self, text: str) -> None:
        """Tell something that a person should know; silent under ``--quiet`` alone."""
        if not self.quiet:
            print(text, file=self._err, flush=True)

    def error(self, error: WheelhouseError) -> None:
        """Tell why the command failed, on standard error and, under ``--json``, as a document too."""
        if self.as_json:
            document: dict[str, object] = {"error": type(error).__name__, "message": str(error)}
            if isinstance(error, SpecError):
                document["problems"] = [
                    {"file": p.file, "line": p.line, "path": p.path, "message": p.message, "hint": p.hint}
                    for p in error.problems
                ]
            self.result((), document)
        print(f"error: {error}", file=self._err, flush=True)

    @contextmanager
    def progress(self, text: str, *, unit: str = "items") -> Iterator[Bar]:
        """A bar on a terminal; a line for each change of description elsewhere; nothing under ``--quiet``."""
        if self.quiet or self.as_json:
            yield _Silent()
        elif self._err.isatty():
            with _rich_progress(unit, self._err) as progress:
                yield _Drawn(progress, progress.add_task(text, total=None))
        else:
            self.note(text)
            yield _Plain(self)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
        """A table as lines: columns padded to their widest cell. The first column is the row's name."""
        widths = [max(len(row[i]) for row in (headers, *rows)) for i in range(len(headers))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (headers, *rows)
        ]
        return [line.rstrip() for line in [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]]


class _Silent:
    def describe(self, text: str) -> None:
        """Nothing is shown."""

    def grow(self, total: int) -> None:
        """Nothing is shown."""

    def advance(self, amount: int = 1) -> None:
        """Nothing is shown."""


class _Plain(_Silent):
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def describe(self, text: str) -> None:
        self._terminal.note(text)


class _Drawn:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def describe(self, text: str) -> None:
        self._progress.update(self._task, description=text)

    def grow(self, total: int) -> None:
        self._progress.update(self._task, total=total)

    def advance(self, amount: int = 1) -> None:
        self._progress.advance(self._task, amount)


def _rich_progress(unit: str, stream: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    amount = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        amount,
        console=Console(file=stream),
        transient=True,
    )
