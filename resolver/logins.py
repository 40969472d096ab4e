"""Logins: the environment variables that hold them, and URLs without them."""

from __future__ import annotations

import re


def variable(name: str) -> str:
    """The part of WHEELHOUSE_INDEX_<NAME>_USERNAME that stands for an index; indexes must differ in it."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def without_secrets(url: str) -> str:
    """A URL, or what should be one, as messages may show it: user info, query and fragment may each hold a token."""
    return re.sub(r"(?<=//)[^/?#]*@|[?#].*", "", url, flags=re.DOTALL)
