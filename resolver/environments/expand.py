"""Declarations -> environments. Reports every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from packaging.tags import Tag, parse_tag

from resolver.environments.interpreters import interpreter_of
from resolver.environments.model import Environment
from resolver.environments.platforms import Unfit, platform_of
from resolver.errors import Problem, SpecError
from resolver.spec.model import RawEnvironment, ShortEnvironment

VARIABLES = (
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
)
"""The variables of PEP 508 that an environment gives a value (all but ``extra``)."""

UNKNOWN = {"platform_release": "", "platform_version": ""}
_SYSTEMS = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}


def expand(declared: Iterable[ShortEnvironment | RawEnvironment]) -> tuple[Environment, ...]:
    """Every environment that ``declared`` names, in its order: a list of Pythons becomes one environment for each.

    Raises `SpecError` with all problems.
    """
    problems: list[Problem] = []
    found: dict[str, Environment] = {}
    for one in declared:
        for environment in _expanded(one, problems):
            if environment.name in found:
                problems.append(_problem(one, "", f"a second environment is called {environment.name!r}", "rename one"))
            found[environment.name] = environment
    if problems:
        raise SpecError(tuple(problems))
    return tuple(found.values())


def _problem(one: ShortEnvironment | RawEnvironment, key: str, message: str, hint: str) -> Problem:
    path = f"{one.origin.path}.{key}" if key else one.origin.path
    return Problem(file=one.origin.file, line=one.origin.line, path=path, message=message, hint=hint)


def _expanded(one: ShortEnvironment | RawEnvironment, problems: list[Problem]) -> Iterator[Environment]:
    if isinstance(one, RawEnvironment):
        try:
            yield _raw(one)
        except Unfit as unfit:
            problems.append(_problem(one, unfit.key, unfit.message, unfit.hint))
        return
    for python in one.python:
        try:
            yield _short(one, python)
        except Unfit as unfit:
            problem = _problem(one, unfit.key, unfit.message, unfit.hint)
            if problem not in problems:
                problems.append(problem)


def _short(one: ShortEnvironment, python: str) -> Environment:
    platform = platform_of(one.os, one.arch, one.libc)
    interpreter = interpreter_of(python)
    if interpreter.minor == 7 and platform.tags[0] == "win_arm64":
        raise Unfit("python", "CPython 3.7 was never made for Windows on arm64", "3.11 was the first that is")
    known = {**interpreter.markers(), **platform.markers}
    stated = _stated(one.markers)
    for variable, value in stated.items():
        if known.get(variable, value) != value and variable not in interpreter.assumed():
            raise Unfit("markers", f"{variable} is {known[variable]!r} here, not {value!r}", "leave it out")
    name = f"{one.name}-{interpreter.suffix}" if len(one.python) > 1 else one.name
    return Environment(
        name=name,
        markers=dict(sorted({**UNKNOWN, **known, **stated}.items())),
        tags=_unique(interpreter.tags(platform.tags)),
        declared={"python": python, **platform.declared},
        assumed=(interpreter.assumed() | UNKNOWN.keys()) - stated.keys(),
    )


def _stated(markers: Mapping[str, str]) -> dict[str, str]:
    for variable in markers:
        if variable not in VARIABLES:
            near = get_close_matches(variable, VARIABLES, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(VARIABLES)}"
            raise Unfit("markers", f"{variable!r} is no marker variable", hint)
    return dict(markers)


def _raw(one: RawEnvironment) -> Environment:
    stated = _stated(one.markers)
    if not one.tags:
        raise Unfit("tags", "there is none", "list them, the best first, such as cp312-cp312-manylinux_2_28_x86_64")
    missing = {"python_version", "sys_platform"} - stated.keys()
    if "python_full_version" in stated:
        missing.discard("python_version")
    if missing:
        raise Unfit("markers", f"{' and '.join(sorted(missing))} must be stated", "the rest follows, or is assumed")
    derived = _derived(stated)
    assumed = frozenset(derived.keys() - stated.keys()) & _UNSURE
    tags = _unique(tag for text in one.tags for tag in _parsed(text))
    return Environment(name=one.name, markers=dict(sorted({**derived, **stated}.items())), tags=tags, assumed=assumed)


_UNSURE = frozenset({*UNKNOWN, "python_full_version", "implementation_version", "platform_machine"})


def _derived(stated: Mapping[str, str]) -> dict[str, str]:
    """What follows from the values that a raw form states; CPython where it does not say."""
    python = stated.get("python_version") or ".".join(stated["python_full_version"].split(".")[:2])
    full = stated.get("python_full_version", f"{python}.0")
    os_name, system = _SYSTEMS.get(stated["sys_platform"], ("posix", stated["sys_platform"].capitalize()))
    pypy = stated.get("implementation_name") == "pypy" or stated.get("platform_python_implementation") == "PyPy"
    return {
        **UNKNOWN,
        "implementation_name": "pypy" if pypy else "cpython",
        "implementation_version": full,
        "os_name": os_name,
        "platform_machine": "",
        "platform_python_implementation": "PyPy" if pypy else "CPython",
        "platform_system": system,
        "python_full_version": full,
        "python_version": python,
    }


def _parsed(text: str) -> list[Tag]:
    try:
        return sorted(parse_tag(text), key=str)
    except ValueError:
        raise Unfit("tags", f"{text!r} is no tag", "such as cp312-cp312-manylinux_2_28_x86_64") from None


def _unique(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    return tuple(dict.fromkeys(tags))
