"""Where PyPI is: a public constant of distlib, of which the Simple API's URL is derived.

Most resolutions need it, and to import `distlib.index` takes half as long as all the rest of a small one whose pages
are at hand. So the constant is read where it is written, and imported only where that is not as expected.
"""

from __future__ import annotations

import re
from contextlib import suppress
from importlib.machinery import PathFinder

_MODULE, _CONSTANT = "distlib.index", "DEFAULT_INDEX"
_ASSIGNMENT = rf"(?m)^{_CONSTANT} *= *(['\"])(https://[^'\"\s]+)\1 *(?:#.*)?$"


def default_index_url() -> str:
    """The Simple API of PyPI, with a final slash."""
    return f"{(_written() or _imported()).rstrip('/').rpartition('/')[0]}/simple/"


def _written() -> str | None:
    """The constant as the source of its module states it, once; None where there is no such source."""
    package = PathFinder.find_spec(_MODULE.partition(".")[0])
    module = PathFinder.find_spec(_MODULE, package.submodule_search_locations) if package is not None else None
    get_source = getattr(module and module.loader, "get_source", lambda _: None)  # of importlib.abc.InspectLoader
    source = None
    with suppress(ImportError):
        source = get_source(_MODULE)
    found = re.findall(_ASSIGNMENT, source or "")
    return found[0][1] if len(found) == 1 else None


def _imported() -> str:
    from distlib.index import DEFAULT_INDEX  # type: ignore[import-untyped]  # noqa: PLC0415  (see above)

    return str(DEFAULT_INDEX)
