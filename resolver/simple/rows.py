"""The files of a JSON page, all checked at once: entries as nearly all are, which a long page has by the thousand.

Column by column rather than file by file, so that the work is done by a few expressions and not by Python's loops. A
page with any entry that is otherwise is left to `resolver.simple.from_json`, which names what is wrong with it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from resolver.simple.model import FIELDS, File, LazyFiles

Row = tuple[Any, ...]
"""The values of a `File`, in the order of ``FIELDS``."""

_DIGEST = itemgetter("sha256")
_ROW = attrgetter(*FIELDS)

# What plain texts are made of, no line break among it. Taking characters out of bytes is far faster than a pattern
# that looks at each, and all of a column is looked at in one go.
_WORD = string.ascii_letters + string.digits + "_"
_IN_NAMES = f"{_WORD}.+!-".encode()
_IN_URLS = f"{_WORD}./+=%~!:-".encode()
_IN_DIGESTS = b"0123456789abcdef"
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?/")
_LEAP = r"[1-9][0-9](?:0[48]|[2468][048]|[13579][26])-02-29"
_DATE = (
    r"[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_TIME = rf"(?:{_DATE}|{_LEAP})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?Z"
_TIMES = re.compile(rf"{_TIME}\n")


class FileRows(LazyFiles):
    """Files that are plain rows until they are looked at."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__([row[0] for row in rows], lambda number: file_of(rows[number]))
        self.rows = rows


def file_of(row: Row) -> File:
    """The file of a row."""
    return File(**dict(zip(FIELDS, row, strict=True)))


def rows_of(files: Sequence[File]) -> Sequence[Row]:
    """The rows of files, in their order."""
    return files.rows if isinstance(files, FileRows) else [_ROW(file) for file in files]


def usual_files(entries: Sequence[Mapping[str, Any]]) -> FileRows | None:
    """The ``files`` of a page (PEP 691, 700 and 740) where every one is seen to be without fault; else None."""
    try:
        names = [entry["filename"] for entry in entries]
        urls = [entry["url"] for entry in entries]
        hashes = [entry["hashes"] for entry in entries]
        pythons, sizes, times, yanked, provenances = (
            [entry.get(key) for entry in entries]
            for key in ("requires-python", "size", "upload-time", "yanked", "provenance")
        )
        sidecars = [
            found if (found := entry.get("core-metadata")) is not None else entry.get("dist-info-metadata")
            for entry in entries
        ]
        if not (
            _are_of(_IN_NAMES, names)
            and min(map(len, names), default=3) > len("..")  # which are no names
            and _are_absolute(urls)
            and _are_absolute(_stated(provenances))
            and _are_times(_stated(times))
            and _are_sha256(hashes)
            and _types(pythons) <= {str, type(None)}
            and _types(sizes) <= {int, type(None)}
            and min(_stated(sizes), default=0) >= 0
            and _types(yanked) <= {str, bool, type(None)}
            and _types(sidecars) <= {dict, bool, type(None)}
            and _are_sha256([one for one in sidecars if type(one) is dict])
        ):
            return None
    except (KeyError, TypeError, AttributeError):  # an entry lacks a key, or is something else
        return None
    # What the page may say in more than one way is brought to the model's.
    reasons = [(one if type(one) is str else "") if one else None for one in yanked]
    metadata = [one if type(one) is dict else {} if one else None for one in sidecars]
    return FileRows(list(zip(names, urls, hashes, pythons, reasons, metadata, sizes, times, provenances, strict=True)))


def _stated(column: Sequence[Any]) -> list[Any]:
    return [one for one in column if one is not None]


def _types(column: Sequence[Any]) -> set[type]:
    return set(map(type, column))


def _are_of(characters: bytes, column: Sequence[Any]) -> bool:
    """Whether nothing else is in them. Raises TypeError where one is no string."""
    return not "".join(column).encode("utf-8", "surrogatepass").translate(None, characters)


def _are_absolute(urls: Sequence[Any]) -> bool:
    """Whether all are plain URLs with an origin and a path."""
    if not _are_of(_IN_URLS, urls):
        return False
    first = _ORIGIN.match(min(urls, default=""))
    if first is not None and max(urls).startswith(first[0]):
        return True  # most pages have one origin: what both ends of an order begin with, all between them begin with
    return all(map(_ORIGIN.fullmatch, {url[: url.find("/", len("https://")) + 1] for url in urls}))


def _are_times(column: Sequence[Any]) -> bool:
    """Whether all are moments that were, to the second or finer."""
    lines = "\n".join([*column, ""])
    return lines.count("\n") == len(column) and not _TIMES.sub("", lines)


def _are_sha256(column: Sequence[Any]) -> bool:
    """Whether all are objects of one digest, a sha256 in lower case. Raises KeyError and TypeError for others."""
    digests = list(map(_DIGEST, column))
    return set(map(len, column)) <= {1} and set(map(len, digests)) <= {64} and _are_of(_IN_DIGESTS, digests)
