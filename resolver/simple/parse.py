"""Project pages of the Simple API, from their bytes and content type to a value.

Takes no URL: relative URLs stay relative (to the page's ``<base>``, where it has one), and whoever fetched the page
makes them absolute. Judges no file name, version or specifier: a page may list files that nobody can use.
"""

from __future__ import annotations

from typing import Final

from resolver.errors import IndexFailure
from resolver.simple.model import ProjectPage

JSON_TYPE: Final = "application/vnd.pypi.simple.v1+json"
HTML_TYPE: Final = "application/vnd.pypi.simple.v1+html"
LEGACY_HTML_TYPE: Final = "text/html"

CONTENT_TYPES: Final = f"{JSON_TYPE}, {HTML_TYPE};q=0.2, {LEGACY_HTML_TYPE};q=0.01"
"""Value of an ``Accept`` header (PEP 691): JSON is preferred, since HTML carries neither sizes nor upload times."""


def parse(content: bytes, content_type: str, *, project: str) -> ProjectPage:
    """Read the page of ``project``.

    ``content_type`` is the response's header with its parameters. Follows PEP 503, 592, 629, 658, 691, 700 and 714.
    Raises `IndexFailure` naming the project, and the file where it is about one, for anything that breaks them.
    """
    from resolver.simple.checks import Malformed  # noqa: PLC0415  (where another process parses, this one never does)
    from resolver.simple.from_json import page_from_json  # noqa: PLC0415  (as above)

    kind = _kind(content_type)
    try:
        if kind == JSON_TYPE:
            return page_from_json(content, project=project)
        if kind in (HTML_TYPE, LEGACY_HTML_TYPE):
            from resolver.simple.from_html import page_from_html  # noqa: PLC0415  (most indexes speak JSON)

            return page_from_html(content, content_type, project=project)
        raise IndexFailure(f"the page of project {project!r} cannot be used: {_unreadable(kind)}")
    except Malformed as error:
        raise IndexFailure(f"the page of project {project!r} cannot be used: {error}") from None


def check_end(content: bytes, content_type: str, *, project: str) -> None:
    """Check that a page whose length the server did not tell is whole; JSON that parses is. Raises `IndexFailure`."""
    from resolver.simple.from_html import is_cut_off  # noqa: PLC0415  (hardly any server keeps the length to itself)

    if _kind(content_type) != JSON_TYPE and is_cut_off(content):
        raise IndexFailure(
            f"the page of project {project!r} cannot be used: it breaks off, or seems to: the index tells no length of "
            "the page, and its HTML is not closed; run it again, and where that does not help, have the index send "
            "Content-Length, or pages whose elements are closed"
        )


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _unreadable(kind: str) -> str:
    if not kind:
        return "the index gives no content type for it"
    hint = (
        ", and only version 1 of the Simple API can be read" if kind.startswith("application/vnd.pypi.simple.") else ""
    )
    return f"its content type is {kind!r}{hint} (expected {JSON_TYPE}, {HTML_TYPE} or {LEGACY_HTML_TYPE})"
