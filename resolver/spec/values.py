"""Texts of a spec -> values: requirements, specifiers, names, times, URLs of files. Each raises `Invalid`.

The forms are those of the packaging standards: dependency specifiers (PEP 508), version specifiers (PEP 440), names
(PEP 503), RFC 3339 for times, and ISO 8601 for ages, which may be words too.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from resolver.spec.report import Invalid, shown

LONGEST = 2000  # characters; beyond it Python refuses to read version numbers, and no person wrote it

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ASKS_FOR_EXTRA = re.compile(r"\b(?:extras?|dependency_groups)\b")
_SINGLE_EQUALS = re.compile(r"([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*=\s*([^=\s]\S*)")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.]*)://")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz")
_PATH = re.compile(r"\.{0,2}[/\\]|[A-Za-z]:\\|file:|.*\.(?:whl|tar\.gz|zip)(?:$|[\s;#])")
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)
_WORDS = re.compile(r"(?P<number>[0-9]{1,9}) (?P<unit>minute|hour|day|week)s?")
_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>[0-9]{1,9})W|(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?)?)"
)
_OLDEST = timedelta(days=36_525)


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


def parse_time(text: str) -> datetime:
    """A date (the start of that day) or an RFC 3339 time, as a time in UTC. A fraction of a second is cut off."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise Invalid(f"{shown(text)} is neither a date nor a time", "such as 2026-11-01, or 2026-11-01T12:00:00Z")
    if found["clock"] and not found["offset"]:
        raise Invalid(f"{shown(text)} does not say its offset from UTC", f"write {text}Z if it is UTC")
    try:
        local = datetime.strptime(f"{found['day']} {found['clock'] or '00:00:00'}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # the offset follows
        return local.replace(tzinfo=_offset(found["offset"])).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise Invalid(f"{shown(text)} is not a time that exists", "check the month, the day and the hour") from None


def parse_newest(text: str) -> datetime | timedelta | None:
    """A bound for upload times: a time (see `parse_time`), an age, or ``none``.

    An age is a number of minutes, hours, days or weeks (``7 days``), or a duration of ISO 8601 in these (``P7D``).
    Months and years have no length of their own.
    """
    if text == "none":
        return None
    age = _WORDS.fullmatch(text) or _DURATION.fullmatch(text)
    if age is None:
        return _time_rather_than_age(text)
    parts = age.groupdict()
    unit = parts.pop("unit", None)
    numbers = {unit: parts["number"]} if unit else parts
    given = {f"{name.rstrip('s')}s": int(number) for name, number in numbers.items() if number is not None}
    try:
        found = timedelta(**given)
    except OverflowError:
        found = timedelta.max
    if found > _OLDEST:
        raise Invalid(f"{shown(text)} is longer than a hundred years", "state a date")
    return found


def _time_rather_than_age(text: str) -> datetime:
    if _TIME.fullmatch(text) is None:
        calendar = re.search(r"month|year|P[0-9]+[YM]", text)
        hint = "months and years differ in length: count days" if calendar else 'such as 2026-11-01, "7 days" or none'
        raise Invalid(f"{shown(text)} is neither a date, a time nor an age", hint)
    return parse_time(text)


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


def _offset(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59:
        raise ValueError(text)
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)


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
    if "://" in text and _SCHEME.match(text):
        return f"put the name before the URL: name @ {text if '@' not in text else 'https://...'}"
    if _PATH.match(text):
        return "files are not required by path: put them into a directory, and name it under `indexes`"
    single = _SINGLE_EQUALS.match(text)
    if single is not None:
        return f"did you mean {shown(f'{single[1]}=={single[2]}')}?"
    return "such as \"requests[socks]>=2.31 ; python_version < '3.13'\""
