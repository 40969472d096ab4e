"""Text of a requirements file (pip's format) -> its lines, each told apart. Reads no file and parses no requirement.

Comments, continued lines, ``-r``, ``-c`` and ``--hash`` are read as pip documents them. ``--require-hashes`` is passed
over: every lock has hashes. Any other option is told as a problem: a spec says the same elsewhere, or cannot say it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Literal

from resolver.records import record
from resolver.spec.report import Invalid, shown

HARMLESS = frozenset({"--require-hashes"})

_NAMES_AN_INDEX = frozenset({"-i", "--index-url", "--extra-index-url"})
_INDEXES = "name it under `indexes` in the spec"
_SDISTS = "say it under `policy` or `projects` in the spec"
_NO_PROJECT = "a project directory is no artifact; require a release of it, or include its pyproject.toml as well"
_HINTS = {
    "-i": _INDEXES,
    "--index-url": _INDEXES,
    "--extra-index-url": f"{_INDEXES}, with the projects that belong to it",
    "--no-index": "`indexes` in the spec decides",
    "-f": f"a directory of files is an index: {_INDEXES}",
    "--find-links": f"a directory of files is an index: {_INDEXES}",
    "-e": _NO_PROJECT,
    "--editable": _NO_PROJECT,
    "--pre": "prereleases: allow, under `policy` or `projects` in the spec",
    "--no-binary": f"sdists: always; {_SDISTS}",
    "--only-binary": f"sdists: never; {_SDISTS}",
    "--prefer-binary": f"sdists: avoid; {_SDISTS}",
    "--trusted-host": "trust the certificate of its authority instead (REQUESTS_CA_BUNDLE)",
}
_FOLDERS = frozenset({"-e", "--editable"})
_FILES: dict[str, Literal["requirements", "constraints"]] = {
    "-r": "requirements",
    "--requirement": "requirements",
    "-c": "constraints",
    "--constraint": "constraints",
}
_HASH = re.compile(r"\s--hash[=\s]\s*(\S+)")
_DIGESTS = {"sha256": 64, "sha384": 96, "sha512": 128}  # what pip takes, and the length of each in hex
_FOLDER = re.compile(r"([^\s\[\]:#]+)(?:\[([^\[\]]*)\])?")
_COMMENT = re.compile(r"(?:^|\s+)#.*$")
_OPTION = re.compile(r"(--[A-Za-z][A-Za-z0-9-]*|-[A-Za-z])(?:\s*=\s*|\s+|(?<=^-[A-Za-z]))?(.*)")
_TRAILING = re.compile(r"\s(--?[A-Za-z][A-Za-z0-9-]*)(?=[\s=]|$)")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")


@record
class Entry:
    """What one line says: a requirement, or the path of another file, or a folder, as written. ``line``: its first.

    ``digests``: what ``--hash`` says of the requirement's files, as ``sha256:<hex>``. ``extras`` are those of the
    project in a folder.
    """

    line: int
    kind: Literal["requirement", "requirements", "constraints", "folder"]
    text: str
    digests: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


def read_entries(
    text: str, indexes: Collection[str] = (), is_included: Callable[[str], bool] = lambda _: False
) -> Iterator[Entry | tuple[int, Invalid]]:
    """The entries of a file in order; for a line that is refused, its number and why.

    ``indexes``: URLs of those that the spec names, which the file may name as well. ``is_included``: whether the
    project in a folder, by its path as written, is one that the spec includes; others are refused.
    What is refused on many lines is told once: a compiled file may have an option on each of them.
    """
    found = list(_read(text, {url.rstrip("/") for url in indexes}, is_included))
    times = Counter(one[1].message for one in found if isinstance(one, tuple))
    for one in found:
        if not isinstance(one, tuple):
            yield one
            continue
        number, refused = one
        more = times.pop(refused.message, 0) - 1
        if more > 0:
            lines = "line" if more == 1 else "lines"
            yield number, Invalid(f"{refused.message}, nor on {more} more {lines}", refused.hint)
        elif more == 0:
            yield one


def _read(
    text: str, indexes: Collection[str], is_included: Callable[[str], bool]
) -> Iterator[Entry | tuple[int, Invalid]]:
    for number, line in logical_lines(text):
        try:
            entry = _folder(number, line, is_included) or _entry(number, line, indexes)
        except Invalid as refused:
            yield number, refused
        else:
            if entry is not None:
                yield entry


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined where a backslash continues them, without comments and blanks. A comment ends what is continued."""
    first, parts = 0, list[str]()
    for number, raw in enumerate(text.splitlines(), 1):
        first = first or number
        comment = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not comment:
            parts.append(raw[:-1])
            continue
        parts.append(f" {raw}" if comment else raw)
        yield from _stripped(first, parts)
        first, parts = 0, []
    yield from _stripped(first, parts)


def _stripped(number: int, parts: list[str]) -> Iterator[tuple[int, str]]:
    line = _COMMENT.sub("", "".join(parts)).strip()
    if line:
        yield number, line


def _folder(number: int, line: str, is_included: Callable[[str], bool]) -> Entry | None:
    """A project that is installed from its folder, with ``-e`` or without, where the spec includes it."""
    option = _OPTION.fullmatch(line)
    if not (line.startswith(".") or (option is not None and option[1] in _FOLDERS)):
        return None
    found = _FOLDER.fullmatch((option[2] if option is not None else line).strip())
    if found is None or not is_included(found[1]):
        return None
    extras = [extra.strip() for extra in (found[2] or "").split(",")]
    return Entry(line=number, kind="folder", text=found[1], extras=tuple(filter(None, extras)))


def _entry(number: int, line: str, indexes: Collection[str]) -> Entry | None:
    variable = _VARIABLE.search(line)
    if variable is not None:
        raise Invalid(f"{variable[0]} is a variable of the environment, and a lock depends on none", "write it out")
    if not line.startswith("-"):
        text, digests = without_hashes(line)
        trailing = _TRAILING.search(text)
        if trailing is not None:
            raise _refused(trailing[1])
        return Entry(line=number, kind="requirement", text=text, digests=tuple(map(_digest, digests)))
    found = _OPTION.fullmatch(line)
    option, value = (found[1], found[2].strip()) if found is not None else (line, "")
    if option in _FILES:
        if not value:
            raise Invalid(f"{option} names no file", f"{option} requirements.in")
        return Entry(line=number, kind=_FILES[option], text=value.strip("\"'"))
    if option in _FOLDERS and _says_which(value):
        return Entry(line=number, kind="requirement", text=f"-e {value}")
    if option in HARMLESS or (option in _NAMES_AN_INDEX and value.strip("\"'").rstrip("/") in indexes):
        return None
    raise _refused(option)


def _says_which(url: str) -> bool:
    """Whether the URL of what is to be editable names its project, as in ``git+https://...#egg=lib``."""
    from resolver.spec.sources import stated_source  # noqa: PLC0415  (hardly any file has one)

    return stated_source(f"-e {url}", ()) is not None


def without_hashes(line: str) -> tuple[str, list[str]]:
    """The requirement of a line, and the values of its ``--hash``, as they are."""
    return _HASH.sub("", line).strip(), _HASH.findall(line)


def _digest(text: str) -> str:
    algorithm, _, digest = text.partition(":")
    if len(digest) != _DIGESTS.get(algorithm) or re.fullmatch("[0-9a-fA-F]+", digest) is None:
        raise Invalid(f"{shown(text)} is no hash", "--hash=sha256: and 64 hex digits")
    return f"{algorithm}:{digest.lower()}"


def _refused(option: str) -> Invalid:
    return Invalid(f"the option {shown(option)} cannot be read from here", _HINTS.get(option, "remove it"))
