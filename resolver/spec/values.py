"""Texts of a spec -> values: requirements, specifiers, names, URLs of files. Each raises `Invalid`.

The forms are those of the packaging standards: dependency specifiers (PEP 508), version specifiers (PEP 440) and names
(PEP 503).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from resolver.spec.report import Invalid, shown

LONGEST = 2000  # characters; beyond it Python refuses to read version numbers, and no person wrote it

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ASKS_FOR_EXTRA = re.compile(r"\b(?:extras?|dependency_groups)\b")
_SINGLE_EQUALS = r"([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*=\s*([^=\s]\S*)"  # these are compiled for errors alone
_SCHEME = r"(?:[A-Za-z][A-Za-z0-9+.]*)://"
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz")
_PATH = r"\.{0,2}[/\\]|[A-Za-z]:\\|file:|.*\.(?:whl|tar\.gz|zip)(?:$|[\s;#])"


def parse_requirement(text: str, *, extra_marker: bool = False) -> Requirement:
    """One requirement. ``extra_marker``: whether its marker may ask for an extra, as the metadata of a project may."""
    text = text.strip()
    _check_length(text)
    try:
        requirement = Requirement(text)
        marker = _QUOTED.sub("", str(requirement.marker or ""))
    except InvalidRequirement as error:
        raise Invalid(f"{shown(text)} is not a requirement: {_first_line(error)}", _hint(text)) from None
    except RecursionError:
        raise Invalid(f"{shown(text)} is nested too deep", "simplify its marker") from None
    if requirement.url is not None:
        check_file_url(requirement.url)
    elif requirement.name.lower().endswith(_ARCHIVES):
        raise Invalid(f"{shown(text)} is the name of a file, not of a project", _hint(text))
    if not extra_marker and _ASKS_FOR_EXTRA.search(marker):
        raise Invalid(f"{shown(text)}: its marker asks for an extra, and nothing here has one", "use a group instead")
    return requirement


def parse_constraint(text: str) -> Requirement:
    """A requirement that only bounds: it names no extras."""
    requirement = parse_requirement(text)
    if requirement.extras:
        raise Invalid(f"{shown(text)}: a constraint has no extras", "extras are asked for in `requirements`")
    return requirement


def parse_specifiers(text: str) -> SpecifierSet:
    """A set of version specifiers, such as ``>=3.6,<4``."""
    _check_length(text)
    try:
        return SpecifierSet(text)
    except InvalidSpecifier as error:
        raise Invalid(f"{shown(text)} is not a version specifier: {_first_line(error)}", 'such as ">=3.6,<4"') from None


def parse_name(text: str, what: str = "project") -> NormalizedName:
    """A name of a project, an extra or a group, normalised."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        hint = "letters, digits, '.', '_' and '-', beginning and ending with a letter or a digit"
        raise Invalid(f"{shown(text)} is not the name of a {what}", hint) from None


def check_file_url(url: str) -> None:
    """Refuse the URL of a direct requirement that no lock can hold."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a bad port is an error only when asked for
    except ValueError as error:
        raise Invalid(f"{shown(url)} is not a URL: {error}") from None
    if "+" in parts.scheme:
        raise Invalid(f"{shown(url)}: a version control system is no source of files", "name an archive by https:")
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        hint = "put the file into a directory, and name that directory under `indexes`"
        raise Invalid(f"{shown(url)}: a file is named by https: here", hint)
    if "@" in parts.netloc:
        raise Invalid("the URL holds credentials, and a lock must not", "use netrc or keyring")


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise Invalid(f"{shown(text)} is {len(text)} characters long; the limit is {LONGEST}")


def _first_line(error: Exception) -> str:
    line = str(error).partition("\n")[0].rstrip(":. ")
    return line[:1].lower() + line[1:]


def _hint(text: str) -> str:
    """What was probably meant by something that is no requirement."""
    if text.startswith("-"):
        return "options stand in requirements files; see `include`, `indexes` and `policy`"
    if "://" in text and re.match(_SCHEME, text):
        return f"put the name before the URL: name @ {text if '@' not in text else 'https://...'}"
    if re.match(_PATH, text):
        return "files are not required by path: put them into a directory, and name it under `indexes`"
    single = re.match(_SINGLE_EQUALS, text)
    if single is not None:
        return f"did you mean {shown(f'{single[1]}=={single[2]}')}?"
    return "such as \"requests[socks]>=2.31 ; python_version < '3.13'\""
