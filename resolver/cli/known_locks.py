"""Locks that were once read whole, complete and current, by the digest of their bytes: a note for the next run.

Below the cache directory, ``current/<sha256 of the lock>`` holds what ``sha256sum`` prints for the spec and what it
includes. Whoever reads a note still compares the files. Imports as good as nothing: a run with nothing to do takes as
long as its imports. A note that is missing or broken costs the long way, nothing else.
"""

from __future__ import annotations

import os
import sys

try:  # the interpreter's own; `hashlib` would load OpenSSL
    from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # before Python 3.12
    try:
        from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
    except ImportError:  # another implementation
        from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = "current"


def hex_digest(content: bytes) -> str:
    """Lower-case hex sha256."""
    digest: str = sha256(content).hexdigest()
    return digest


def cache_root() -> str | None:
    """Where `resolver.http_index.cache.default_root` is, or None where that takes an import to know."""
    given = os.environ.get("WHEELHOUSE_CACHE_DIR")
    if given:
        return given
    if sys.platform != "linux":
        return None
    base = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")  # noqa: PTH111
    return os.path.join(base, "rules-wheelhouse")  # noqa: PTH118  (pathlib takes longer to import than all of this)


def remember(lock: bytes, inputs: Mapping[str, str], root: str | None = None) -> None:
    """Note that ``lock`` is whole, complete, and made from ``inputs`` (path -> sha256); a disk may refuse."""
    root = root or cache_root()
    if root is None:
        return
    folder, name = f"{root}/{_FOLDER}", hex_digest(lock)
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(inputs.items()))
    temporary = f"{folder}/.{name}.{os.getpid()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        with open(temporary, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123
            stream.write(f"{hex_digest(lines.encode())}\n{lines}")
        os.replace(temporary, f"{folder}/{name}")  # noqa: PTH105
    except (OSError, ValueError):
        return


def recall(lock: bytes, root: str | None = None) -> dict[str, str] | None:
    """What `remember` was told of a lock of these bytes, or None."""
    root = root or cache_root()
    if root is None:
        return None
    try:
        if sys.platform != "win32" and os.stat(f"{root}/{_FOLDER}").st_uid != os.geteuid():  # noqa: PTH116
            return None
        with open(f"{root}/{_FOLDER}/{hex_digest(lock)}", encoding="utf-8") as stream:  # noqa: PTH123
            seal, _, lines = stream.read().partition("\n")
    except (OSError, ValueError):
        return None
    if seal != hex_digest(lines.encode()) or not lines:
        return None
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines.splitlines())}
