"""Texts of a spec -> times (RFC 3339) and ages (ISO 8601, or words). Each raises `Invalid`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from resolver.spec.report import Invalid, shown

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


def is_age(newest: datetime | timedelta | None) -> bool:
    """Whether what `parse_newest` gave is an age."""
    return isinstance(newest, timedelta)


def _time_rather_than_age(text: str) -> datetime:
    if _TIME.fullmatch(text) is None:
        calendar = re.search(r"month|year|P[0-9]+[YM]", text)
        hint = "months and years differ in length: count days" if calendar else 'such as 2026-11-01, "7 days" or none'
        raise Invalid(f"{shown(text)} is neither a date, a time nor an age", hint)
    return parse_time(text)


def _offset(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59:
        raise ValueError(text)
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)
