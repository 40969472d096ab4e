"""``wheelhouse vendor``: lock -> a directory that serves as an index."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.attestations import checker, vouched_for
from resolver.cli.files import lock_path, parse_lock, read_lock_bytes
from resolver.cli.names import known_environments
from resolver.cli.terminal import Terminal
from resolver.cli.unchanged_tree import Vendor, Watch
from resolver.errors import InputError, TransferError

if TYPE_CHECKING:
    from resolver.vendor.run import Vendored
    from resolver.vendor.since import Since


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Fetch, verify and place what the lock names."""
    from resolver.http_index.cache import Cache
    from resolver.transfer.switch import complete
    from resolver.vendor.job import Job
    from resolver.vendor.listings import IndexPages
    from resolver.vendor.ports import NoBlobs
    from resolver.vendor.run import vendor
    from resolver.vendor.sources import Folder, Sources
    from resolver.vendor.vouching import Notary

    path = lock_path(args.lock)
    content = read_lock_bytes(path)
    lock = parse_lock(content, path)
    environments = known_environments(args.environment, lock.environments)
    if args.carried is not None and args.check_index:
        raise InputError("--check-index asks the indexes, and --from says to ask none; leave one of them out")
    carried = _carried(args.carried)
    complete(Path(args.directory))
    watch = Watch(Vendor(args.directory, str(path), args.environment or ()), content) if _is_plain(args) else None
    cache = None if carried else Cache(Path(args.cache_dir) if args.cache_dir else None, warn=terminal.warn)
    urls = {name: entry.url for name, entry in lock.indexes.items()}
    with ExitStack() as stack:
        source: Folder | Sources = Folder(carried) if carried else Sources(urls, path.parent)
        stack.enter_context(source)
        notary = None if args.no_attestations else Notary(source, lambda: checker(args.trusted_root))
        listings = stack.enter_context(IndexPages(lock, path.parent, cache)) if cache is not None else None
        bar = stack.enter_context(terminal.progress(f"vendoring {path}", unit="bytes"))
        job = Job(
            lock=lock,
            lock_bytes=content,
            tree=Path(args.directory),
            fetch=source,
            blobs=cache or NoBlobs(),
            environments=environments,
            views=args.view,
            listings=listings,
            check_all=args.check_index,
            notary=notary,
            workers=args.jobs,
            progress=bar,
        )
        report = vendor(job)
    _report(args.directory, report, terminal)
    if watch is not None and not report.changed:
        watch.ends("\n".join(_tree_lines(args.directory, report)))
    unknown = [f"  {change.filename}: {change.detail}" for change in report.since if change.what == "unknown"]
    if unknown and args.check_index:
        raise TransferError("\n".join(["--check-index: nobody could say what has become of:", *unknown]))
    return 0


def _carried(directory: str | None) -> Path | None:
    """The folder that ``--from`` names: of a vendored tree its ``files``. Raises `InputError` where there is none."""
    if directory is None:
        return None
    path = Path(directory)
    if not path.is_dir():
        raise InputError(f"--from {directory}: is no directory")
    return path / "files" if (path / "manifest.json").is_file() else path


def _is_plain(args: argparse.Namespace) -> bool:
    """Whether the outcome depends on nothing but the tree and the lock."""
    of_no_matter = {"command", "parser", "print_help", "directory", "lock", "environment", "jobs", "quiet", "json"}
    return not any(value for name, value in vars(args).items() if name not in of_no_matter)


def _tree_lines(directory: str, report: Vendored) -> list[str]:
    """What is in the tree, how it came there, and what should not be there."""
    from resolver.lock.describe import counted, human_size

    told = {
        "fetched": report.count("fetched"),
        "from the cache": report.count("cached"),
        "there already": report.count("kept"),
        "removed": len(report.removed),
    }
    done = ", ".join(f"{number} {what}" for what, number in told.items() if number) or "none needed"
    return [
        f"{directory}: {counted(len(report.placed), 'file')}, {human_size(report.size)} ({done})",
        *vouched_for(report.publishers),
        *(f"left alone, since no lock ever named it: {path}" for path in report.strangers),
    ]


def _report(directory: str, report: Vendored, terminal: Terminal) -> None:
    from resolver.vendor.artifacts import HOW

    lines = [*_tree_lines(directory, report), *dict.fromkeys(_news(change) for change in report.since)]
    document: dict[str, object] = {
        "directory": directory,
        "files": len(report.placed),
        "bytes": report.size,
        **{how: report.count(how) for how in HOW},
        "removed": list(report.removed),
        "strangers": list(report.strangers),
        "changed": report.changed,
        "since": [asdict(change) for change in report.since],
        "publishers": {name: list(publishers) for name, publishers in report.publishers.items()},
    }
    terminal.result(lines, document)


def _news(change: Since) -> str:
    """What has become of a file, which the tree has all the same; one line for all the files of a yanked release."""
    release = f"{change.project} {change.version}"
    if change.what == "yanked":
        return f"yanked since it was locked: {release}{f' ({change.detail})' if change.detail else ''}"
    if change.what == "vanished":
        return f"vanished since it was locked: index {change.index!r} no longer lists {change.filename}"
    if change.what == "replaced":
        told = f"index {change.index!r} lists other bytes as {change.filename} now, sha256 {change.detail}"
        return f"SECURITY: replaced since it was locked: {told}; no index may change a file: find out why"
    return f"not asked what has become of files since they were locked: {change.detail}"
