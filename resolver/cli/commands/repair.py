"""``wheelhouse repair``: a damaged tree made whole again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.terminal import Terminal
from resolver.cli.trees import named_tree
from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.transfer.donors import Donor
    from resolver.transfer.repair import Repaired


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Bring what is damaged or missing. Raises `NotRepaired` where nobody has some of it."""
    from resolver.transfer.repair import NotRepaired, repair

    tree = named_tree(args.directory)
    if not (tree / "manifest.json").exists() and not (tree / "lock.json").exists():
        raise InputError(f"{tree}: is no vendored tree; `wheelhouse vendor` makes one, `wheelhouse unpack` brings one")
    with _donors(args, tree, terminal) as donors, terminal.progress(f"repairing {tree}", unit="bytes") as bar:
        done = repair(tree, donors, bar)
    _report(tree, done, terminal)
    if done.missing:
        raise NotRepaired(tree, done)
    return 0


@contextmanager
def _donors(args: argparse.Namespace, tree: Path, terminal: Terminal) -> Iterator[list[Donor]]:
    from resolver.transfer.donors import check_other, donor

    others = [Path(name) for name in args.source or ()]
    for other in others:
        check_other(other, tree)
    with ExitStack() as stack:
        yield [donor(other) for other in others] or _indexes(args, tree, terminal, stack)


def _indexes(args: argparse.Namespace, tree: Path, terminal: Terminal, stack: ExitStack) -> list[Donor]:
    """The cache of this machine and the indexes of the lock, where that can be read."""
    from tempfile import TemporaryDirectory

    from resolver.cli.files import read_lock
    from resolver.http_index.cache import Cache
    from resolver.transfer.donors import IndexDonor
    from resolver.vendor.sources import Sources

    path = Path(args.lock) if args.lock is not None else tree / "lock.json"
    lock = read_lock(path)
    cache = Cache(Path(args.cache_dir) if args.cache_dir else None, warn=terminal.warn)
    urls = {name: entry.url for name, entry in lock.indexes.items()}
    sources = stack.enter_context(Sources(urls, path.parent))
    staging = Path(stack.enter_context(TemporaryDirectory(prefix="wheelhouse-")))
    return [IndexDonor(path, lock, sources, cache, staging, is_own=args.lock is None)]


def _report(tree: Path, done: Repaired, terminal: Terminal) -> None:
    from resolver.lock.describe import counted, human_size

    wrong = len(done.mended) + len(done.missing)
    size = human_size(sum(one.size for one in done.mended))
    lines = [f"{one.path}: {one.how}{f' from {one.donor}' if one.donor else ''}" for one in done.mended]
    verdict = f"{len(done.mended)} of {wrong} mended, {size}" if wrong else "none needed it"
    lines.append(f"{tree}: {counted(done.files, 'file')} checked, {verdict}")
    document = {
        "directory": str(tree),
        "files": done.files,
        "mended": [asdict(one) for one in done.mended],
        "missing": dict(done.missing),
    }
    terminal.result(lines[-1:] if terminal.quiet else lines, document)
