"""What a lock has for each environment, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from resolver.cli.tables import Table
from resolver.lock.describe import human_size
from resolver.lock.model import Lock


def environments_table(lock: Lock, names: Sequence[str]) -> Table:
    """A row for each of ``names``."""
    rows = []
    for name in names:
        pins = lock.resolutions[name]
        kinds = [lock.artifacts[pin.artifact].kind for pin in pins.values()]
        files = [lock.artifacts[filename] for filename in lock.files_for(name)]
        sizes = [file.size for file in files]
        numbers = [len(pins), kinds.count("wheel"), kinds.count("sdist"), len(files)]
        rows.append([name, *map(str, numbers), _sum(sizes)])
    headers = ["environment", "projects", "wheels", "sdists", "files in all", "size"]
    return Table(headers=headers, rows=rows, numbers=frozenset(range(1, len(headers))))


def _sum(sizes: Sequence[int | None]) -> str:
    """Of all files, as far as the index states sizes."""
    known = [size for size in sizes if size is not None]
    if sizes and not known:
        return "unknown"
    return f"> {human_size(sum(known))}" if len(known) < len(sizes) else human_size(sum(known))
