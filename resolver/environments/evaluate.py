"""Markers and Requires-Python judged for an environment, with what an answer hangs on.

A spec may leave a value open (the patch level of ``python: "3.11"``, the kernel's release). An answer that would be
another for another value says so, and the caller reports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from packaging.markers import Marker
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from resolver.environments.model import Environment

PATCHES = range(41)
"""Patch levels that are tried where one is open; no minor of CPython has had more than 20."""

PATCH_VARIABLES = frozenset({"python_full_version", "implementation_version"})
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Answer:
    """``value``, and the marker variables on whose assumed value it hangs."""

    value: bool
    assumed: frozenset[str] = frozenset()


YES = Answer(value=True)


def holds(marker: Marker | None, environment: Environment, extra: str = "") -> Answer:
    """Whether a PEP 508 marker holds in ``environment`` with ``extra`` asked for. No marker always holds."""
    return YES if marker is None else _holds(marker, str(marker), environment, extra)


@cache
def _holds(marker: Marker, text: str, environment: Environment, extra: str) -> Answer:
    # `evaluate` would fill gaps from the host: every variable is given, so that there is none to fill.
    values = {**environment.markers, "extra": extra}
    value = marker.evaluate(values)
    open_ones = {variable for variable in environment.assumed if variable in text}
    hangs = {
        variable
        for variable in open_ones
        if any(marker.evaluate({**values, **other}) != value for other in _others(variable, text, environment))
    }
    return Answer(value=value, assumed=frozenset(hangs))


def _others(variable: str, text: str, environment: Environment) -> Iterator[dict[str, str]]:
    """Other values that an open variable could have: each patch level, or whatever the marker compares it with."""
    if variable in PATCH_VARIABLES:
        minor = environment.markers["python_version"]
        yield from ({variable: f"{minor}.{patch}"} for patch in PATCHES)
    else:
        for found in _QUOTED.finditer(text):
            yield {variable: found[1] if found[1] is not None else found[2]}


def accepts_python(specifiers: SpecifierSet, environment: Environment) -> Answer:
    """Whether a Requires-Python admits the environment's interpreter.

    Where the patch level is open it stands at 0, as in markers, but single releases that are ruled out do not count:
    ``!=3.9.0`` must not rule out all of 3.9. The answer names ``python_full_version`` where another patch level would
    get another one.
    """
    return _accepts_python(str(specifiers), environment)


@cache
def _accepts_python(specifiers: str, environment: Environment) -> Answer:
    wanted = SpecifierSet(specifiers)
    if "python_full_version" not in environment.assumed:
        return Answer(value=wanted.contains(Version(environment.markers["python_full_version"]), prereleases=True))
    minor = environment.markers["python_version"]
    bounds = SpecifierSet(",".join(str(one) for one in wanted if not _is_hole(one)))
    value = bounds.contains(Version(f"{minor}.0"), prereleases=True)
    hangs = any(wanted.contains(Version(f"{minor}.{patch}"), prereleases=True) != value for patch in PATCHES)
    return Answer(value=value, assumed=frozenset({"python_full_version"} if hangs else ()))


def _is_hole(specifier: Specifier) -> bool:
    """``!=3.9.1``: one release, neither a minor version nor a prefix."""
    return specifier.operator == "!=" and not specifier.version.endswith(".*") and specifier.version.count(".") >= 2


def assumption(environment: Environment) -> str:
    """What an open patch level is taken for, and how to say otherwise."""
    full, minor = environment.markers["python_full_version"], environment.markers["python_version"]
    return f'{full} is assumed; state another patch level, as in python: "{minor}.9"'
