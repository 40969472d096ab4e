"""The report of a resolve: what was locked, what changed, and what the user should know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from packaging.version import InvalidVersion, Version

from resolver.cli.environments import environments_table
from resolver.cli.terminal import Line
from resolver.errors import HOW_TO_GET_A_SANDBOX
from resolver.lock.describe import counted, describe_diff
from resolver.lock.model import Lock
from resolver.locking import Locked
from resolver.notices import Notice

_NAMING = frozenset({"agreed", "behind"})
"""Kinds of notices whose message names the environment by itself."""

_NAMED = 4
"""Subjects that a notice names; `--json` has them all."""

_SUBJECT = "\0"


def report(
    locked: Locked, names: Sequence[str], old: Lock | None, path: Path, *, changed: bool, dry: bool, quiet: bool
) -> tuple[list[Line], dict[str, object]]:
    """The summary of a run for a person and for ``--json``.

    ``names``: the environments in the spec's order; ``old``: the lock before it; ``dry``: none is written.
    """
    lock = locked.lock
    kinds = [artifact.kind for artifact in lock.artifacts.values()]
    files = " and ".join(counted(kinds.count(kind), kind) for kind in ("wheel", "sdist") if kind in kinds) or "no files"
    if dry:
        verdict = f"{path} would be written" if changed else f"{path} would stay as it is"
    else:
        verdict = f"wrote {path}" if changed else f"{path} is unchanged"
    lines: list[Line] = []
    if not quiet:
        lines = [environments_table(lock, names), ""]
        if old is not None and changed:
            from resolver.lock.diff import diff

            lines += ["changes:", *(f"  {line}" for line in describe_diff(diff(old, lock))), ""]
        lines += _notices(locked.notices)
        lines += [
            f"uploads after {instant} do not exist (exclude_newer: {age}); `--update` measures that anew"
            for age, instant in lock.exclude_newer.items()
        ]
    lines.append(f"{verdict}: {files} for {counted(len(names), 'environment')}")
    document = {
        "lock": str(path),
        "changed": changed,
        "written": changed and not dry,
        "environments": {name: len(pins) for name, pins in lock.resolutions.items()},
        "wheels": kinds.count("wheel"),
        "sdists": kinds.count("sdist"),
        "exclude_newer": dict(lock.exclude_newer),
        "notices": [asdict(notice) for notice in locked.notices],
    }
    return lines, document


def _notices(notices: tuple[Notice, ...]) -> Iterator[str]:
    """Each message once, with the environments that it is about, and once what to do about those of a kind."""
    ordered = sorted(_joined(notices), key=lambda n: (n.kind, n.project, n.message, n.environment))
    for (kind, message), same in groupby(ordered, key=lambda n: (n.kind, n.message)):
        places = [notice.environment for notice in same if notice.environment and kind not in _NAMING]
        yield f"{kind}: {message}" + (f" ({', '.join(places)})" if places else "")
    if any(notice.kind == "sandbox" for notice in notices):
        yield f"  {HOW_TO_GET_A_SANDBOX}; or state in the spec what the build requires (`build: requires:`)"
    if notices:
        yield ""


def _joined(notices: tuple[Notice, ...]) -> Iterator[Notice]:
    """The notices, with one in place of those that say the same of several subjects in one environment."""
    groups: dict[tuple[str, str, str], list[Notice]] = {}
    for notice in sorted(notices):
        if notice.subject:
            said = notice.message.replace(notice.subject, _SUBJECT, 1)
            groups.setdefault((notice.kind, notice.environment, said), []).append(notice)
        else:
            yield notice
    for (_, _, said), same in groups.items():
        same.sort(key=_release, reverse=True)
        same.sort(key=attrgetter("project"))
        named = [notice.subject for notice in same[:_NAMED]]
        more = [f"{len(same) - _NAMED} more"] if len(same) > _NAMED else []
        yield replace(same[0], message=said.replace(_SUBJECT, ", ".join([*named, *more])))


def _release(notice: Notice) -> Version:
    """The version that the subject names: of dozens of releases of a project, the newest is what a reader looks for."""
    words = notice.subject.split()
    try:
        return Version(words[1])
    except (IndexError, InvalidVersion):
        return Version("0")
