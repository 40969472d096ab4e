"""Requirements (PEP 508) and version specifiers (PEP 440) of metadata, from the texts that others wrote."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from resolver.digits import TOO_LONG, has_too_long_a_number
from resolver.errors import InvalidMetadata


class NoRequirement(InvalidMetadata):
    """A text is not a requirement; ``str()`` is the reason, on one line, without the text."""


def read_requirement(text: str) -> Requirement:
    """Parse a requirement. Raises `NoRequirement`, also for a version with a number that Python would not read."""
    if has_too_long_a_number(text):
        raise NoRequirement(TOO_LONG)
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise NoRequirement(str(error).partition("\n")[0] or "it breaks PEP 508") from error
    except RecursionError as error:
        raise NoRequirement("its marker is nested too deeply") from error


def read_specifiers(text: str) -> SpecifierSet | None:
    """Parse specifiers; None where they break PEP 440, or have a number that Python would not read."""
    try:
        return None if has_too_long_a_number(text) else SpecifierSet(text)
    except InvalidSpecifier:
        return None
