"""Numbers in versions, specifiers and markers that Python refuses to read: `packaging` does not expect that."""

from __future__ import annotations

import re

_DIGITS = 640  # that every Python reads, however its limit is set (`sys.int_info.str_digits_check_threshold`)
_TOO_LONG = re.compile(f"[0-9]{{{_DIGITS + 1}}}")

TOO_LONG = f"it has a number of more than {_DIGITS} digits"


def has_too_long_a_number(text: str) -> bool:
    """Whether comparing what ``text`` is read as could raise."""
    return len(text) > _DIGITS and _TOO_LONG.search(text) is not None
