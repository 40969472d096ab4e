"""Run-time metadata and build requirements of an sdist, read from its files and never by running it.

An answer is sound, or it says that it is uncertain and why; nothing is guessed in silence.
"""

from __future__ import annotations

from dataclasses import replace

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.backends import hook_answer
from resolver.metadata.build_system import LEGACY_BACKEND, build_system
from resolver.metadata.core import PkgInfo, parse_pkg_info
from resolver.metadata.declared import declared_metadata, with_requirements
from resolver.metadata.egg_info import egg_info, requires_txt
from resolver.metadata.model import BuildSystem, CoreMetadata, SdistFiles, StaticBuild, StaticMetadata, Unknown
from resolver.metadata.pyproject import read_toml
from resolver.metadata.requirements import read_specifiers
from resolver.metadata.setup_keywords import SetupKeywords, asked_of_setuptools

RUNS_CODE = {"setuptools.build_meta", LEGACY_BACKEND}
"""Backends whose metadata comes from a program (setup.py) where there is one."""

DECLARATIVE = ("flit_core.", "flit.", "poetry.", "pdm.", "hatchling.", "uv_build", "whey")
"""Backends that write the Requires-Dist of an sdist from declarations alone."""


def static_build(files: SdistFiles) -> StaticBuild:
    """How an sdist is built and what its backend's hook would ask for. Raises `InvalidMetadata`."""
    system = build_system(files)
    answer = hook_answer(system, files)
    return StaticBuild(
        system=system,
        hook=answer.requires,
        evidence=answer.evidence,
        runs_code=system.backend in RUNS_CODE and "setup.py" in files.files,
        extra_before=answer.extra_before,
    )


def static_metadata(files: SdistFiles, *, project: NormalizedName, version: Version) -> StaticMetadata | Unknown:
    """The run-time metadata of an sdist, by the strongest evidence that it carries.

    In order: PKG-INFO of metadata 2.2 or later without dynamic requirements (PEP 643); ``[project]`` without dynamic
    dependencies (PEP 621); PKG-INFO by a declarative backend; what setuptools wrote beside setup.py, which is sound
    where setup.py does not look at the machine. Raises `InvalidMetadata`.
    """
    info = _pkg_info(files, project, version)
    if info is not None and _is_static(info):
        return StaticMetadata(metadata=info.metadata, evidence="PKG-INFO")
    declared = declared_metadata(read_toml(files), CoreMetadata(name=project, version=version))
    if declared is not None:
        return StaticMetadata(metadata=declared, evidence="pyproject.toml")
    system = build_system(files)
    if system.backend not in RUNS_CODE:
        return _by_backend(info, system)
    return _by_setuptools(files, info, CoreMetadata(name=project, version=version))


def _pkg_info(files: SdistFiles, project: NormalizedName, version: Version) -> PkgInfo | None:
    folder = egg_info(files.files, project, version)
    content = files.files.get("PKG-INFO", files.files.get(f"{folder}/PKG-INFO"))
    if content is None:
        return None
    info = parse_pkg_info(content)
    if info.metadata.name != project or info.metadata.version != version:
        raise InvalidMetadata(f"its PKG-INFO calls it {info.metadata.name} {info.metadata.version}")
    return info


def _is_static(info: PkgInfo) -> bool:
    """PEP 643: since metadata 2.2, what is not named dynamic holds for every wheel."""
    major, _, minor = info.metadata_version.partition(".")
    return (int(major), int(minor)) >= (2, 2) and not info.dynamic & _RESOLVED


_RESOLVED = {"requires-dist", "provides-extra", "requires-python"}


def _by_backend(info: PkgInfo | None, system: BuildSystem) -> StaticMetadata | Unknown:
    reason = f"its backend {system.backend} computes its metadata"
    if info is None:
        return Unknown(reason=reason)
    declarative = system.backend.startswith(DECLARATIVE) and not system.backend_path
    sure = declarative and not info.dynamic & _RESOLVED
    return StaticMetadata(
        metadata=info.metadata, evidence="PKG-INFO", uncertain=None if sure else Unknown(reason=reason)
    )


def _by_setuptools(files: SdistFiles, info: PkgInfo | None, empty: CoreMetadata) -> StaticMetadata:
    asked = asked_of_setuptools(files)
    metadata, evidence, carried = _evidence(files, _with_python(info, empty, asked), asked)
    lost = Unknown(reason=f"{evidence} computes its requirements, and the sdist does not carry the result")
    return StaticMetadata(
        metadata=metadata,
        evidence=evidence,
        uncertain=asked.uncertain or (None if carried else lost),
        uncertain_extras=asked.uncertain_extras,
    )


def _evidence(files: SdistFiles, base: CoreMetadata, asked: SetupKeywords) -> tuple[CoreMetadata, str, bool]:
    """What setuptools wrote, else what it would read: the metadata, the file that shows it, whether it is complete."""
    folder = egg_info(files.files, base.name, base.version)
    written = f"{folder}/requires.txt"
    if written in files.files:
        texts, extras = requires_txt(files.files[written], written)
        return with_requirements(base, texts, extras), written, True
    if base.requires_dist or base.invalid_requires:
        return base, "PKG-INFO", True
    if folder is not None:
        return base, f"{folder}/PKG-INFO", True
    evidence = next((path for path in ("setup.py", "setup.cfg") if path in files.files), "pyproject.toml")
    if asked.texts is not None:
        return with_requirements(base, list(asked.texts), asked.extras), evidence, True
    return base, evidence, False


def _with_python(info: PkgInfo | None, empty: CoreMetadata, asked: SetupKeywords) -> CoreMetadata:
    """PKG-INFO, and the Requires-Python that setup.py states, for which metadata before 1.2 had no field."""
    base = info.metadata if info is not None else empty
    if base.requires_python is not None or base.invalid_requires_python is not None or not asked.python:
        return base
    found = read_specifiers(asked.python)
    return replace(base, requires_python=found, invalid_requires_python=asked.python if found is None else None)
