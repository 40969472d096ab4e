"""A damaged tree made whole again: the files that are damaged or missing are brought, and no others are touched.

What a tree has to be its manifest says; where that is damaged itself, another's is taken, if the statement of a bundle
or the lock here shows that it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from resolver.concurrency import each
from resolver.errors import CheckFailed, InputError, InvalidMetadata
from resolver.metadata.wheels import wheel_metadata
from resolver.records import record
from resolver.transfer.donors import Donor
from resolver.transfer.kept import SIGNATURES, STATEMENT, Kept, examined, kept_statements, statement_folder
from resolver.transfer.manifests import follows, implied_pages, sha256_of, whole_manifest
from resolver.transfer.switch import clear, complete, open_staged, staged
from resolver.vendor.contents import server_bytes
from resolver.vendor.disk import settle
from resolver.vendor.exclusive import writing
from resolver.vendor.layout import (
    MANIFEST,
    Entry,
    Manifest,
    check_above,
    check_links,
    digest,
    entry_of,
    make_folder,
    storage_error,
)
from resolver.vendor.ports import NoProgress, Progress
from resolver.vendor.regular import regular_bytes
from resolver.vendor.views import make_views
from resolver.vendor.writes import write_if_changed

How = Literal["brought", "made again"]
_WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mended:
    """A file that is whole again: brought by a donor, which is named, or made again from what the tree has."""

    path: str
    how: How
    donor: str = ""
    size: int = 0


@record
class Repaired:
    """``files``: how many were looked at. ``missing``: those that nobody has, with what is known of why."""

    files: int
    mended: tuple[Mended, ...]
    missing: Mapping[str, str]


class NotRepaired(CheckFailed):
    """Files that nobody could bring; the others are whole again."""

    def __init__(self, tree: Path, done: Repaired) -> None:
        self.done = done
        rows = "\n".join(f"  {path}" + (f": {why}" if why else "") for path, why in done.missing.items())
        hint = "name another tree or bundle with --from"
        told = f"{tree}: nobody who was asked has these files with the bytes that they should have"
        super().__init__(f"{told}:\n{rows}\n{hint}")


def repair(tree: Path, donors: Sequence[Donor], progress: Progress | None = None) -> Repaired:
    """Bring what is damaged or missing in ``tree``.

    Raises `InputError` where nothing says what the tree should be, `BundleRefused` for a bundle that is none, and
    `StorageError`. A run that is killed has mended some files; the next one goes on.
    """
    complete(tree)
    check_links(tree)
    try:
        with writing(tree):
            return _repair(_Job(tree=tree, donors=donors, progress=progress or NoProgress()))
    except OSError as error:
        raise storage_error(tree, error) from error


@dataclass(slots=True, kw_only=True)
class _Job:
    tree: Path
    donors: Sequence[Donor]
    progress: Progress
    mended: list[Mended] = field(default_factory=list)


def _repair(job: _Job) -> Repaired:
    unsigned = _statements(job)
    manifest = _manifest(job)
    wanted = _damaged(job, manifest)
    clear(job.tree)
    reasons: dict[str, str] = {}
    for donor in job.donors:
        if wanted:
            reasons.update(_bring(job, donor, wanted))
    _make_again(job, manifest, wanted)
    clear(job.tree)
    settle(job.tree, [job.tree / one.path for one in job.mended])
    make_views(job.tree, (), {}, manifest.files)
    missing = {**unsigned, **{path: reasons.get(path, "") for path in sorted(wanted)}}
    return Repaired(files=len(manifest.files), mended=tuple(sorted(job.mended)), missing=missing)


def _statements(job: _Job) -> dict[str, str]:
    """Mend what bundles left; returns what stays damaged, and why.

    Statements are known by the names of their folders; a donor that has one has its signatures.
    """
    here = {kept.place for kept in kept_statements(job.tree) if examined(kept).faults}
    for donor in job.donors if here else ():
        for kept in donor.statements():
            place = statement_folder(kept.statement, kept.signatures)
            if place in here:
                _restore(job, donor, replace(kept, place=place))
    return {path: why for kept in kept_statements(job.tree) for path, why in examined(kept).faults.items()}


def _restore(job: _Job, donor: Donor, kept: Kept) -> None:
    check_above(job.tree, kept.path(STATEMENT))
    for name, content in ((STATEMENT, kept.statement), (SIGNATURES, kept.signatures)):
        if content is not None and write_if_changed(job.tree / kept.path(name), content):
            job.mended.append(Mended(path=kept.path(name), how="brought", donor=str(donor), size=len(content)))


def _manifest(job: _Job) -> Manifest:
    """What the tree should be; a damaged manifest is mended first. Raises `InputError`."""
    statements = (examined(kept).statement for kept in kept_statements(job.tree))
    stated = {statement.manifest.sha256 for statement in statements if statement is not None}
    path = job.tree / MANIFEST
    here = whole_manifest(regular_bytes(path) or b"")
    if here is not None and (not stated or sha256_of(here) in stated):
        return here
    for donor in job.donors:
        other = whole_manifest(donor.manifest() or b"")
        if other is not None and (sha256_of(other) in stated if stated else follows(job.tree, other)):
            content = other.dump()
            write_if_changed(path, content)
            job.mended.append(Mended(path=MANIFEST, how="brought", donor=str(donor), size=len(content)))
            return other
    raise InputError(
        f"{path}: is damaged or missing, and nobody who was asked has the same one; "
        f"remove it, and `wheelhouse vendor {job.tree}` makes one from the lock; or `wheelhouse unpack` brings one"
    )


def _damaged(job: _Job, manifest: Manifest) -> dict[str, Entry]:
    """What does not lie there as it should."""
    job.progress.grow(sum(entry.size for entry in manifest.files.values()))

    def is_right(path: str) -> bool:
        found = digest(job.tree / path)
        job.progress.advance(manifest.files[path].size)
        return found == manifest.files[path]

    paths = sorted(manifest.files)
    right = each(is_right, paths, at_once=_WORKERS)
    return {path: manifest.files[path] for path, fine in zip(paths, right, strict=True) if not fine}


def _bring(job: _Job, donor: Donor, wanted: dict[str, Entry]) -> Mapping[str, str]:
    """Take from one donor what is still wanted; why some of it did not come."""
    asked = dict(wanted)

    def take(path: str, chunks: Iterator[bytes]) -> None:
        with open_staged(job.tree, path) as stream:
            for chunk in chunks:
                stream.write(chunk)
        if digest(staged(job.tree, path)) == asked[path] and wanted.pop(path, None) is not None:
            _place(job, path)
            job.mended.append(Mended(path=path, how="brought", donor=str(donor), size=asked[path].size))

    return donor.bring(asked, take)


def _place(job: _Job, path: str) -> None:
    target = job.tree / path
    check_above(job.tree, path)
    if target.is_dir() and not target.is_symlink():
        raise InputError(f"{target}: is a folder where a file has to be; remove it")
    make_folder(target.parent)
    staged(job.tree, path).replace(target)


def _make_again(job: _Job, manifest: Manifest, wanted: dict[str, Entry]) -> None:
    """METADATA, pages and the server follow from what is there, if this release makes the bytes that are wanted."""
    for path, content in _derived(job.tree, manifest, wanted).items():
        if path in wanted and entry_of(content) == wanted[path]:
            target = job.tree / path
            if target.is_symlink():
                target.unlink()
            write_if_changed(target, content)
            del wanted[path]
            job.mended.append(Mended(path=path, how="made again", size=len(content)))


def _derived(tree: Path, manifest: Manifest, wanted: Mapping[str, Entry]) -> dict[str, bytes]:
    found = {"server.py": server_bytes()}
    for path in wanted:
        wheel = tree / path.removesuffix(".metadata")
        if path.endswith(".whl.metadata") and wheel.is_file():
            try:
                with wheel.open("rb") as stream:
                    found[path] = wheel_metadata(stream, wheel.name)
            except InvalidMetadata:
                continue
    lock = tree / "lock.json"
    if digest(lock) == manifest.files.get("lock.json"):
        found.update(implied_pages(manifest, lock))
    return found
