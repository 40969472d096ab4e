"""Requirements that ``[project]`` of a pyproject.toml declares (PEP 621)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from resolver.errors import InvalidMetadata
from resolver.metadata.egg_info import extra_name, of_extra, with_marker
from resolver.metadata.model import CoreMetadata
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
    if _DYNAMIC & set(_strings(table.get("dynamic", []), "project.dynamic")):
        return None
    texts = list(_strings(table.get("dependencies", []), "project.dependencies"))
    extras: set[NormalizedName] = set()
    groups = table.get("optional-dependencies", {})
    if not isinstance(groups, dict):
        raise InvalidMetadata("pyproject.toml: project.optional-dependencies is not a table")
    for extra, listed in groups.items():
        name = extra_name(extra, "pyproject.toml")
        extras.add(name)
        place = f"project.optional-dependencies.{extra}"
        texts += [with_marker(text, of_extra(name)) for text in _strings(listed, place)]
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


def _strings(value: object, place: str) -> list[str]:
    texts = [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(texts) < len(value):
        raise InvalidMetadata(f"pyproject.toml: {place} is not a list of strings")
    return texts


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
