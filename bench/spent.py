"""What has served is emptied and put aside, and removed when nothing is measured any more.

ext4 gives the place of a removed file to nobody for minutes, and looks at each such place for every new file: where a
cache was just removed a file takes up to ten times as long to make, which a first run on a machine does not.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path


def put_aside(path: Path, spent: Path) -> None:
    """Let nothing be at ``path``; what was there takes no room in ``spent``."""
    if not path.exists():
        return
    spent.mkdir(parents=True, exist_ok=True)
    aside = spent / f"{time.monotonic_ns()}"
    path.rename(aside)
    for folder, _, names in os.walk(aside):
        for one in (Path(folder, name) for name in names):
            if not one.is_symlink() and one.stat().st_nlink == 1:
                one.chmod(0o600)
                os.truncate(one, 0)


def remove(spent: Path) -> None:
    """Remove all that was put aside."""
    shutil.rmtree(spent, ignore_errors=True)
