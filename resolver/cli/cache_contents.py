"""What a cache holds, by what it is good for, and how entries of it are removed.

Every entry can be had again, and who looks for one that has gone takes it for one that was never there: a run beside
may go on. Only files that have the names of entries are counted or removed, whatever else lies there, and besides them
what runs were writing when they were killed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from resolver.http_index.entries import ABANDONED, LAYOUT, TEMPORARY
from resolver.records import record

KINDS: Mapping[str, tuple[str, ...]] = {
    "distributions": (f"{LAYOUT}/blobs",),
    "pages of projects": (f"{LAYOUT}/pages", f"{LAYOUT}/views"),
    "METADATA": (f"{LAYOUT}/core-metadata",),
    "what sdists say": (f"{LAYOUT}/sdists", f"{LAYOUT}/readings"),
    "answers of backends": (f"{LAYOUT}/answers",),
    "notes of runs": ("runs", "specs", "current", "trees"),
}
"""What is kept -> the folders that it lies in, below the root."""

OTHERS = "of other versions"
"""What no folder of ``KINDS`` has: entries of another layout."""

UNFINISHED = "unfinished downloads"
"""What lies in the folders of temporary files, under any name: a run is writing it, or one was killed that did."""

_ENTRY = re.compile(r"[0-9a-f]{64}")
_ANYTHING = re.compile(r".*", re.DOTALL)
_LAYOUT = re.compile(r"v[0-9]+")


@record
class Entry:
    """A file of the cache. ``used``: when it was last read or written, as its file system says, since the epoch.

    ``is_shared``: it has a second name, most likely in a tree, so that its bytes stay when it is removed.
    """

    path: Path
    kind: str
    size: int
    used: float
    is_shared: bool


@record
class Amount:
    """Entries by number and bytes; ``shared`` bytes of these have a second name."""

    files: int = 0
    size: int = 0
    shared: int = 0

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Amount:
        listed = list(entries)
        shared = sum(one.size for one in listed if one.is_shared)
        return cls(files=len(listed), size=sum(one.size for one in listed), shared=shared)


def entries(root: Path) -> Iterator[Entry]:
    """Every entry below ``root``, which may not be there. Raises OSError where it cannot be read."""
    known = {root / folder: kind for kind, folders in KINDS.items() for folder in folders}
    for folder, kind in known.items():
        yield from _entries(folder, kind)
    for folder in root.iterdir() if root.is_dir() else ():
        if _LAYOUT.fullmatch(folder.name):
            temporary = folder / TEMPORARY
            yield from _entries(temporary, UNFINISHED, named=_ANYTHING)
            yield from _entries(folder, OTHERS, but_for={*known, temporary})


def remove(listed: Iterable[Entry]) -> list[Entry]:
    """Remove all but what a run may be writing. Returns what is gone; raises OSError at the first that has to stay."""
    now = time.time()
    gone = [one for one in listed if one.kind != UNFINISHED or now - one.used > ABANDONED]
    for one in gone:
        one.path.unlink(missing_ok=True)
    return gone


def _entries(
    top: Path, kind: str, *, named: re.Pattern[str] = _ENTRY, but_for: Collection[Path] = ()
) -> Iterator[Entry]:
    """Those below a folder, without the folders ``but_for``; no link is followed."""
    for at, folders, names in os.walk(top, onerror=_refused):
        folders[:] = [name for name in folders if Path(at, name) not in but_for]
        for path in (Path(at, name) for name in names if named.fullmatch(name)):
            with suppress(FileNotFoundError):  # removed by another run
                status = path.lstat()
                used = max(status.st_atime, status.st_mtime)
                yield Entry(path=path, kind=kind, size=status.st_size, used=used, is_shared=status.st_nlink > 1)


def _refused(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
