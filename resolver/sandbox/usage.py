"""What a tree of processes uses, by /proc. A process that ends meanwhile counts as nothing."""

from __future__ import annotations

import os
from pathlib import Path

from resolver.records import record

_COUNTED = (b"RssAnon:", b"RssShmem:", b"VmSwap:")
"""Lines of /proc/PID/status. Pages of files are the host's cache."""


@record
class Usage:
    """Bytes of memory, number of processes, bytes and files on the tmpfs."""

    memory: int
    processes: int
    disk: int
    files: int


def measure(first: int, folder: Path) -> Usage:
    """The use of process ``first`` and all below it; ``folder`` is a mount point in their root."""
    members = descendants(first)
    disk, files = _space(members, folder)
    return Usage(memory=sum(_memory(pid) for pid in members), processes=len(members), disk=disk, files=files)


def descendants(first: int) -> list[int]:
    """``first`` and every process below it, parents before children."""
    children: dict[int, list[int]] = {}
    for name in (entry.name for entry in Path("/proc").iterdir()):
        if name.isdigit() and (above := parent(int(name))) is not None:
            children.setdefault(above, []).append(int(name))
    found = [first]
    for pid in found:
        found += children.get(pid, [])
    return found


def parent(pid: int) -> int | None:
    """The parent of a process; None where there is no such process."""
    try:
        content = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name, in parentheses, may hold anything.
    return int(content[content.rindex(b")") + 2 :].split()[1])


def _memory(pid: int) -> int:
    try:
        content = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return 0
    lines = (line.split() for line in content.splitlines() if line.startswith(_COUNTED))
    return sum(int(words[1]) << 10 for words in lines)


def _space(members: list[int], folder: Path) -> tuple[int, int]:
    """Of the first process into whose root we may look: we may not look into that of every process."""
    for pid in members:
        try:
            place = Path(f"/proc/{pid}/root{folder}")
            if place.stat().st_dev == place.parent.stat().st_dev:
                continue  # not mounted yet
            found = os.statvfs(place)
        except OSError:
            continue
        return (found.f_blocks - found.f_bfree) * found.f_frsize, found.f_files - found.f_ffree
    return 0, 0
