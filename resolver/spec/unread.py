"""What tables of a pyproject.toml say that is not read, and that a spec says in words of its own.

It is told, since the tool of the project would lock other files. What a policy says is in `resolver.spec.tool_choices`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from packaging.utils import NormalizedName

from resolver.records import record
from resolver.spec.document import Steps
from resolver.spec.poetry import unknown_in_extras
from resolver.spec.report import Invalid, shown
from resolver.spec.values import parse_name
from resolver.toml import table

_ENVIRONMENTS: Final[Steps] = ("tool", "hatch", "envs")
_OF_AN_ENVIRONMENT: Final = ("dependencies", "extra-dependencies")
_OPTIONS: Final[Steps] = ("options",)  # of a setup.cfg
_PIXI: Final[Steps] = ("tool", "pixi")
_UV: Final[Steps] = ("tool", "uv")


@record
class Told:
    """One such table: what to say of it; ``project`` is the one that it is about, where that may be locked."""

    steps: Steps
    message: str
    project: NormalizedName = NormalizedName("")


def unread(data: Mapping[str, Any]) -> Iterator[Told]:
    """What to tell of a pyproject.toml."""
    yield from _environments(table(data, *_ENVIRONMENTS))
    for steps, name in unknown_in_extras(table(data, "tool", "poetry")):
        yield Told(steps=steps, message=f"names {shown(name)}, which is no dependency: as in Poetry, it adds nothing")
    yield from _pixi(table(data, *_PIXI))
    if table(data, *_OPTIONS).get("tests_require"):
        yield Told(steps=(*_OPTIONS, "tests_require"), message="is not read: what tests ask for goes under `groups`")
    uv = table(data, *_UV)
    yield from _builds(table(uv, "extra-build-dependencies"))
    yield from _metadata(uv.get("dependency-metadata"))


def _environments(stated: Mapping[str, Any]) -> Iterator[Told]:
    names = [name for name in stated if any(table(stated, name).get(key) for key in _OF_AN_ENVIRONMENT)]
    if names:
        which = f"environments {', '.join(names)} ask" if len(names) > 1 else f"the environment {names[0]} asks"
        message = f"is not read: what {which} for beyond extras and dependency groups goes under `groups`"
        yield Told(steps=_ENVIRONMENTS, message=message)


def _pixi(stated: Mapping[str, Any]) -> Iterator[Told]:
    """What pixi asks for beyond ``[project]``, of PyPI or of conda, in general and for a feature."""
    features = table(stated, "feature")
    for steps in (_PIXI, *((*_PIXI, "feature", name) for name in features)):
        tables = table(features, steps[-1]) if steps != _PIXI else stated
        names = sorted(table(tables, "pypi-dependencies"))
        if names:
            message = f"is not read: {', '.join(names)} goes under `requirements` or `groups`"
            yield Told(steps=(*steps, "pypi-dependencies"), message=message)
        names = sorted(set(table(tables, "dependencies")) - {"python"})
        if names:
            message = f"is not read: {', '.join(names)} comes from conda, and this lock has what Python's indexes have"
            yield Told(steps=(*steps, "dependencies"), message=message)


def _builds(stated: Mapping[str, Any]) -> Iterator[Told]:
    for name, listed in stated.items():
        asked = listed if isinstance(listed, list) else []
        texts = [one.get("requirement") if isinstance(one, dict) else one for one in asked]
        message = (
            f"is not followed; in the spec it is `build: {{requires: {{{name}: {json.dumps(texts, default=str)}}}}}`"
        )
        yield from _of_project(name, (*_UV, "extra-build-dependencies", name), message)


def _metadata(stated: object) -> Iterator[Told]:
    for number, one in enumerate(stated if isinstance(stated, list) else []):
        if isinstance(one, dict):
            claims = {
                "project": one.get("name"),
                "versions": f"=={one.get('version')}" if "version" in one else None,
                "dependencies": one.get("requires-dist", []),
                "requires_python": one.get("requires-python"),
            }
            claims = {key: value for key, value in claims.items() if value is not None}
            message = f"is not followed; in the spec it is `overrides: [{json.dumps(claims, default=str)}]`"
            yield from _of_project(one.get("name"), (*_UV, "dependency-metadata", number), message)


def _of_project(name: object, steps: Steps, message: str) -> Iterator[Told]:
    with suppress(Invalid):  # what is no name is no project's
        yield Told(steps=steps, message=message, project=parse_name(str(name)))
