"""Requirements files (pip's format) -> the requirement lines that they declare.

Read are requirements, comments, continued lines, ``-r`` and ``-c``. Whatever else pip reads there is refused with a
hint: a spec states indexes, hashes and files elsewhere, and nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from resolver.errors import Problem

_COMMENT = re.compile(r"(^|\s)#.*$")
_NESTED = re.compile(r"(-r|--requirement|-c|--constraint)(?:\s+|=)?(\S.*)")
HINTS = {
    "-i": "name the index under `indexes` in the spec",
    "--index-url": "name the index under `indexes` in the spec",
    "--extra-index-url": "name the index under `indexes` in the spec, with the projects that it is for",
    "--no-index": "the spec's `indexes` decide",
    "-f": "name the directory as an index under `indexes` in the spec",
    "--find-links": "name the directory as an index under `indexes` in the spec",
    "-e": "an editable project is no artifact; require a release of it",
    "--editable": "an editable project is no artifact; require a release of it",
    "--hash": "remove it: the lock has the hashes",
    "--pre": "set `policy: {prereleases: allow}` in the spec",
    "--only-binary": "set `policy: {sdists: never}` in the spec",
    "--no-binary": "set `policy: {sdists: always}` in the spec",
    "--trusted-host": "give a certificate instead (REQUESTS_CA_BUNDLE)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One requirement as written, where it stands, and whether it only constrains."""

    text: str
    file: str
    line: int
    constraint: bool


class RequirementsReader:
    """Reads a file and what it names; ``problems`` and ``seen`` (path -> bytes) fill while it does."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self.problems: list[Problem] = []
        self.seen: dict[str, bytes] = {}

    def lines(self, path: str, *, constraint: bool = False, place: Problem | None = None) -> Iterator[Line]:
        """The requirement lines of ``path`` (relative to the spec); a file is read once, so circles end."""
        if path in self.seen:
            return
        try:
            content = self._read(path)
            text = content.decode("utf-8-sig")
        except FileNotFoundError:
            self.problems.append(place or _problem(path, 0, "there is no such file", "check the path"))
            return
        except UnicodeDecodeError:
            self.problems.append(_problem(path, 0, "is not UTF-8", "save the file as UTF-8"))
            return
        self.seen[path] = content
        for number, line in _logical_lines(text):
            yield from self._line(path, number, line, constraint=constraint)

    def _line(self, path: str, number: int, line: str, *, constraint: bool) -> Iterator[Line]:
        nested = _NESTED.fullmatch(line)
        if nested is not None:
            other = str(PurePosixPath(path).parent / nested[2].strip())
            missing = _problem(path, number, f"{nested[2].strip()!r}: there is no such file", "check the path")
            yield from self.lines(other, constraint=constraint or nested[1] in {"-c", "--constraint"}, place=missing)
        elif line.startswith("-"):
            option = re.split(r"[\s=]", line, maxsplit=1)[0]
            hint = HINTS.get(option, "remove it")
            self.problems.append(_problem(path, number, f"the option {option} is not read from here", hint))
        elif " --" in line:
            option = re.split(r"[\s=]", line[line.index(" --") + 1 :], maxsplit=1)[0]
            hint = HINTS.get(option, "remove it")
            self.problems.append(_problem(path, number, f"the option {option} is not read from here", hint))
        else:
            yield Line(text=line, file=path, line=number, constraint=constraint)


def _problem(path: str, line: int, message: str, hint: str) -> Problem:
    return Problem(file=path, line=line, path="", message=message, hint=hint)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, with continued ones joined; the number is that of the first."""
    parts: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw) if not raw.rstrip().endswith("\\") else raw
        first = first or number
        if line.rstrip().endswith("\\"):
            parts.append(line.rstrip()[:-1])
            continue
        joined = "".join([*parts, line]).strip()
        if joined:
            yield first, joined
        parts, first = [], 0
    if parts and "".join(parts).strip():
        yield first, "".join(parts).strip()
