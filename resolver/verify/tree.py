"""Every byte of a vendored tree against its lock and its manifest. All faults are gathered; nothing is changed."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

from resolver.bundle.trusted import TrustedKey
from resolver.concurrency import each
from resolver.cutoffs import Clock
from resolver.emit.pages import files_of
from resolver.lock.model import Artifact, Lock
from resolver.records import record
from resolver.transfer.kept import SIGNATURES, STATEMENT
from resolver.vendor.contents import server_bytes
from resolver.vendor.layout import FILES, MANIFEST, SIMPLE, Entry, Manifest, digest, entry_of, is_of_others
from resolver.vendor.ports import NoProgress, Progress
from resolver.verify.faults import Fault
from resolver.verify.implied import SERVER, Found, Scope, against_lock, against_manifest, what_it_implies
from resolver.verify.signed import SignedStatement, check_statements
from resolver.verify.uploads import check_uploads
from resolver.verify.witnesses import LOCK, Witnesses, hear

__all__ = ["Fault", "TreeReport", "check_tree"]

_WORKERS = 8


@record
class TreeReport:
    """``environments``: those that the tree carries. ``strangers``: files that nothing names, which are no fault.

    ``lock``: None where it is damaged, which is a fault then. ``private``: how many files were uploaded to the tree's
    server, which were checked too. ``vouched``: what a bundle has said of the tree. ``other_server``: server.py, which
    no lock vouches for, is not that of this release.
    """

    lock: Lock | None
    environments: tuple[str, ...]
    files: int
    private: int
    faults: tuple[Fault, ...]
    strangers: tuple[str, ...]
    other_server: bool
    vouched: SignedStatement | None = None


def _now() -> datetime:
    return datetime.now(timezone.utc)


def check_tree(
    tree: Path,
    progress: Progress | None = None,
    *,
    trusted: Sequence[TrustedKey] | None = None,
    clock: Clock = _now,
) -> TreeReport:
    """Check the tree at ``tree``; ``trusted``: see `resolver.verify.signed.check_statements`.

    Raises `InputError` where it is none: where nothing says what it should be.
    """
    heard = hear(tree)
    manifest = heard.manifest
    vouched, unsigned = check_statements(tree, heard.content, trusted, clock())
    needed, unknown = _needed(heard)
    listed = _listed(tree)
    paths = {*manifest.files, *needed, *filter(_is_of_a_tree, listed)}  # the manifest may have lost some
    found = _digests(tree, paths, progress or NoProgress())
    private, wrong_uploads = check_uploads(tree)
    named = _named(tree, heard, needed, found)
    faults = {
        *heard.faults,
        *wrong_uploads,
        *unsigned,
        *_links(tree),
        *(Fault(path=MANIFEST, reason=f"names the environment {name!r}, which the lock has not") for name in unknown),
        *named.faults,
        *_stray(tree, named.pages, manifest),
    }
    told_of = {fault.path for fault in faults}
    strangers = sorted(path for path in listed - named.files - told_of if not _is_apart(path))
    if heard.lock is None or not heard.is_whole:
        reason = "nothing vouches for it: the lock or the manifest, which might, is damaged"
        faults.update(Fault(path=path, reason=reason) for path in strangers if _is_of_a_tree(path))
        strangers = [path for path in strangers if not _is_of_a_tree(path)]
    return TreeReport(
        lock=heard.lock,
        environments=_environments(heard),
        files=len(manifest.files),
        private=private,
        faults=tuple(sorted(faults)),
        strangers=tuple(strangers),
        other_server=found.get(SERVER) != entry_of(server_bytes()),
        vouched=vouched,
    )


@record
class _Named:
    """The ``files`` that something names, of them the ``pages``, and the ``faults`` of those that are named."""

    files: set[str]
    pages: set[str]
    faults: Collection[Fault]


def _named(tree: Path, heard: Witnesses, needed: Mapping[str, Artifact], found: Found) -> _Named:
    """What the lock implies or, where it is damaged, what the manifest alone says, against what was ``found``."""
    manifest = heard.manifest
    files = {*manifest.files, MANIFEST}
    if heard.lock is None:
        pages = {path for path in manifest.files if path.startswith(f"{SIMPLE}/")}
        return _Named(files=files, pages=pages, faults=tuple(against_manifest(manifest, found)))
    scope = Scope(lock=heard.lock, environments=_environments(heard), needed=needed, manifest=manifest)
    implied = what_it_implies(tree, scope, found)
    faults = tuple(against_lock(implied, scope, found, whole=heard.is_whole))
    return _Named(files={*files, *implied.files}, pages=set(implied.pages), faults=faults)


def _environments(heard: Witnesses) -> tuple[str, ...]:
    names, lock = heard.manifest.environments, heard.lock
    if lock is not None and (not names or any(name not in lock.environments for name in names)):
        return tuple(sorted(lock.environments))
    return names


def _needed(heard: Witnesses) -> tuple[dict[str, Artifact], list[str]]:
    """The artifacts that have to be there, by path, and the environments that the lock does not know."""
    if heard.lock is None:
        return {}, []
    unknown = [name for name in heard.manifest.environments if name not in heard.lock.environments]
    artifacts = files_of(heard.lock, _environments(heard))
    return {f"{FILES}/{artifact.filename}": artifact for artifact in artifacts}, unknown


def _listed(tree: Path) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() or path.is_symlink()}


def _is_apart(path: str) -> bool:
    """Uploads, and what bundles left, are checked by `resolver.verify.uploads` and `resolver.verify.signed`."""
    return path in {STATEMENT, SIGNATURES} or is_of_others(path)


def _is_of_a_tree(path: str) -> bool:
    return path in {LOCK, SERVER} or path.startswith((f"{FILES}/", f"{SIMPLE}/"))


def _links(tree: Path) -> Iterator[Fault]:
    """Links to folders, and a manifest that is one: others can change what lies there."""
    for path in (tree / MANIFEST, *tree.rglob("*")):
        if path.is_symlink() and (path.is_dir() or path.name == MANIFEST):
            yield Fault(
                path=path.relative_to(tree).as_posix(), reason="is a link; a vendored tree holds its files itself"
            )


def _digests(tree: Path, paths: Collection[str], progress: Progress) -> dict[str, Entry | None]:
    """What lies on the disk, by path; the largest first."""
    sizes = {path: _size(tree / path) for path in paths}
    progress.grow(sum(sizes.values()))

    def read(path: str) -> Entry | None:
        found = digest(tree / path)
        progress.advance(sizes[path])
        return found

    ordered = sorted(paths, key=lambda path: -sizes[path])
    return dict(zip(ordered, each(read, ordered, at_once=_WORKERS), strict=True))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _stray(tree: Path, pages: Collection[str], manifest: Manifest) -> Iterator[Fault]:
    """What nothing names and must not be there: pipes and devices, and whatever a web server would list as a page.

    Nothing is opened: whoever opens a named pipe waits for ever.
    """
    implied = {*pages, *(parent.as_posix() for path in pages for parent in PurePosixPath(path).parents)}
    for path in tree.rglob("*"):
        name = path.relative_to(tree).as_posix()
        if name in manifest.files or name == MANIFEST or _is_apart(name) or (path.is_symlink() and path.is_dir()):
            continue  # told of already where it has to be
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            yield Fault(path=name, reason=f"is {_kind(mode)}, and should not be there", stray=True)
        elif name.startswith(f"{SIMPLE}/") and name not in implied and not _holds_entries(path):
            yield Fault(path=name, reason="should not be there: the lock does not imply it", stray=True)


def _holds_entries(path: Path) -> bool:
    """Whether it is a folder with something in it, which is named by itself."""
    return path.is_dir() and any(path.iterdir())


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
