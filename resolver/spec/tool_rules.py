"""What uv and PDM say of every resolution in tables of their own: bounds, and what stands in place of requirements.

Poetry has none. Without them a lock would hold other releases than the tool of the project installs. How releases are
chosen is read by `resolver.spec.tool_choices`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from resolver.spec.document import Steps
from resolver.spec.stated import Stated
from resolver.toml import table

Kind = Literal["constraints", "build constraints", "overrides"]

_LISTS: Final[Mapping[Kind, str]] = {
    "constraints": "constraint-dependencies",
    "build constraints": "build-constraint-dependencies",
    "overrides": "override-dependencies",
}
_UV: Final[Steps] = ("tool", "uv")
_PDM: Final[Steps] = ("tool", "pdm", "resolution")
_NEVER: Final = 'python_version < "0"'
"""A marker that never holds: requirements that are to be left out are stated under it."""


def tool_rules(data: Mapping[str, Any], kind: Kind) -> Iterator[Stated]:
    """The rules of one kind in a pyproject.toml, as texts of PEP 508."""
    uv = table(data, *_UV)
    yield from _listed(uv, _LISTS[kind], _UV)
    if kind == "overrides":
        resolution = table(data, *_PDM)
        yield from _left_out(uv, "exclude-dependencies", _UV)
        yield from _left_out(resolution, "excludes", _PDM)
        for name, version in table(resolution, "overrides").items():
            yield Stated(value=_replacement(name, version), steps=(*_PDM, "overrides", name))


def _listed(stated: Mapping[str, Any], key: str, above: Steps) -> Iterator[Stated]:
    listed = stated.get(key)
    for number, item in enumerate(listed if isinstance(listed, list) else []):
        yield Stated(value=item, steps=(*above, key, number))


def _left_out(stated: Mapping[str, Any], key: str, above: Steps) -> Iterator[Stated]:
    for one in _listed(stated, key, above):
        yield Stated(value=f"{one.value} ; {_NEVER}" if isinstance(one.value, str) else one.value, steps=one.steps)


def _replacement(name: str, version: object) -> object:
    """PDM states a version, version specifiers, or the URL of a file."""
    if not isinstance(version, str):
        return version
    version = version.strip()
    if "://" in version:
        return f"{name} @ {version}"
    if version == "*":
        return name
    return f"{name}{'' if version.startswith(('<', '>', '=', '!', '~')) else '=='}{version}"
