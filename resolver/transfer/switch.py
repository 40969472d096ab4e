"""From one tree to the next as one step: what is staged goes to its places once a journal says that it must.

A run that is killed before the journal is written leaves the old tree; one that is killed after it leaves a step
that `complete` ends, whichever command comes next. Only names change then: every byte lies staged, verified, flushed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from resolver.errors import InputError
from resolver.records import record
from resolver.server.layout import SWITCH
from resolver.vendor.disk import settle
from resolver.vendor.exclusive import writing
from resolver.vendor.layout import (
    FILES,
    MANIFEST,
    RECEIVED,
    Entry,
    check_above,
    check_links,
    digest,
    is_inside,
    make_folder,
    parse_entry,
    read_manifest,
    storage_error,
)
from resolver.vendor.views import make_views
from resolver.vendor.writes import remove_file, write_if_changed

INCOMING = f"{RECEIVED}/incoming"


@record
class Step:
    """``before`` and ``after``: sha256 of the manifests (None: there was none).

    ``moves``: staged paths in the order in which they go to their places; ``gone``: what only the old manifest named;
    ``folders``: kept statements that no longer say what is there.
    """

    before: str | None
    after: str
    moves: Sequence[str]
    gone: Mapping[str, Entry]
    folders: Sequence[str] = ()


def staged(tree: Path, path: str) -> Path:
    """Where a file waits that will lie at ``path``."""
    return tree / INCOMING / path


def open_staged(tree: Path, path: str) -> BinaryIO:
    """A new file where ``path`` waits, for all to read whatever the umask says. Raises `InputError` and OSError."""
    place = staged(tree, path)
    check_above(tree, f"{INCOMING}/{path}")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)  # it may be a link that somebody put there
    stream = place.open("xb")
    place.chmod(0o644)
    return stream


def in_order(paths: Iterable[str]) -> list[str]:
    """Staged paths in the order in which they are to move: files, then pages, inner ones first, the manifest last."""
    return sorted(paths, key=lambda path: (path == MANIFEST, not path.startswith(f"{FILES}/"), -path.count("/"), path))


def switch(tree: Path, step: Step) -> None:
    """Take a step whose files are all staged. Raises OSError; once the journal is written, `complete` goes on."""
    settle(tree, [staged(tree, path) for path in step.moves])  # before any name leads to them
    early = [path for path in step.moves if path.startswith(f"{FILES}/") and not os.path.lexists(tree / path)]
    for path in early:  # nothing names them yet
        _move(tree, path)
    data = {**asdict(step), "moves": [path for path in step.moves if path not in set(early)]}
    write_if_changed(tree / SWITCH, json.dumps(data, indent=1).encode())
    settle(tree, [tree / SWITCH])
    _finish(tree, step)


def complete(tree: Path) -> bool:
    """Complete a step that a killed run began; whether there was one. Raises `StorageError` and `InputError`."""
    journal = tree / SWITCH
    if not journal.is_file():
        return False
    check_links(tree)
    try:
        with writing(tree):
            if not journal.is_file():  # whoever was writing it has ended it
                return True
            step = _read(journal)
            found = digest(tree / MANIFEST)
            if (found.sha256 if found else None) in {step.before, step.after}:
                _finish(tree, step)
            else:  # another command has written the tree since
                clear(tree)
    except OSError as error:
        raise storage_error(tree, error) from error
    return True


def clear(tree: Path) -> None:
    """Remove what is staged, and the journal."""
    (tree / SWITCH).unlink(missing_ok=True)
    _remove_folder(tree / INCOMING)


def _read(path: Path) -> Step:
    """A journal, which may have been carried here with the tree: it is obeyed inside of that alone."""
    try:
        data = json.loads(path.read_bytes())
        gone = {name: parse_entry(name, entry) for name, entry in data["gone"].items()}
        step = Step(**{**data, "gone": gone})
        for name in (*step.moves, *step.folders):
            if not is_inside(name):
                raise ValueError(f"{name!r} leads out of the tree")
        for folder in step.folders:
            if not folder.startswith(f"{RECEIVED}/"):
                raise ValueError(f"{folder!r} is no folder of what was received")
        return step
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove it and unpack the bundle again") from error


def _finish(tree: Path, step: Step) -> None:
    """Whatever of the step is not done yet."""
    for path in (*step.moves, *(f"{INCOMING}/{path}" for path in step.moves), *step.gone, *step.folders):
        check_above(tree, path)
    for path in step.moves:
        if staged(tree, path).exists():
            _move(tree, path)
    for path in step.gone:
        _remove(tree, path)
    for folder in step.folders:
        _remove_folder(tree / folder)
    now = read_manifest(tree)
    if now is not None:
        make_views(tree, (), step.gone, now.files)
    clear(tree)


def _remove_folder(path: Path) -> None:
    """Remove a folder, or what lies in its place: `rmtree` waits for a pipe."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _move(tree: Path, path: str) -> None:
    target = tree / path
    make_folder(target.parent)
    if target.is_dir() and not target.is_symlink():
        raise IsADirectoryError(None, "is a folder where a file has to be; remove it", str(target))
    staged(tree, path).replace(target)


def _remove(tree: Path, path: str) -> None:
    target = tree / path
    if target.is_dir() and not target.is_symlink():  # nothing of a tree's
        return
    remove_file(tree, path)
