"""Collects what is wrong with a spec while it is read, so that everything is told at once. No parsing here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from resolver.errors import Problem, SpecError
from resolver.spec.model import Origin

LONGEST_SHOWN = 60

_CREDENTIALS = r"//[^/\s@]*@"


class Invalid(ValueError):
    """One value that cannot be: what is wrong, and what to do. The caller knows the place."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)


class Report:
    """Problems found so far, each of them once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, origin: Origin, message: str, hint: str = "") -> None:
        """Note a problem at ``origin``."""
        problem = Problem(file=origin.file, line=origin.line, path=origin.path, message=message, hint=hint)
        self._found[problem] = None

    def invalid(self, origin: Origin, error: Invalid) -> None:
        """Note a value that could not be parsed."""
        self.add(origin, error.message, error.hint)

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note what somebody else found."""
        self._found.update(dict.fromkeys(problems))

    def problems(self) -> tuple[Problem, ...]:
        """Everything noted, in order of file, line and path; the tenth of a list stands behind the ninth."""
        return tuple(sorted(self._found, key=lambda p: (p.file, p.line, _in_order(p.path), p.message, p.hint)))

    def raise_if_any(self) -> None:
        """Raise `SpecError` where anything was noted."""
        if self._found:
            raise SpecError(self.problems())


def shown(value: object) -> str:
    """A value in double quotes for a message: shortened, on one line whatever it holds, and without credentials."""
    text = re.sub(_CREDENTIALS, "//***@", str(value))
    text = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
    inner = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return f'"{inner}"'


def near(name: str, known: Sequence[str]) -> str:
    """A hint that names the nearest of ``known``, or all of them where none is near."""
    return nearest(name, known) or (f"known here: {', '.join(known)}" if known else "")


def nearest(name: str, known: Sequence[str]) -> str:
    """A hint that names the nearest of ``known``; empty where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415  (only where something is wrong)

    found = get_close_matches(name, known, 1)
    return f"did you mean {shown(found[0])}?" if found else ""


def _in_order(path: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", path)]
