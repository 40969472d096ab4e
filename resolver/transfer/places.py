"""What a bundle may hold: the parts of a tree that the lock implies, and nothing that would lie anywhere else. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from resolver.errors import BundleRefused
from resolver.vendor.layout import FILES, MANIFEST, SIMPLE, Manifest, is_inside
from resolver.vendor.names import impossible

_ALONE = {"lock.json", "server.py"}


def ordered(paths: Iterable[str]) -> list[str]:
    """The order of files in a bundle, the same for everybody: the lock first, because the others are judged by it."""
    return sorted(paths, key=lambda path: (path != "lock.json", path))


def check_places(manifest: Manifest) -> None:
    """Raises `BundleRefused` for a manifest that names what no tree has, or names it so that some disk would break."""
    for path in manifest.files:
        if not _is_ours(path):
            raise BundleRefused("malformed", f"{path!r}: {MANIFEST} names it, and no file of a tree lies there")
    lock = manifest.files.get("lock.json")
    if lock is None or lock.sha256 != manifest.lock:
        raise BundleRefused("malformed", f"{MANIFEST} is of another lock than the one that it names")
    for one in impossible(manifest.files):
        raise BundleRefused("names", f"{one.path!r} {one.reason}; no disk could hold it")


def _is_ours(path: str) -> bool:
    parts = path.split("/")
    plain = is_inside(path) and path.isprintable() and not any(part.startswith(".") or not part for part in parts)
    if not plain:
        return False
    return path in _ALONE or (parts[0] == FILES and len(parts) == 2) or (parts[0] == SIMPLE and len(parts) in {2, 3})
