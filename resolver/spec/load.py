"""Spec file -> `Spec`: shape by the schema, meaning by the rules here, every problem reported at once.

Files are read through a function that is given, by paths relative to the spec's directory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from resolver.errors import Problem, SpecError
from resolver.spec.document import Document, Path, read_document
from resolver.spec.include import Included, include
from resolver.spec.model import (
    BuildSpec,
    Declared,
    IndexSpec,
    MetadataOverride,
    Origin,
    Policy,
    RawEnvironment,
    ShortEnvironment,
    Spec,
)
from resolver.spec.shape import shape_problems


def load(path: str, read: Callable[[str], bytes]) -> Spec:
    """Read the spec ``path`` (relative to its own directory, as everything that it includes).

    ``read`` raises FileNotFoundError for what is not there. Raises `SpecError` with every problem, by file and line.
    """
    try:
        content = read(path)
    except FileNotFoundError:
        hint = "`wheelhouse init` writes a starter spec; --spec names another file"
        problem = Problem(file=path, line=0, path="", message="there is no such file", hint=hint)
        raise SpecError((problem,)) from None
    document = read_document(path, content)
    reader = _Reader(document, read)
    reader.problems.extend(shape_problems(document))
    spec = reader.spec(hashlib.sha256(content).hexdigest())
    if reader.problems:
        unique = dict.fromkeys(reader.problems)
        raise SpecError(tuple(sorted(unique, key=lambda p: (p.file != path, p.file, p.line, p.path))))
    return spec


class _Reader:
    """Data -> values. Whatever does not have the right shape is passed over: the schema has told of it already."""

    def __init__(self, document: Document, read: Callable[[str], bytes]) -> None:
        self._document = document
        self._read = read
        self._data: Mapping[str, Any] = document.data if isinstance(document.data, dict) else {}
        self.problems: list[Problem] = []

    def spec(self, digest: str) -> Spec:
        included = self._included()
        policy = self._policy(("policy",), Policy())
        metadata_overrides, overrides = self._overrides()
        return Spec(
            environments=tuple(self._environments()),
            requirements=(*self._requirements(("requirements",)), *included.requirements),
            groups=self._groups(included),
            constraints=(*self._requirements(("constraints",)), *included.constraints),
            overrides=overrides,
            metadata_overrides=metadata_overrides,
            indexes=self._indexes(),
            build=self._build(),
            policy=policy,
            projects={
                name: self._policy(("projects", key), policy) for key, name in self._names(("projects",)).items()
            },
            inputs={self._document.file: digest, **included.digests},
        )

    # Small things.

    def _problem(self, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(self._document.problem(path, message, hint))

    def _origin(self, path: Path) -> Origin:
        last = self._document.problem(path, "")
        return Origin(file=last.file, line=last.line, path=last.path)

    def _at(self, path: Path) -> Any:  # noqa: ANN401  (plain data from outside)
        found: Any = self._data
        for part in path:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int):
                found = found[part] if part < len(found) else None
            else:
                return None
        return found

    def _mapping(self, path: Path) -> dict[str, Any]:
        found = self._at(path)
        return found if isinstance(found, dict) else {}

    def _list(self, path: Path) -> list[Any]:
        found = self._at(path)
        return found if isinstance(found, list) else []

    def _string(self, path: Path) -> str | None:
        found = self._at(path)
        return found if isinstance(found, str) else None

    def _name(self, path: Path, text: str) -> NormalizedName | None:
        try:
            return canonicalize_name(text, validate=True)
        except InvalidName:
            self._problem(path, f"{text!r} is not the name of a project", "letters, digits, '.', '_' and '-'")
            return None

    def _names(self, path: Path) -> dict[str, NormalizedName]:
        """The keys of a mapping as normalised names; two keys of one name are a problem."""
        found: dict[str, NormalizedName] = {}
        for key in self._mapping(path):
            name = self._name((*path, key), key)
            if name is not None and name in found.values():
                self._problem((*path, key), f"{key!r} stands here a second time, spelt otherwise", "merge the two")
            elif name is not None:
                found[key] = name
        return found

    # Requirements.

    def _requirement(self, path: Path, text: object) -> Requirement | None:
        if not isinstance(text, str):
            return None
        try:
            return Requirement(text)
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0]
            self._problem(
                path, f"{text!r} is not a requirement: {reason}", 'such as name>=1.0 ; python_version < "3.12"'
            )
            return None

    def _requirements(self, path: Path) -> tuple[Declared, ...]:
        found = []
        for i, text in enumerate(self._list(path)):
            requirement = self._requirement((*path, i), text)
            if requirement is not None:
                found.append(Declared(requirement=requirement, origin=self._origin((*path, i))))
        return tuple(found)

    def _groups(self, included: Included) -> dict[NormalizedName, tuple[Declared, ...]]:
        groups = {name: self._requirements(("groups", key)) for key, name in self._names(("groups",)).items()}
        for name, declared in included.groups.items():
            groups[name] = (*groups.get(name, ()), *declared)
        return groups

    def _included(self) -> Included:
        included, problems = include(
            self._list(("include",)), self._read, lambda i: self._document.problem(("include", i), "")
        )
        self.problems.extend(problems)
        return included

    def _overrides(self) -> tuple[tuple[MetadataOverride, ...], tuple[Declared, ...]]:
        metadata: list[MetadataOverride] = []
        plain: list[Declared] = []
        for i, item in enumerate(self._list(("overrides",))):
            path: Path = ("overrides", i)
            if isinstance(item, dict):
                override = self._metadata_override(path)
                metadata.extend([override] if override else [])
            else:
                requirement = self._requirement(path, item)
                if requirement is not None:
                    plain.append(Declared(requirement=requirement, origin=self._origin(path)))
        return tuple(metadata), tuple(plain)

    def _metadata_override(self, path: Path) -> MetadataOverride | None:
        project = self._name((*path, "project"), self._string((*path, "project")) or "-")
        versions = self._specifier((*path, "versions"))
        python = self._specifier((*path, "requires_python"))
        dependencies = None
        if "dependencies" in self._mapping(path):
            dependencies = tuple(d.requirement for d in self._requirements((*path, "dependencies")))
        if dependencies is None and python is None:
            self._problem(path, "replaces nothing", "state `dependencies` or `requires_python`")
        if project is None:
            return None
        return MetadataOverride(
            project=project,
            versions=versions if versions is not None else SpecifierSet(),
            origin=self._origin(path),
            dependencies=dependencies,
            requires_python=python,
        )

    def _specifier(self, path: Path) -> SpecifierSet | None:
        text = self._string(path)
        if text is None:
            return None
        try:
            return SpecifierSet(text)
        except InvalidSpecifier:
            self._problem(path, f"{text!r} is not a version specifier", "such as ==1.0, or >=3.6,<4")
            return None

    def _build(self) -> BuildSpec:
        requires = {
            name: tuple(d.requirement for d in self._requirements(("build", "requires", key)))
            for key, name in self._names(("build", "requires")).items()
        }
        return BuildSpec(constraints=self._requirements(("build", "constraints")), requires=requires)

    # Environments, indexes, policies.

    def _environments(self) -> list[ShortEnvironment | RawEnvironment]:
        found: list[ShortEnvironment | RawEnvironment] = []
        for name, value in self._mapping(("environments",)).items():
            path: Path = ("environments", name)
            if not isinstance(value, dict):
                continue
            markers = {k: v for k, v in self._mapping((*path, "markers")).items() if isinstance(v, str)}
            if "tags" in value:
                tags = tuple(tag for tag in self._list((*path, "tags")) if isinstance(tag, str))
                found.append(RawEnvironment(name=name, origin=self._origin(path), markers=markers, tags=tags))
                continue
            pythons = value.get("python")
            listed = pythons if isinstance(pythons, list) else [pythons]
            found.append(
                ShortEnvironment(
                    name=name,
                    origin=self._origin(path),
                    python=tuple(p for p in listed if isinstance(p, str)),
                    os=str(value.get("os")),
                    arch=str(value.get("arch")),
                    libc=self._string((*path, "libc")),
                    markers=markers,
                )
            )
        return found

    def _indexes(self) -> tuple[IndexSpec, ...]:
        found: list[IndexSpec] = []
        patterns: dict[str, str] = {}
        for i, item in enumerate(self._list(("indexes",))):
            path: Path = ("indexes", i)
            if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                continue
            name, url = item["name"], self._string((*path, "url"))
            self._check_url(path, name, url)
            if any(other.name == name for other in found):
                self._problem((*path, "name"), f"a second index is called {name!r}", "rename one")
            projects = tuple(p for p in self._list((*path, "projects")) if isinstance(p, str))
            for j, pattern in enumerate(projects):
                owner = patterns.setdefault(_normal_pattern(pattern), name)
                if owner != name:
                    self._problem(
                        (*path, "projects", j), f"{pattern!r} belongs to index {owner!r} already", "remove one"
                    )
            found.append(IndexSpec(name=name, url=url, projects=tuple(_normal_pattern(p) for p in projects)))
        open_ones = [index.name for index in found if not index.projects]
        if len(open_ones) > 1:
            message = f"{' and '.join(open_ones)} both lack `projects`: each project belongs to exactly one index"
            self._problem(("indexes",), message, "state the projects of all but one")
        if not open_ones:
            found.append(IndexSpec(name="pypi"))
        return tuple(found)

    def _check_url(self, path: Path, name: str, url: str | None) -> None:
        if url is None:
            if name != "pypi":
                self._problem(path, f"index {name!r} has no url", "only `pypi` is known without one")
            return
        parts = urlsplit(url)
        if "@" in parts.netloc:
            prefix = "WHEELHOUSE_INDEX_" + "".join(c if c.isalnum() else "_" for c in name.upper())
            hint = f"give them in {prefix}_USERNAME and {prefix}_PASSWORD, in ~/.netrc, or by keyring"
            self._problem((*path, "url"), "credentials do not belong in a spec", hint)
        elif parts.scheme not in {"", "http", "https", "file"}:
            self._problem((*path, "url"), f"{parts.scheme!r} is no scheme of an index", "http, https, file, or a path")
        elif parts.scheme == "" and PurePosixPath(url).is_absolute():
            self._problem(
                (*path, "url"), "a lock holds no absolute path", "write it relative to the spec, or as file://"
            )

    def _policy(self, path: Path, base: Policy) -> Policy:
        given = self._mapping(path)
        changes: dict[str, Any] = {
            key: given[key]
            for key, kind in {"prereleases": str, "yanked": str, "sdists": str, "strategy": str, "align": bool}.items()
            if isinstance(given.get(key), kind)
        }
        if isinstance(given.get("exclude_newer"), str):
            changes["exclude_newer"] = self._moment((*path, "exclude_newer"), given["exclude_newer"])
        return replace(base, **changes)

    def _moment(self, path: Path, text: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            self._problem(path, f"{text!r} is neither a date nor a time", "such as 2026-11-01, or 2026-11-01T12:00:00Z")
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def _normal_pattern(pattern: str) -> str:
    """A glob over normalised names: PEP 503 applied to its text."""
    return "-".join(part for part in pattern.lower().replace("_", "-").replace(".", "-").split("-"))
