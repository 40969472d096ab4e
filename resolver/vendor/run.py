"""Lock -> vendored tree: every artifact brought and verified, then pages and manifest, then what is no longer needed.

The order makes every moment whole: files come before the pages that name them, the manifest last, removals after it.
Each is on the disk before the next begins.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from resolver.emit.pages import files_of
from resolver.errors import InputError, LockError, StorageError, is_full
from resolver.lock.describe import HOW_TO_ANSWER, counted, describe_gaps, human_size
from resolver.lock.model import Lock
from resolver.records import field, record
from resolver.vendor.ahead import Ahead
from resolver.vendor.artifacts import How, Placed
from resolver.vendor.contents import Describing, server_bytes
from resolver.vendor.disk import settle
from resolver.vendor.exclusive import writing
from resolver.vendor.failed import VendorFailed, failed
from resolver.vendor.job import Job
from resolver.vendor.layout import (
    FILES,
    MANIFEST,
    PARTIAL,
    Entry,
    Manifest,
    is_of_others,
    open_tree,
    storage_error,
)
from resolver.vendor.names import unwritable
from resolver.vendor.placing import Failure, placing
from resolver.vendor.removals import named_so_far, note_removals, remove_unnamed
from resolver.vendor.since import Since, since
from resolver.vendor.uploads import check_apart, kept_apart
from resolver.vendor.views import make_views
from resolver.vendor.vouching import Vouchers
from resolver.vendor.writes import remove_litter, write_if_changed


@record
class Vendored:
    """What a run did. ``strangers``: files in the tree that no manifest ever named; they are left alone.

    ``since``: what has become of files at their indexes since they were locked. ``publishers``: who vouches for a file,
    by its name, in words, where the lock asks for attestations.
    """

    placed: tuple[Placed, ...]
    removed: tuple[str, ...]
    strangers: tuple[str, ...]
    changed: bool
    since: tuple[Since, ...] = ()
    publishers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def count(self, how: How) -> int:
        """How many artifacts were kept, taken from the cache, or fetched."""
        return sum(one.how == how for one in self.placed)

    @property
    def size(self) -> int:
        """Bytes of all artifacts."""
        return sum(one.size for one in self.placed)


def vendor(job: Job) -> Vendored:
    """Do the job.

    Raises `LockError` for a lock that is incomplete, `InputError` for an unknown environment, a directory that is
    no tree or a project that was uploaded to it, `VendorFailed` or `HostsUnreached` with every file that failed, and
    `StorageError`.
    """
    _check(job.lock, job.environments)
    open_tree(job.tree)
    try:
        with writing(job.tree):
            return _vendor(job)
    except OSError as error:
        refused = storage_error(job.tree, error)
        raise StorageError(f"{refused}; {_to_come(job)}") if is_full(error) else refused from error


def _to_come(job: Job) -> str:
    """What a disk that is full lacks room for."""
    coming = [a for a in files_of(job.lock, job.environments) if not (job.tree / FILES / a.filename).exists()]
    size = human_size(sum(artifact.size or 0 for artifact in coming))
    return f"{counted(len(coming), 'file')} of {size} in all are to come, and a rerun goes on with these"


def _check(lock: Lock, environments: Collection[str] | None) -> None:
    unknown = sorted(set(environments or ()) - set(lock.environments))
    if unknown:
        raise InputError(f"the lock has no environment {unknown[0]!r}; it has {', '.join(lock.environments)}")
    missing = describe_gaps(lock, environments)
    if missing:
        others = sorted(set(lock.environments) - {name for _, name, _ in lock.incomplete()})
        elsewhere = (
            f"\nwhat is complete can be vendored: --environment {' --environment '.join(others)}" if others else ""
        )
        raise LockError("\n".join(["the lock is incomplete:", *missing, HOW_TO_ANSWER]) + elsewhere)
    broken = [f"  {one.path} {one.reason}" for one in unwritable(lock.artifacts)]
    if broken:
        raise LockError("\n".join(["files of the lock have names that no tree can hold:", *broken]))


def _vendor(job: Job) -> Vendored:
    tree = job.tree
    named_before = named_so_far(tree)
    check_apart(job.lock, tree)
    vouchers = _vouchers(job)
    with Ahead(tree) as ahead:
        placed, failures = _placed(job, vouchers, ahead)
        news = _news(job, placed, failures)
        if failures:
            raise failed([_explained(failure, news) for failure in failures], tree)
        arrived = [tree / path for one in placed if one.how != "kept" for path in one.files]
        settle(tree, [*arrived, *ahead.waiting.values()])
        entries = {path: entry for one in placed for path, entry in one.files.items()} | ahead.entries
        names = sorted(job.lock.environments if job.environments is None else set(job.environments))
        manifest = Manifest(lock=entries["lock.json"].sha256, environments=tuple(names), files=entries)
        with kept_apart(job.lock, tree):
            note_removals(tree, named_before, entries)
            changed = ahead.place()
            settle(tree, [tree / path for path in changed])
            written = write_if_changed(tree / MANIFEST, manifest.dump())
            settle(tree, [tree / MANIFEST] if written else [])
    make_views(tree, job.views, named_before, entries)
    removed = remove_unnamed(tree, named_before, entries)
    _clear(tree / PARTIAL)
    remove_litter(tree)
    return Vendored(
        placed=tuple(placed),
        removed=tuple(removed),
        strangers=tuple(_strangers(tree, entries)),
        changed=bool(changed) or written or bool(removed) or any(one.how != "kept" for one in placed),
        since=tuple(news),
        publishers={name: vouched.publishers for name, vouched in vouchers.held.items()},
    )


def _placed(job: Job, vouchers: Vouchers, ahead: Ahead) -> tuple[list[Placed], list[Failure]]:
    """Place all; failures are gathered. What else the tree will hold is made ``ahead`` as soon as that can be."""
    describing = Describing(job.lock, job.environments, vouchers.held)
    placed: list[Placed] = []
    failures: list[Failure] = []
    with placing(job) as outcomes:
        ahead.write(vouchers.files() | describing.at_once())
        ahead.write({"server.py": server_bytes(), "lock.json": job.lock_bytes})
        for one in outcomes:
            if isinstance(one, Failure):
                failures.append(one)
            else:
                placed.append(one)
                ahead.write(describing.arrived(one.artifact, one.size, one.sidecar))
    return sorted(placed, key=lambda one: one.artifact.filename), failures


def _vouchers(job: Job) -> Vouchers:
    """Raises `VendorFailed` with every file that nobody rightly vouches for, before any file is asked for."""
    if job.notary is None:
        return Vouchers()
    found = job.notary.vouch(job.lock, files_of(job.lock, job.environments), job.tree)
    if found.refused:
        failures = [
            Failure(
                filename=name, url=job.fetch.place(job.lock.provenance(job.lock.artifacts[name]) or ""), reason=reason
            )
            for name, reason in sorted(found.refused.items())
        ]
        raise VendorFailed(failures, job.tree)
    return found


def _news(job: Job, placed: Sequence[Placed], failures: Sequence[Failure]) -> list[Since]:
    """What indexes say of files that were not here: a run that fetches nothing asks for nothing."""
    if job.listings is None:
        return []
    failed = {failure.filename for failure in failures}
    asked = [one.artifact for one in placed if job.check_all or one.how == "fetched"]
    asked += [job.lock.artifacts[filename] for filename in sorted(failed)]
    return since(asked, job.listings)


def _explained(failure: Failure, news: Sequence[Since]) -> Failure:
    """The failure with what the index says today, where that explains it."""
    for change in news:
        if change.filename == failure.filename and change.what == "vanished":
            told = f"index {change.index!r} no longer has it, and neither the tree nor the cache does"
            hint = f"`wheelhouse resolve --update {change.project}` takes another release, `--from DIR` a copy"
            return replace(failure, reason=f"{told} ({failure.reason}); {hint}")
        if change.filename == failure.filename and change.what == "replaced":
            told = f"index {change.index!r} has other bytes under this name now (sha256 {change.detail})"
            return replace(failure, reason=f"{told}, which no index may do; it {failure.reason}")
    return failure


def _clear(folder: Path) -> None:
    """Empty the staging folder: everything in it was placed, or belonged to an older lock."""
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _strangers(tree: Path, entries: Mapping[str, Entry]) -> list[str]:
    ours = {*entries, MANIFEST}
    return sorted(path for path in _files_below(str(tree), "") if path not in ours and not is_of_others(path))


def _files_below(folder: str, path: str) -> Iterator[str]:
    """Files and links below a folder, which has this path in the tree, but for those of others."""
    with os.scandir(folder) as entries:
        for entry in entries:
            inner = f"{path}{entry.name}"
            if not entry.is_dir(follow_symlinks=False):
                if entry.is_symlink() or entry.is_file():
                    yield inner
            elif not is_of_others(f"{inner}/"):
                yield from _files_below(entry.path, f"{inner}/")
