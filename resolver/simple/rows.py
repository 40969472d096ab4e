"""Files as plain values: rows, which processes send each other, and columns, in which a long page is kept."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from resolver.simple.model import FIELDS, File, LazyFiles

Row = tuple[Any, ...]
"""The values of a `File`, in the order of ``FIELDS``. In place of hashes may stand the sha256 alone, or "" for none."""

_ROW = attrgetter(*FIELDS)


class FileColumns(LazyFiles):
    """Files that are plain columns, one for each of ``FIELDS``, until they are looked at.

    ``lines``: for each column, whether it is known to hold nothing but texts of a single line.
    """

    def __init__(self, columns: Sequence[Sequence[Any]], lines: Sequence[bool]) -> None:
        super().__init__(columns[0], lambda number: file_of([column[number] for column in columns]))
        self.columns = columns
        self.lines = lines


def columns_of(files: Sequence[File]) -> FileColumns:
    """The columns of files, in their order."""
    if isinstance(files, FileColumns):
        return files
    return FileColumns([[getattr(file, name) for file in files] for name in FIELDS], [False for _ in FIELDS])


def row_of(file: File) -> Row:
    """The row of a file."""
    row: Row = _ROW(file)
    return row


def file_of(row: Sequence[Any]) -> File:
    """The file of a row."""
    values = dict(zip(FIELDS, row, strict=True))
    for name in ("hashes", "metadata"):
        kept = values[name]
        if type(kept) is str:
            values[name] = {"sha256": kept} if kept else {}
    return File(**values)
