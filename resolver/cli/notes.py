"""Small files with a digest, below the cache directory, for what is answered before the library is imported.

A note that is missing, broken or in a folder of another user's counts as none; a disk that refuses loses the note and
nothing else.
"""

from __future__ import annotations

import os
import sys
import time

try:  # the interpreter's own; `hashlib` would load OpenSSL
    if sys.version_info >= (3, 12):  # to look for one that is not there takes as long as to load the other
        from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]
    else:
        from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # another implementation
    from hashlib import sha256

try:  # this one too without `hashlib`
    from _blake2 import blake2b  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


_FOLDER = 0o040000
"""The type of a folder among the bits of a mode, and no right to write for a group or for others."""

_KEPT = 30 * 24 * 3600
"""Seconds after which a note is forgotten: one of a run holds a whole lock."""


def hex_digest(content: bytes) -> str:
    """Lower-case hex sha256, by which locks know files."""
    digest: str = sha256(content).hexdigest()
    return digest


def note_digest(content: bytes) -> str:
    """64 hex digits, by which notes know locks and themselves: BLAKE2b takes a third of the time of sha256."""
    digest: str = blake2b(content, digest_size=32).hexdigest()
    return digest


def are_unchanged(folder: str, inputs: Mapping[str, str]) -> bool:
    """Whether the files below ``folder`` (path -> sha256) are what they were. Raises OSError."""
    for path, digest in inputs.items():
        with open(os.path.join(folder, path), "rb") as stream:  # noqa: PTH118, PTH123
            if hex_digest(stream.read()) != digest:
                return False
    return True


def cache_root() -> str | None:
    """Where `resolver.http_index.cache.default_root` is, or None where that takes an import to know."""
    given = os.environ.get("WHEELHOUSE_CACHE_DIR")
    if given:
        return given
    if sys.platform != "linux":
        return None
    base = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")  # noqa: PTH111
    return os.path.join(base, "rules-wheelhouse")  # noqa: PTH118  (pathlib takes longer to import than all of this)


def write_note(root: str, kind: str, name: str, content: bytes) -> None:
    """Keep ``content`` as the note ``name`` of its kind, in place of an older one; those that are old go."""
    folder = f"{root}/{kind}"
    temporary = f"{folder}/.{name}.{os.getpid()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        if not _is_ours(folder):
            return
        with open(temporary, "wb") as stream:  # noqa: PTH123
            stream.write(f"{note_digest(content)}\n".encode() + content)
        os.replace(temporary, f"{folder}/{name}")  # noqa: PTH105
        _sweep(folder, time.time() - _KEPT)
    except OSError:
        _unlink(temporary)


def has_notes(root: str, kind: str) -> bool:
    """Whether any of the kind was ever kept: else there is no need to tell one from another."""
    return os.path.exists(f"{root}/{kind}")  # noqa: PTH110


def read_note(root: str, kind: str, name: str) -> bytes | None:
    """The note, or None."""
    folder = f"{root}/{kind}"
    try:
        if not _is_ours(folder):
            return None
        with open(f"{folder}/{name}", "rb") as stream:  # noqa: PTH123
            seal, _, content = stream.read().partition(b"\n")
    except OSError:
        return None
    return content if seal == note_digest(content).encode() else None


def _is_ours(folder: str) -> bool:
    """Whether a folder is one, and nobody else can put a note or a link into it, as `cache_directory` has it.

    Raises OSError.
    """
    if sys.platform == "win32":
        return True
    status = os.lstat(folder)
    return status.st_mode & 0o170022 == _FOLDER and status.st_uid == os.geteuid()


def forget_note(root: str, kind: str, name: str) -> None:
    """Remove a note, if there is one."""
    _unlink(f"{root}/{kind}/{name}")


def _unlink(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        return


def _sweep(folder: str, oldest: float) -> None:
    """Remove what was written before ``oldest``, in seconds since the epoch. Raises OSError."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.stat().st_mtime < oldest:
                _unlink(entry.path)
