"""Requirements of metadata from their texts (PEP 508): the one place where what others wrote becomes one."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement

from resolver.errors import InvalidMetadata
from resolver.metadata.numbers import TOO_LONG, has_too_long_a_number


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
