"""Amounts that a user writes: sizes, and how long something holds."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from resolver.errors import InputError

_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?) ?(?:([KMGT])(?:i?B)?|B?)", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_SHORT_AGE = re.compile(r"([0-9]{1,18}) ?([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_size(text: str, least: int) -> int:
    """``700M``, ``4G``, ``1.5G``: bytes, by powers of 1024. Raises `InputError`."""
    found = _SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * 1024 ** _POWERS[(found[2] or "").upper()]) if found else 0
    if size < least:
        raise InputError(f"{text!r} is not a size of {least} bytes or more; write 700M or 4G")
    return size


def parse_end(text: str, now: datetime) -> datetime | None:
    """``30d``, ``12h``, ``7 days``, ``P30D``, a date or a time: when something ends; ``never`` is None.

    Raises `InputError`, also for an end that has passed.
    """
    if text == "never":
        return None
    said = _said(text)
    end = None
    with suppress(OverflowError):
        end = now + said if isinstance(said, timedelta) else said
    if end is None or end <= now:
        raise InputError(f"{text!r} is not a time in the future; write 30d, 12h, a date such as 2030-01-31, or never")
    return end.astimezone(timezone.utc).replace(microsecond=0)


def parse_age(text: str) -> timedelta:
    """``30d``, ``12h``, ``7 days``, ``P30D``. Raises `InputError`."""
    said = _said(text)
    if isinstance(said, timedelta):
        return said
    raise InputError(f"{text!r} is not an age; write 30d, 12h or 2w")


def _said(text: str) -> datetime | timedelta | None:
    """A time or an age, in the short form too; None where it is neither."""
    from resolver.spec.report import Invalid
    from resolver.spec.times import parse_newest

    short = _SHORT_AGE.fullmatch(text)
    try:
        return timedelta(**{_UNITS[short[2]]: int(short[1])}) if short else parse_newest(text)
    except (Invalid, OverflowError):
        return None
