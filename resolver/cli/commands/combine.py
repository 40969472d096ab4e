"""``wheelhouse combine``: one lock of several, for one tree."""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.environments import environments_table
from resolver.cli.files import (
    by_its_own_name,
    check_other,
    check_writable,
    parse_lock,
    read_lock_bytes,
    seen_from,
    write_text,
)
from resolver.cli.terminal import Line, Terminal
from resolver.errors import CheckFailed, InputError, LockError
from resolver.lock.codec import dumps
from resolver.lock.combine import Part, combined, of_several_indexes
from resolver.lock.describe import counted

if TYPE_CHECKING:
    from resolver.lock.model import Lock

_SHOWN = 3  # projects that a warning names


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the combined lock; with ``--check`` raise `CheckFailed` where something else is there."""
    output, paths = Path(args.output), _paths(args.locks)
    check_other(output, paths.values())
    if not args.check:
        check_writable(output)
    parts, files = _parts(paths, output.parent)
    lock = combined(parts, files)
    text = dumps(lock)
    old = read_lock_bytes(output) if output.exists() else None
    if args.check:
        if old is None:
            raise InputError(f"{output}: there is no such lock; `wheelhouse combine` without --check makes it")
        if old != text.encode():
            raise CheckFailed(f"{output} is stale: {', '.join(map(str, paths.values()))} make another lock together")
        terminal.result([f"{output} is current"], {"lock": str(output), "current": True})
        return 0
    if old is not None and not _is_combined(old, output):  # never what was resolved: it cannot be made again from this
        raise InputError(f"{output}: is no combined lock, and is not overwritten; name another file, or remove it")
    write_text(output, text)
    _report(lock, parts, output, terminal, changed=old != text.encode())
    return 0


def _paths(given: Sequence[str]) -> dict[str, Path]:
    """Name -> path, from ``NAME=LOCK`` or from a path that shows a name. Raises `InputError`."""
    found: dict[str, Path] = {}
    for text in given:
        name, equals, place = text.partition("=")
        path = Path(place if equals else text)
        name = name if equals else _name_of(path)
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
            said = "a name is letters, digits, - and _, not beginning with -"
            raise InputError(f"{text}: is named {name!r}; {said}: write NAME={path}")
        if name in found:
            raise InputError(f"{text}: {found[name]} is called {name} already; write NAME={path}")
        found[name] = path
    return found


def _name_of(path: Path) -> str:
    """``web`` for ``web.lock.json``, ``web.json`` and ``web/lock.json``."""
    stem = path.name.removesuffix(".json").removesuffix(".lock")
    return path.resolve().parent.name if stem == "lock" else stem


def _parts(paths: Mapping[str, Path], folder: Path) -> tuple[dict[str, Part], dict[str, str]]:
    """The locks, and the digests of their files by their paths relative to ``folder``."""
    parts: dict[str, Part] = {}
    files: dict[str, str] = {}
    for name, path in paths.items():
        content = read_lock_bytes(path)
        relative = seen_from(folder, by_its_own_name(path))
        if relative is None:
            raise InputError(f"{path}: is on another drive than the combined lock, which names it by a relative path")
        parts[name] = Part(lock=parse_lock(content, path), folder=relative.rpartition("/")[0])
        files[relative] = hashlib.sha256(content).hexdigest()
    return parts, files


def _is_combined(content: bytes, path: Path) -> bool:
    try:
        return parse_lock(content, path).inputs.combined
    except LockError:
        return False


def _report(lock: Lock, parts: Mapping[str, Part], output: Path, terminal: Terminal, *, changed: bool) -> None:
    shared = sum(sum(name in part.lock.artifacts for part in parts.values()) > 1 for name in lock.artifacts)
    mixed = of_several_indexes(lock)
    lines: list[Line] = [] if terminal.quiet else [environments_table(lock, list(lock.environments)), ""]
    verdict = f"wrote {output}" if changed else f"{output} is unchanged"
    of_several = f" ({shared} of several locks)" if shared else ""
    environments = counted(len(lock.environments), "environment")
    document = {
        "lock": str(output),
        "changed": changed,
        "environments": {name: len(pins) for name, pins in lock.resolutions.items()},
        "files": len(lock.artifacts),
        "shared": shared,
        "several_indexes": [{"indexes": list(indexes), "projects": projects} for indexes, projects in mixed.items()],
    }
    files = counted(len(lock.artifacts), "file")
    for indexes, projects in mixed.items():
        shown = ", ".join(projects[:_SHOWN]) + (f" and {len(projects) - _SHOWN} more" if len(projects) > _SHOWN else "")
        terminal.warn(
            f"{shown}: files come from the indexes {' and '.join(indexes)}, and the tree offers them on one page; "
            "if they are not of one project, bind its name to one index in each spec"
        )
    terminal.result([*lines, f"{verdict}: {files}{of_several} for {environments}"], document)
