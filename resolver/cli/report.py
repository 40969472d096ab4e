"""The report of a resolve: what was locked, what changed, and what the user should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from resolver.cli.terminal import Terminal
from resolver.lock.describe import describe_diff, human_size
from resolver.lock.diff import diff
from resolver.lock.model import Lock
from resolver.locking import Locked
from resolver.notices import Notice


def report(locked: Locked, old: Lock | None, path: Path, terminal: Terminal, *, changed: bool) -> None:
    """Print the summary of a run; ``old`` is the lock that was there before."""
    lock = locked.lock
    lines = [*_environments(lock, terminal), ""]
    if old is not None and changed:
        lines += ["changes:", *(f"  {line}" for line in describe_diff(diff(old, lock))), ""]
    lines += _notices(locked.notices)
    wheels = sum(artifact.kind == "wheel" for artifact in lock.artifacts.values())
    sdists = len(lock.artifacts) - wheels
    verb = "wrote" if changed else "unchanged:"
    lines.append(f"{verb} {path}: {wheels} wheels, {sdists} sdists for {len(lock.environments)} environments")
    document = {
        "lock": str(path),
        "changed": changed,
        "environments": {name: len(pins) for name, pins in lock.resolutions.items()},
        "wheels": wheels,
        "sdists": sdists,
        "notices": [asdict(notice) for notice in locked.notices],
    }
    terminal.result([f"{verb} {path}"] if terminal.quiet else lines, document)


def _environments(lock: Lock, terminal: Terminal) -> list[str]:
    rows = []
    for name, pins in lock.resolutions.items():
        kinds = [lock.artifacts[pin.artifact].kind for pin in pins.values()]
        sizes = [lock.artifacts[filename].size or 0 for filename in lock.files_for(name)]
        rows.append(
            [name, str(len(pins)), str(kinds.count("wheel")), str(kinds.count("sdist")), human_size(sum(sizes))]
        )
    return terminal.table(["environment", "projects", "wheels", "sdists", "size"], rows)


def _notices(notices: tuple[Notice, ...]) -> Iterator[str]:
    """Each message once, with the environments that it is about."""
    ordered = sorted(notices, key=lambda n: (n.kind, n.project, n.message, n.environment))
    for (kind, message), same in groupby(ordered, key=lambda n: (n.kind, n.message)):
        places = [notice.environment for notice in same if notice.environment and notice.environment not in message]
        yield f"{kind}: {message}" + (f" ({', '.join(places)})" if places else "")
    if notices:
        yield ""
