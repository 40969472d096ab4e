"""What a distribution says about itself, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.records import field, record


@record
class CoreMetadata:
    """The part of core metadata that a resolution needs.

    ``requires_dist`` holds parsed requirements; ``invalid_requires`` the lines that break PEP 508, verbatim,
    with the reason: none is ever dropped, the caller rejects the release or the spec overrides it.
    ``invalid_requires_python`` is the verbatim claim where it breaks PEP 440 (``requires_python`` is then None).
    """

    name: NormalizedName
    version: Version
    requires_dist: tuple[Requirement, ...] = ()
    provides_extra: frozenset[NormalizedName] = frozenset()
    requires_python: SpecifierSet | None = None
    invalid_requires: tuple[tuple[str, str], ...] = ()
    invalid_requires_python: str | None = None


@record
class SdistFiles:
    """The files of an sdist that can answer questions without running it, by path below its top folder.

    ``files`` holds the bytes of PKG-INFO, pyproject.toml, setup.py, setup.cfg, setup_requires.txt and of every
    ``*.egg-info/requires.txt`` and ``*.egg-info/PKG-INFO`` that are there (and nothing else);
    ``members`` every file's path below the top folder, sorted.
    """

    files: Mapping[str, bytes]
    members: tuple[str, ...] = ()


@record
class BuildSystem:
    """``[build-system]`` after the rules of PEP 517 and 518.

    ``origin`` of ``requires``: ``build-system`` where pyproject.toml states it, ``default`` where PEP 517's
    default stands.
    """

    backend: str
    requires: tuple[Requirement, ...]
    origin: Literal["build-system", "default"]
    backend_path: tuple[str, ...] = ()


@record
class Unknown:
    """A question that only running the backend can answer, and why."""

    reason: str


@record
class StaticMetadata:
    """Run-time metadata of an sdist read without running it.

    ``evidence`` names the file that states it (``PKG-INFO``, ``pyproject.toml``, ``six.egg-info/requires.txt``).
    ``uncertain`` is set where the evidence may not hold for every environment; ``metadata`` is then the best guess.
    ``uncertain_extras`` is set where that is so of what extras ask for, and of nothing else.
    """

    metadata: CoreMetadata
    evidence: str
    uncertain: Unknown | None = None
    uncertain_extras: Unknown | None = None


@record
class StaticBuild:
    """Build requirements of an sdist read without running it.

    ``hook`` is what ``get_requires_for_build_wheel`` would answer, with ``evidence`` naming the file that shows it,
    or Unknown. ``runs_code``: that file is a program, which on a machine may fail or ask for more. ``extra_before``
    holds what only an older setuptools adds, by the first version that no longer does (``{"70.1": (wheel,)}``).
    """

    system: BuildSystem
    hook: tuple[Requirement, ...] | Unknown = ()
    evidence: str = ""
    runs_code: bool = False
    extra_before: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)


@record
class Host:
    """The kind of machine and Python that ran a hook; ``differs``: what of it is not the environment's own."""

    python: str
    os: str
    arch: str
    libc: str | None = None
    differs: tuple[str, ...] = ()
