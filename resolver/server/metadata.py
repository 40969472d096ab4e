"""Core metadata, as much of it as the server needs. Pure."""

from __future__ import annotations

import email.parser
import re
from typing import NamedTuple, Optional, cast

from resolver.server.names import NAME, Version

SPECIFIER = re.compile(r"(?:~=|===?|!=|<=?|>=?)\s*[A-Za-z0-9.*+!_-]+")


class Metadata(NamedTuple):
    """What is needed of core metadata; ``content`` is the whole of it."""

    content: bytes
    name: str
    version: Version
    requires_python: str


def read_metadata(content: bytes, where: str) -> Metadata:
    """METADATA or PKG-INFO. Raises ValueError, which begins with ``where``, in words."""
    fields = email.parser.BytesHeaderParser().parsebytes(content)

    def single(name: str, default: Optional[str] = None) -> str:
        found = [str(value).strip() for value in fields.get_all(name, [])]
        if len(found) > 1 or (not found and default is None):
            raise ValueError("{} has {} {}".format(where, len(found) or "no", name))
        return found[0] if found else cast("str", default)

    if not re.match(r"[12]\.[0-9]+\Z", single("Metadata-Version")):
        raise ValueError("{} has a Metadata-Version that is not known here".format(where))
    name, requires_python = single("Name"), single("Requires-Python", "")
    if not NAME.fullmatch(name):
        raise ValueError("{} has a Name that is none: {!r}".format(where, name[:100]))
    clauses = [clause.strip() for clause in requires_python.split(",")]
    if requires_python and not all(SPECIFIER.fullmatch(clause) for clause in clauses if clause):
        raise ValueError("{} has a Requires-Python that cannot be read: {!r}".format(where, requires_python[:100]))
    try:
        version = Version(single("Version"))
    except ValueError as error:
        raise ValueError("{}: {}".format(where, error)) from None
    return Metadata(content, name, version, requires_python)
