"""Requirements that ``[project]`` of a pyproject.toml declares (PEP 621)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from resolver.errors import InvalidMetadata
from resolver.metadata.extras import extra_marker, extra_name, with_marker
from resolver.metadata.model import CoreMetadata
from resolver.metadata.pyproject import strings_in
from resolver.metadata.requirements import NoRequirement, read_requirement, read_specifiers

_DYNAMIC = {"dependencies", "optional-dependencies", "requires-python"}


def declared_metadata(data: Mapping[str, Any], base: CoreMetadata) -> CoreMetadata | None:
    """``base`` with what ``[project]`` declares; None where it is not there or leaves some of that dynamic.

    Raises `InvalidMetadata` for values of a wrong type and for a requires-python that breaks PEP 440.
    """
    table = data.get("project")
    if table is None:
        return None
    if not isinstance(table, dict):
        raise InvalidMetadata("pyproject.toml: project is not a table")
    if _DYNAMIC & set(strings_in(table, "dynamic", "project.dynamic")):
        return None
    texts = [*strings_in(table, "dependencies", "project.dependencies")]
    extras: set[NormalizedName] = set()
    groups = table.get("optional-dependencies", {})
    if not isinstance(groups, dict):
        raise InvalidMetadata("pyproject.toml: project.optional-dependencies is not a table")
    for extra in groups:
        name = extra_name(extra, "pyproject.toml")
        extras.add(name)
        asked = strings_in(groups, extra, f"project.optional-dependencies.{extra}")
        texts += [with_marker(text, extra_marker(name)) for text in asked]
    found = with_requirements(base, texts, frozenset(extras))
    return replace(found, requires_python=_specifier(table.get("requires-python")))


def with_requirements(base: CoreMetadata, texts: list[str], extras: frozenset[NormalizedName]) -> CoreMetadata:
    """``base`` with these requirements in place of its own; none that breaks PEP 508 is dropped."""
    parsed = list(_parsed(texts))
    return replace(
        base,
        requires_dist=tuple(one for one in parsed if isinstance(one, Requirement)),
        invalid_requires=tuple(one for one in parsed if isinstance(one, tuple)),
        provides_extra=base.provides_extra | extras,
    )


def _specifier(text: object) -> SpecifierSet | None:
    if text is None:
        return None
    found = read_specifiers(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidMetadata(f"pyproject.toml: project.requires-python {text!r} is invalid (PEP 440)")
    return found


def _parsed(texts: list[str]) -> Iterator[Requirement | tuple[str, str]]:
    for text in texts:
        try:
            yield read_requirement(text)
        except NoRequirement as error:
            yield (text, str(error))
