"""Where a pyproject.toml says that projects come from: ``[tool.uv.sources]``, Poetry's ``path``, ``git``, ``source``.

Most requirements do not say so themselves. Who reads one alone would ask PyPI for a project of the same name, which may
be anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from resolver.records import record
from resolver.spec.document import Steps
from resolver.spec.poetry import as_tables, dependency_tables
from resolver.spec.report import Invalid, shown
from resolver.spec.values import ARCHIVES
from resolver.toml import table, texts

_UV: Steps = ("tool", "uv", "sources")
_PYPI = "pypi"
_EDITABLE = re.compile(r"-e\s+([^\s#]+)#(?:\S*&)?egg=([\w.-]+(?:\[[^\[\]]*\])?)(?:&\S*)?")
_LOCAL = ("file:", "{root")  # the latter is hatch's

Kind = Literal["folder", "repository", "index", "url"]
"""A folder stands for a file in one too."""

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("path", "workspace", "file"), "folder"),
    **dict.fromkeys(("git", "hg", "svn"), "repository"),
    **dict.fromkeys(("index", "source"), "index"),
    "url": "url",
}
"""What the keys of a source say; of several the first counts."""


@record
class Source:
    """Where one project comes from, and what says so. ``value`` is a URL, the name of an index, a path."""

    kind: Kind
    value: str
    steps: Steps


def read_sources(data: Mapping[str, Any]) -> dict[NormalizedName, Source]:
    """The sources of a pyproject.toml by project. Of several for one project, the first that is no URL."""
    found: dict[NormalizedName, Source] = {}
    for name, steps, form in _forms(data):
        source = _source(form, steps)
        key = canonicalize_name(name)
        if source is not None and (key not in found or found[key].kind == "url"):
            found[key] = source
    return found


def stated_source(item: object, steps: Steps) -> tuple[str, Source] | None:
    """``name @ URL`` of version control or of a folder -> the requirement alone, and its source; None for all else.

    PDM has editable ones as well, in the form of requirements files (``-e file:///${PROJECT_ROOT}/lib#egg=lib``).
    """
    text = item if isinstance(item, str) else ""
    editable = _EDITABLE.fullmatch(text.strip())
    try:
        requirement = Requirement(f"{editable[2]} @ {editable[1]}" if editable is not None else text)
    except (InvalidRequirement, RecursionError):
        return None
    url = requirement.url or ""
    if "+" in url.partition("://")[0]:
        source = Source(kind="repository", value=re.sub(r"(?<=//)[^/@]*@", "", url), steps=steps)
    elif url.startswith(_LOCAL) and not url.partition("#")[0].lower().endswith(ARCHIVES):
        source = Source(kind="folder", value=url, steps=steps)
    else:
        return None
    requirement.url = None
    return str(requirement), source


def is_workspace(data: Mapping[str, Any]) -> bool:
    """Whether it is the root of a workspace of uv: its sources are those of the members, but for their own."""
    return "workspace" in table(data, "tool", "uv")


def own_indexes(data: Mapping[str, Any]) -> Iterator[tuple[str, Steps]]:
    """The indexes that a tool asks for any project, by what names them; PyPI and those for named projects are none."""
    tool = table(data, "tool")
    for name, key in (("uv", "index"), ("poetry", "source"), ("pdm", "source"), ("rye", "sources")):
        listed = table(tool, name).get(key, [])
        for index in listed if isinstance(listed, list) else []:
            if isinstance(index, dict) and not _is_bound(index):
                yield str(index.get("name") or index.get("url")), ("tool", name, key)
    for above in (("tool", "uv"), ("tool", "uv", "pip")):
        for key in ("index-url", "extra-index-url", "default-index", "find-links"):
            yield from ((url, (*above, key)) for url in texts(table(data, *above).get(key)))


def not_here(source: Source, project: str) -> Invalid:
    """Why a project with this source cannot be locked as any other, and what to do."""
    bound = f"projects: [{project}]"
    if source.kind == "index":
        hint = f"name that index under `indexes` in the spec, with {bound}"
        return Invalid(f"{project} comes from the index {shown(source.value)}, and the spec binds it to none", hint)
    where = "another folder" if source.kind == "folder" else "version control"
    named = f" ({shown(source.value)})" if source.value else ""
    hint = f"include its pyproject.toml, and what it requires is locked; or name an index that has it, with {bound}"
    return Invalid(f"{project} comes from {where}{named}, which no lock can hold", hint)


def _is_bound(index: Mapping[str, Any]) -> bool:
    named = str(index.get("name", "")).lower() == _PYPI
    return named or index.get("explicit") is True or index.get("priority") == "explicit"


def _forms(data: Mapping[str, Any]) -> Iterator[tuple[str, Steps, Mapping[str, Any]]]:
    tables = [(_UV, table(data, *_UV))]
    for steps, stated in (*tables, *dependency_tables(table(data, "tool", "poetry"))):
        for name, value in stated.items():
            for form in as_tables(value):
                yield name, (*steps, name), form


def _source(form: Mapping[str, Any], steps: Steps) -> Source | None:
    for key, kind in _KINDS.items():
        value = form.get(key)
        if value and not (kind == "index" and str(value).lower() == _PYPI):
            return Source(kind=kind, value="" if key == "workspace" else str(value), steps=steps)
    return None
