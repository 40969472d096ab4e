"""``wheelhouse show``: what each environment gets of each project; of those that are named, which files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from resolver.cli.files import lock_path, read_lock
from resolver.cli.names import known_environments, known_project
from resolver.cli.tables import Table
from resolver.cli.terminal import Line, Terminal
from resolver.lock.coverage import Cell, Coverage, FileUse, Weight, coverage, files_of
from resolver.lock.describe import counted, human_size

_STYLES = {" unknown": "bold red", " sdist ": "yellow", " - ": "dim"}
"""How cells are drawn on a terminal; wheels, which most are, stay plain."""


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the coverage matrix, or the files of the projects that are named."""
    lock = read_lock(lock_path(args.lock))
    names = known_environments(args.environment, lock.environments)
    if args.projects:
        found = files_of(lock, {known_project(name, lock) for name in args.projects}, names)
        terminal.result(_files(found), {"files": [asdict(one) for one in found]})
        return 0
    matrix = coverage(lock, names)
    lines = [] if terminal.as_json else list(_lines(matrix, names or matrix.environments))
    terminal.result(lines, asdict(matrix))
    return 0


def _files(found: Sequence[FileUse]) -> list[Line]:
    if not found:
        return ["none of these environments needs any file of it"]
    rows = [
        [one.project, one.file, "unknown" if one.size is None else human_size(one.size), use, ", ".join(names)]
        for one in found
        for use, names in (("run", one.run), ("build", one.build))
        if names
    ]
    table = Table(headers=["project", "file", "size", "use", "environments"], rows=rows, numbers=frozenset({2}))
    return [table, *(f"{one.file}: {reason}" for one in found for reason in one.reasons)]


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
    headers = ["environment", "wheels", "sdists", "files in all", "size"]
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
