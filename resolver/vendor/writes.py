"""Writes to a vendored tree that are whole or not at all, and removals."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from resolver.vendor.layout import FILES, SIMPLE, digest, entry_of, make_folder

_UNFINISHED = ".unfinished"


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file as a whole, unless it has these bytes already. Returns whether it was written."""
    if holds(path, content):
        return False
    unfinished = path.with_name(f".{short(path.name)}{_UNFINISHED}")
    try:
        write_new(unfinished, content)
        os.replace(unfinished, path)  # noqa: PTH105  (as in `write_new`)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return True


def holds(path: Path, content: bytes) -> bool:
    """Whether a file has these bytes; one of another size is not read."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return status.st_size == len(content) and digest(path) == entry_of(content)


def write_new(path: Path, content: bytes) -> None:
    """Write a file, in a folder that may not be there yet, in place of what may lie there: a link, for example."""
    try:
        stream = open(path, "xb", buffering=0)  # noqa: PTH123, SIM115  (hundreds are written in a run)
    except FileNotFoundError:
        make_folder(path.parent)
        stream = path.open("xb", buffering=0)
    except FileExistsError:
        path.unlink()
        stream = path.open("xb", buffering=0)
    with stream:
        rest = memoryview(content)
        while rest:
            rest = rest[stream.write(rest) :]
        os.chmod(path, 0o644)  # noqa: PTH101


def short(name: str) -> str:
    """A name with room to grow: those of artifacts may be as long as a disk takes."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def remove_file(tree: Path, path: str) -> None:
    """Remove a file of a tree, which may be gone already, and its folder where that is empty then."""
    (tree / path).unlink(missing_ok=True)
    parent = (tree / path).parent
    if parent not in {tree, tree / SIMPLE, tree / FILES} and parent.is_dir() and not any(parent.iterdir()):
        parent.rmdir()


def remove_litter(tree: Path) -> None:
    """Remove what a run that was killed in the middle of `write_if_changed` left behind."""
    for folder in (tree, tree / FILES, *(tree / SIMPLE).glob("**")):
        for path in folder.glob(f".*{_UNFINISHED}"):
            path.unlink()
