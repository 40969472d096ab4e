"""What most likely helps where a backend failed: the reason of a gap in a lock -> a line that the spec may get.

Pure. It knows what newer build requirements took away, and what a setup.py imports without asking for it.
"""

from __future__ import annotations

import re

_OLDER = (
    (r"\buse_2to3 is invalid", "setuptools<58", "older releases of setuptools have use_2to3"),
    (
        r"\bdistutils\.msvccompiler'|'msvccompiler' from 'distutils'",
        "setuptools<74",
        "older releases of setuptools have distutils.msvccompiler",
    ),
    (
        r"\bNo module named 'pkg_resources(?:\.\w+)*'",
        "setuptools<82",
        "older releases of setuptools have pkg_resources",
    ),
    (r"\bCython\.Compiler\.Errors\.", "cython<3", "it may have been written for an older Cython"),
)
"""Texts of failures, releases of build requirements that they do not happen with, and why."""

_ABSENT = re.compile(r"\bNo module named '(?P<module>\w{1,64})(?:\.[\w.]{1,200})?'")

_NO_PROJECT = frozenset({"distutils", "imp", "setuptools", "src", "setup", "version", "utils"})
"""Modules that no project of the name brings: of older Pythons, of setuptools, and of the sdist's own tree."""

_PROJECTS = {"Crypto": "pycryptodome", "skbuild": "scikit-build", "yaml": "pyyaml", "sklearn": "scikit-learn"}
"""Modules of projects that are called otherwise."""


def remedy(project: str, reason: str) -> str | None:
    """A line about the build of ``project`` (its normalized name); None where the reason is not one of those."""
    for pattern, requirement, why in _OLDER:
        if re.search(pattern, reason):
            return f"{why}: {_entry(project, requirement)} brings one"
    found = _ABSENT.search(reason)
    if found is None or found["module"] in _NO_PROJECT or found["module"].replace("_", "-").lower() == project:
        return None
    module = found["module"]
    return f"if its build imports {module} without asking for it: {_entry(project, _PROJECTS.get(module, module))}"


def _entry(project: str, requirement: str) -> str:
    return f'`build: {{requires: {{{project}: ["{requirement}"]}}}}` in the spec'
