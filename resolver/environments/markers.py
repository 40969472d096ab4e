"""The marker environment (PEP 508) of a declaration: what is certain, what is assumed, what cannot be.

A value is *known* where the declaration or its tags leave no choice, *stated* where the spec gives it under
``markers``, and *assumed* where neither does. Nothing is evaluated here; that is `resolver.environments.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from packaging.tags import Tag
from packaging.version import InvalidVersion, Version

from resolver.environments.interpreters import Interpreter
from resolver.environments.platforms import MACHINES, WINDOWS_MACHINE, Platform, Unfit
from resolver.records import record

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
_VERSIONS = ("implementation_version", "python_full_version", "python_version")
_SYSTEMS = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}
_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy"}
_CLAIMED_BY = {"cp": "cpython", "pp": "pypy"}


@record
class Values:
    """Every variable of `VARIABLES` with its value, in the order of their names; ``assumed`` names those left open."""

    markers: Mapping[str, str]
    assumed: frozenset[str]


def malformed(stated: Mapping[str, str]) -> Iterator[Unfit]:
    """What is wrong with stated markers whatever else is declared: unknown variables, invalid versions."""
    for variable, value in stated.items():
        if variable not in VARIABLES:
            from difflib import get_close_matches  # noqa: PLC0415  (only where something is wrong)

            near = get_close_matches(variable, VARIABLES, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(VARIABLES)}"
            yield Unfit(f"markers.{variable}", f"{variable!r} is no marker variable", hint)
        elif variable in _VERSIONS and not _is_version(variable, value):
            example = "3.12" if variable == "python_version" else "3.12.4"
            yield Unfit(f"markers.{variable}", f"{value!r} is not a version as {variable} has it", f"such as {example}")


def _is_version(variable: str, value: str) -> bool:
    try:
        version = Version(value)
    except InvalidVersion:
        return False
    if variable == "python_version":
        return len(version.release) == 2 and value == ".".join(map(str, version.release))
    return len(version.release) >= 3 and value == str(version) and not version.epoch


def of_short(interpreter: Interpreter, platform: Platform, stated: Mapping[str, str]) -> Values:
    """The values of a short form. Raises `Unfit` where ``stated`` contradicts the rest of it."""
    all_of_it = interpreter.markers()
    open_ones = interpreter.assumed()
    known = {name: value for name, value in all_of_it.items() if name not in open_ones} | dict(platform.markers)
    return _settled(known, {name: all_of_it[name] for name in open_ones}, stated)


def of_raw(stated: Mapping[str, str], tags: Sequence[Tag]) -> Values:
    """The values of a raw form: stated, following from what is stated or from its tags, or assumed.

    Raises `Unfit` where too little is stated, or where statements contradict one another.
    """
    missing = {"python_version", "sys_platform"} - stated.keys()
    if "python_full_version" in stated:
        missing.discard("python_version")
    if missing:
        raise Unfit("markers", f"{' and '.join(sorted(missing))} must be stated", "the rest follows, or is assumed")
    system, guessed_system = _system(stated["sys_platform"])
    implementation, guessed_implementation = _implementation(stated, tags)
    known = {**system, **_machine(stated["sys_platform"], tags), **implementation}
    known["python_version"] = stated.get("python_version") or _minor(stated["python_full_version"])
    first = f"{known['python_version']}.0"
    pypy = {**known, **guessed_implementation, **stated}["implementation_name"] == "pypy"
    versions = {"python_full_version": first, "implementation_version": "0" if pypy else first}
    return _settled(known, {"platform_machine": "", **guessed_system, **guessed_implementation, **versions}, stated)


def _system(sys_platform: str) -> tuple[dict[str, str], dict[str, str]]:
    """The values that follow from ``sys_platform``, and those that it only suggests."""
    if sys_platform in _SYSTEMS:
        return dict(zip(("os_name", "platform_system"), _SYSTEMS[sys_platform], strict=True)), {}
    return {}, {"os_name": "posix", "platform_system": sys_platform.capitalize()}


def _machine(sys_platform: str, tags: Sequence[Tag]) -> dict[str, str]:
    """The machine on which all the platform tags agree, or nothing."""
    systems = {"linux": "linux", "darwin": "macos", "win32": "windows"}
    known = MACHINES.get(systems.get(sys_platform, ""), ())
    found = {machine for tag in tags for machine in known if tag.platform.endswith(machine)}
    if len(found) != 1:
        return {}
    machine = found.pop()
    return {"platform_machine": WINDOWS_MACHINE[machine] if sys_platform == "win32" else machine}


def _implementation(stated: Mapping[str, str], tags: Sequence[Tag]) -> tuple[dict[str, str], dict[str, str]]:
    """Both names of the implementation: known from either, or from tags that agree; else CPython, which is a guess."""
    names = {_CLAIMED_BY[tag.interpreter[:2]] for tag in tags if tag.interpreter[:2] in _CLAIMED_BY}
    by_title = {title: name for name, title in _IMPLEMENTATIONS.items()}
    name = stated.get("implementation_name") or by_title.get(stated.get("platform_python_implementation", ""))
    known = name or (names.pop() if len(names) == 1 else None)
    both = {
        "implementation_name": known or "cpython",
        "platform_python_implementation": _IMPLEMENTATIONS.get(known or "cpython", known or ""),
    }
    return (both, {}) if known in _IMPLEMENTATIONS else ({}, both)


def _settled(known: dict[str, str], guessed: Mapping[str, str], stated: Mapping[str, str]) -> Values:
    """The three kinds of values together. Raises `Unfit` where what is stated contradicts what is known."""
    for variable, value in stated.items():
        if known.get(variable, value) != value:
            raise Unfit(f"markers.{variable}", f"{variable} is {known[variable]!r} here, not {value!r}", "leave it out")
    full = stated.get("python_full_version")
    if full is not None and _minor(full) != known["python_version"]:
        message = f"{full} is no release of Python {known['python_version']}"
        raise Unfit("markers.python_full_version", message, f"such as {known['python_version']}.1")
    certain = {**known, **stated}
    if {**guessed, **certain}["implementation_name"] == "cpython":
        certain |= _one_version(certain)
    markers = {**UNKNOWN, **guessed, **certain}
    return Values(markers=dict(sorted(markers.items())), assumed=frozenset(markers.keys() - certain.keys()))


def _one_version(certain: Mapping[str, str]) -> dict[str, str]:
    """CPython's two versions are the same: either one gives the other. Raises `Unfit` where they differ."""
    full, own = certain.get("python_full_version"), certain.get("implementation_version")
    if full is not None and own is not None and full != own:
        hint = "for CPython they are one"
        raise Unfit("markers", f"python_full_version is {full!r}, and implementation_version {own!r}", hint)
    settled = full or own
    if settled is None:
        return {}
    if _minor(settled) != certain["python_version"]:
        message = f"{settled} is no release of Python {certain['python_version']}"
        raise Unfit("markers.implementation_version", message, "for CPython it is python_full_version")
    return {"python_full_version": settled, "implementation_version": settled}


def _minor(full: str) -> str:
    """``3.12`` of ``3.12.4``."""
    return ".".join(full.split(".")[:2])
