"""What time it is, for statements that are dated."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from resolver.errors import InputError


def now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(timezone.utc)


def build_time() -> datetime:
    """The time that what is made states: SOURCE_DATE_EPOCH where it is set, so that a build can be repeated."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return now()
    try:
        return datetime.fromtimestamp(int(text), timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH is {text!r}, and has to be a number of seconds since 1970") from error
