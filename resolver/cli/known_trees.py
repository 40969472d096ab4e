"""Vendored trees that a run read to the last byte and found right: how their files look, and what the run printed.

The note ``trees/<digest of the tree's path>`` holds how every file looks from outside: name, size, inode, and when it
and what is known of it last changed, which no program can set back. Whoever recalls a note compares all of that. It is
written by a run that read every byte, changed nothing, and saw the tree look the same before and after. Damage that
leaves no such trace, that of the disk itself, is found by `wheelhouse verify`, which then forgets the tree.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
import time

from resolver.cli.notes import forget_note, note_digest, read_note, write_note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Look = tuple[str, int, int, int, int, int, int]

_KIND = "trees"
_COARSE = 10_000_000
"""Nanoseconds: FAT and exFAT tell no finer times, and keep one of the two alone: set back, it leaves no trace."""
_TICK = 2_000_000_000
"""Nanoseconds within which a file may change twice and look the same: FAT, the coarsest, tells two seconds apart."""


def look(tree: str) -> list[Look] | None:
    """Path, mode, size, inode, device and times of everything in a tree, in order; None where it cannot be relied on.

    That is where something changed just now: it could change again and look the same; and on Windows and on a disk that
    tells no fine times, where a write can be hidden by setting one time back. Raises OSError.
    """
    if sys.platform == "win32":
        return None
    found: list[Look] = []
    folders = [tree]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                times = (status.st_mtime_ns, status.st_ctime_ns)
                if stat.S_ISDIR(status.st_mode):
                    folders.append(entry.path)
                    found.append((entry.path, status.st_mode, 0, status.st_ino, status.st_dev, 0, 0))
                else:
                    found.append((entry.path, status.st_mode, status.st_size, status.st_ino, status.st_dev, *times))
    if max((one[6] for one in found), default=0) > time.time_ns() - _TICK:
        return None
    if all(one[6] % _COARSE == 0 for one in found):
        return None
    return sorted(found)


def remember(root: str, tree: str, key: str, before: Sequence[Look], said: str) -> None:
    """Keep that a run known by ``key`` had nothing to do on a tree that looked like ``before``, where it still does."""
    try:
        if look(tree) == before:
            write_note(root, _KIND, _name(tree), marshal.dumps((key, list(before), said)))
    except OSError:
        return


def recall(root: str, tree: str, key: str) -> str | None:
    """What that run said, where the tree looks as it did; else None."""
    note = read_note(root, _KIND, _name(tree))
    if note is None:
        return None
    try:
        known, before, said = marshal.loads(note)  # noqa: S302  (sealed, and the user's own)
        return str(said) if known == key and look(tree) == before else None
    except (OSError, ValueError, TypeError, EOFError):
        return None


def forget(root: str, tree: str) -> None:
    """The next run reads every byte of this tree."""
    forget_note(root, _KIND, _name(tree))


def _name(tree: str) -> str:
    return note_digest(os.path.realpath(tree).encode("utf-8", "surrogateescape"))
