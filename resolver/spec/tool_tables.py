"""What tools state in tables of their own -> the tables of the standards that say the same.

Poetry had nothing else before its second version and flit nothing before 3.2; Poetry's groups are still there. uv, Rye
and PDM have kept the development dependencies of a time without dependency groups. What the standard's own table states
goes before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from resolver.spec import flit, poetry
from resolver.spec.document import Steps
from resolver.spec.dynamic_files import from_files
from resolver.spec.stated import Stated
from resolver.toml import table


def standard(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """``data`` with ``project`` and ``dependency-groups`` as if all were said there.

    Where tools say nothing, they are what ``data`` has, and absent where it has none. What they say of requirements
    stands there as `Stated`, which knows its own place, and as `FromFiles` what backends read from files.
    """
    of_tools = {
        **flit.project_table(table(data, "tool", "flit")),
        **poetry.project_table(table(data, "tool", "poetry")),
    }
    project = _project(data.get("project", {}), of_tools)
    if isinstance(project, dict) and isinstance(project.get("dynamic"), list):
        known = {key: value for key, value in from_files(data).items() if key in project["dynamic"]}
        project = {**known, **project, "dynamic": [key for key in project["dynamic"] if key not in known]}
    groups = _groups(data.get("dependency-groups", {}), list(_groups_of_tools(table(data, "tool"))))
    found = {**data, "project": project, "dependency-groups": groups}
    return {key: value for key, value in found.items() if value or key in data}


def _project(stated: object, of_tools: Mapping[str, Any]) -> object:
    """``[project]`` with what only a table of a tool has; that is not dynamic then."""
    if not isinstance(stated, dict) or not of_tools:
        return stated
    found = {**of_tools, **stated}
    if isinstance(stated.get("dynamic"), list):
        found["dynamic"] = [key for key in stated["dynamic"] if key not in of_tools]
    return found


def _groups(stated: object, others: list[tuple[str, list[object]]]) -> object:
    if not isinstance(stated, dict) or not others:
        return stated
    found = dict(stated)
    names = {canonicalize_name(name): name for name in stated}
    for name, listed in others:
        key = names.setdefault(canonicalize_name(name), name)
        own = found.get(key, [])
        found[key] = [*own, *listed] if isinstance(own, list) else own
    return found


def _groups_of_tools(tool: Mapping[str, Any]) -> Iterator[tuple[str, list[object]]]:
    yield from poetry.group_tables(table(tool, "poetry"))
    for name in ("uv", "rye"):
        yield from _old(table(tool, name).get("dev-dependencies"), "dev", ("tool", name, "dev-dependencies"))
    for name, listed in table(tool, "pdm", "dev-dependencies").items():
        yield from _old(listed, name, ("tool", "pdm", "dev-dependencies", name))


def _old(listed: object, name: str, steps: Steps) -> Iterator[tuple[str, list[object]]]:
    if isinstance(listed, list):
        yield name, [Stated(value=item, steps=(*steps, number)) for number, item in enumerate(listed)]
