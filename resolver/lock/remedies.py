"""What most likely helps where a backend failed: the reason of a gap in a lock -> a line that the spec may get.

Pure. It knows what newer build requirements took away, and what a setup.py imports without asking for it.
"""

from __future__ import annotations

import re

_OLDER = (
    (r"\buse_2to3 is invalid", "setuptools", "<58", "use_2to3 was part of setuptools before 58"),
    (
        r"\bdistutils\.msvccompiler'|'msvccompiler' from 'distutils'",
        "setuptools",
        "<74",
        "distutils.msvccompiler was part of setuptools before 74",
    ),
    (
        r"\bNo module named 'pkg_resources(?:\.\w+)*'",
        "setuptools",
        "<82",
        "pkg_resources was part of setuptools before 82",
    ),
    (r"\bCython\.Compiler\.Errors\.", "cython", "<3", "if it was written for Cython before 3"),
)
"""Texts of failures, the build requirement and its releases that they do not happen with, and why."""

_ABSENT = re.compile(r"\bNo module named '(?P<module>\w{1,64})(?:\.[\w.]{1,200})?'")

_SAME_NAME = (
    *("cffi", "cmake", "cppy", "jinja2", "mypy", "nanobind", "ninja", "numpy", "packaging", "pbr", "pip", "pkgconfig"),
    *("psutil", "pybind11", "requests", "scipy", "six", "toml", "tomli", "torch", "tqdm", "versioneer", "wheel"),
)
_PROJECTS = {
    **{name: name for name in _SAME_NAME},
    "Cython": "cython",
    "extension_helpers": "extension-helpers",
    "jupyter_packaging": "jupyter-packaging",
    "setuptools_rust": "setuptools-rust",
    "setuptools_scm": "setuptools-scm",
    "skbuild": "scikit-build",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Modules that builds import, and the project that has each. Of others nothing is said: a project that merely bears the
name of a module may be anybody's."""


def remedy(project: str, reason: str) -> str | None:
    """A line about the build of ``project`` (its normalized name); None where the reason is not one of those."""
    for pattern, needed, releases, why in _OLDER:
        if needed != project and re.search(pattern, reason):
            return f"{why}: {_entry(project, needed + releases)}"
    found = _ABSENT.search(reason)
    absent = _PROJECTS.get(found["module"]) if found else None
    if found is None or absent is None or absent == project:
        return None
    return f"if its build imports {found['module']} without asking for it: {_entry(project, absent)}"


def _entry(project: str, requirement: str) -> str:
    return f'`build: {{requires: {{{project}: ["{requirement}"]}}}}` in the spec'
