"""What replays found, for a person: a row for each environment, then whatever failed, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from resolver.cli.files import make_folder, write_text
from resolver.cli.tables import Table
from resolver.lock.model import Lock
from resolver.lock.remedies import remedy_for
from resolver.verify.builds import ReplayedBuild
from resolver.verify.replay import Replayed

_LOG_LINES = 12


def matrix(lock: Lock, replayed: Sequence[Replayed]) -> Table:
    """A row for each environment."""
    rows = [
        [one.environment, str(len(lock.files_for(one.environment))), _install(one), _builds(one)] for one in replayed
    ]
    return Table(headers=["environment", "files", "install", "builds"], rows=rows, numbers=frozenset({1}))


def details(lock: Lock, replayed: Sequence[Replayed], logs: Path | None) -> Iterator[str]:
    """Failures with their reasons, the end of the log and what may help, then notes. ``logs``: as for `write_logs`."""
    for one in replayed:
        for build in one.builds:
            if build.failure:
                yield from _failure(lock, one.environment, build, logs)
        yield from (f"{one.environment}: {fault}" for fault in one.faults)
        yield from (f"note: {one.environment}: {note}" for note in one.notes)
        if any(build.failure for build in one.builds) or one.faults or one.notes:
            yield ""


def write_logs(replayed: Sequence[Replayed], folder: Path) -> None:
    """What builds that failed have printed: ``<environment>/<sdist>.log`` below ``folder``. Raises `StorageError`."""
    for one in replayed:
        for build in one.builds:
            if build.log:
                path = _log_of(folder, one.environment, build)
                make_folder(path.parent)
                write_text(path, build.log)


def _log_of(folder: Path, environment: str, build: ReplayedBuild) -> Path:
    return folder / environment / f"{build.sdist}.log"


def _install(one: Replayed) -> str:
    if one.obstacle:
        return f"cannot run here: {one.obstacle}"
    if one.faults:
        return "failed"
    if any(build.failure for build in one.builds):
        return "not tried: builds failed"
    without = f", {one.unbuilt} not built" if one.unbuilt else ""
    return f"ok: {one.installed} with Python {one.python}{without}"


def _builds(one: Replayed) -> str:
    failed = sum(bool(build.failure) for build in one.builds)
    if not one.builds:
        return "-"
    return f"failed: {failed} of {len(one.builds)}" if failed else f"ok: {len(one.builds)}"


def _failure(lock: Lock, environment: str, build: ReplayedBuild, logs: Path | None) -> Iterator[str]:
    needs = f" (needs {' and '.join(build.missing)}, which this machine does not have)" if build.missing else ""
    yield f"{environment}: {build.sdist}: {build.failure}{needs}"
    printed = build.log.strip().splitlines()
    yield from (f"    {line}" for line in printed[-_LOG_LINES:])
    if logs is not None and build.log:
        yield f"    log: {_log_of(logs, environment, build)}"
    elif len(printed) > _LOG_LINES:
        yield f"    (the last {_LOG_LINES} of {len(printed)} lines; `--logs LOGS` keeps them all)"
    help_for_it = remedy_for(lock, build.sdist, [environment], build.failure)
    if help_for_it:
        yield f"    hint: {help_for_it}"
