"""Every byte of a vendored tree against its lock and its manifest. All faults are gathered; nothing is changed."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from resolver.emit.pages import files_of
from resolver.errors import InputError, InvalidMetadata, LockError
from resolver.lock.codec import loads
from resolver.lock.model import Lock
from resolver.metadata.archives import wheel_metadata
from resolver.records import record
from resolver.vendor.contents import described, server_bytes
from resolver.vendor.layout import (
    FILES,
    MANIFEST,
    METADATA,
    PROVENANCE,
    SIMPLE,
    VIEWS,
    Entry,
    Manifest,
    digest,
    entry_of,
    is_of_others,
    read_manifest,
)
from resolver.vendor.ports import NoProgress, Progress
from resolver.verify.faults import Fault
from resolver.verify.uploads import check_uploads

_WORKERS = 8


@record
class TreeReport:
    """``environments``: those that the tree carries. ``strangers``: files that nothing names, which are no fault.

    ``private``: how many files were uploaded to the tree's server, which were checked too. ``other_server``: server.py,
    which no lock vouches for, is not that of this release.
    """

    lock: Lock
    environments: tuple[str, ...]
    files: int
    private: int
    faults: tuple[Fault, ...]
    strangers: tuple[str, ...]
    other_server: bool


def check_tree(tree: Path, progress: Progress | None = None) -> TreeReport:
    """Check the tree at ``tree``. Raises `InputError` and `LockError` where it is none, or says nothing of itself."""
    manifest = read_manifest(tree)
    if manifest is None:
        raise InputError(f"{tree}: is no vendored tree: it has no {MANIFEST}; `wheelhouse vendor {tree}` makes one")
    lock = _lock(tree)
    unknown = [name for name in manifest.environments if name not in lock.environments]
    environments = tuple(sorted(lock.environments) if unknown else manifest.environments or sorted(lock.environments))
    found = _digests(tree, manifest, progress or NoProgress())
    inside = dict(_metadata_of_sound_wheels(tree, lock, environments, found))
    pages = _pages(lock, environments, inside, manifest, found)
    private, wrong_uploads = check_uploads(tree)
    faults = {
        *_links(tree),
        *(Fault(path=MANIFEST, reason=f"names the environment {name!r}, which the lock has not") for name in unknown),
        *_against_manifest(manifest, found),
        *_against_lock(lock, environments, found),
        *(Fault(path=f"{name}.metadata", reason=_WRONG_METADATA) for name in _wrong_metadata(inside, found)),
        *_against_pages(tree, pages, found),
        *_unexpected(lock, environments, pages, manifest),
        *_stray(tree, pages, manifest),
        *wrong_uploads,
    }
    listed = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() or path.is_symlink()}
    told = {fault.path for fault in faults}
    return TreeReport(
        lock=lock,
        environments=environments,
        files=len(manifest.files),
        private=private,
        faults=tuple(sorted(faults)),
        strangers=tuple(
            sorted(path for path in {*listed} - {*manifest.files, MANIFEST} - told if not is_of_others(path))
        ),
        other_server=found.get("server.py") != entry_of(server_bytes()),
    )


def _lock(tree: Path) -> Lock:
    path = tree / "lock.json"
    hint = f"vendor the lock again: `wheelhouse vendor --lock lock.json {tree}`"
    if path.exists() and not (path.is_file() or path.is_dir()):  # a named pipe would be read for ever
        raise LockError(f"{path}: is no regular file; {hint}")
    try:
        return loads(path.read_bytes().decode("utf-8", "replace"), str(path))
    except OSError as error:
        raise LockError(f"{path}: cannot be read: {error.strerror}; {hint}") from error
    except LockError as error:
        raise LockError(f"{str(error).splitlines()[0]}\n    {hint}") from error


def _links(tree: Path) -> Iterator[Fault]:
    """A tree that leads out of itself holds what somebody else can change."""
    for path in (tree / MANIFEST, *tree.rglob("*")):
        if path.is_symlink() and (path.is_dir() or path.name == MANIFEST):
            yield Fault(
                path=path.relative_to(tree).as_posix(), reason="is a link; a vendored tree holds its files itself"
            )


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


_WRONG_METADATA = "is not the METADATA of its wheel"
_UNREADABLE = Entry(sha256="", size=-1)


def _metadata_of_sound_wheels(
    tree: Path, lock: Lock, environments: tuple[str, ...], found: Mapping[str, Entry | None]
) -> Iterator[tuple[str, Entry]]:
    """Path of each wheel that has the lock's bytes, with digest and size of the METADATA inside of it."""
    for artifact in files_of(lock, environments):
        path = f"{FILES}/{artifact.filename}"
        entry = found.get(path)
        if artifact.kind == "wheel" and entry is not None and entry.sha256 == artifact.sha256:
            try:
                with (tree / path).open("rb") as stream:
                    yield path, entry_of(wheel_metadata(stream, artifact.filename))
            except (InvalidMetadata, OSError):
                yield path, _UNREADABLE


def _wrong_metadata(inside: Mapping[str, Entry], found: Mapping[str, Entry | None]) -> Iterator[str]:
    """Wheels whose sidecar is not what is inside: resolvers read the one and install the other."""
    return (path for path, entry in inside.items() if found.get(f"{path}.metadata") != entry)


def _pages(
    lock: Lock,
    environments: tuple[str, ...],
    inside: Mapping[str, Entry],
    manifest: Manifest,
    found: Mapping[str, Entry | None],
) -> dict[str, bytes]:
    """What the pages must be. Where a wheel is not sound, its size and METADATA are taken to be the manifest's."""
    sizes: dict[str, int] = {}
    sidecars: dict[str, str] = {}
    for artifact in files_of(lock, environments):
        path = f"{FILES}/{artifact.filename}"
        here = manifest.files.get(path) or found.get(path)
        size = artifact.size if artifact.size is not None else here.size if here else None
        if size is not None:
            sizes[artifact.filename] = size
        sidecar = inside.get(path) or manifest.files.get(f"{path}.metadata")
        if artifact.kind == "wheel" and sidecar is not None:
            sidecars[artifact.filename] = sidecar.sha256
    vouched = {name for name in _asked(lock, environments) if f"{FILES}/{name}{PROVENANCE}" in manifest.files}
    return described(lock, sizes, sidecars, environments, vouched)


def _asked(lock: Lock, environments: tuple[str, ...]) -> Iterator[str]:
    """The files that may have a provenance object beside them."""
    return (a.filename for a in files_of(lock, environments) if lock.attested(a.project).check != "ignore")


def _against_pages(tree: Path, pages: Mapping[str, bytes], found: Mapping[str, Entry | None]) -> Iterator[Fault]:
    for path, content in pages.items():
        if found.get(path) != entry_of(content):
            yield Fault(path=path, reason="does not say what the lock says" if (tree / path).exists() else "is missing")


def _unexpected(
    lock: Lock, environments: tuple[str, ...], pages: Mapping[str, bytes], manifest: Manifest
) -> Iterator[Fault]:
    """The server serves what the manifest names, so that may not be more than the lock needs."""
    artifacts = {f"{FILES}/{artifact.filename}" for artifact in files_of(lock, environments)}
    sidecars = {f"{path}{METADATA}" for path in artifacts if path.endswith(".whl")}
    sidecars |= {f"{FILES}/{name}{PROVENANCE}" for name in _asked(lock, environments)}
    for path in manifest.files.keys() - artifacts - sidecars - pages.keys() - {"lock.json", "server.py"}:
        yield Fault(path=path, reason=f"{MANIFEST} names it, and the lock does not need it")


def _stray(tree: Path, pages: Mapping[str, bytes], manifest: Manifest) -> Iterator[Fault]:
    """What nothing names and is no mere file beside the tree's own: pipes, and whatever a web server would list.

    Nothing is opened: whoever opens a named pipe waits for ever.
    """
    implied = {*pages, *(parent.as_posix() for path in pages for parent in PurePosixPath(path).parents)}
    for path in tree.rglob("*"):
        name = path.relative_to(tree).as_posix()
        if name in manifest.files or name == MANIFEST or (path.is_symlink() and path.is_dir()):
            continue  # told of already where it has to be
        if name.startswith(f"{VIEWS}/"):
            continue  # views repeat what was checked, by digests that readers check; Bazel keeps files of its own there
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
