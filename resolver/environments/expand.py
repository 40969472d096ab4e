"""Declarations -> environments. Reports every problem at once, each with its place; never asks the host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ParamSpec, TypeVar

from packaging.tags import Tag, parse_tag

from resolver.environments.interpreters import Interpreter, interpreter_of
from resolver.environments.markers import malformed, of_raw, of_short
from resolver.environments.model import Environment
from resolver.environments.platforms import Platform, Unfit, platform_of
from resolver.errors import Problem, SpecError
from resolver.spec.model import BuildSpec, RawEnvironment, ShortEnvironment, Spec
from resolver.spec.report import near, shown

Given = ParamSpec("Given")
Result = TypeVar("Result")
_TAG = r"[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+"


def expand(declared: Iterable[ShortEnvironment | RawEnvironment]) -> tuple[Environment, ...]:
    """All environments of these declarations, in order; a list of Pythons makes an environment for each.

    Raises `SpecError` with all problems.
    """
    problems: list[Problem] = []
    found: dict[str, Environment] = {}
    for one in declared:
        faults: list[Unfit] = []
        for environment in _raw(one, faults) if isinstance(one, RawEnvironment) else _short(one, faults):
            if environment.name in found:
                faults.append(Unfit("", f"a second environment is called {environment.name!r}", "rename one"))
            found[environment.name] = environment
        problems += dict.fromkeys(_problem(one, fault) for fault in faults)
    if problems:
        raise SpecError(tuple(problems))
    return tuple(found.values())


def problems_of(spec: Spec) -> tuple[Problem, ...]:
    """What is wrong with the environments of a spec."""
    try:
        expand(spec.environments)
    except SpecError as error:
        return error.problems
    return ()


def check_named(build: BuildSpec, environments: Sequence[Environment]) -> None:
    """Raise `SpecError` where ``build`` says something for an environment that does not exist, or for either of two."""
    declared_as = {e.name: e.declaration for e in environments}
    known = list(dict.fromkeys(name for e in environments for name in (e.declaration, e.name)))
    problems = []
    for name, own in build.environments.items():
        if name not in known:
            problems.append(_misnamed(own, f"there is no environment {shown(name)}", near(name, known)))
        elif declared_as.get(name, name) != name and name in declared_as.values():
            message = f"{shown(name)} is a declaration and an environment of another one"
            problems.append(_misnamed(own, message, "rename one of them"))
    if problems:
        raise SpecError(tuple(problems))


def _misnamed(own: BuildSpec, message: str, hint: str) -> Problem:
    assert own.origin is not None  # an entry of a spec stands somewhere
    return Problem(file=own.origin.file, line=own.origin.line, path=own.origin.path, message=message, hint=hint)


def _problem(one: ShortEnvironment | RawEnvironment, fault: Unfit) -> Problem:
    path = f"{one.origin.path}.{fault.key}" if fault.key else one.origin.path
    return Problem(file=one.origin.file, line=one.origin.line, path=path, message=fault.message, hint=fault.hint)


def _attempt(
    faults: list[Unfit], make: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
) -> Result | None:
    """What ``make`` returns; where it raises, None, and the fault is noted, so that others are found too."""
    try:
        return make(*given, **named)
    except Unfit as fault:
        faults.append(fault)
        return None


def _short(one: ShortEnvironment, faults: list[Unfit]) -> Iterator[Environment]:
    faults += malformed(one.markers)
    sound = not faults
    platform = _attempt(faults, platform_of, one.os, one.arch, one.libc)
    interpreters = [_attempt(faults, interpreter_of, python) for python in one.python]
    if not one.python:
        faults.append(Unfit("python", "there is none", 'such as "3.12"'))
    for interpreter in interpreters:
        if sound and platform is not None and interpreter is not None:
            made = _attempt(faults, _combined, one, interpreter, platform)
            if made is not None:
                yield made


def _combined(one: ShortEnvironment, interpreter: Interpreter, platform: Platform) -> Environment:
    if interpreter.minor == 7 and platform.tags[0] == "win_arm64":
        raise Unfit("python", "Python 3.7 was never made for Windows on arm64", "3.11 is the first released for it")
    values = of_short(interpreter, platform, one.markers)
    return Environment(
        name=f"{one.name}-{interpreter.suffix}" if len(one.python) > 1 else one.name,
        markers=values.markers,
        tags=_unique(interpreter.tags(platform.tags)),
        declaration=one.name,
        declared={"python": str(interpreter), **platform.declared},
        assumed=values.assumed,
    )


def _raw(one: RawEnvironment, faults: list[Unfit]) -> Iterator[Environment]:
    faults += malformed(one.markers)
    sound = not faults
    if not one.tags:
        hint = "list them, the best first, such as cp312-cp312-manylinux_2_28_x86_64"
        faults.append(Unfit("tags", "there is none", hint))
    tags = _unique(tag for text in one.tags for tag in _attempt(faults, _parsed, text) or ())
    values = _attempt(faults, of_raw, one.markers, tags) if sound else None
    if values is not None:
        yield Environment(
            name=one.name, markers=values.markers, tags=tags, declaration=one.name, assumed=values.assumed
        )


def _parsed(text: str) -> list[Tag]:
    """The tags of a compressed set, in the order of their names: packaging gives a set, which has none."""
    try:
        found = sorted(parse_tag(text), key=str)
    except ValueError:
        found = []
    if not found or not all(re.fullmatch(_TAG, str(tag)) for tag in found):
        raise Unfit("tags", f"{text!r} is no tag", "such as cp312-cp312-manylinux_2_28_x86_64")
    return found


def _unique(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    return tuple(dict.fromkeys(tags))
