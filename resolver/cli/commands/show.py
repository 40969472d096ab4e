"""``wheelhouse show``: which file each environment gets of each project."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence

from resolver.cli.files import lock_path, read_lock
from resolver.cli.names import known_environments
from resolver.cli.tables import Table
from resolver.cli.terminal import Line, Terminal
from resolver.lock.coverage import Cell, Coverage, Weight, as_json, coverage
from resolver.lock.describe import counted, human_size

_STYLES = {" unknown": "bold red", " sdist ": "yellow", " - ": "dim"}
"""How cells are drawn on a terminal; wheels, which most are, stay plain."""


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the coverage matrix."""
    lock = read_lock(lock_path(args.lock))
    names = known_environments(args.environment, lock.environments)
    matrix = coverage(lock, names)
    lines = [] if terminal.as_json else list(_lines(matrix, names or matrix.environments))
    terminal.result(lines, as_json(matrix))
    return 0


def _lines(matrix: Coverage, names: Sequence[str]) -> Iterator[Line]:
    """``names``: the environments in the order of the columns."""
    yield Table(
        headers=["project", *names],
        rows=[[project, *(_text(cells[name]) for name in names)] for project, cells in matrix.projects.items()],
        styles=_STYLES,
    )
    if matrix.build_only:
        yield ""
        yield Table(
            headers=["needed to build", *names],
            rows=[[p, *(_texts(cells.get(name, ())) for name in names)] for p, cells in matrix.build_only.items()],
            styles=_STYLES,
        )
    yield ""
    yield _totals(matrix, names)
    yield ""
    yield f"{counted(matrix.weight.files, 'file')}, {_size(matrix.weight)} in all"
    yield from sorted({_reason(cell) for cells in matrix.projects.values() for cell in cells.values() if cell.reason})


def _totals(matrix: Coverage, names: Sequence[str]) -> Table:
    headers = ["environment", "wheels", "sdists", "files with builds", "size"]
    rows = [
        [name, str(total.wheels), str(total.sdists), str(total.weight.files), _size(total.weight)]
        for name, total in ((name, matrix.totals[name]) for name in names)
    ]
    return Table(headers=headers, rows=rows, numbers=frozenset(range(1, len(headers))))


def _size(weight: Weight) -> str:
    size = human_size(weight.bytes)
    return f"{size} and {counted(weight.unsized, 'file')} of unknown size" if weight.unsized else size


def _reason(cell: Cell) -> str:
    return f"{cell.artifact}: {cell.reason}"


def _texts(cells: Iterable[Cell]) -> str:
    return ", ".join(_text(cell) for cell in cells) or "-"


def _text(cell: Cell) -> str:
    """``2.32.5`` for a wheel, ``0.6.2 sdist (builds with 1)``, or ``-`` where an environment does not need it."""
    if cell.kind == "absent":
        return "-"
    if cell.kind == "wheel":
        return f"{cell.version}"
    built = "unknown" if cell.kind == "incomplete" else str(cell.build_requirements)
    return f"{cell.version} sdist (builds with {built})"
