"""Texts of a spec -> values: requirements, specifiers, names, URLs of files. Each raises `Invalid`.

The forms are those of the packaging standards: dependency specifiers (PEP 508), version specifiers (PEP 440) and names
(PEP 503).
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from resolver.spec.report import Invalid, shown

LONGEST = 2000  # characters; beyond it Python refuses to read version numbers, and no person wrote it

_ASKS_FOR_EXTRA = r"\b(?:extras?|dependency_groups)\b"
ARCHIVES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz")


def parse_requirement(text: str, *, extra_marker: bool = False) -> Requirement:
    """One requirement. ``extra_marker``: whether its marker may ask for an extra, as the metadata of a project may."""
    text = text.strip()
    _check_length(text)
    try:
        requirement = Requirement(text)
        asks_for_extra = _asks_for_extra(requirement.marker)
    except InvalidRequirement as error:
        from resolver.spec.mistakes import mistake_in  # noqa: PLC0415  (only where there is one)

        reason, hint = mistake_in(text, error)
        raise Invalid(f"{shown(text)} is not a requirement: {reason}", hint) from None
    except RecursionError:
        raise Invalid(f"{shown(text)} is nested too deeply", "simplify its marker") from None
    if requirement.url is not None:
        check_file_url(requirement.url)
    elif requirement.name.lower().endswith(ARCHIVES):
        from resolver.spec.mistakes import NO_FILES  # noqa: PLC0415  (as above)

        raise Invalid(f"{shown(text)} is the name of a file, not of a project", NO_FILES)
    if not extra_marker and asks_for_extra:
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
        from resolver.spec.mistakes import first_line  # noqa: PLC0415  (as above)

        raise Invalid(f"{shown(text)} is not a version specifier: {first_line(error)}", 'such as ">=3.6,<4"') from None


def parse_name(text: str, what: str = "project") -> NormalizedName:
    """A name of a project, an extra or a group, normalised."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        article = "an" if what[0] in "aeiou" else "a"
        hint = "letters, digits, '.', '_' and '-', beginning and ending with a letter or a digit"
        raise Invalid(f"{shown(text)} is not the name of {article} {what}", hint) from None


def check_file_url(url: str) -> None:
    """Refuse the URL of a direct requirement that no lock can hold."""
    parts = url_parts(url)
    if "+" in parts.scheme:
        hint = "name an archive by https:, or put a wheel or sdist of it into a directory named under `indexes`"
        raise Invalid(f"{shown(url)}: a version control system is no source of files", hint)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        hint = "put the file into a directory, and name that directory under `indexes`"
        raise Invalid(f"{shown(url)}: a file is named by https: here", hint)
    if "@" in parts.netloc:
        raise Invalid("the URL holds credentials, and a lock must not", "use netrc or keyring")


def url_parts(url: str) -> SplitResult:
    """A URL taken apart, its port checked as well."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a bad port is an error only when asked for
    except ValueError as error:
        raise Invalid(f"{shown(url)} is not a URL: {error}") from None
    return parts


def _asks_for_extra(marker: Marker | None) -> bool:
    text = "" if marker is None else str(marker)
    if re.search(_ASKS_FOR_EXTRA, text) is None:
        return False
    from resolver.spec.mistakes import QUOTED  # noqa: PLC0415  (hardly any marker has the word)

    return re.search(_ASKS_FOR_EXTRA, QUOTED.sub("", text)) is not None


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise Invalid(f"{shown(text)} is {len(text)} characters long; the limit is {LONGEST}")
