"""What stands for an index in the names of the environment variables that hold its login."""

from __future__ import annotations

import re


def variable(name: str) -> str:
    """The part of WHEELHOUSE_INDEX_<NAME>_USERNAME that stands for an index; indexes must differ in it."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
