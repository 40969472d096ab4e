"""Version constraints of Poetry -> version specifiers (PEP 440) and markers of the Python (PEP 508).

Poetry's own signs are the caret (nothing that changes the leftmost part that is not zero), the tilde (nothing that
changes the part before the last), a version alone, wildcards with any operator left out, and ``|`` between
alternatives. The last has no form in a version specifier; in a marker it has.
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from resolver.spec.report import Invalid, shown

_CLAUSE = re.compile(r"(\^|~=|~|===|==|=|!=|<=|>=|<|>)?\s*((?:\d+!)?[^\s,|<>=!~^]+)\s*,?\s*")
_ANYTHING = ("", "*")
_SHORT = 2  # parts of a version that python_version has


def specifiers(constraint: str) -> str:
    """A constraint as PEP 440 has it, such as ``>=1.2,<2`` for ``^1.2``. Raises `Invalid`."""
    alternatives = _alternatives(constraint)
    if len(alternatives) > 1:
        hint = "narrow it to one of them, in Poetry's table or by `overrides` of the spec"
        raise Invalid(f"{shown(constraint)} has alternatives, and a version specifier has none", hint)
    return _joined(alternatives[0], constraint)


def python_marker(constraint: str) -> str:
    """The marker that holds for the Pythons of a constraint; empty where it is any. Raises `Invalid`."""
    markers = []
    for alternative in _alternatives(constraint):
        clauses = [_python_clause(text) for text in _joined(alternative, constraint).split(",") if text]
        if not clauses:
            return ""
        markers.append(" and ".join(clauses))
    return markers[0] if len(markers) == 1 else " or ".join(f"({marker})" for marker in markers)


def _alternatives(constraint: str) -> list[str]:
    return [part.strip() for part in re.split(r"\|\|?", constraint.strip())]


def _joined(text: str, constraint: str) -> str:
    """One alternative in PEP 440; ``constraint`` is all of it, for messages."""
    if text in _ANYTHING:
        return ""
    clauses, end = [], 0
    while end < len(text):
        found = _CLAUSE.match(text, end)
        if found is None:
            break
        clauses.append(_clause(found[1] or "", found[2], constraint))
        end = found.end()
    joined = ",".join(clauses)
    try:
        if end < len(text):
            raise InvalidSpecifier
        SpecifierSet(joined)
    except InvalidSpecifier:
        raise _unknown(constraint) from None
    return joined


def _clause(operator: str, version: str, constraint: str) -> str:
    if operator in {"^", "~"}:
        return _range(operator, version, constraint)
    return f"{'==' if operator in {'', '='} else operator}{version}"


def _range(operator: str, version: str, constraint: str) -> str:
    """``^1.2`` and ``~1.2``: from that version up to where a part of it changes, without its pre-releases."""
    try:
        first = Version(version)
    except InvalidVersion:
        raise _unknown(constraint) from None
    release = first.release
    if operator == "~":
        changes = min(1, len(release) - 1)
    else:
        changes = next((number for number, part in enumerate(release) if part), len(release) - 1)
    upper = ".".join(map(str, (*release[:changes], release[changes] + 1)))
    epoch = f"{first.epoch}!" if first.epoch else ""
    return f">={version},<{epoch}{upper}"


def _python_clause(clause: str) -> str:
    found = _CLAUSE.fullmatch(clause)
    assert found is not None, "was written by `_joined`"
    operator, version = found[1], found[2]
    parts = version.removesuffix(".*").split(".")
    if len(parts) <= _SHORT and operator in {">", "<="}:  # 3.8.1 is more than 3.8, for Poetry as for PEP 440
        return f'python_full_version {operator} "{".".join((*parts, "0", "0")[:3])}"'
    if len(parts) > _SHORT:
        return f'python_full_version {operator} "{version}"'
    if len(parts) == 1 and not version.endswith(".*"):
        version += ".0"
    elif len(parts) == _SHORT:
        version = version.removesuffix(".*")
    return f'python_version {operator} "{version}"'


def _unknown(constraint: str) -> Invalid:
    return Invalid(f"{shown(constraint)} is no constraint of Poetry's", 'such as "^2.31", "~2.31" or ">=2.31,<3"')
