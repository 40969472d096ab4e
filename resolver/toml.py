"""TOML text -> tables, and a look into tables that may hold anything."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["NotTOML", "parse_toml", "table", "texts", "tomllib"]

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class NotTOML(ValueError):
    """A text that is not TOML; ``str()`` says why. ``line`` is 0 where it is not known."""

    def __init__(self, reason: str, line: int) -> None:
        self.line = line
        super().__init__(reason)


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a document. Raises `NotTOML`."""
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except RecursionError:
        raise NotTOML("it is nested too deeply", 0) from None
    except ValueError as error:  # tomllib lets out what int() says of too many digits
        place = _PLACE.search(str(error))
        line = int(place[1]) if place is not None and place[1] else 0
        raise NotTOML(_PLACE.sub("", str(error)), line) from None
    return found


def table(tables: Mapping[str, Any], *steps: object) -> Mapping[str, Any]:
    """The table at ``steps`` below ``tables``, empty where there is none: the tool whose table it is judges it."""
    for step in steps:
        found = tables.get(str(step))
        tables = found if isinstance(found, dict) else {}
    return tables


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list, or a single one; what is empty or no text is passed over."""
    listed = value if isinstance(value, list) else [value]
    return tuple(one for one in listed if isinstance(one, str) and one)
