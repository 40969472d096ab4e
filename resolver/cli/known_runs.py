"""Runs of `resolve` that are remembered: what each depended on, the lock that it wrote, and what it printed.

A resolution is a function of the command, the spec and the files that it includes, the old lock, this program, the
pages of indexes and, where build backends are asked, the machine. The note ``runs/<key>`` is named by a digest of
command, spec, old lock and program. The rest is compared when a run is recalled: included files, pages, what shows of
the machine. Pages must also be fresh: where an index would have to be asked, no run is repeated.
"""

from __future__ import annotations

import marshal
import os
import sys
import time

from resolver.cli.notes import are_unchanged, has_notes, note_digest, read_note, write_note
from resolver.http_index.entries import entry_path, read_age_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_KIND = "runs"
_programs: dict[tuple[str, ...], list[str]] = {}  # by where they lie: to list one takes more than a millisecond

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


class Run:
    """``inputs``: path beside the spec -> sha256. ``pages``: key of the page in the cache -> sha256 of its bytes.

    ``machine``: what was seen of this machine (see `resolver.sandbox.traces`), empty where no build backend was asked.
    ``lines`` are what the run printed, a table as ``(headers, rows, numbers)``; ``plain`` is the same as text.
    """

    def __init__(
        self,
        *,
        inputs: Mapping[str, str],
        pages: Mapping[str, str],
        machine: str,
        lock: bytes,
        lines: Sequence[str | tuple[Sequence[str], Sequence[Sequence[str]], Sequence[int]]],
        plain: str,
    ) -> None:
        self.inputs = inputs
        self.pages = pages
        self.machine = machine
        self.lock = lock
        self.lines = lines
        self.plain = plain


def run_key(words: Iterable[str], spec: str, old: bytes | None) -> str:
    """What a run is known by: its command in ``words``, the sha256 of the spec, and the bytes of the lock before it."""
    parts = [*program(), *words, spec, "" if old is None else note_digest(old)]
    return note_digest("\0".join(parts).encode("utf-8", "surrogateescape"))


def remember(root: str, key: str, run: Run) -> None:
    """Keep a run that succeeded."""
    write_note(root, _KIND, key, marshal.dumps(vars(run)))


def are_kept(root: str) -> bool:
    """Whether a run was ever remembered."""
    return has_notes(root, _KIND)


def recall(root: str, key: str, folder: str) -> Run | None:
    """The run of that key, where the files below ``folder``, the spec's, are what they were, and so is all else."""
    note = read_note(root, _KIND, key)
    if note is None:
        return None
    run = Run(**marshal.loads(note))  # noqa: S302  (sealed, the user's own, and of this very Python)
    try:
        now = time.time()
        is_same = (
            are_unchanged(folder, run.inputs)
            and all(_is_fresh(root, page, digest, now) for page, digest in run.pages.items())
            and (not run.machine or _is_seen(run.machine))
        )
    except (OSError, ValueError):
        return None
    return run if is_same else None


def _is_fresh(root: str, key: str, digest: str, now: float) -> bool:
    """Whether the cache holds a page, and the index said that it stands. Raises OSError and ValueError."""
    with open(entry_path(root, "pages", key), "rb") as stream:  # noqa: PTH123
        stream.readline()  # the entry's seal: nothing but its age is wanted
        sha256, fetched, fresh_until = read_age_line(stream.readline())
    return sha256 == digest and fetched <= now < fresh_until


def _is_seen(machine: str) -> bool:
    """Whether this machine shows what it did. Raises OSError."""
    from resolver.sandbox.traces import traces

    seen = traces()
    return seen is not None and seen.text == machine


def program() -> list[str]:
    """This Python, this program file by file, and what is installed beside it, as they were when first asked for."""
    where = (_PACKAGE, *sys.path)
    if where not in _programs:
        _programs[where] = _listed(*where)
    return _programs[where]


def _listed(package: str, *path: str) -> list[str]:
    found = [sys.version, package, *sorted(_sources(package))]
    for folder in path:
        try:
            found += sorted(name for name in os.listdir(folder or ".") if name.endswith(".dist-info"))  # noqa: PTH208
        except OSError:
            continue
    return found


def _sources(folder: str) -> Iterable[str]:
    try:
        entries = list(os.scandir(folder))
    except NotADirectoryError:  # in an archive
        status = os.stat(sys.path[0])  # noqa: PTH116
        return [f"{status.st_size} {status.st_mtime_ns}"]
    found: list[str] = []
    for entry in entries:
        if entry.name == "__pycache__":  # another process may be writing there
            continue
        if entry.is_dir():
            found += _sources(entry.path)
        else:
            status = entry.stat()
            found.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    return found
