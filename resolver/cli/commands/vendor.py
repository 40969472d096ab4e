"""``wheelhouse vendor``: lock -> a directory that serves as an index."""

from __future__ import annotations

import argparse
from pathlib import Path

from resolver.cli.files import lock_path, parse_lock, read_lock_bytes
from resolver.cli.terminal import Terminal
from resolver.errors import InputError


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Fetch, verify and place what the lock names."""
    from resolver.http_index.cache import Cache
    from resolver.vendor.run import vendor
    from resolver.vendor.sources import Sources

    if args.jobs < 1:
        raise InputError(f"--jobs {args.jobs}: at least one download at once")
    path = lock_path(args.lock)
    content = read_lock_bytes(path)
    lock = parse_lock(content, path)
    cache = Cache(Path(args.cache_dir) if args.cache_dir else None, warn=terminal.warn)
    urls = {name: entry.url for name, entry in lock.indexes.items()}
    with terminal.progress(f"vendoring {path}", unit="bytes") as bar, Sources(urls, path.parent) as sources:
        report = vendor(
            lock,
            content,
            Path(args.directory),
            fetch=sources,
            blobs=cache,
            environments=args.environment,
            workers=args.jobs,
            progress=bar,
        )
    from resolver.lock.describe import counted, human_size

    counts = {how: report.count(how) for how in ("fetched", "cached", "kept")}
    summary = (
        f"{args.directory}: {counted(len(report.placed), 'file')}, {human_size(report.size)} "
        f"({counts['fetched']} fetched, {counts['cached']} from the cache, {counts['kept']} kept, "
        f"{len(report.removed)} removed)"
    )
    lines = [summary, *(f"left alone, since no lock ever named it: {path}" for path in report.strangers)]
    document = {
        "directory": args.directory,
        "files": len(report.placed),
        "bytes": report.size,
        **counts,
        "removed": list(report.removed),
        "strangers": list(report.strangers),
        "changed": report.changed,
    }
    terminal.result(lines, document)
    return 0
