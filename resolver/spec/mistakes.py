"""A text that is no requirement (PEP 508) -> what is wrong with it, and what was probably meant.

A parser names the first character that it cannot read, which for a bad version or a misspelt marker is not where a
person went wrong.
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.version import InvalidVersion, Version

from resolver.spec.meant import MARKERS, PROJECT, meant
from resolver.spec.report import nearest, shown

NO_FILES = "files are not required by path: put them into a directory, and name it under `indexes`"
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")

_SINGLE_EQUALS = re.compile(rf"{PROJECT.pattern}=\s*[^=<>~\s]")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.]*)://")
_VERSION_CONTROL = re.compile(r"(?:git|hg|svn|bzr)\+")
_PATH = re.compile(r"\.{0,2}[/\\]|[A-Za-z]:\\|file:|.*\.(?:whl|tar\.gz|zip)(?:$|[\s;#])")
_CLAUSE = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*([^\s,()]*)\s*")
_WORD = re.compile(r"[A-Za-z_.]+")
_EXAMPLE = "such as \"requests[socks]>=2.31 ; python_version < '3.13'\""


def mistake_in(text: str, error: Exception) -> tuple[str, str]:
    """What is wrong, in words, and a hint. ``error``: what the parser of requirements says."""
    form = _other_form(text)
    if form is not None:
        return form
    reason = _bad_version(text)
    hint = "" if reason else _misspelt_marker(text)
    probably = "" if hint else meant(text)
    hint = hint or (f"did you mean {shown(probably)}?" if probably else _EXAMPLE)
    if _SINGLE_EQUALS.match(text):
        return "= compares nothing", hint
    return reason or first_line(error), hint


def first_line(error: Exception) -> str:
    """What a parser of the standard's says, without its drawing."""
    line = str(error).partition("\n")[0].rstrip(":. ")
    return line[:1].lower() + line[1:]


def _other_form(text: str) -> tuple[str, str] | None:
    """Where something else than a requirement was written: what it is, and a hint."""
    if text.startswith("-"):
        return "it is an option", "options stand in requirements files; see `include`, `indexes` and `policy`"
    if _VERSION_CONTROL.match(text):
        return "a version control system is no source of files", "name an archive: name @ https://..."
    if "://" in text and _SCHEME.match(text):
        url = text if "@" not in text else "https://..."  # what stands before an @ may be a password
        return "it is a URL without a name", f"put the name before the URL: name @ {url}"
    return ("it is a path", NO_FILES) if _PATH.match(text) else None


def _bad_version(text: str) -> str:
    """The first clause of the versions that PEP 440 does not know; empty where that is not what is wrong."""
    project = PROJECT.match(text)
    versions = text[project.end() :].partition(";")[0] if project else ""
    for clause in versions.strip(" ()").split(","):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            return ""
        operator, version = found.groups()
        if not version:
            return f"no version follows {operator}"
        try:
            Specifier(f"{operator}{version}")
        except InvalidSpecifier:
            return (
                f"{operator} does not go with {shown(version)}"
                if _is_version(version)
                else f"{shown(version)} is no version"
            )
    return ""


def _is_version(text: str) -> bool:
    try:
        Version(text.removesuffix(".*"))
    except InvalidVersion:
        return False
    return True


def _misspelt_marker(text: str) -> str:
    for word in _WORD.findall(QUOTED.sub("", text.partition(";")[2])):
        if word not in {*MARKERS, "and", "or", "not", "in"}:
            hint = nearest(word, MARKERS)
            if hint:
                return hint
    return ""
