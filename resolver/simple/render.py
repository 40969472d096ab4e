"""Pages of the Simple API, from values to text: the same value gives the same text, and `parse` reads it back.

All text is ASCII, so that a page reads the same whatever charset a static web server claims for it. HTML cannot
carry everything that JSON can: it names one digest of a file (the best one), no control characters, and shows sizes
and upload times to people only.

That METADATA lies beside a file is told under its new key alone (PEP 714). Given the older one, pip 22.3 to 23.1
refuses files whose METADATA spells the project with an underscore, and ends in a TypeError where the page is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from packaging.utils import canonicalize_name

from resolver.simple.model import File, ProjectPage, filenames
from resolver.simple.releases import releases_of

API_VERSION = "1.1"
_WITH_PROVENANCE = "1.3"  # PEP 740

_BEST_FIRST = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")  # sha256: what every installer reads
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "ul{list-style:none;padding:0}li{padding:.3rem 0;border-bottom:1px solid #8884;overflow-wrap:anywhere}"
    "small{display:block;opacity:.7}"
)


def render_project_json(page: ProjectPage) -> str:
    """A project's page by PEP 691, 700 and 740, one file a line, in the order of ``page``."""
    files = ",\n".join("  " + _dump(_entry(file)) for file in page.files)
    listing = f"[\n{files}\n ]" if files else "[]"
    meta = {"api-version": _version_of(page)}
    head = f'{{"meta": {_dump(meta)},\n "name": {_dump(canonicalize_name(page.name))},\n'
    return f'{head} "versions": {_dump(_versions(page))},\n "files": {listing}}}\n'


def render_root_json(names: Iterable[str]) -> str:
    """The list of projects by PEP 691, one a line, sorted; names that mean the same project are listed once."""
    projects = ",\n".join(f'  {{"name": {_dump(name)}}}' for name in sorted(_by_project(names).values()))
    listing = f"[\n{projects}\n ]" if projects else "[]"
    return f'{{"meta": {_dump(_META)},\n "projects": {listing}}}\n'


def render_project_html(page: ProjectPage) -> str:
    """A project's page by PEP 503, 592, 658, 714 and 740, in the order of ``page``; it is also for people to read."""
    items = [f"<li>{_anchor(file)}{_remarks(file)}</li>" for file in page.files]
    return _document(f"Files of {page.name}", items, _version_of(page))


def render_root_html(names: Iterable[str]) -> str:
    """The list of projects by PEP 503: names as given, links to their normalised names, sorted."""
    items = [
        f'<li><a href="{escape(key)}/">{escape(name)}</a></li>' for key, name in sorted(_by_project(names).items())
    ]
    return _document("Projects", items, API_VERSION)


_META = {"api-version": API_VERSION}


_dump = json.JSONEncoder(sort_keys=True).encode


def _by_project(names: Iterable[str]) -> dict[str, str]:
    """Normalised name to the name as given; of several spellings the last in order, whatever order they came in."""
    return {canonicalize_name(name): name for name in sorted(names)}


def _version_of(page: ProjectPage) -> str:
    """The oldest version of the API that has all that the page says."""
    return _WITH_PROVENANCE if any(file.provenance is not None for file in page.files) else API_VERSION


def _versions(page: ProjectPage) -> list[str]:
    """PEP 700's ``versions``, oldest first. A file whose name states no version adds none."""
    found = releases_of(filenames(page.files), canonicalize_name(page.name))
    return [*reversed(found.versions)]


def _entry(file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": file.filename,
        "url": file.url,
        "hashes": dict(file.hashes),
        "yanked": False if file.yanked is None else file.yanked or True,
    }
    if file.requires_python is not None:
        entry["requires-python"] = file.requires_python
    if file.metadata is not None:
        entry["core-metadata"] = dict(file.metadata) or True
    if file.size is not None:
        entry["size"] = file.size
    if file.upload_time is not None:
        entry["upload-time"] = file.upload_time
    if file.provenance is not None:
        entry["provenance"] = file.provenance
    return entry


def _anchor(file: File) -> str:
    attributes = {"href": file.url + (f"#{digest}" if (digest := _best(file.hashes)) else "")}
    if file.requires_python is not None:
        attributes["data-requires-python"] = file.requires_python
    if file.metadata is not None:
        attributes["data-core-metadata"] = _best(file.metadata) or "true"
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    if file.provenance is not None and "://" in file.provenance:  # PEP 740: it "MUST be a fully qualified URL" here
        attributes["data-provenance"] = file.provenance
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{escape(file.filename)}</a>"


def _best(hashes: Mapping[str, str]) -> str:
    """``algorithm=digest`` of the hash that HTML has room for, or nothing."""
    algorithm = next((name for name in _BEST_FIRST if name in hashes), min(hashes, default=""))
    return f"{algorithm}={hashes[algorithm]}" if algorithm else ""


def _remarks(file: File) -> str:
    """What a person wants to know of a file and an anchor does not show."""
    remarks = []
    if file.size is not None:
        remarks.append(_readable(file.size))
    if file.upload_time is not None:
        remarks.append(file.upload_time[:10])
    if file.requires_python:
        remarks.append(f"Python {file.requires_python}")
    if file.yanked is not None:
        remarks.append(f"yanked: {file.yanked}" if file.yanked else "yanked")
    return f"<small>{escape(' | '.join(remarks))}</small>" if remarks else ""


def _readable(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    if size < 999_950:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:.1f} MB"


def _document(title: str, items: list[str], api_version: str) -> str:
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta name="pypi:repository-version" content="{api_version}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{escape(title)}</h1>",
        "<ul>",
        *items,
        "</ul>",
        "</body>",
        "</html>",
    ]
    return "".join(line + "\n" for line in lines).encode("ascii", "xmlcharrefreplace").decode("ascii")
