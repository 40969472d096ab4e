"""The ``[build-system]`` of an sdist after PEP 517 and 518, with their defaults."""

from __future__ import annotations

from typing import Any

from packaging.requirements import Requirement

from resolver.errors import InvalidMetadata
from resolver.metadata.model import BuildSystem, SdistFiles
from resolver.metadata.pyproject import read_toml
from resolver.metadata.requirements import NoRequirement, read_requirement

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
DEFAULT_REQUIRES = "setuptools>=40.8.0"


def build_system(files: SdistFiles) -> BuildSystem:
    """How to build an sdist. Raises `InvalidMetadata` where pyproject.toml breaks PEP 518.

    PEP 517: without pyproject.toml, or without the table, setuptools' legacy backend and its default requirement
    stand; a table without ``build-backend`` means that backend with the requirements as stated.
    """
    table = read_toml(files).get("build-system")
    if table is None:
        return BuildSystem(backend=LEGACY_BACKEND, requires=(Requirement(DEFAULT_REQUIRES),), origin="default")
    if not isinstance(table, dict):
        raise InvalidMetadata("pyproject.toml: build-system is not a table")
    backend = table.get("build-backend", LEGACY_BACKEND)
    if not isinstance(backend, str):
        raise InvalidMetadata("pyproject.toml: build-system.build-backend is not a string")
    return BuildSystem(
        backend=backend,
        requires=_requires(table),
        origin="build-system",
        backend_path=_backend_path(table, files),
    )


def _requires(table: dict[str, Any]) -> tuple[Requirement, ...]:
    listed = table.get("requires")
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise InvalidMetadata("pyproject.toml: build-system.requires must be a list of requirements (PEP 518)")
    found = []
    for text in listed:
        try:
            found.append(read_requirement(text))
        except NoRequirement as error:
            place = f"pyproject.toml: build-system.requires has {text[:60]!r}"
            raise InvalidMetadata(f"{place}, which is invalid: {error}") from error
    return tuple(found)


def _backend_path(table: dict[str, Any], files: SdistFiles) -> tuple[str, ...]:
    listed = table.get("backend-path", [])
    if listed == ".":  # flit-core 2.3.0 has it so: pip and uv take that for a list
        listed = ["."]
    if not isinstance(listed, list) or not all(isinstance(path, str) for path in listed):
        raise InvalidMetadata("pyproject.toml: build-system.backend-path must be a list of paths (PEP 517)")
    for path in listed:
        parts = [part for part in path.replace("\\", "/").split("/") if part not in {"", "."}]
        inside = not path.startswith("/") and ".." not in parts
        prefix = "/".join(parts)
        if not inside or (prefix and not any(m == prefix or m.startswith(prefix + "/") for m in files.members)):
            raise InvalidMetadata(
                f"pyproject.toml: build-system.backend-path names {path!r}, which is not in the sdist"
            )
    return tuple(listed)
