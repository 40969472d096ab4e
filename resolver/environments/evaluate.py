"""Evaluates markers and Requires-Python for an environment, and finds out what the verdict depends on.

A spec may leave a value open (the patch level of ``python: "3.11"``, the kernel's release). A verdict that would differ
for another value names its variable, and the caller reports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from math import prod

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from resolver.environments.model import Environment
from resolver.environments.platforms import least_release
from resolver.errors import InvalidMetadata
from resolver.records import record

PATCHES = range(41)
"""Patch levels that are tried where one is open; no minor of CPython has had more than 25."""

MOST_TRIALS = 4096
"""Combinations of open values that are tried for one marker; with more, it counts as depending on all of them."""

_QUOTED = r"'([^']*)'|\"([^\"]*)\""
_FOR_AN_EXTRA = re.compile(r'(?:((?:(?! or |extra).)+) and )?extra == "([^"]+)"')
"""A marker that names an extra, if need be after something else, as nearly all markers that name one are written."""

_PIECES = r"[\s,]+"

Trial = Mapping[str, str]


@record
class Verdict:
    """``value``, and the marker variables on whose assumed values it depends."""

    value: bool
    assumed: frozenset[str] = frozenset()


YES = Verdict(value=True)
NO = Verdict(value=False)


def holds(marker: Marker | str | None, environment: Environment, extra: str = "") -> Verdict:
    """Whether a valid PEP 508 marker holds in ``environment`` with ``extra`` asked for. No marker always holds.

    Raises `InvalidMetadata` for a marker that has no answer, such as ``sys_platform ~= "linux"``.
    """
    return YES if marker is None else _holds(str(marker), environment, extra)


@cache
def _holds(text: str, environment: Environment, extra: str) -> Verdict:
    # The key is text and not a Marker, whose hash and comparison would each write it out again.
    asked = _FOR_AN_EXTRA.fullmatch(text)
    if asked is not None:
        rest = _holds(asked[1], environment, "") if asked[1] else YES  # even for another extra: it may have no answer
        return rest if canonicalize_name(asked[2]) == canonicalize_name(extra) else NO
    return _judged(text, environment, extra)


def _judged(text: str, environment: Environment, extra: str) -> Verdict:
    marker = _parsed(text)
    # `evaluate` would fill gaps from the host: every variable is given, so that there is none to fill.
    values = {**environment.markers, **_least(environment), "extra": extra}
    value = _evaluated(marker, values)
    axes = dict(_axes(text, environment))
    if not axes:
        return Verdict(value=value)
    if prod(map(len, axes.values())) > MOST_TRIALS:
        return Verdict(value=value, assumed=frozenset().union(*axes))
    return Verdict(value=value, assumed=_hangs_on(marker, values, axes))


@cache
def _parsed(text: str) -> Marker:
    return Marker(text)


def _evaluated(marker: Marker, values: Mapping[str, str]) -> bool:
    try:
        return marker.evaluate(values)
    except (UndefinedComparison, UndefinedEnvironmentName) as error:
        raise InvalidMetadata(f"the marker {str(marker)!r} has no answer: {error}") from None


def _axes(text: str, environment: Environment) -> Iterator[tuple[frozenset[str], Sequence[Trial]]]:
    """Groups of open variables in ``text`` that change together, each group with the values to try."""
    mentioned = {variable for variable in environment.assumed if variable in text}
    if not mentioned:
        return
    named = re.sub(_QUOTED, "", text)
    mentioned = {variable for variable in mentioned if variable in named}
    patched = mentioned & _moved_by_the_patch_level(environment)
    if patched:
        minor = environment.markers["python_version"]
        yield frozenset(patched), [dict.fromkeys(patched, f"{minor}.{patch}") for patch in PATCHES]
    literals = sorted({found[1] or found[2] or "" for found in re.finditer(_QUOTED, text)})
    for variable in sorted(mentioned - patched):
        least = _least(environment).get(variable, "")
        tried = dict.fromkeys((least or environment.markers[variable], *_around(literals)))
        yield frozenset({variable}), [{variable: value} for value in tried if not _is_below(value, least)]


@cache
def _least(environment: Environment) -> Mapping[str, str]:
    """The least values of open variables that the declaration bounds from below: the kernel of ``macos 14``.

    Markers are evaluated with these; in the lock the variables stay empty, for they are open.
    """
    release = least_release(environment.declared.get("os", "")) if "platform_release" in environment.assumed else ""
    return {"platform_release": release} if release else {}


def _is_below(value: str, least: str) -> bool:
    try:
        return bool(least) and Version(value) < Version(least)
    except InvalidVersion:  # compared as text: nothing bounds that
        return False


def _moved_by_the_patch_level(environment: Environment) -> frozenset[str]:
    """CPython's ``implementation_version`` is its ``python_full_version``; PyPy has a version of its own."""
    cpython = environment.markers["implementation_name"] == "cpython"
    return frozenset({"python_full_version", *(("implementation_version",) if cpython else ())})


def _around(literals: Sequence[str]) -> Iterator[str]:
    """Values for which comparisons with the literals differ: below all of them, each one, its parts, just above it."""
    yield "0"
    for literal in literals:
        for text in (literal, *re.split(_PIECES, literal)):
            value = text.removesuffix(".*")
            yield from (value, f"{value}.1")


def _hangs_on(
    marker: Marker, values: Mapping[str, str], axes: Mapping[frozenset[str], Sequence[Trial]]
) -> frozenset[str]:
    """The variables of every axis along which the answer changes for some choice on the other axes.

    To vary one axis at a time would not do: where both halves of ``a and b`` are false, no single one makes it true.
    """
    seen: dict[tuple[frozenset[str], tuple[int, ...]], bool] = {}
    hangs: set[str] = set()
    names = list(axes)
    for point in product(*(range(len(trials)) for trials in axes.values())):
        chosen: dict[str, str] = dict(values)
        for name, index in zip(names, point, strict=True):
            chosen.update(axes[name][index])
        answer = _evaluated(marker, chosen)
        for place, name in enumerate(names):
            if seen.setdefault((name, (*point[:place], *point[place + 1 :])), answer) != answer:
                hangs |= name
    return frozenset(hangs)


def accepts_python(specifiers: SpecifierSet, environment: Environment) -> Verdict:
    """Whether a Requires-Python admits the environment's interpreter.

    Where the patch level is open it stands at 0, as in markers, but single releases that are ruled out do not count:
    ``!=3.9.0`` must not rule out all of 3.9. The verdict names ``python_full_version`` where another patch level would
    get another one. A pre-release counts as the release that it will be, as in pip: 3.15.0b1 meets ``>=3.15``.
    """
    is_open = "python_full_version" in environment.assumed
    python = environment.markers["python_version" if is_open else "python_full_version"]
    return _accepts(str(specifiers), python, is_open)


@cache
def claim_of_python(text: str, environment: Environment) -> Verdict | None:
    """`accepts_python` of a Requires-Python as an index or a file states it; None where that is not valid."""
    try:
        return accepts_python(SpecifierSet(text), environment)
    except ValueError:  # InvalidSpecifier is one; so is what Python says of a number of thousands of digits
        return None


@cache  # by the Python alone, which most environments share
def _accepts(specifiers: str, python: str, is_open: bool) -> Verdict:
    wanted = SpecifierSet(specifiers)
    if not is_open:
        return Verdict(value=wanted.contains(Version(python).base_version, prereleases=True))
    bounds = SpecifierSet(",".join(str(one) for one in wanted if not _is_hole(one)))
    value = bounds.contains(Version(f"{python}.0"), prereleases=True)
    hangs = any(wanted.contains(Version(f"{python}.{patch}"), prereleases=True) != value for patch in PATCHES)
    return Verdict(value=value, assumed=frozenset({"python_full_version"} if hangs else ()))


def _is_hole(specifier: Specifier) -> bool:
    """``!=3.9.1``: one release, neither a minor version nor a prefix."""
    return specifier.operator == "!=" and not specifier.version.endswith(".*") and specifier.version.count(".") >= 2


def taken_for(environment: Environment, variable: str) -> str:
    """The value with which an open variable is evaluated; empty where nothing is known of it."""
    return _least(environment).get(variable, environment.markers[variable])


def assumption(environment: Environment) -> str:
    """What an open patch level is taken for, and how to say otherwise."""
    full, minor = environment.markers["python_full_version"], environment.markers["python_version"]
    return f'{full} is assumed; state another patch level, as in python: "{minor}.9"'
