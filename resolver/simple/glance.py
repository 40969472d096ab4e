"""Single files of a project page, without reading the rest of it: a long page has thousands that nobody asked for."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from resolver.simple.checks import Malformed
from resolver.simple.from_json import file_from_json
from resolver.simple.model import File, filenames
from resolver.simple.parse import JSON_TYPE, parse

_LONGEST = 1 << 14  # bytes of an entry
_DEEPEST = 8  # objects that an entry may hold before it states its file name

_decode = json.JSONDecoder().raw_decode


def glance(content: bytes, content_type: str, *, project: str, wanted: Collection[str]) -> dict[str, File]:
    """Those of the files ``wanted`` that the page lists, by name, as `parse` reads them.

    Raises `IndexFailure` as `parse` does, though not always for what is wrong with the rest of the page.
    """
    if content_type.partition(";")[0].strip().lower() == JSON_TYPE:
        found = {name: _find(content, name) for name in wanted}
        seen = {name: file for name, file in found.items() if file is not None}
        if len(seen) == len(found):
            return seen
    files = parse(content, content_type, project=project).files
    by_name = {name: number for number, name in enumerate(filenames(files)) if name in wanted}
    return {name: files[number] for name, number in by_name.items()}


def _find(content: bytes, name: str) -> File | None:
    """The entry that states this file name; None where only reading all of the page would tell."""
    quoted = json.dumps(name).encode()
    at = content.find(quoted)
    while at >= 0:
        around = [entry for entry, end in _objects_before(content, at) if end > at]
        if around and around[0].get("filename") == name:
            if any("files" not in outer for outer in around[1:]):
                return None  # it is part of another entry
            try:
                return file_from_json(around[0])
            except Malformed:
                return None
        at = content.find(quoted, at + 1)
    return None


def _objects_before(content: bytes, at: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Objects that begin shortly before a place, the nearest first, and where each ends.

    What begins in the midst of a string is none: its quotes come in the wrong places.
    """
    start = at
    for _ in range(_DEEPEST):
        start = content.rfind(b"{", max(0, at - _LONGEST), start)
        if start < 0:
            return
        text = content[start : start + _LONGEST].decode("utf-8", "replace")
        try:
            entry, length = _decode(text)
        except (ValueError, RecursionError):
            continue
        yield entry, start + len(text[:length].encode())
