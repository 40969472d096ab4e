"""What a file states as requirements, and the lines on which its values stand."""

from __future__ import annotations

import json

from resolver.records import record
from resolver.spec.document import Steps, dotted
from resolver.spec.model import Origin


@record
class Stated:
    """What a table states as a requirement, and where: a text of PEP 508, or why there is none.

    For Pythons, a text of PEP 440.
    """

    value: object
    steps: Steps


class Places:
    """The places of values in a file whose parser tells no lines: TOML, where texts are ``quoted``, or a setup.cfg."""

    def __init__(self, file: str, text: str, *, quoted: bool = True) -> None:
        self._file = file
        self._quoted = quoted
        self._lines = text.split("\n")

    def origin(self, steps: Steps, literal: object = None) -> Origin:
        """The place of a value; its line is known where ``literal``, its text, stands on one line of the file alone."""
        lines: list[int] = []
        if isinstance(literal, str):
            forms = (json.dumps(literal, ensure_ascii=False), f"'{literal}'") if self._quoted else (literal,)
            lines = [n for n, line in enumerate(self._lines, 1) if any(form in line for form in forms)]
        return Origin(file=self._file, line=lines[0] if len(lines) == 1 else 0, path=dotted(steps))
