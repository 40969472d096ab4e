"""``wheelhouse vendor``: lock -> a directory that serves as an index."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.files import lock_path, parse_lock, read_lock_bytes
from resolver.cli.names import known_environments
from resolver.cli.terminal import Terminal
from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.vendor.run import Report


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Fetch, verify and place what the lock names."""
    from resolver.http_index.cache import Cache
    from resolver.vendor.run import vendor
    from resolver.vendor.sources import Folder, Sources

    path = lock_path(args.lock)
    content = read_lock_bytes(path)
    lock = parse_lock(content, path)
    environments = known_environments(args.environment, lock.environments)
    carried = _carried(args.carried)
    cache = None if carried else Cache(Path(args.cache_dir) if args.cache_dir else None, warn=terminal.warn)
    urls = {name: entry.url for name, entry in lock.indexes.items()}
    source = Folder(carried) if carried else Sources(urls, path.parent)
    with terminal.progress(f"vendoring {path}", unit="bytes") as bar, source as sources:
        report = vendor(
            lock,
            content,
            Path(args.directory),
            fetch=sources,
            blobs=cache,
            environments=environments,
            view=args.view,
            workers=args.jobs,
            progress=bar,
        )
    _report(args.directory, report, terminal)
    return 0


def _carried(directory: str | None) -> Path | None:
    """The folder that ``--from`` names: of a vendored tree its ``files``. Raises `InputError` where there is none."""
    if directory is None:
        return None
    path = Path(directory)
    if not path.is_dir():
        raise InputError(f"--from {directory}: is no directory")
    return path / "files" if (path / "manifest.json").is_file() else path


def _report(directory: str, report: Report, terminal: Terminal) -> None:
    from resolver.lock.describe import counted, human_size

    counts = {how: report.count(how) for how in ("fetched", "cached", "kept")}
    told = {
        "fetched": counts["fetched"],
        "from the cache": counts["cached"],
        "there already": counts["kept"],
        "removed": len(report.removed),
    }
    done = ", ".join(f"{number} {what}" for what, number in told.items() if number) or "none needed"
    lines = [
        f"{directory}: {counted(len(report.placed), 'file')}, {human_size(report.size)} ({done})",
        *(f"left alone, since no lock ever named it: {path}" for path in report.strangers),
    ]
    document = {
        "directory": directory,
        "files": len(report.placed),
        "bytes": report.size,
        **counts,
        "removed": list(report.removed),
        "strangers": list(report.strangers),
        "changed": report.changed,
    }
    terminal.result(lines, document)
