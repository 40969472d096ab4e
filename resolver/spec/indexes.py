"""The ``indexes`` of a spec -> `IndexSpec`s, of which exactly one takes every project that no other is bound to."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from resolver.logins import variable
from resolver.spec.document import Node
from resolver.spec.model import Digests, IndexSpec
from resolver.spec.report import Invalid, Report, shown
from resolver.spec.values import url_parts

PYPI = "pypi"

_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]+):"
_PATTERN = r"[A-Za-z0-9*?](?:[A-Za-z0-9._*?-]*[A-Za-z0-9*?])?"


def read_indexes(listed: tuple[Node, ...], report: Report) -> tuple[IndexSpec, ...]:
    """The indexes in their order, and PyPI after them where each of them has ``projects``."""
    found: list[IndexSpec] = []
    names: dict[str, Node] = {}
    patterns: dict[str, Node] = {}
    default: Node | None = None
    for node in listed:
        name, own = node.members["name"], node.members.get("projects")
        other = names.setdefault(variable(str(name.value)), name)
        if other is not name:
            report.add(
                name.origin, f"a second index is called {shown(str(name.value))}; see line {other.line}", "rename one"
            )
        if own is None and default is not None:
            message = f"a second index without `projects`; the one on line {default.line} has the rest already"
            report.add(node.origin, message, "each project belongs to exactly one index: state its `projects`")
        default = default or (node if own is None else None)
        projects = _patterns(own, patterns, report) if own is not None else ()
        stated = node.members.get("digests")
        digests: Digests = "computed" if stated is not None and stated.value == "computed" else "stated"
        found.append(
            IndexSpec(name=str(name.value), url=_checked_url(node, report), projects=projects, digests=digests)
        )
    if default is None and variable(PYPI) in names:
        message = f"{PYPI} has `projects`, so no index is left for any other"
        report.add(names[variable(PYPI)].origin, message, "leave `projects` out of one index")
    return tuple(found) if default is not None else (*found, IndexSpec(name=PYPI))


def _patterns(own: Node, taken: dict[str, Node], report: Report) -> tuple[str, ...]:
    found = []
    for item in own.items:
        text = str(item.value)
        if not re.fullmatch(_PATTERN, text):
            report.add(
                item.origin,
                f"{shown(text)} is not the name of a project",
                "letters, digits, '.', '_', '-'; * and ? as wildcards",
            )
            continue
        pattern = canonicalize_name(text)
        other = taken.setdefault(pattern, item)
        if other is not item and other.file == item.file:  # a spec binds first what one that it extends binds too
            report.add(item.origin, f"{shown(text)} is bound on line {other.line} already", "remove one of them")
        found.append(pattern)
    return tuple(found)


def _checked_url(node: Node, report: Report) -> str | None:
    name, url = str(node.members["name"].value), node.members.get("url")
    if url is None:
        if name != PYPI:
            report.add(node.origin, f"the index {shown(name)} has no url", f"only {PYPI} is known without one")
        return None
    try:
        _check_url(str(url.value), name)
    except Invalid as error:
        report.invalid(url.origin, error)
    return str(url.value)


def _check_url(url: str, name: str) -> None:
    """Refuse what is neither an http(s) or file URL nor a relative path of a directory."""
    scheme = re.match(_SCHEME, url)
    if not url or not url.isprintable() or " " in url:
        raise Invalid(f"{shown(url)} is not a URL", "write a space as %20")
    if scheme is None:
        if "\\" in url or url.startswith(("/", "~")) or url[1:2] == ":":
            hint = "relative to the file that names it, with forward slashes, or as file:///directory"
            raise Invalid(f"{shown(url)} is not a relative path", hint)
    elif scheme[1].lower() in {"http", "https"}:
        _check_http(url, name)
    elif scheme[1] != "file":
        raise Invalid(
            f"{shown(url)}: an index has no scheme {shown(scheme[1])}", "https:, http:, file: or a relative path"
        )
    elif not url.startswith("file:///"):
        raise Invalid(f"{shown(url)} names no directory of this machine", "file:///directory, or a relative path")


def _check_http(url: str, name: str) -> None:
    parts = url_parts(url)
    if "@" in parts.netloc:
        keys = f"WHEELHOUSE_INDEX_{variable(name)}"
        hint = f"set {keys}_USERNAME and {keys}_PASSWORD in the environment, or use netrc or keyring"
        raise Invalid("the URL holds credentials, and a spec must not", hint)
    if not parts.hostname:
        raise Invalid(f"{shown(url)} names no host", "https://index.example/simple/")
    if parts.query or parts.fragment:
        raise Invalid(f"{shown(url)} has a query or a fragment", "an index is the URL below which the projects lie")
