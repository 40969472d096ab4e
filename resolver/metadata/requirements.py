"""Requirements (PEP 508) and version specifiers (PEP 440) of metadata, from the texts that others wrote."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from resolver.digits import TOO_LONG, has_too_long_a_number
from resolver.errors import InvalidMetadata


class NoRequirement(InvalidMetadata):
    """A text is no requirement; as a string the reason, one line without the text."""


def read_requirement(text: str) -> Requirement:
    """The requirement that ``text`` is, whose versions can be compared. Raises `NoRequirement`."""
    if has_too_long_a_number(text):
        raise NoRequirement(TOO_LONG)
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise NoRequirement(str(error).partition("\n")[0] or "it breaks PEP 508") from error
    except RecursionError as error:
        raise NoRequirement("its marker is nested too deeply") from error


def read_specifiers(text: str) -> SpecifierSet | None:
    """The specifiers that ``text`` is, whose versions can be compared; None where it breaks PEP 440."""
    try:
        return None if has_too_long_a_number(text) else SpecifierSet(text)
    except InvalidSpecifier:
        return None
