"""``wheelhouse resolve``: spec -> lock, or the check that the lock is current."""

from __future__ import annotations

import argparse
from pathlib import Path

from resolver.cli.files import lock_path, reader, write_text
from resolver.cli.terminal import Terminal
from resolver.cli.upkeep import check, untouched
from resolver.errors import AnswerMissing


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Lock the spec, unless nothing has changed since the lock was written."""
    spec_path, path = Path(args.spec), lock_path(args.lock, args.spec)
    if args.check:
        return check(spec_path, path, terminal)
    if args.update is None and untouched(spec_path, path):
        terminal.result([f"{path} is current; `--update` takes newer releases"], {"lock": str(path), "changed": False})
        return 0
    return _resolve(args, terminal, spec_path, path)


def _resolve(args: argparse.Namespace, terminal: Terminal, spec_path: Path, path: Path) -> int:
    from packaging.utils import canonicalize_name

    from resolver.cli.files import read_lock
    from resolver.cli.indexes import indexes_of
    from resolver.cli.report import report
    from resolver.http_index.cache import Cache
    from resolver.lock.codec import dumps
    from resolver.locking import Previous, lock
    from resolver.spec.load import load

    spec = load(spec_path.name, reader(spec_path))
    old = read_lock(path) if path.exists() else None
    update = None if args.update == [] else frozenset(canonicalize_name(name) for name in args.update or ())
    cache = Cache(Path(args.cache_dir) if args.cache_dir else None, warn=terminal.warn)
    with (
        terminal.progress("resolving") as bar,
        indexes_of(spec, spec_path.parent, cache) as (index, sites),
    ):
        locked = lock(spec, index, sites, Previous(lock=old, update=update), started=bar.describe)
    text = dumps(locked.lock)
    changed = not path.exists() or path.read_bytes() != text.encode()
    if changed:
        write_text(path, text)
    report(locked, old, path, terminal, changed=changed)
    missing = tuple(f"{sdist} for {name}: {reason}" for sdist, name, reason in locked.lock.incomplete())
    if missing:
        raise AnswerMissing(missing)
    return 0
