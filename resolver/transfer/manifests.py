"""Which manifest a tree should have, where nobody has signed one: what follows from the lock that lies there."""

from __future__ import annotations

from pathlib import Path

from resolver.emit.pages import files_of
from resolver.errors import BundleRefused, LockError
from resolver.lock.codec import loads
from resolver.transfer.places import check_places
from resolver.vendor.contents import described, server_bytes
from resolver.vendor.layout import FILES, METADATA, PROVENANCE, Manifest, digest, entry_of, parse_manifest


def whole_manifest(content: bytes) -> Manifest | None:
    """The manifest of these bytes; None where they are not those of one that was written as it is."""
    try:
        manifest = parse_manifest(content)
    except ValueError:
        return None
    return manifest if manifest.dump() == content else None


def sha256_of(manifest: Manifest) -> str:
    """As hex, of its file."""
    return entry_of(manifest.dump()).sha256


def follows(tree: Path, other: Manifest) -> bool:
    """Whether a manifest that nobody has signed says nothing but what follows from the lock here.

    The server, which no lock vouches for, has to be that of this release or the one that is here.
    """
    path = tree / "lock.json"
    try:
        check_places(other)
        if digest(path) != other.files["lock.json"]:
            return False
        lock = loads(path.read_bytes(), str(path))
    except (BundleRefused, LockError):
        return False
    names = other.environments or tuple(lock.environments)
    if any(name not in lock.environments for name in names):
        return False
    artifacts = {f"{FILES}/{one.filename}": one for one in files_of(lock, names)}
    pages = {name: entry_of(content) for name, content in implied_pages(other, path).items()}
    beside = {f"{name}{end}" for name in artifacts for end in (METADATA, PROVENANCE)}
    for name, entry in other.files.items():
        if name in artifacts:
            right = artifacts[name].sha256 == entry.sha256 and artifacts[name].size in {None, entry.size}
        elif name == "server.py":
            right = entry in {entry_of(server_bytes()), digest(tree / name)}
        else:
            right = name == "lock.json" or name in beside or pages.get(name) == entry
        if not right:
            return False
    return artifacts.keys() | pages.keys() <= other.files.keys()


def implied_pages(manifest: Manifest, path: Path) -> dict[str, bytes]:
    """Path -> content of the pages that the lock at ``path`` implies, with what ``manifest`` says of its files.

    Empty where that cannot be read.
    """
    try:
        lock = loads(path.read_bytes(), str(path))
    except LockError:
        return {}
    names = manifest.environments or tuple(lock.environments)
    sizes: dict[str, int] = {}
    sidecars: dict[str, str] = {}
    vouched: set[str] = set()
    for artifact in files_of(lock, names):
        entry, beside = (manifest.files.get(f"{FILES}/{artifact.filename}{end}") for end in ("", ".metadata"))
        if entry is not None:
            sizes[artifact.filename] = entry.size
        if beside is not None:
            sidecars[artifact.filename] = beside.sha256
        if f"{FILES}/{artifact.filename}{PROVENANCE}" in manifest.files:
            vouched.add(artifact.filename)
    return described(lock, sizes, sidecars, names, vouched)
