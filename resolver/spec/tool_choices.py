"""How uv, PDM and Poetry choose releases, by tables of a pyproject.toml, in the words of a spec's policy.

None of it is followed: how the releases of a lock are chosen is seen in the spec alone. Neither is it passed over in
silence: the tool of the project would choose others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, Final

from packaging.utils import NormalizedName

from resolver.records import record
from resolver.spec.document import Steps
from resolver.spec.poetry import as_tables, dependency_tables
from resolver.spec.report import Invalid
from resolver.spec.times import parse_newest
from resolver.spec.values import parse_name
from resolver.toml import table

_UV: Final[Steps] = ("tool", "uv")


@record
class Choice:
    """One setting: what a policy would say for it, of one project where it is about that alone.

    ``key`` is that of the policy, and ``value`` text as it would stand there; empty where a policy has nothing like it.
    """

    key: str
    value: str
    steps: Steps
    project: NormalizedName = NormalizedName("")


def tool_choices(data: Mapping[str, Any]) -> Iterator[Choice]:
    """The settings of a pyproject.toml that differ from what a tool does by itself."""
    uv = table(data, *_UV)
    yield from _newest(uv)
    yield from _one_of(uv, "prerelease", "prereleases", {"allow": "allow", "disallow": "never", "explicit": ""})
    yield from _one_of(uv, "resolution", "strategy", {"lowest": "lowest", "lowest-direct": "lowest-direct"})
    yield from _files(uv, "no-build", "never")
    yield from _files(uv, "no-binary", "always")
    if table(data, "tool", "pdm", "resolution").get("allow-prereleases") is True:
        yield Choice(key="prereleases", value="allow", steps=("tool", "pdm", "resolution", "allow-prereleases"))
    for steps, dependencies in dependency_tables(table(data, "tool", "poetry")):
        for name, stated in dependencies.items():
            if any(form.get("allow-prereleases") is True for form in as_tables(stated)):
                yield from _of_project(name, "prereleases", "allow", (*steps, name))


def _one_of(uv: Mapping[str, Any], setting: str, key: str, values: Mapping[object, str]) -> Iterator[Choice]:
    stated = uv.get(setting)
    if isinstance(stated, str) and stated in values:
        yield Choice(key=key, value=values[stated], steps=(*_UV, setting))


def _files(uv: Mapping[str, Any], setting: str, sdists: str) -> Iterator[Choice]:
    if uv.get(setting) is True:
        yield Choice(key="sdists", value=sdists, steps=(*_UV, setting))
    listed = uv.get(f"{setting}-package")
    for name in listed if isinstance(listed, list) else []:
        yield from _of_project(name, "sdists", sdists, (*_UV, f"{setting}-package"))


def _newest(uv: Mapping[str, Any]) -> Iterator[Choice]:
    if "exclude-newer" in uv:
        yield Choice(key="exclude_newer", value=_bound(uv["exclude-newer"]), steps=(*_UV, "exclude-newer"))
    for name, stated in table(uv, "exclude-newer-package").items():
        value = "none" if stated is False else _bound(stated)
        yield from _of_project(name, "exclude_newer", value, (*_UV, "exclude-newer-package", name))


def _of_project(name: object, key: str, value: str, steps: Steps) -> Iterator[Choice]:
    with suppress(Invalid):  # what is no name is no project's
        yield Choice(key=key, value=value, steps=steps, project=parse_name(str(name)))


def _bound(stated: object) -> str:
    """The bound of uv as that of a policy: a day is its end there, and its first moment here."""
    text = stated.isoformat() if isinstance(stated, date) else str(stated)
    try:
        newest = parse_newest(text)
    except Invalid:
        return ""
    if newest is None or isinstance(newest, timedelta) or ":" in text:
        return text
    try:
        return f"{newest + timedelta(days=1):%Y-%m-%d}"
    except OverflowError:  # the last day that there is: it bounds nothing
        return "none"
