"""The `include` entries of a spec: pyproject.toml and requirements files -> declared requirements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from resolver.errors import Problem
from resolver.spec.model import Declared, Origin
from resolver.spec.pyproject import Unreadable, read_pyproject
from resolver.spec.requirements_file import RequirementsReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """What the included files declare; ``digests``: sha256 of each file's bytes by its path."""

    requirements: tuple[Declared, ...] = ()
    constraints: tuple[Declared, ...] = ()
    groups: Mapping[NormalizedName, tuple[Declared, ...]] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


def include(
    entries: Iterable[Any], read: Callable[[str], bytes], place: Callable[[int], Problem]
) -> tuple[Included, list[Problem]]:
    """Read every entry (a path, or a mapping with ``file``); ``place(i)`` is an empty problem at the i-th entry."""
    collector = _Collector(read)
    for i, entry in enumerate(entries):
        path = entry.get("file") if isinstance(entry, dict) else entry
        if not isinstance(path, str):
            continue
        if not _inside(path):
            message = f"{path!r} is not a relative path below or beside the spec"
            collector.problems.append(
                replace(place(i), message=message, hint="a lock names its inputs by relative paths")
            )
        elif path.endswith(".toml"):
            collector.pyproject(path, entry if isinstance(entry, dict) else {}, place(i))
        elif isinstance(entry, dict) and entry.keys() & {"extras", "groups"}:
            message = f"{path!r} has neither extras nor groups"
            collector.problems.append(replace(place(i), message=message, hint="write the path alone"))
        else:
            collector.requirements_file(path, place(i))
    return collector.included(), collector.problems


def _inside(path: str) -> bool:
    return not PurePosixPath(path).is_absolute() and "\\" not in path and ":" not in path


class _Collector:
    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._lines = RequirementsReader(read)
        self._requirements: list[Declared] = []
        self._constraints: list[Declared] = []
        self._groups: dict[NormalizedName, list[Declared]] = {}
        self._contents: dict[str, bytes] = {}
        self._own: list[Problem] = []

    @property
    def problems(self) -> list[Problem]:
        return self._own

    def included(self) -> Included:
        self._own += self._lines.problems
        contents = {**self._contents, **self._lines.seen}
        return Included(
            requirements=tuple(self._requirements),
            constraints=tuple(self._constraints),
            groups={name: tuple(declared) for name, declared in self._groups.items()},
            digests={path: hashlib.sha256(content).hexdigest() for path, content in contents.items()},
        )

    def requirements_file(self, path: str, place: Problem) -> None:
        missing = replace(place, message=f"{path!r}: there is no such file", hint="check the path")
        for line in self._lines.lines(path, place=missing):
            kept = self._constraints if line.constraint else self._requirements
            self._declare(line.text, Origin(file=line.file, line=line.line, path=""), kept)

    def pyproject(self, path: str, chosen: Mapping[str, Any], place: Problem) -> None:
        try:
            content = self._read(path)
        except FileNotFoundError:
            message = f"{path!r}: there is no such file"
            self._own.append(replace(place, message=message, hint="check the path"))
            return
        self._contents[path] = content
        try:
            found = read_pyproject(content)
        except Unreadable as error:
            self._own.append(Problem(file=path, line=0, path=error.path, message=error.message))
            return
        self._declare_all(found.dependencies, path, "project.dependencies", self._requirements)
        narrowed = bool(chosen.keys() & {"extras", "groups"})
        parts = (
            ("extras", found.extras, "project.optional-dependencies"),
            ("groups", found.groups, "dependency-groups"),
        )
        for key, tables, table in parts:
            wanted = chosen.get(key, () if narrowed else "all")
            for name in self._wanted(wanted, tables, path, place):
                self._declare_all(tables[name], path, f"{table}.{name}", self._groups.setdefault(name, []))

    def _wanted(
        self, wanted: object, tables: Mapping[NormalizedName, tuple[str, ...]], path: str, place: Problem
    ) -> list[NormalizedName]:
        if wanted == "all":
            return list(tables)
        found = []
        for text in wanted if isinstance(wanted, list | tuple) else ():
            name = canonicalize_name(str(text))
            if name in tables:
                found.append(name)
            else:
                hint = f"it has {', '.join(tables)}" if tables else "it has none"
                self._own.append(replace(place, message=f"{path} has no {text!r}", hint=hint))
        return found

    def _declare_all(self, texts: Iterable[str], file: str, path: str, kept: list[Declared]) -> None:
        for text in texts:
            self._declare(text, Origin(file=file, line=0, path=path), kept)

    def _declare(self, text: str, origin: Origin, kept: list[Declared]) -> None:
        try:
            kept.append(Declared(requirement=Requirement(text), origin=origin))
        except InvalidRequirement as error:
            message = f"{text!r} is not a requirement: {str(error).splitlines()[0]}"
            hint = "write what it names as a requirement, such as name @ https://index.example/name-1.0.whl"
            self._own.append(Problem(file=origin.file, line=origin.line, path=origin.path, message=message, hint=hint))
