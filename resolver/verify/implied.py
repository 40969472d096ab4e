"""What a lock implies of a tree, and what lies there and what its manifest says, compared with it.

What follows from the lock is known without the manifest, so it can be told which of the two was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from resolver.errors import InvalidMetadata
from resolver.lock.model import Artifact, Lock
from resolver.metadata.wheels import wheel_metadata
from resolver.records import record
from resolver.vendor.contents import described, server_bytes
from resolver.vendor.layout import MANIFEST, METADATA, PROVENANCE, Entry, Manifest, entry_of
from resolver.verify.faults import Fault
from resolver.verify.witnesses import LOCK

SERVER = "server.py"
Found = Mapping[str, Entry | None]
"""Path -> what lies there; None where there is no regular file, or none that can be read."""


@record
class Implied:
    """``files``: what has to lie where, by path. server.py is among them only where it is that of this release."""

    files: Mapping[str, Entry]
    pages: Mapping[str, bytes]


@record
class Scope:
    """What a tree is to hold: those ``environments`` of its lock that it carries; by path, the ``needed`` artifacts."""

    lock: Lock
    environments: tuple[str, ...]
    needed: Mapping[str, Artifact]
    manifest: Manifest


def what_it_implies(tree: Path, scope: Scope, found: Found) -> Implied:
    """What has to lie in ``tree``, given what was ``found`` there."""
    inside = dict(_metadata_of_sound_wheels(tree, scope.needed, found))
    vouched = {
        artifact.filename for path, artifact in _attested(scope) if f"{path}{PROVENANCE}" in scope.manifest.files
    }
    pages = described(scope.lock, *_told_by_pages(scope, inside, found), scope.environments, vouched)
    needed, manifest = scope.needed, scope.manifest
    files = {
        **{path: Entry(sha256=artifact.sha256, size=_size(artifact, found[path])) for path, artifact in needed.items()},
        **{f"{path}.metadata": entry for path, entry in inside.items()},
        **{path: entry_of(content) for path, content in pages.items()},
    }
    ours = entry_of(server_bytes())
    if ours in {found.get(SERVER), manifest.files.get(SERVER)} or SERVER not in manifest.files:
        files[SERVER] = ours
    return Implied(files=files, pages=pages)


def against_manifest(manifest: Manifest, found: Found) -> Iterator[Fault]:
    """What is not as the manifest says, where no lock can be asked."""
    for path, entry in manifest.files.items():
        yield from _compared(path, found[path], entry.sha256, entry.size)


def against_lock(implied: Implied, scope: Scope, found: Found, *, whole: bool) -> Iterator[Fault]:
    """What is wrong with the files, or with what the manifest says of them; ``whole``: the manifest is undamaged."""
    needed, manifest = scope.needed, scope.manifest
    for path, entry in implied.files.items():
        yield from _judged(path, entry, manifest, found, implied.pages)
        if whole and path not in manifest.files and not path.endswith(".metadata"):
            yield Fault(path=path, reason=f"is missing from {MANIFEST}, and the lock needs it")
    sidecars = {f"{path}{METADATA}" for path, artifact in needed.items() if artifact.kind == "wheel"}
    sidecars |= {f"{path}{PROVENANCE}" for path, _ in _attested(scope)}
    for path, entry in manifest.files.items():
        if path not in implied.files and path != LOCK:
            yield from _compared(path, found[path], entry.sha256, entry.size)
            if path not in sidecars | {SERVER}:
                yield _unneeded(path, found[path])


def _attested(scope: Scope) -> Iterator[tuple[str, Artifact]]:
    """The artifacts that may have a provenance object beside them, by path."""
    return (
        (path, artifact)
        for path, artifact in scope.needed.items()
        if scope.lock.attested(artifact.project).check != "ignore"
    )


def _compared(path: str, found: Entry | None, sha256: str, size: int | None) -> Iterator[Fault]:
    if found is None:
        yield Fault(path=path, reason="is missing, is no regular file, or cannot be read")
    elif size is not None and found.size != size:
        yield Fault(path=path, reason=f"has {found.size} bytes and should have {size}")
    elif found.sha256 != sha256:
        yield Fault(path=path, reason=f"its sha256 is {found.sha256} and should be {sha256}")


def _size(artifact: Artifact, found: Entry | None) -> int:
    """As the lock has it; where it has none, any size will do."""
    return artifact.size if artifact.size is not None else found.size if found is not None else -1


def _judged(
    path: str,
    implied: Entry,
    manifest: Manifest,
    found: Found,
    pages: Mapping[str, bytes],
) -> Iterator[Fault]:
    here, row = found.get(path), manifest.files.get(path)
    if path in found and here != implied:
        if here is not None and path in pages:
            yield Fault(path=path, reason="does not say what the lock says")
        elif here is not None and path.endswith(".metadata"):
            yield Fault(path=path, reason=_WRONG_METADATA)
        else:
            yield from _compared(path, here, implied.sha256, implied.size)
    if row is not None and row not in (implied, here):
        yield Fault(path=MANIFEST, reason=f"is wrong about {path}")


def _unneeded(path: str, here: Entry | None) -> Fault:
    """The server serves what the manifest names, so that may not be more than the lock needs."""
    if here is None:
        return Fault(path=MANIFEST, reason=f"names {path}, which is not there, and which the lock does not need")
    return Fault(path=path, reason=f"{MANIFEST} names it, and the lock does not need it")


_WRONG_METADATA = "is not the METADATA of its wheel"
_UNREADABLE = Entry(sha256="", size=-1)


def _metadata_of_sound_wheels(tree: Path, needed: Mapping[str, Artifact], found: Found) -> Iterator[tuple[str, Entry]]:
    """Path of each wheel that has the lock's bytes, with digest and size of the METADATA inside of it.

    Resolvers read the one and install the other.
    """
    for path, artifact in needed.items():
        entry = found[path]
        if artifact.kind == "wheel" and entry is not None and entry.sha256 == artifact.sha256:
            try:
                with (tree / path).open("rb") as stream:
                    yield path, entry_of(wheel_metadata(stream, artifact.filename))
            except (InvalidMetadata, OSError):
                yield path, _UNREADABLE


def _told_by_pages(scope: Scope, inside: Mapping[str, Entry], found: Found) -> tuple[dict[str, int], dict[str, str]]:
    """Sizes of files and digests of METADATA; where a wheel is not sound, what the manifest says is taken for them."""
    needed, manifest = scope.needed, scope.manifest
    sizes: dict[str, int] = {}
    sidecars: dict[str, str] = {}
    for path, artifact in needed.items():
        here = manifest.files.get(path) or found.get(path)
        size = artifact.size if artifact.size is not None else here.size if here else None
        if size is not None:
            sizes[artifact.filename] = size
        sidecar = inside.get(path) or manifest.files.get(f"{path}.metadata")
        if artifact.kind == "wheel" and sidecar is not None:
            sidecars[artifact.filename] = sidecar.sha256
    return sizes, sidecars
