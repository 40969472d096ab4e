"""Pages of the Simple API (PEP 503, 592, 691, 700, 714) for what was uploaded, in the form of those that the lock gave.

Links lead to ../../files/, wherever a page is read: from here, from a static web server, or as a file.
"""

from __future__ import annotations

import html
import json
from typing import Any, Dict, Iterable, List
from urllib.parse import quote

from resolver.server.names import normalized
from resolver.server.uploaded import Uploaded

API_VERSION = "1.1"
DOCUMENT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="pypi:repository-version" content="{version}">
<meta name="viewport" content="width=device-width"><title>{title}</title></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def _document(title: str, lines: Iterable[str]) -> bytes:
    body = "<ul>\n{}\n</ul>".format("\n".join(lines))
    text = DOCUMENT.format(version=API_VERSION, title=html.escape(title), body=body)
    return text.encode("ascii", "xmlcharrefreplace")


def _url(uploaded: Uploaded) -> str:
    return "../../" + quote("{}/{}".format(uploaded.folder, uploaded.filename))


def html_page(project: str, files: List[Uploaded]) -> bytes:
    """A project's page by PEP 503."""
    return _document("Files of {}".format(project), ["<li>{}</li>".format(_anchor(one)) for one in files])


def _anchor(one: Uploaded) -> str:
    attributes = {"href": "{}#sha256={}".format(_url(one), one.sha256)}
    if one.requires_python:
        attributes["data-requires-python"] = one.requires_python
    if one.metadata is not None:
        attributes["data-core-metadata"] = "sha256=" + one.metadata[0]
    if one.yanked is not None:
        attributes["data-yanked"] = one.yanked
    written = " ".join('{}="{}"'.format(name, html.escape(value)) for name, value in attributes.items())
    return "<a {}>{}</a>".format(written, html.escape(one.filename))


def json_page(project: str, files: List[Uploaded]) -> bytes:
    """A project's page by PEP 691 and 700."""
    versions = dict.fromkeys(one.version for one in files)
    document = {
        "meta": {"api-version": API_VERSION},
        "name": project,
        "versions": list(versions),
        "files": [_row_of(one) for one in files],
    }
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _row_of(one: Uploaded) -> Dict[str, Any]:
    row: Dict[str, Any] = {
        "filename": one.filename,
        "url": _url(one),
        "hashes": {"sha256": one.sha256},
        "size": one.size,
        "upload-time": one.upload_time,
        "yanked": False if one.yanked is None else one.yanked or True,
    }
    if one.requires_python:
        row["requires-python"] = one.requires_python
    if one.metadata is not None:
        row["core-metadata"] = {"sha256": one.metadata[0]}
    return row


def html_list(names: Iterable[str]) -> bytes:
    """The list of projects by PEP 503."""
    lines = ['<li><a href="{0}/">{1}</a></li>'.format(quote(normalized(name)), html.escape(name)) for name in names]
    return _document("Projects", lines)


def json_list(names: Iterable[str]) -> bytes:
    """The list of projects by PEP 691."""
    document = {"meta": {"api-version": API_VERSION}, "projects": [{"name": name} for name in names]}
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()
