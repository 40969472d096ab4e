"""The interpreter of a declaration -> its tags and marker values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from packaging.tags import Tag

from resolver.environments.platforms import Unfit
from resolver.environments.tags import cpython_tags, pypy_tags
from resolver.records import record

CPYTHON_MINORS = range(7, 16)
PYPY_MINORS = range(7, 12)
FIRST_FREETHREADED = 13
_PYTHON = re.compile(
    r"(?P<pypy>pypy)?(?P<major>[2-9])\.(?P<minor>\d{1,2})(?:\.(?P<patch>\d{1,2}))?(?P<t>t)?"
    r"(?:-(?P<release>\d{1,2}(?:\.\d{1,3}){2}))?",
    re.ASCII,
)


@record
class Interpreter:
    """``patch`` None: the spec leaves it open. ``release``: PyPy's own version, None where open."""

    minor: int
    patch: int | None
    pypy: bool
    freethreaded: bool
    release: str | None

    def __str__(self) -> str:
        """As a spec writes it: ``3.12.7``, ``3.13t``, ``pypy3.10-7.3.17``."""
        patch = f".{self.patch}" if self.patch is not None else ""
        release = f"-{self.release}" if self.release else ""
        return f"{'pypy' if self.pypy else ''}3.{self.minor}{patch}{'t' if self.freethreaded else ''}{release}"

    @property
    def suffix(self) -> str:
        """What tells environments of one declaration apart: ``py311``, ``py311.7``, ``py313t``, ``pypy310``."""
        name = f"{'pypy' if self.pypy else 'py'}3{self.minor}"
        patch = f".{self.patch}" if self.patch is not None else ""
        return name + ("t" if self.freethreaded else "") + patch

    def tags(self, platforms: Sequence[str]) -> tuple[Tag, ...]:
        """Its complete tags on ``platforms``."""
        if self.pypy:
            return tuple(pypy_tags(self.minor, platforms))
        return tuple(cpython_tags(self.minor, platforms, freethreaded=self.freethreaded))

    def markers(self) -> Mapping[str, str]:
        """Its marker values; an open patch level stands at 0."""
        full = f"3.{self.minor}.{self.patch or 0}"
        return {
            "python_version": f"3.{self.minor}",
            "python_full_version": full,
            "implementation_name": "pypy" if self.pypy else "cpython",
            "implementation_version": (self.release or "0") if self.pypy else full,
            "platform_python_implementation": "PyPy" if self.pypy else "CPython",
        }

    def assumed(self) -> frozenset[str]:
        """The marker values that the declaration leaves open."""
        stated = {
            "python_full_version": self.patch,
            "implementation_version": self.release if self.pypy else self.patch,
        }
        return frozenset(variable for variable, value in stated.items() if value is None)


def interpreter_of(text: str) -> Interpreter:
    """``3.12``, ``3.12.7``, ``3.13t``, ``pypy3.10``, ``pypy3.10-7.3.17``. Raises `Unfit`."""
    found = _PYTHON.fullmatch(text.strip())
    if found is None:
        raise Unfit("python", f"{text!r} is not a Python version", 'such as "3.12", "3.12.7", "3.13t" or "pypy3.10"')
    pypy, minor, freethreaded = found["pypy"] is not None, int(found["minor"]), found["t"] is not None
    known = PYPY_MINORS if pypy else CPYTHON_MINORS
    if found["major"] != "3" or minor not in known:
        name = "PyPy" if pypy else "CPython"
        raise Unfit(
            "python", f"{name} {found['major']}.{minor} is not supported", f"{name} 3.{known[0]} to 3.{known[-1]}"
        )
    if freethreaded and (pypy or minor < FIRST_FREETHREADED):
        raise Unfit("python", f"{text!r}: there is no free-threaded build of it", "CPython 3.13t is the first")
    if found["release"] and not pypy:
        raise Unfit("python", f"{text!r}: only PyPy has a release of its own", "such as pypy3.10-7.3.17")
    patch = int(found["patch"]) if found["patch"] is not None else None
    return Interpreter(minor=minor, patch=patch, pypy=pypy, freethreaded=freethreaded, release=found["release"])
