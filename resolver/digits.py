"""Numbers that Python refuses to read, in versions, specifiers and markers: `packaging` does not expect that."""

from __future__ import annotations

import re

MOST_DIGITS = 640
"""Every Python reads so many as one number, however its limit is set (`sys.int_info.str_digits_check_threshold`)."""

TOO_LONG = f"it has a number of more than {MOST_DIGITS} digits"


def has_too_long_a_number(text: str) -> bool:
    """Whether comparing what ``text`` is read as could raise."""
    return len(text) > MOST_DIGITS and re.search(f"[0-9]{{{MOST_DIGITS + 1}}}", text) is not None
