"""What the closure of a build shows once it is resolved: what else the build asks for, and why it may fail."""

from __future__ import annotations

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.build.asking import Question, holding
from resolver.build.model import PlannedRequirement
from resolver.environments.model import Environment
from resolver.metadata.backends import project_of
from resolver.metadata.model import BuildSystem, StaticBuild
from resolver.resolution.search import Resolution

_SETUPTOOLS = NormalizedName("setuptools")
_PYTHON_WITHOUT_DISTUTILS = "3.12"
_SETUPTOOLS_WITHOUT_DISTUTILS = "66.1"
"""The first setuptools that the first Python without distutils, and every later one, can import."""


def added_by_older_setuptools(
    static: StaticBuild, closure: Resolution, environment: Environment
) -> tuple[PlannedRequirement, ...]:
    """What the setuptools of this closure, if it is an old one, asks for by itself.

    It does so whatever the sdist requires: an entry of the spec, which is about the sdist, does not replace it.
    """
    setuptools = closure.pins.get(_SETUPTOOLS)
    if setuptools is None:
        return ()
    return tuple(
        PlannedRequirement(requirement, "hook", "setuptools")
        for before, requirements in static.extra_before.items()
        if setuptools.candidate.version < Version(before)
        for requirement in holding(requirements, environment)
    )


def without_backend(system: BuildSystem, closure: Resolution) -> str | None:
    """Why a build cannot import its backend, where nothing that it installs provides it; else None."""
    project = project_of(system)
    if project is None or project in closure.pins:
        return None
    return (
        f"its backend {system.backend} cannot be imported: nothing that it asks for here brings {project}; "
        "`build: requires:` in the spec can"
    )


def doubt(question: Question, closure: Resolution, environment: Environment) -> str | None:
    """Why what the files of an sdist show may be wrong, where its setup.py was not run; else None.

    A build that keeps setuptools old may get one that this Python cannot even import.
    """
    setuptools = closure.pins.get(_SETUPTOOLS)
    if question.untried is None or setuptools is None:
        return None
    python = environment.markers["python_version"]
    if Version(python) < Version(_PYTHON_WITHOUT_DISTUTILS):
        return None
    if setuptools.candidate.version >= Version(_SETUPTOOLS_WITHOUT_DISTUTILS):
        return None
    return (
        f"its build requirements: Python {python} imports no setuptools before "
        f"{_SETUPTOOLS_WITHOUT_DISTUTILS}, its build gets {setuptools.candidate.version}, "
        f"and it was not asked: {question.untried}"
    )
