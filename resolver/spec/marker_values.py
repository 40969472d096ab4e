"""Markers that no machine can meet, because a value is spelt as no Python spells it: ``sys_platform == "windows"``.

PEP 508 takes any text as a value, so that such a requirement is no mistake to its parser and asks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.markers import Marker

_SPELT: dict[str, tuple[str, ...]] = {
    "sys_platform": ("linux", "win32", "darwin", "cygwin", "aix", "android", "ios", "emscripten", "wasi"),
    "platform_system": ("Linux", "Windows", "Darwin", "Java", "AIX", "Android", "iOS", "Emscripten"),
    "os_name": ("posix", "nt", "java"),
    "implementation_name": ("cpython", "pypy", "graalpy"),
    "platform_python_implementation": ("CPython", "PyPy", "GraalVM"),
}
"""The values that Python's documentation names; others may exist, and nothing is said of those."""

_FAMILIES = (
    {"windows", "win32", "win64", "win", "nt"},
    {"darwin", "macos", "mac", "osx", "macosx"},
    {"linux", "linux2"},
)
"""Names of one system, in lower case."""

_COMPARED = re.compile(r"\b([a-z_]+) (?:==|!=|===|in|not in) \"([^\"]*)\"")
_COPIED = re.compile(r'\bimplementation_name != "PyPy"')
"""What cffi asks for pycparser with, so that it stands in whatever is compiled of its metadata; it does no harm."""

_PATCH = re.compile(r"\bpython_version ===? \"(\d+\.\d+\.\d[^\"]*)\"")


def never_met(marker: Marker) -> Iterator[tuple[str, str]]:
    """Each comparison that cannot hold as it is meant, as (what it is, what was probably meant)."""
    text = _COPIED.sub("", str(marker))
    for variable, value in _COMPARED.findall(text):
        spelt = _SPELT.get(variable, ())
        likely = _likely(value, spelt) if spelt and value not in spelt else ""
        if likely:
            yield f'{variable} is never "{value}"', f'"{likely}"'
    for value in _PATCH.findall(text):
        yield f'python_version is never "{value}"', "python_full_version"


def _likely(value: str, spelt: tuple[str, ...]) -> str:
    names = next((family for family in _FAMILIES if value.lower() in family), {value.lower()})
    return next((known for known in spelt if known.lower() in names), "")
