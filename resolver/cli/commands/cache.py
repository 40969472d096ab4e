"""``wheelhouse cache``: what the cache holds, and what of it goes."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from resolver.cli.amounts import parse_age
from resolver.cli.cache_contents import KINDS, OTHERS, UNFINISHED, Amount, Entry, entries, remove
from resolver.cli.tables import Table
from resolver.cli.terminal import Terminal
from resolver.errors import InputError
from resolver.http_index.cache import default_root
from resolver.lock.describe import counted, human_size


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print what is there, after what was asked for is removed."""
    root = Path(args.cache_dir) if args.cache_dir else default_root()
    if args.cache_dir and not root.is_dir():
        raise InputError(f"{root}: there is no such cache")
    listed = list(entries(root))
    is_change = args.clear or args.prune is not None
    latest = math.inf if args.clear else time.time() - _age(args.prune)
    gone = remove(one for one in listed if one.used <= latest or one.kind == UNFINISHED) if is_change else []
    left = _without(listed, gone)
    kinds = _by_kind(left)
    document = {"cache": str(root), "kinds": {kind: _fields(amount) for kind, amount in kinds.items()}}
    if is_change:
        removed = Amount.of(gone)
        document["removed"] = _fields(removed)
        busy = kinds.get(UNFINISHED, Amount())
        terminal.result([_told(removed), *([_still_there(busy)] if busy.files else [])], {})
    terminal.result([f"{root}:", "", _table(kinds, Amount.of(left))], document)
    return 0


def _age(prune: str | None) -> float:
    """Seconds."""
    return math.inf if prune is None else parse_age(prune).total_seconds()


def _without(listed: Sequence[Entry], gone: Sequence[Entry]) -> list[Entry]:
    paths = {one.path for one in gone}
    return [one for one in listed if one.path not in paths]


def _by_kind(listed: Sequence[Entry]) -> Mapping[str, Amount]:
    kinds = [*KINDS, *(kind for kind in (UNFINISHED, OTHERS) if any(one.kind == kind for one in listed))]
    return {kind: Amount.of(one for one in listed if one.kind == kind) for kind in kinds}


def _fields(amount: Amount) -> dict[str, int]:
    return {"files": amount.files, "bytes": amount.size, "shared": amount.shared}


def _told(removed: Amount) -> str:
    shared = f"; {human_size(removed.shared)} stay on the disk, in trees that share the files" if removed.shared else ""
    return f"removed {counted(removed.files, 'file')}, {human_size(removed.size - removed.shared)}{shared}"


def _still_there(busy: Amount) -> str:
    left = f"{counted(busy.files, 'unfinished download')}, {human_size(busy.size)}"
    return f"left {left}: a run may be writing there; what is older than a day is removed"


def _table(kinds: Mapping[str, Amount], together: Amount) -> Table:
    amounts = [*kinds.items(), ("all", together)]
    rows = [[kind, f"{amount.files:,}", human_size(amount.size)] for kind, amount in amounts]
    return Table(headers=["what", "files", "size"], rows=rows, numbers=frozenset({1, 2}))
