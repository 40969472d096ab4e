"""Every byte of a vendored tree against its lock and its manifest. All faults are gathered; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from resolver.emit.pages import files_of
from resolver.errors import InputError, InvalidMetadata, LockError
from resolver.lock.codec import loads
from resolver.lock.model import Artifact, Lock
from resolver.metadata.archives import wheel_metadata
from resolver.vendor.contents import described
from resolver.vendor.layout import FILES, MANIFEST, Entry, Manifest, digest, entry_of, read_manifest
from resolver.vendor.ports import NoProgress, Progress

_WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """What is wrong with one file of the tree; ``path`` is relative to it."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeReport:
    """``environments``: those that the tree carries. ``strangers``: files that nothing names, which are no fault."""

    lock: Lock
    environments: tuple[str, ...]
    files: int
    faults: tuple[Fault, ...]
    strangers: tuple[str, ...]


def check_tree(tree: Path, progress: Progress | None = None) -> TreeReport:
    """Check the tree at ``tree``. Raises `InputError` and `LockError` where it is none, or says nothing of itself."""
    manifest = read_manifest(tree)
    if manifest is None:
        raise InputError(f"{tree}: is no vendored tree: it has no {MANIFEST}; `wheelhouse vendor {tree}` makes one")
    lock = _lock(tree)
    environments = tuple(
        name for name in manifest.environments or sorted(lock.environments) if name in lock.environments
    )
    found = _digests(tree, manifest, progress or NoProgress())
    faults = {
        *_against_manifest(manifest, found),
        *_against_lock(lock, environments, found),
        *_against_wheels(tree, lock, environments, found),
        *_pages(tree, lock, environments, found),
    }
    listed = (path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() or path.is_symlink())
    return TreeReport(
        lock=lock,
        environments=environments,
        files=len(manifest.files),
        faults=tuple(sorted(faults)),
        strangers=tuple(sorted(path for path in listed if path not in manifest.files and path != MANIFEST)),
    )


def _lock(tree: Path) -> Lock:
    path = tree / "lock.json"
    try:
        return loads(path.read_bytes().decode("utf-8", "replace"), str(path))
    except OSError as error:
        raise LockError(f"{path}: cannot be read: {error.strerror}; vendor the lock again") from error


def _digests(tree: Path, manifest: Manifest, progress: Progress) -> dict[str, Entry | None]:
    """What lies on the disk, by path; the largest first."""
    paths = sorted(manifest.files, key=lambda path: -manifest.files[path].size)
    progress.grow(sum(entry.size for entry in manifest.files.values()))

    def read(path: str) -> Entry | None:
        found = digest(tree / path)
        progress.advance(manifest.files[path].size)
        return found

    with ThreadPoolExecutor(_WORKERS) as workers:
        return dict(zip(paths, workers.map(read, paths), strict=True))


def _against_manifest(manifest: Manifest, found: Mapping[str, Entry | None]) -> Iterator[Fault]:
    for path, entry in manifest.files.items():
        yield from _compared(path, found[path], entry.sha256, entry.size)
    lock = manifest.files.get("lock.json")
    if lock is None or lock.sha256 != manifest.lock:
        yield Fault(path=MANIFEST, reason="it is of another lock than the one that lies beside it")


def _against_lock(lock: Lock, environments: tuple[str, ...], found: Mapping[str, Entry | None]) -> Iterator[Fault]:
    for artifact in files_of(lock, environments):
        path = f"{FILES}/{artifact.filename}"
        if path in found:
            yield from _compared(path, found[path], artifact.sha256, artifact.size)
        else:
            yield Fault(path=path, reason=f"is missing from {MANIFEST}, and the lock needs it")


def _compared(path: str, found: Entry | None, sha256: str, size: int | None) -> Iterator[Fault]:
    if found is None:
        yield Fault(path=path, reason="is missing, or is no regular file")
    elif size is not None and found.size != size:
        yield Fault(path=path, reason=f"has {found.size} bytes and should have {size}")
    elif found.sha256 != sha256:
        yield Fault(path=path, reason=f"its sha256 is {found.sha256} and should be {sha256}")


def _against_wheels(
    tree: Path, lock: Lock, environments: tuple[str, ...], found: Mapping[str, Entry | None]
) -> Iterator[Fault]:
    """The METADATA beside each sound wheel must be that inside of it: resolvers read the one and install the other."""
    for artifact in files_of(lock, environments):
        entry = found.get(f"{FILES}/{artifact.filename}")
        if artifact.kind == "wheel" and entry is not None and entry.sha256 == artifact.sha256:
            yield from _sidecar(tree, artifact, found.get(f"{FILES}/{artifact.filename}.metadata"))


def _sidecar(tree: Path, artifact: Artifact, found: Entry | None) -> Iterator[Fault]:
    path = f"{FILES}/{artifact.filename}"
    try:
        with (tree / path).open("rb") as stream:
            inside = entry_of(wheel_metadata(stream, artifact.filename))
    except (InvalidMetadata, OSError) as error:
        yield Fault(path=path, reason=f"its metadata cannot be read: {error}")
        return
    if found != inside:
        yield Fault(path=f"{path}.metadata", reason="is not the METADATA of its wheel")


def _pages(tree: Path, lock: Lock, environments: tuple[str, ...], found: Mapping[str, Entry | None]) -> Iterator[Fault]:
    """Pages must say what the lock says; what sidecars and sizes are is checked elsewhere."""
    sizes = {a.filename: e.size for a in files_of(lock, environments) if (e := found.get(f"{FILES}/{a.filename}"))}
    sidecars = {name: e.sha256 for name in sizes if (e := found.get(f"{FILES}/{name}.metadata"))}
    if len(sizes) < len(files_of(lock, environments)):
        return  # a file is missing, which is told; pages that name it cannot be made
    for path, content in described(lock, sizes, sidecars, environments).items():
        if found.get(path) != entry_of(content):
            yield Fault(path=path, reason="does not say what the lock says" if (tree / path).exists() else "is missing")
