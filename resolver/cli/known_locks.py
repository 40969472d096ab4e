"""Locks that a run found complete and current, known by the digest of their bytes.

The note ``current/<BLAKE2b of the lock>`` holds what ``sha256sum`` prints for the spec, and then for all it includes.
Whoever reads a note still compares these files. Without a note, a run takes the long way and says the same.
"""

from __future__ import annotations

from resolver.cli.notes import cache_root, note_digest, read_note, write_note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND = "current"


def remember(lock: bytes, spec: str, inputs: Mapping[str, str]) -> None:
    """Note that ``lock`` is whole, complete, and that of ``spec``, one of its ``inputs`` (path -> sha256).

    A disk may refuse.
    """
    root = cache_root()
    if root is not None:
        ordered = sorted(inputs, key=lambda path: (path != spec, path))
        lines = "".join(f"{inputs[path]}  {path}\n" for path in ordered)
        write_note(root, _KIND, note_digest(lock), lines.encode("utf-8", "surrogateescape"))


def recall(lock: bytes) -> dict[str, str] | None:
    """The inputs that `remember` was told of a lock of these bytes, the spec first; or None."""
    root = cache_root()
    note = read_note(root, _KIND, note_digest(lock)) if root is not None else None
    if not note:
        return None
    lines = note.decode("utf-8", "surrogateescape").splitlines()
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
