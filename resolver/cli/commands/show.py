"""``wheelhouse show``: which file each environment gets of each project."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from resolver.cli.files import lock_path, read_lock
from resolver.cli.terminal import Terminal
from resolver.errors import InputError
from resolver.lock.coverage import Cell, Coverage, as_json, coverage
from resolver.lock.describe import counted, human_size


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the coverage matrix."""
    lock = read_lock(lock_path(args.lock))
    unknown = sorted(set(args.environment or ()) - set(lock.environments))
    if unknown:
        raise InputError(f"the lock has no environment {unknown[0]!r}; it has {', '.join(lock.environments)}")
    matrix = coverage(lock, args.environment)
    terminal.result(_lines(matrix, terminal), as_json(matrix))
    return 0


def _lines(matrix: Coverage, terminal: Terminal) -> list[str]:
    headers = ["project", *matrix.environments]
    rows = [[name, *(_text(cells[e]) for e in matrix.environments)] for name, cells in matrix.projects.items()]
    lines = terminal.table(headers, rows)
    if matrix.build_only:
        built = [
            [name, *(_texts(cells.get(e, ())) for e in matrix.environments)]
            for name, cells in matrix.build_only.items()
        ]
        lines += ["", *terminal.table(["needed to build", *matrix.environments], built)]
    totals = [
        [name, str(total.wheels), str(total.sdists), str(total.weight.files), human_size(total.weight.bytes)]
        for name, total in matrix.totals.items()
    ]
    lines += ["", *terminal.table(["environment", "wheels", "sdists", "files with builds", "size"], totals)]
    lines += ["", f"{counted(matrix.weight.files, 'file')}, {human_size(matrix.weight.bytes)} in all"]
    reasons = {
        f"{cell.artifact}: {cell.reason}"
        for cells in matrix.projects.values()
        for cell in cells.values()
        if cell.reason
    }
    return [*lines, *sorted(reasons)]


def _texts(cells: Iterable[Cell]) -> str:
    return ", ".join(_text(cell) for cell in cells)


def _text(cell: Cell) -> str:
    """``2.32.5 wheel``, ``0.6.2 sdist (builds with 1)``, or ``-`` where an environment does not need it."""
    if cell.kind == "absent":
        return "-"
    if cell.kind == "wheel":
        return f"{cell.version} wheel"
    built = "unknown" if cell.kind == "incomplete" else str(cell.build_requirements)
    return f"{cell.version} sdist (builds with {built})"
