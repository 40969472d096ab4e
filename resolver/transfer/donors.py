"""Where a damaged tree takes its bytes from: another tree, a folder of files, a bundle, the indexes of the lock.

Nothing that they give is believed: whoever asks knows the digest of every file, and takes no other bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from resolver.bundle.members import CHUNK, Members
from resolver.bundle.volumes import Volumes, find_volumes
from resolver.errors import InputError, TransferError
from resolver.lock.model import Artifact, Lock
from resolver.transfer.head import read_head, read_lock
from resolver.transfer.kept import Kept, kept_statements, statement_folder
from resolver.vendor.layout import FILES, MANIFEST, Entry, digest
from resolver.vendor.ports import Blobs, Fetch
from resolver.vendor.regular import regular_bytes
from resolver.vendor.staging import Staged

_LOCK = "lock.json"
Take = Callable[[str, Iterator[bytes]], object]
"""Takes the bytes of a path; all of them have to be read."""


class Donor(Protocol):
    """Has files, perhaps those that are wanted; ``str()`` names it for a person."""

    def manifest(self) -> bytes | None:
        """The manifest that it has."""
        ...

    def statements(self) -> list[Kept]:
        """The statements that it has."""
        ...

    def bring(self, wanted: Mapping[str, Entry], take: Take) -> Mapping[str, str]:
        """Give what it has of the ``wanted`` paths; returns why it could not give some."""
        ...


def donor(path: Path) -> Donor:
    """The tree, the folder or the bundle at ``path``. Raises `InputError` and `resolver.errors.BundleRefused`."""
    if path.is_dir():
        return FolderDonor(path)
    return BundleDonor(find_volumes([path]))


class FolderDonor:
    """A tree, or a folder that has artifacts under their own names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def manifest(self) -> bytes | None:
        return regular_bytes(self._folder / MANIFEST)

    def statements(self) -> list[Kept]:
        return kept_statements(self._folder)

    def bring(self, wanted: Mapping[str, Entry], take: Take) -> Mapping[str, str]:
        for path, entry in wanted.items():
            for place in (self._folder / path, self._folder / path.removeprefix(f"{FILES}/")):
                if digest(place) == entry:
                    take(path, _chunks(place))
                    break
        return {}


class BundleDonor:
    """A bundle, whole or not, in one file or in volumes."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths

    def __str__(self) -> str:
        return str(self._paths[0])

    def manifest(self) -> bytes | None:
        with Volumes(self._paths) as stream:
            return read_head(Members(stream)).manifest_bytes

    def statements(self) -> list[Kept]:
        with Volumes(self._paths) as stream:
            head = read_head(Members(stream))
        place = statement_folder(head.content, head.signatures)
        return [Kept(place=place, statement=head.content, signatures=head.signatures)]

    def bring(self, wanted: Mapping[str, Entry], take: Take) -> Mapping[str, str]:
        with Volumes(self._paths) as stream:
            members = Members(stream)
            head = read_head(members)
            _, lock = read_lock(members, head)
            if wanted.get(_LOCK) == head.manifest.files[_LOCK]:
                take(_LOCK, iter([lock]))
            while (member := members.next()) is not None:
                path, size = member
                if path in wanted and wanted[path].size == size:
                    take(path, members.chunks())
                else:
                    for _ in members.chunks():
                        pass
        return {}


class IndexDonor:
    """The lock at ``path``, the cache of this machine and the indexes of that lock: artifacts, and little else.

    ``is_own``: the lock lies in the tree that is to be repaired. Where it is damaged itself no index is asked: it was
    changed, and may name others now, which would get the logins of those that it named.
    """

    def __init__(
        self, path: Path, lock: Lock, fetch: Fetch, blobs: Blobs, staging: Path, *, is_own: bool = False
    ) -> None:
        self._path = path
        self._lock = lock
        self._fetch = fetch
        self._blobs = blobs
        self._staging = staging
        self._is_own = is_own

    def __str__(self) -> str:
        return "the indexes"

    def manifest(self) -> bytes | None:
        return None

    def statements(self) -> list[Kept]:
        return []

    def bring(self, wanted: Mapping[str, Entry], take: Take) -> Mapping[str, str]:
        failures: dict[str, str] = {}
        if digest(self._path) == wanted.get(_LOCK):
            take(_LOCK, _chunks(self._path))
        self._staging.mkdir(parents=True, exist_ok=True)
        fetch = None if self._is_own and _LOCK in wanted else self._fetch
        for path, entry in wanted.items():
            artifact = self._lock.artifacts.get(path.removeprefix(f"{FILES}/"))
            if artifact is not None:
                try:
                    take(path, _chunks(self._got(artifact, entry, fetch)))
                except TransferError as error:
                    failures[path] = str(error)
        return failures

    def _got(self, artifact: Artifact, entry: Entry, fetch: Fetch | None) -> Path:
        path = self._staging / artifact.sha256  # its own name may be as long as a disk takes
        path.unlink(missing_ok=True)
        if self._blobs.take_blob(artifact.sha256, path) and digest(path) == entry:
            return path
        path.unlink(missing_ok=True)
        if fetch is None:
            raise TransferError("the lock of the tree is damaged, so its indexes are not asked; --lock names another")
        with Staged(path) as staged:
            fetch.fetch(artifact, self._lock.location(artifact), staged)
        return path


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def check_other(path: Path, tree: Path) -> None:
    """Raises `InputError` where a tree should be repaired from itself, or from nothing."""
    if not path.exists() and not path.with_name(f"{path.name}.001").exists():
        raise InputError(f"{path}: there is no such tree, folder or bundle")
    if path.is_dir() and path.resolve() == tree.resolve():
        raise InputError(f"{path}: is the tree that is to be repaired; name another one")
