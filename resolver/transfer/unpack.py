"""Bundle -> vendored tree: judged by its statement, verified to its last byte, and only then put in the tree's place.

The bundle is read once, from front to end, so that it may come through a pipe. Nothing of the tree changes before all
of it was read; `resolver.transfer.switch` changes it then. What a run that was killed has staged is not written again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from resolver.bundle.members import Members, Reads
from resolver.bundle.statement import Statement
from resolver.concurrency import each
from resolver.cutoffs import Clock
from resolver.errors import BundleRefused, InputError, LockError, StorageError
from resolver.lock.codec import loads
from resolver.lock.describe import human_size
from resolver.lock.model import Lock
from resolver.records import record
from resolver.transfer.acceptance import Accepted, Terms, accept
from resolver.transfer.head import Head, read_head, read_lock
from resolver.transfer.kept import SIGNATURES, STATEMENT, kept_statements, statement_folder
from resolver.transfer.order import is_older
from resolver.transfer.places import ordered
from resolver.transfer.record import RECORD, read_record
from resolver.transfer.switch import (
    Step,
    clear,
    complete,
    in_order,
    open_staged,
    staged,
    switch,
)
from resolver.vendor.exclusive import writing
from resolver.vendor.layout import (
    MANIFEST,
    RECEIVED,
    Entry,
    Manifest,
    check_above,
    check_folder,
    digest,
    entry_of,
    folders_above,
    is_inside,
    read_manifest,
    storage_error,
)
from resolver.vendor.names import unportable
from resolver.vendor.ports import NoProgress, Progress
from resolver.vendor.regular import regular_bytes
from resolver.vendor.uploads import check_apart, kept_apart

_WORKERS = 8
_SHOWN = 20
_COPY_AGAIN = "the bundle was damaged or changed on its way: copy it again"


@record
class Unpacked:
    """What a run did, or would do. ``written``: paths that were not there with these bytes; ``removed``: that went.

    ``old`` and ``new``: the locks before and after it. ``size``: bytes of the ``files`` that the tree has now.
    """

    statement: Statement
    accepted: Accepted
    files: int
    size: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    old: Lock | None
    new: Lock


def unpack(
    bundle: Reads, tree: Path, terms: Terms, clock: Clock, *, check: bool = False, progress: Progress | None = None
) -> Unpacked:
    """Make ``tree`` what ``bundle`` says; with ``check``, only see whether that can be done.

    Raises `BundleRefused`, `InputError` for a directory that is no tree or has private files of a project of the
    bundle's lock, `StorageError`; the tree is as it was then.
    """
    check_folder(tree)
    with ExitStack() as stack:
        if not check:
            complete(tree)
            stack.enter_context(writing(tree))
        run = _Run(members=Members(bundle), tree=tree, terms=terms, progress=progress or NoProgress(), dry=check)
        try:
            return _unpack(run, clock)
        except BundleRefused as refusal:
            if not check and refusal.why != "incomplete":  # a bundle that was cut off may yet come whole
                _leave_nothing(tree)
            raise
        except OSError as error:
            raise storage_error(tree, error) from error


@dataclass(slots=True, kw_only=True)
class _Run:
    """``staged``: paths that wait below `staged`; under ``dry``, those that would."""

    members: Members
    tree: Path
    terms: Terms
    progress: Progress
    dry: bool
    staged: list[str] = field(default_factory=list)


def _unpack(run: _Run, clock: Clock) -> Unpacked:
    head = read_head(run.members)
    accepted = accept(head, run.terms, read_record(run.tree), clock())
    _check_names(run.tree, head.manifest)
    lock, lock_bytes = read_lock(run.members, head)
    check_apart(lock, run.tree)
    before, old = read_manifest(run.tree), _lock_there(run)
    if before is not None and not accepted.ordered:
        _check_age(run, before, head, old, lock)
    _check_room(run, head)
    _stage(run, "lock.json", lock_bytes)
    _check_carried(run, head, _carry(run, head))
    step = _step(run, head, accepted, before)
    if not run.dry:
        if step.moves or step.gone or step.folders:
            with kept_apart(lock, run.tree):
                switch(run.tree, step)
        clear(run.tree)
    return Unpacked(
        statement=head.statement,
        accepted=accepted,
        files=len(head.manifest.files),
        size=sum(entry.size for entry in head.manifest.files.values()),
        written=tuple(sorted(path for path in run.staged if not path.startswith(f"{RECEIVED}/"))),
        removed=tuple(step.gone),
        old=old,
        new=lock,
    )


# What is looked at before a byte is written.


def _check_names(tree: Path, manifest: Manifest) -> None:
    """On Windows; elsewhere, staging finds out what the file system refuses, before the tree has changed."""
    broken = unportable(manifest.files, len(str(tree.absolute()))) if os.name == "nt" else []
    if broken:
        rows = "\n".join(f"  {one.path} {one.reason}" for one in broken)
        raise BundleRefused("names", f"Windows cannot hold what the bundle has:\n{rows}")


def _lock_there(run: _Run) -> Lock | None:
    """The lock of the tree as it is; None where it has none, or none that can be read."""
    path = run.tree / "lock.json"
    try:
        content = regular_bytes(path)
        return None if content is None else loads(content, str(path))
    except LockError:
        return None


def _check_age(run: _Run, before: Manifest, head: Head, old: Lock | None, lock: Lock) -> None:
    """Serials do not tell: the locks have to."""
    if run.terms.allow_older or before.dump() == head.manifest_bytes:
        return
    if old is None:
        raise InputError(
            f"{run.tree}: its lock.json cannot be read, so nobody can tell whether the bundle is older; "
            f"`wheelhouse repair {run.tree}` mends it, or say --allow-older"
        )
    if is_older(lock, old):
        raise BundleRefused(
            "older",
            "the bundle is older than what is here: the newest of the files that only one of both has is here; "
            "--allow-older takes it all the same, and `pack --serial` numbers bundles, so that nobody has to guess",
        )


def _check_room(run: _Run, head: Head) -> None:
    """Raises `StorageError` where what has to be written cannot fit."""
    needed = sum(
        entry.size
        for path, entry in head.manifest.files.items()
        if not any(_has_size(place, entry.size) for place in (run.tree / path, staged(run.tree, path)))
    )
    existing = next(place for place in (run.tree, *run.tree.absolute().parents) if place.is_dir())
    free = shutil.disk_usage(existing).free
    if not run.dry and min(needed, head.statement.size) > free:
        raise StorageError(f"{run.tree}: has room for {human_size(free)}, and the bundle needs {human_size(needed)}")


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.lstat().st_size == size
    except OSError:
        return False


# The files.


def _carry(run: _Run, head: Head) -> set[str]:
    """Read every file to the end of the bundle, and stage what the tree does not have. Returns the paths."""
    run.progress.grow(head.statement.size)
    rank = {path: number for number, path in enumerate(ordered(head.manifest.files))}
    carried = ["lock.json"]
    while (member := run.members.next()) is not None:
        path, size = member
        entry = head.manifest.files.get(path)
        if entry is None:
            reason = f"{MANIFEST} does not name it" if is_inside(path) else "it leads out of the tree"
            raise BundleRefused("malformed", f"{path!r} should not be in the bundle: {reason}")
        if rank[path] <= rank[carried[-1]]:
            raise BundleRefused("malformed", f"{path!r} comes twice, or not in its turn")
        if size != entry.size:
            raise BundleRefused("tampered", f"{path}: has {size} bytes, and {MANIFEST} says {entry.size}")
        _take(run, path, entry)
        carried.append(path)
    return set(carried)


def _take(run: _Run, path: str, entry: Entry) -> None:
    """Read a file, verify it, and stage it unless the tree or an earlier run has it."""
    place = staged(run.tree, path)
    there = digest(run.tree / path) == entry
    keep = there or run.dry or digest(place) == entry
    found = hashlib.sha256()
    with ExitStack() as stack:
        stream = None
        if not keep:
            stream = stack.enter_context(open_staged(run.tree, path))
        for chunk in run.members.chunks():
            found.update(chunk)
            run.progress.advance(len(chunk))
            if stream is not None:
                stream.write(chunk)
    if found.hexdigest() != entry.sha256:
        raise BundleRefused("tampered", f"{path}: its bytes are not those that {MANIFEST} names; {_COPY_AGAIN}")
    if not there:
        run.staged.append(path)


def _stage(run: _Run, path: str, content: bytes) -> None:
    """Stage bytes that were verified, unless the tree has them."""
    if digest(run.tree / path) == entry_of(content):
        return
    run.staged.append(path)
    if not run.dry:
        with open_staged(run.tree, path) as stream:
            stream.write(content)


def _check_carried(run: _Run, head: Head, carried: Collection[str]) -> None:
    """All that the statement promises came; what a delta leaves out is here, with the bytes that it has to have."""
    files, statement = head.manifest.files, head.statement
    size = sum(files[path].size for path in carried)
    if (statement.files, statement.size) != (len(carried), size):
        raise BundleRefused("malformed", "the bundle does not hold as much as its statement says")
    rest = sorted(files.keys() - carried)
    if rest and statement.base is None:
        raise BundleRefused("malformed", f"the bundle does not hold {rest[0]}, which {MANIFEST} names")
    found = dict(zip(rest, each(lambda path: digest(run.tree / path), rest, at_once=_WORKERS), strict=True))
    missing = [path for path in rest if found[path] != files[path]]
    if missing:
        raise BundleRefused("base", _without_base(run.tree, statement, missing, found))


def _without_base(tree: Path, statement: Statement, missing: list[str], found: dict[str, Entry | None]) -> str:
    lock = digest(tree / "lock.json")
    here = f"its lock.json has sha256 {lock.sha256}" if lock else "it has no lock.json"
    rows = [f"  {path} {'is missing' if found[path] is None else 'has other bytes'}" for path in missing[:_SHOWN]]
    if len(missing) > _SHOWN:
        rows.append(f"  and {len(missing) - _SHOWN} more")
    told = f"the bundle holds what is new since the lock with sha256 {statement.base}"
    hint = "unpack the bundle of that lock first, or a whole one; `wheelhouse repair` brings single files"
    return "\n".join([f"{told}; {tree} does not have the rest ({here}):", *rows, hint])


# The step.


def _step(run: _Run, head: Head, accepted: Accepted, before: Manifest | None) -> Step:
    """Stage what tells of the bundle, and say what has to move."""
    folder = statement_folder(head.content, head.signatures)
    _stage(run, RECORD, accepted.record.dump())
    _stage(run, f"{folder}/{STATEMENT}", head.content)
    if head.signatures is not None:
        _stage(run, f"{folder}/{SIGNATURES}", head.signatures)
    _stage(run, MANIFEST, head.manifest_bytes)
    _check_places_free(run)
    was = before.files if before else {}
    there = digest(run.tree / MANIFEST)
    return Step(
        before=there.sha256 if there else None,
        after=head.statement.manifest.sha256,
        moves=in_order(run.staged),
        gone={path: was[path] for path in sorted(was.keys() - head.manifest.files.keys())},
        folders=[kept.place for kept in kept_statements(run.tree) if kept.place not in {folder, "."}],
    )


def _check_places_free(run: _Run) -> None:
    """What is in the way is found before anything moves. Raises `InputError`."""
    for path in run.staged:
        check_above(run.tree, path)
        for place in folders_above(run.tree, path):
            if os.path.lexists(place) and not place.is_dir():
                raise InputError(f"{place}: is in the way: it has to be a folder; remove it")
        if (run.tree / path).is_dir():
            raise InputError(f"{run.tree / path}: is in the way: it has to be a file; remove it")


def _leave_nothing(tree: Path) -> None:
    """Remove what is staged, and its folder where that is empty then."""
    clear(tree)
    with suppress(OSError):
        (tree / RECEIVED).rmdir()
