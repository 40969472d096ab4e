"""A text that is no requirement (PEP 508) -> the one that was probably meant: signs of other tools, and slips.

Nothing is guessed but signs and quotes: names and versions stay as they are written.
"""

from __future__ import annotations

import re

from packaging.markers import Environment
from packaging.requirements import InvalidRequirement, Requirement

from resolver.spec.poetry_versions import specifiers
from resolver.spec.report import Invalid

MARKERS = ("extra", *Environment.__annotations__)
PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^\]]*\]\s*)?")

_CLAUSE = re.compile(r"([=<>!~^:@]*)\s*([0-9][^\s,=<>!~^;()]*)(?:\s*,|\s+and\b)?\s*")
_SIGNS = {"": "==", "=": "==", ":": "==", "@": "==", "=>": ">=", "=<": "<=", "<>": "!="}
_BOUNDS = {">=", "<=", "<", ">"}
_SINGLE_EQUALS = re.compile(r"(?<![=<>!~])=(?![=<>~])")
_BARE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([A-Za-z0-9][\w.]*)")


def meant(text: str) -> str:
    """The requirement, one that can be read; empty where the text does not suggest any."""
    project = PROJECT.match(text)
    if project is None:
        return ""
    versions, semicolon, marker = text[project.end() :].partition(";")
    clauses = _versions(versions.strip(" ()"))
    if clauses is None:
        return ""
    mended = f"{project[0].strip()}{clauses}"
    mended += f" ; {_marker(marker.strip())}" if semicolon else ""
    try:
        Requirement(mended)
    except InvalidRequirement:
        return ""
    return mended


def _versions(text: str) -> str | None:
    """The clauses with the signs of PEP 440; None where they cannot be told apart."""
    clauses, end = list[str](), 0
    while end < len(text):
        found = _CLAUSE.match(text, end)
        if found is None or (clauses and not found[1]):  # a second version with no sign: what is it?
            return None
        clauses.append(_clause(found[1], found[2]))
        end = found.end()
    return ",".join(clauses)


def _clause(operator: str, version: str) -> str:
    operator = _SIGNS.get(operator, operator)
    version = re.sub(r"\.[xX]$", ".*", version)
    if operator in {"<=", ">"} and re.fullmatch(r"(?:\d{1,9}\.)+\*", version):  # past all of 0.29.* is 0.30
        *head, last = version.removesuffix(".*").split(".")
        return f"{'<' if operator == '<=' else '>='}{'.'.join([*head, str(int(last) + 1)])}"
    if operator in _BOUNDS:
        return f"{operator}{version.removesuffix('.*')}"
    if operator in {"^", "~"} or (operator == "~=" and version.isdigit()):
        try:
            return specifiers(f"{operator[:1]}{version}")
        except Invalid:
            pass
    return f"{operator}{version}"


def _marker(text: str) -> str:
    """A marker with ``==`` for ``=``, and quotes around values that have none."""
    compared = _SINGLE_EQUALS.sub("==", text)
    return _BARE.sub(lambda found: found[0] if found[2] in MARKERS else f"{found[1]} '{found[2]}'", compared)
