"""One artifact into the tree: kept, taken from a cache, or fetched; verified before it can be seen."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal

from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.errors import IntegrityError, InvalidMetadata
from resolver.lock.model import Artifact
from resolver.metadata.archives import wheel_metadata
from resolver.metadata.core import parse_core
from resolver.records import record
from resolver.vendor.layout import FILES, PARTIAL, Entry, digest, entry_of, write_if_changed
from resolver.vendor.ports import Blobs, Fetch

How = Literal["kept", "cached", "fetched"]


@record
class Placed:
    """An artifact in the tree: ``files`` are the entries that it adds to the manifest, by path."""

    artifact: Artifact
    how: How
    size: int
    files: dict[str, Entry]

    @property
    def sidecar(self) -> str | None:
        """sha256 of the wheel's ``.metadata``; None for an sdist."""
        entry = self.files.get(f"{FILES}/{self.artifact.filename}.metadata")
        return entry.sha256 if entry else None


def place(artifact: Artifact, url: str, tree: Path, fetch: Fetch, blobs: Blobs) -> Placed:
    """Bring one artifact into ``tree``.

    Raises `IntegrityError` where its bytes are not the locked ones or its metadata is another release's,
    `TransferError` where it cannot be had, and OSError.
    """
    target = tree / FILES / artifact.filename
    found = digest(target)
    if found is not None and _fits(found, artifact):
        return _placed(artifact, target, "kept", found)
    staged = tree / PARTIAL / f"{artifact.filename}.{artifact.sha256[:8]}"
    staged.parent.mkdir(exist_ok=True)
    how: How = "cached"
    if not _take_blob(artifact, staged, blobs):
        how = "fetched"
        _fetch(artifact, url, staged, fetch)
        blobs.add_blob(artifact.sha256, staged)
    _check_metadata(artifact, staged)
    staged.chmod(0o644)
    staged.replace(target)
    return _placed(artifact, target, how, Entry(sha256=artifact.sha256, size=target.stat().st_size))


def _fits(found: Entry, artifact: Artifact) -> bool:
    return found.sha256 == artifact.sha256 and artifact.size in {None, found.size}


def _take_blob(artifact: Artifact, staged: Path, blobs: Blobs) -> bool:
    """A copy, not a link: what is in a tree may be edited, and the cache must not change with it."""
    blob = blobs.blob_path(artifact.sha256)
    if blob is None:
        return False
    shutil.copyfile(blob, staged)
    found = digest(staged)
    if found is not None and _fits(found, artifact):
        return True
    staged.unlink()
    return False


def _fetch(artifact: Artifact, url: str, staged: Path, fetch: Fetch) -> None:
    if artifact.size is not None and staged.exists() and staged.stat().st_size >= artifact.size:
        found = digest(staged)
        if found is not None and _fits(found, artifact):
            return  # an earlier run was ended between the last byte and its place in the tree
        staged.unlink()
    resumed = staged.exists() and staged.stat().st_size > 0
    fetch.fetch(artifact, url, staged)
    found = digest(staged)
    if found is not None and _fits(found, artifact):
        _flush(staged)
        return
    staged.unlink(missing_ok=True)
    if resumed:
        # The beginning may have been another file's, or damaged: only a whole fetch can tell.
        _fetch(artifact, url, staged, fetch)
        return
    got = f"sha256 {found.sha256}, {found.size} bytes" if found is not None else "nothing"
    size = f", {artifact.size} bytes" if artifact.size is not None else ""
    raise IntegrityError(f"is not what the lock names: sha256 {artifact.sha256}{size} is locked, {got} came")


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _check_metadata(artifact: Artifact, staged: Path) -> None:
    """A wheel must be the release that the lock says it is."""
    if artifact.kind != "wheel":
        return
    try:
        metadata = parse_core(_metadata(artifact, staged))
    except InvalidMetadata as error:
        raise IntegrityError(f"its metadata cannot be read: {error}") from error
    if metadata.name != canonicalize_name(artifact.project) or metadata.version != Version(artifact.version):
        raise IntegrityError(
            f"its metadata calls it {metadata.name} {metadata.version}, the lock {artifact.project} {artifact.version}"
        )


def _metadata(artifact: Artifact, path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return wheel_metadata(stream, artifact.filename)
    except InvalidMetadata as error:
        raise IntegrityError(str(error).removeprefix(f"{artifact.filename}: ")) from error


def _placed(artifact: Artifact, target: Path, how: How, found: Entry) -> Placed:
    files = {f"{FILES}/{artifact.filename}": found}
    if artifact.kind == "wheel":
        content = _metadata(artifact, target)
        write_if_changed(target.with_name(f"{target.name}.metadata"), content)
        files[f"{FILES}/{artifact.filename}.metadata"] = entry_of(content)
    return Placed(artifact=artifact, how=how, size=found.size, files=files)
