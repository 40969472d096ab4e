"""Core metadata (METADATA of a wheel, PKG-INFO of an sdist) from its bytes.

Follows the core metadata specification in every version from 1.0 on; `resolver.metadata.headers` finds the fields.
``Requires`` of metadata 1.1 names modules, not distributions, and is ignored as the specification says.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from resolver.metadata.headers import Fields, fields, metadata_version, name_of, single, version_of
from resolver.metadata.known import known_requirement
from resolver.metadata.model import CoreMetadata
from resolver.metadata.requirements import NoRequirement, read_requirement, read_specifiers
from resolver.records import record


@record
class PkgInfo:
    """PKG-INFO of an sdist. ``metadata_version`` is ``1.0`` where the file states none.

    ``dynamic`` holds the fields, in lower case, that a build may still change (metadata 2.2 and newer).
    """

    metadata: CoreMetadata
    metadata_version: str
    dynamic: frozenset[str]


def parse_core(content: bytes) -> CoreMetadata:
    """Read core metadata.

    Dependencies that break PEP 508 and a Requires-Python that breaks PEP 440 are kept apart, none is dropped.
    Raises `InvalidMetadata` for an absent or invalid name or version, a metadata version newer than 2.x, a field
    that may stand once and is stated twice with different values, and headers broken off before a field that matters.
    """
    return _core(fields(content))


def parse_pkg_info(content: bytes) -> PkgInfo:
    """Read PKG-INFO, and which of its fields a build may still change. Raises as `parse_core` does."""
    found = fields(content)
    return PkgInfo(
        metadata=_core(found),
        metadata_version=metadata_version(found),
        dynamic=frozenset(value.strip().lower() for value in found.get("dynamic", ())),
    )


def _core(fields: Fields) -> CoreMetadata:
    metadata_version(fields)
    requires: list[Requirement] = []
    invalid: list[tuple[str, str]] = []
    for line in fields.get("requires-dist", ()):
        parsed = _requirement(line)
        if isinstance(parsed, Requirement):
            requires.append(parsed)
        else:
            invalid.append((line, parsed))
    claim = single(fields, "requires-python")
    requires_python = _specifiers(claim) if claim else None
    return CoreMetadata(
        name=name_of(fields),
        version=version_of(fields),
        requires_dist=tuple(requires),
        provides_extra=frozenset(canonicalize_name(extra) for extra in fields.get("provides-extra", ()) if extra),
        requires_python=requires_python,
        invalid_requires=tuple(invalid),
        invalid_requires_python=claim if claim and requires_python is None else None,
    )


@lru_cache(maxsize=1 << 13)  # releases of a project repeat their dependencies; nobody changes a parsed requirement
def _requirement(line: str) -> Requirement | str:
    """The requirement, or why it is none."""
    try:
        return known_requirement(read_requirement(line))
    except NoRequirement as error:
        return str(error)


_specifiers = lru_cache(maxsize=1 << 12)(read_specifiers)  # as above
