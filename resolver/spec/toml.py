"""TOML text -> tables, a look into tables that may hold anything, and the lines on which their values stand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from resolver.records import record
from resolver.spec.document import Steps, dotted
from resolver.spec.model import Origin

try:
    import tomllib  # type: ignore[import-not-found,unused-ignore]  # Python 3.11
except ModuleNotFoundError:
    import tomli as tomllib  # type: ignore[no-redef,unused-ignore]  # Python 3.10

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


@record
class Stated:
    """What a table states as a requirement, and where: a text of PEP 508, or why there is none.

    For Pythons, a text of PEP 440.
    """

    value: object
    steps: Steps


class Places:
    """The places of values in the TOML file ``file``, whose parser tells no lines."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._lines = text.split("\n")

    def origin(self, steps: Steps, literal: object = None) -> Origin:
        """The place of a value; its line is known where ``literal``, its text, stands on one line of the file alone."""
        lines: list[int] = []
        if isinstance(literal, str):
            forms = (json.dumps(literal, ensure_ascii=False), f"'{literal}'")
            lines = [n for n, line in enumerate(self._lines, 1) if any(form in line for form in forms)]
        return Origin(file=self._file, line=lines[0] if len(lines) == 1 else 0, path=dotted(steps))
