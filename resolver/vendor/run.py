"""Lock -> vendored tree: every artifact brought and verified, then pages and manifest, then what is no longer needed.

The order makes every moment whole: files come before the pages that name them, the manifest last, removals after it.
Each is on the disk before the next begins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from resolver.emit.pages import files_of
from resolver.errors import CheckFailed, InputError, LockError, TransferError
from resolver.http_index.concurrency import Workers
from resolver.lock.describe import HOW_TO_ANSWER, describe_gaps
from resolver.lock.model import Artifact, Lock
from resolver.records import field, record
from resolver.vendor.artifacts import How, Placed, place
from resolver.vendor.contents import described, server_bytes
from resolver.vendor.disk import settle
from resolver.vendor.exclusive import writing
from resolver.vendor.layout import (
    MANIFEST,
    PARTIAL,
    Entry,
    Manifest,
    entry_of,
    is_of_others,
    open_tree,
    read_manifest,
    remove_file,
    remove_litter,
    storage_error,
    write_if_changed,
)
from resolver.vendor.names import unwritable
from resolver.vendor.ports import Blobs, Fetch, Listings, NoBlobs, NoProgress, Partial, Progress
from resolver.vendor.since import Since, since
from resolver.vendor.uploads import check_apart, kept_apart
from resolver.vendor.views import make_views
from resolver.vendor.vouching import Notary, Vouchers


@record
class Failure:
    """An artifact that could not be vendored, where it was looked for (empty: nowhere), and why."""

    filename: str
    url: str
    reason: str


class VendorFailed(CheckFailed):
    """Artifacts that could not be vendored, all of them; the tree is as it was before."""

    def __init__(self, failures: Sequence[Failure], tree: Path) -> None:
        self.failures = tuple(failures)
        self.tree = tree
        super().__init__(failures, tree)

    def __str__(self) -> str:
        rows = "\n".join(
            f"  {f.filename}: {f.reason.removeprefix(f'{f.filename} ')}" + (f"\n      from {f.url}" if f.url else "")
            for f in self.failures
        )
        return (
            f"{len(self.failures)} of the lock's files could not be vendored:\n{rows}\n"
            f"{self.tree} still serves what it served before; a rerun continues with what is missing"
        )


@record
class Report:
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


def vendor(
    lock: Lock,
    lock_bytes: bytes,
    tree: Path,
    *,
    fetch: Fetch,
    blobs: Blobs | None = None,
    environments: Collection[str] | None = None,
    view: str | None = None,
    listings: Listings | None = None,
    check_all: bool = False,
    notary: Notary | None = None,
    workers: int = 8,
    progress: Progress | None = None,
) -> Report:
    """Make ``tree`` hold what ``environments`` (None: all) of ``lock`` need, and nothing else that it once named.

    ``view``: one of `resolver.vendor.views.NAMES` to make beside the index; one that is there is kept up to date.
    ``listings`` are asked about the files that had to be fetched, or with ``check_all`` about all of them. ``notary``
    checks the attestations that the lock asks for; without one they are passed over.

    Raises `LockError` for a lock that is incomplete, `InputError` for an unknown environment, a directory that is
    no tree or a project that was uploaded to it, `VendorFailed` with every file that failed, and `StorageError`.
    """
    _check(lock, environments)
    open_tree(tree)
    job = _Job(
        lock=lock,
        lock_bytes=lock_bytes,
        tree=tree,
        fetch=fetch,
        blobs=blobs or NoBlobs(),
        environments=environments,
        view=view,
        listings=listings,
        check_all=check_all,
        notary=notary,
        workers=workers,
        progress=progress or NoProgress(),
    )
    try:
        with writing(tree):
            return _vendor(job)
    except OSError as error:
        raise storage_error(tree, error) from error


@record
class _Job:
    """What `vendor` was asked for."""

    lock: Lock
    lock_bytes: bytes
    tree: Path
    fetch: Fetch
    blobs: Blobs
    environments: Collection[str] | None
    view: str | None
    listings: Listings | None
    check_all: bool
    notary: Notary | None
    workers: int
    progress: Progress


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


def _vendor(job: _Job) -> Report:
    tree = job.tree
    before = read_manifest(tree)
    check_apart(job.lock, tree)
    vouchers = _vouchers(job)
    placed, failures = _place_all(job)
    news = _news(job, placed, failures)
    if failures:
        raise VendorFailed([_explained(f, news) for f in sorted(failures, key=lambda f: f.filename)], tree)
    sidecars = {one.artifact.filename: one.sidecar for one in placed if one.sidecar}
    sizes = {one.artifact.filename: one.size for one in placed}
    contents = {
        **vouchers.files(),
        **described(job.lock, sizes, sidecars, job.environments, vouchers.held),
        "server.py": server_bytes(),
        "lock.json": job.lock_bytes,
    }
    settle(tree, [tree / path for one in placed if one.how != "kept" for path in one.files])
    entries = {path: entry for one in placed for path, entry in one.files.items()}
    entries.update((path, entry_of(content)) for path, content in contents.items())
    names = sorted(job.lock.environments if job.environments is None else set(job.environments))
    manifest = Manifest(lock=entries["lock.json"].sha256, environments=tuple(names), files=entries)
    with kept_apart(job.lock, tree):
        changed = [path for path, content in contents.items() if write_if_changed(tree / path, content)]
        settle(tree, [tree / path for path in changed])
        written = write_if_changed(tree / MANIFEST, manifest.dump().encode())
        settle(tree, [tree / MANIFEST] if written else [])
    named_before = before.files if before else {}
    make_views(tree, job.view, named_before, entries)
    removed = _remove(tree, named_before, entries)
    _clear(tree / PARTIAL)
    remove_litter(tree)
    return Report(
        placed=tuple(placed),
        removed=tuple(removed),
        strangers=tuple(_strangers(tree, entries)),
        changed=bool(changed) or written or bool(removed) or any(one.how != "kept" for one in placed),
        since=tuple(news),
        publishers={name: vouched.publishers for name, vouched in vouchers.held.items()},
    )


def _vouchers(job: _Job) -> Vouchers:
    """Raises `VendorFailed` with every file that nobody rightly vouches for, before any file is asked for."""
    if job.notary is None:
        return Vouchers()
    found = job.notary.vouch(job.lock, files_of(job.lock, job.environments), job.tree)
    if found.refused:
        failures = [
            Failure(filename=name, url=job.lock.provenance(job.lock.artifacts[name]) or "", reason=reason)
            for name, reason in sorted(found.refused.items())
        ]
        raise VendorFailed(failures, job.tree)
    return found


def _news(job: _Job, placed: Sequence[Placed], failures: Sequence[Failure]) -> list[Since]:
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
            return replace(failure, reason=f"{told}, which no index may do: {failure.reason}")
    return failure


def _place_all(job: _Job) -> tuple[list[Placed], list[Failure]]:
    """Place all; failures are gathered."""
    lock = job.lock
    artifacts = _in_order(files_of(lock, job.environments))
    job.progress.grow(sum(artifact.size or 0 for artifact in artifacts))
    placed: list[Placed] = []
    failures: list[Failure] = []
    workers = Workers(max(1, job.workers))
    running = {_begin(workers, job, artifact): artifact for artifact in artifacts}
    try:
        for future in as_completed(running):
            artifact = running[future]
            job.progress.advance(artifact.size or 0)
            try:
                placed.append(future.result())
            except TransferError as error:
                url = lock.location(artifact)
                failures.append(Failure(filename=artifact.filename, url=url, reason=str(error)))
    except BaseException:
        job.fetch.stop()
        raise
    finally:
        workers.close()
    return sorted(placed, key=lambda one: one.artifact.filename), failures


def _in_order(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Large and small in turns, from both ends.

    While large files fill the line, small ones, which mostly wait for answers, pass beside them; and none that is large
    is left to run alone at the end.
    """
    falling = sorted(artifacts, key=lambda a: (-(a.size or 0), a.filename))
    turns = zip_longest(falling[: (len(falling) + 1) // 2], falling[: (len(falling) - 1) // 2 : -1])
    return [artifact for pair in turns for artifact in pair if artifact is not None]


def _begin(workers: Workers, job: _Job, artifact: Artifact) -> Future[Placed]:
    """Have an artifact placed by a worker. Workers are daemons: an interrupt does not wait for a silent server."""
    future: Future[Placed] = Future()

    def work() -> None:
        try:
            future.set_result(place(artifact, job.lock.location(artifact), job.tree, _Announced(job), job.blobs))
        except BaseException as error:  # noqa: BLE001  (whoever waits for the future raises it)
            future.set_exception(error)

    workers.submit(work)
    return future


class _Announced:
    """The job's `Fetch`, by which a page that will be asked for is asked for while files arrive."""

    def __init__(self, job: _Job) -> None:
        self._job = job

    def fetch(self, artifact: Artifact, url: str, partial: Partial) -> None:
        if self._job.listings is not None:
            self._job.listings.expect(artifact)
        self._job.fetch.fetch(artifact, url, partial)

    def stop(self) -> None:
        self._job.fetch.stop()


def _remove(tree: Path, before: Mapping[str, Entry], now: Mapping[str, Entry]) -> list[str]:
    """Remove what the older manifest named and the new one does not, and folders that are empty then."""
    gone = sorted(path for path in before.keys() - now.keys() if (tree / path).is_file())
    for path in gone:
        remove_file(tree, path)
    return gone


def _clear(folder: Path) -> None:
    """Empty the staging folder: everything in it was placed, or belonged to an older lock."""
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _strangers(tree: Path, entries: Mapping[str, Entry]) -> list[str]:
    ours = {*entries, MANIFEST}
    found = (path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(path for path in found if path not in ours and not is_of_others(path))
