"""One artifact into the tree: kept, taken from a cache, or fetched; verified before it can be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from resolver.errors import IntegrityError, InvalidMetadata
from resolver.lock.model import Artifact
from resolver.records import record
from resolver.vendor.layout import FILES, PARTIAL, Entry, digest, entry_of
from resolver.vendor.ports import Blobs, Fetch
from resolver.vendor.staging import Staged
from resolver.vendor.writes import short, write_if_changed

How = Literal["kept", "cached", "fetched"]
HOW: tuple[How, ...] = get_args(How)


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


def is_here(artifact: Artifact, tree: Path, blobs: Blobs) -> bool:
    """Whether `place` will most likely fetch nothing; no file is read for this."""
    return (tree / FILES / artifact.filename).exists() or blobs.has_blob(artifact.sha256)


def place(artifact: Artifact, url: str, tree: Path, fetch: Fetch, blobs: Blobs) -> Placed:
    """Bring one artifact into ``tree``.

    Raises `IntegrityError` where its bytes are not the locked ones or its metadata is another release's,
    `TransferError` where it cannot be had, and OSError.
    """
    target = tree / FILES / artifact.filename
    found = digest(target)
    if found is not None and _fits(found, artifact):
        return _placed(artifact, target, "kept", found, _metadata(artifact, target))
    path = tree / PARTIAL / f"{artifact.sha256}.{short(artifact.filename)}"
    path.parent.mkdir(exist_ok=True)
    how: How = "cached"
    found = _taken(artifact, path, blobs)
    if found is None:
        how = "fetched"
        found = _fetched(artifact, url, path, fetch)
        blobs.add_blob(artifact.sha256, path)
    metadata = _metadata(artifact, path)
    path.chmod(0o644)
    path.replace(target)
    return _placed(artifact, target, how, found, metadata)


def _fits(found: Entry, artifact: Artifact) -> bool:
    return found.sha256 == artifact.sha256 and artifact.size in {None, found.size}


def _taken(artifact: Artifact, path: Path, blobs: Blobs) -> Entry | None:
    """The file from the cache, where that has it; it stands in place of what an earlier run had of it."""
    whole = path.with_name(f"{path.name}.cached")
    whole.unlink(missing_ok=True)
    if not blobs.take_blob(artifact.sha256, whole):
        return None
    found = Entry(sha256=artifact.sha256, size=whole.stat().st_size)
    if not _fits(found, artifact):
        return None
    whole.replace(path)
    return found


def _fetched(artifact: Artifact, url: str, path: Path, fetch: Fetch) -> Entry:
    """What came, at ``path``; where an earlier run had the file whole, nothing is asked for."""
    with Staged(path) as staged:
        begun = staged.size
        if artifact.size is None or begun < artifact.size:
            fetch.fetch(artifact, url, staged)
        found = staged.entry()
        if begun and not _fits(found, artifact):
            # The beginning may have been another file's, or damaged: only a whole fetch can tell.
            staged.cut(0)
            fetch.fetch(artifact, url, staged)
            found = staged.entry()
    if _fits(found, artifact):
        return found
    path.unlink(missing_ok=True)
    size = f" ({artifact.size} bytes)" if artifact.size is not None else ""
    raise IntegrityError(
        f"is not what the lock names: sha256 {artifact.sha256}{size} is locked, "
        f"and {found.sha256} ({found.size} bytes) came"
    )


def _metadata(artifact: Artifact, path: Path) -> bytes | None:
    """METADATA of a wheel, which must be the release that the lock says it is; None for an sdist."""
    if artifact.kind != "wheel":
        return None
    # Not loaded before they are needed, which is while files arrive.
    from packaging.utils import canonicalize_name  # noqa: PLC0415
    from packaging.version import Version  # noqa: PLC0415

    from resolver.metadata.headers import stated_release  # noqa: PLC0415
    from resolver.metadata.wheels import wheel_metadata  # noqa: PLC0415

    try:
        with path.open("rb") as stream:
            content = wheel_metadata(stream, artifact.filename)
    except InvalidMetadata as error:
        raise IntegrityError(str(error).removeprefix(f"{artifact.filename}: ")) from error
    try:
        name, version = stated_release(content)
    except InvalidMetadata as error:
        raise IntegrityError(f"its metadata cannot be read: {error}") from error
    if name != canonicalize_name(artifact.project) or version != Version(artifact.version):
        raise IntegrityError(f"its metadata calls it {name} {version}, the lock {artifact.project} {artifact.version}")
    return content


def _placed(artifact: Artifact, target: Path, how: How, found: Entry, metadata: bytes | None) -> Placed:
    files = {f"{FILES}/{artifact.filename}": found}
    if metadata is not None:
        write_if_changed(target.with_name(f"{target.name}.metadata"), metadata)
        files[f"{FILES}/{artifact.filename}.metadata"] = entry_of(metadata)
    return Placed(artifact=artifact, how=how, size=found.size, files=files)
