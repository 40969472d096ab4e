"""Tables: aligned plain text for logs and pipes, rich's drawing on a terminal, in parts where it is narrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from resolver.records import record

if TYPE_CHECKING:
    from rich.console import Console

Parts = tuple[Sequence[str], Sequence[Sequence[str]], Sequence[int]]
"""Headers, rows, and which columns are numbers."""

_GAP = 2


@record
class Table:
    """Rows of text, each named by its first cell. ``numbers``: columns that are aligned to the right.

    ``styles``: how rich draws cells that contain a word; the first word that fits counts.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    styles: Mapping[str, str] | None = None

    @classmethod
    def of_parts(cls, parts: Parts) -> Table:
        """The inverse of `parts`."""
        headers, rows, numbers = parts
        return cls(headers=headers, rows=rows, numbers=frozenset(numbers))

    @property
    def parts(self) -> Parts:
        """What it consists of but for its styles, as values that any format can hold."""
        return list(self.headers), [list(row) for row in self.rows], sorted(self.numbers)

    def plain(self) -> list[str]:
        """The lines of the whole table."""
        return list(self._lines(range(len(self.headers))))

    def draw(self, console: Console) -> None:
        """Draw on a terminal; a table that is too wide in parts, each with the first column."""
        from rich.text import Text

        from resolver.cli.terminal import clean

        for number, columns in enumerate(self._parts(console.width)):
            header, _, *rows = self._cells(columns)
            if number:
                console.print()
            console.print(Text(clean(_joined(header)), style="bold"), soft_wrap=True)
            for row in rows:
                line = Text()
                for cell in row:
                    line.append(clean(cell), style=self._style(cell)).append(" " * _GAP)
                line.rstrip()
                console.print(line, soft_wrap=True)

    def _style(self, cell: str) -> str:
        return next((style for word, style in (self.styles or {}).items() if word in f" {cell} "), "")

    def _lines(self, columns: Sequence[int]) -> Iterator[str]:
        return (_joined(cells).rstrip() for cells in self._cells(columns))

    def _cells(self, columns: Sequence[int]) -> Iterator[list[str]]:
        """Padded cells: of the header, of a rule, of every row."""
        widths = self._widths()
        for row in chain([self.headers, ["-" * width for width in widths]], self.rows):
            yield [row[i].rjust(widths[i]) if i in self.numbers else row[i].ljust(widths[i]) for i in columns]

    def _widths(self) -> list[int]:
        return [max(len(row[i]) for row in (self.headers, *self.rows)) for i in range(len(self.headers))]

    def _parts(self, width: int) -> Iterator[list[int]]:
        """Columns of the parts that fit into ``width``; at least one besides the first, be it too wide."""
        widths = self._widths()
        part, used = [0], widths[0]
        for column in range(1, len(widths)):
            if len(part) > 1 and used + _GAP + widths[column] > width:
                yield part
                part, used = [0], widths[0]
            part.append(column)
            used += _GAP + widths[column]
        yield part


def _joined(cells: Sequence[str]) -> str:
    return (" " * _GAP).join(cells)
