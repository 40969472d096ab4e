"""pyproject.toml -> what it requires: dependencies and extras (PEP 621), dependency groups (PEP 735)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Unreadable(ValueError):
    """A pyproject.toml that breaks its specification: ``path`` inside the file, and what is wrong."""

    def __init__(self, path: str, message: str) -> None:
        self.path = path
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pyproject:
    """Requirements as written: of the project, of each extra, of each dependency group (includes resolved)."""

    dependencies: tuple[str, ...] = ()
    extras: Mapping[NormalizedName, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[NormalizedName, tuple[str, ...]] = field(default_factory=dict)
    requires_python: str | None = None


def read_pyproject(content: bytes) -> Pyproject:
    """Read the requirements of a pyproject.toml. Raises `Unreadable`."""
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unreadable("", f"is not TOML: {error}") from error
    project = _table(data, "project")
    dynamic = project.get("dynamic", [])
    for key in ("dependencies", "optional-dependencies"):
        if isinstance(dynamic, list) and key in dynamic:
            raise Unreadable(f"project.{key}", "is dynamic: only running the project's backend could tell")
    extras = {
        canonicalize_name(name): _strings(listed, f"project.optional-dependencies.{name}")
        for name, listed in _table(project, "optional-dependencies", "project.").items()
    }
    own = project.get("name")
    name = canonicalize_name(own) if isinstance(own, str) else None
    raw = {canonicalize_name(group): listed for group, listed in _table(data, "dependency-groups").items()}
    python = project.get("requires-python")
    return Pyproject(
        dependencies=_strings(project.get("dependencies", []), "project.dependencies"),
        extras={extra: _without_self(extra, extras, name) for extra in extras},
        groups={group: tuple(_group(group, raw, ())) for group in raw},
        requires_python=python if isinstance(python, str) else None,
    )


def _table(data: Mapping[str, Any], key: str, prefix: str = "") -> Mapping[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise Unreadable(prefix + key, "is not a table")
    return table


def _strings(listed: object, path: str) -> tuple[str, ...]:
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Unreadable(path, "is not a list of strings")
    return tuple(listed)


def _without_self(
    extra: NormalizedName, extras: Mapping[NormalizedName, tuple[str, ...]], project: NormalizedName | None
) -> tuple[str, ...]:
    """The requirements of an extra, with ``project[other]`` replaced by the other extra's."""
    found: dict[str, None] = {}
    pending, seen = [extra], set[NormalizedName]()
    while pending:
        current = pending.pop(0)
        if current in seen:
            continue
        seen.add(current)
        for text in extras.get(current, ()):
            others = _extras_of(text, project)
            if others is None:
                found[text] = None
            else:
                pending.extend(others)
    return tuple(found)


def _extras_of(text: str, project: NormalizedName | None) -> list[NormalizedName] | None:
    """The extras that ``text`` asks of the project itself, or None where it asks for another project."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    if canonicalize_name(requirement.name) != project:
        return None
    return sorted(canonicalize_name(extra) for extra in requirement.extras)


def _group(group: NormalizedName, raw: Mapping[NormalizedName, object], above: tuple[str, ...]) -> list[str]:
    path = f"dependency-groups.{group}"
    if group in above:
        raise Unreadable(path, f"includes itself: {' -> '.join([*above, group])}")
    if group not in raw:
        raise Unreadable(f"dependency-groups.{above[-1]}", f"includes {group!r}, which is not there")
    listed = raw[group]
    if not isinstance(listed, list):
        raise Unreadable(path, "is not a list")
    found: list[str] = []
    for item in listed:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict) and list(item) == ["include-group"] and isinstance(item["include-group"], str):
            found += _group(canonicalize_name(item["include-group"]), raw, (*above, group))
        else:
            raise Unreadable(path, f"{item!r} is neither a requirement nor an include-group")
    return found
