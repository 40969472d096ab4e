"""Locks a folder itself (flock): nothing is left behind, and every user and service means the same lock."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def lock_folder(descriptor: int, path: Path) -> None:
    """Lock the folder ``path``, which is open as ``descriptor``, for as long as that is open.

    Raises BlockingIOError where another has it, FileNotFoundError where whoever had it has removed it since it was
    opened, and OSError where folders cannot be locked: on Windows, and on some file systems of networks.
    """
    if sys.platform == "win32":
        raise OSError
    import fcntl  # noqa: PLC0415  (Windows has none)

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.path.samestat(os.fstat(descriptor), path.stat()):
        raise FileNotFoundError
