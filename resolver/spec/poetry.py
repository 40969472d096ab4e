"""The tables of Poetry in a pyproject.toml -> requirements as PEP 508 has them.

Before Poetry 2 they were the only place of a project's requirements; its groups still are. ``allow-prereleases``,
which a requirement cannot say, is read by `resolver.spec.tool_choices`, and where a project comes from (``path``,
``git``, ``source``) by `resolver.spec.sources`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from resolver.spec.document import Steps
from resolver.spec.poetry_versions import python_marker, specifiers
from resolver.spec.report import Invalid, shown
from resolver.spec.stated import Stated
from resolver.toml import table

TABLE: Steps = ("tool", "poetry")
_FIRST: Steps = (*TABLE, "dependencies")
_OLD: Steps = (*TABLE, "dev-dependencies")


def project_table(poetry: Mapping[str, Any]) -> dict[str, Any]:
    """``[tool.poetry]`` -> the keys of ``[project]`` (PEP 621) that say the same; what is not stated is absent."""
    dependencies = table(poetry, "dependencies")
    required = {name: value for name, value in dependencies.items() if not _is_optional(value)}
    extras = {name: list(_of_extra(named, dependencies)) for name, named in table(poetry, "extras").items()}
    found: dict[str, Any] = {
        "name": poetry.get("name"),
        "version": poetry.get("version"),
        "requires-python": _requires_python(dependencies),
        "dependencies": list(_listed(required, _FIRST)) if dependencies else None,
        "optional-dependencies": extras or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def dependency_tables(poetry: Mapping[str, Any]) -> Iterator[tuple[Steps, Mapping[str, Any]]]:
    """Every table of dependencies in ``[tool.poetry]``, and where it stands."""
    yield _FIRST, table(poetry, "dependencies")
    yield _OLD, table(poetry, "dev-dependencies")
    groups = table(poetry, "group")
    for name in groups:
        yield _of_group(name), table(groups, name, "dependencies")


def group_tables(poetry: Mapping[str, Any]) -> Iterator[tuple[str, list[object]]]:
    """The groups of ``[tool.poetry]``, as dependency groups (PEP 735) have them."""
    groups = table(poetry, "group")
    for name in groups:
        group = table(groups, name)
        included = group.get("include-groups", ())
        yield (
            name,
            [
                *_listed(table(group, "dependencies"), _of_group(name)),
                *({"include-group": other} for other in (included if isinstance(included, list) else ())),
            ],
        )
    old = table(poetry, "dev-dependencies")
    if old:
        yield "dev", list(_listed(old, _OLD))


def _of_group(name: str) -> Steps:
    return (*TABLE, "group", name, "dependencies")


def _requires_python(dependencies: Mapping[str, Any]) -> Stated | None:
    """The Pythons of the project in PEP 440; None where they have no such form."""
    try:
        found = specifiers(str(dependencies["python"])) if "python" in dependencies else ""
    except Invalid:
        return None
    return Stated(value=found, steps=(*_FIRST, "python")) if found else None


def unknown_in_extras(poetry: Mapping[str, Any]) -> Iterator[tuple[Steps, str]]:
    """What extras name that is none of the dependencies: Poetry passes over it where it builds and installs."""
    known = set(map(canonicalize_name, table(poetry, "dependencies")))
    for extra, named in table(poetry, "extras").items():
        for name in map(str, named if isinstance(named, list) else [named]):
            if canonicalize_name(name) not in known:
                yield (*TABLE, "extras", extra), name


def _of_extra(named: object, dependencies: Mapping[str, Any]) -> Iterator[Stated]:
    """The optional dependencies that an extra names; see `unknown_in_extras` for others."""
    known = {canonicalize_name(name): name for name in dependencies}
    for name in named if isinstance(named, list) else [named]:
        key = known.get(canonicalize_name(str(name)))
        if key is not None:
            yield from _listed({key: dependencies[key]}, _FIRST)


def as_tables(value: object) -> list[Mapping[str, Any]]:
    """The forms in which Poetry states one dependency: a constraint, a table, or a list of these."""
    forms = value if isinstance(value, list) else [value]
    return [form if isinstance(form, dict) else {"version": form} for form in forms]


def _is_optional(value: object) -> bool:
    return any(form.get("optional") is True for form in as_tables(value))


def _listed(stated: Mapping[str, Any], above: Steps) -> Iterator[Stated]:
    for name, value in stated.items():
        if above == _FIRST and name == "python":
            continue
        for form in as_tables(value):
            try:
                text: object = _requirement(name, form)
            except Invalid as error:
                text = error
            yield Stated(value=text, steps=(*above, name))


def _requirement(name: str, form: Mapping[str, Any]) -> str:
    extras = form.get("extras", [])
    named = f"{name}[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else name
    url, version = form.get("url"), form.get("version", "")
    if not isinstance(version, str):
        raise Invalid(f"{shown(version)} is not text", 'such as "^2.31"')
    which = f" @ {url}" if url else specifiers(version)
    marker = " and ".join(f"({part})" for part in _markers(form))
    return f"{named}{which} ; {marker}" if marker else f"{named}{which}"


def _markers(form: Mapping[str, Any]) -> Iterator[str]:
    if form.get("markers"):
        yield str(form["markers"])
    python = python_marker(str(form.get("python", "")))
    if python:
        yield python
    if form.get("platform"):
        platforms = str(form["platform"]).replace("||", "|").split("|")
        yield " or ".join(f'sys_platform == "{platform.strip()}"' for platform in platforms)
