"""The files of a JSON page, all checked at once, for pages whose entries are all as usual: a long one has thousands.

Column by column rather than file by file, so that the work is done by a few expressions and not by Python's loops. A
page with an unusual entry is left to `resolver.simple.from_json`, which reads it, or names what is wrong with it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from resolver.simple.rows import FileColumns

_DIGEST = itemgetter("sha256")

# What plain texts are made of. Taking characters out of bytes is far faster than a pattern that looks at each, and all
# of a column is looked at in one go.
_IN_NAMES = f"{string.ascii_letters}{string.digits}_.+!-".encode()
_IN_DIGESTS = b"0123456789abcdef"
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?/")

# PEP 700, every digit being a zero.
_SECOND = "0000-00-00T00:00:00"
_TO_THE_SECOND = itemgetter(slice(len(_SECOND)))
_FRACTIONS = ("", *("." + "0" * digits for digits in range(1, 7)))
_SHAPES = {len(shape): shape for shape in (f"{_SECOND}{fraction}Z" for fraction in _FRACTIONS)}
_DIGITS_TO_0 = bytes.maketrans(string.digits.encode(), b"0" * 10)


def usual_files(entries: Sequence[Mapping[str, Any]]) -> FileColumns | None:
    """The ``files`` of a page (PEP 691, 700 and 740); None where not every one is seen to be valid."""
    try:
        names, urls, hashes = (list(map(itemgetter(key), entries)) for key in ("filename", "url", "hashes"))
        pythons, sizes, times, yanked, provenances, sidecars = (
            _column(entries, key)
            for key in ("requires-python", "size", "upload-time", "yanked", "provenance", "core-metadata")
        )
        if None in sidecars:
            older = zip(sidecars, entries, strict=True)
            sidecars = [entry.get("dist-info-metadata") if new is None else new for new, entry in older]
        digests = list(map(_DIGEST, hashes))
        hashed = [one for one in sidecars if type(one) is dict]
        if not (
            _are_of(_IN_NAMES, names)
            and min(map(len, names), default=3) > len("..")  # which are no names
            and _are_absolute(urls)
            and _are_absolute(_stated(provenances))
            and _are_times(_stated(times))
            and _are_sha256(hashes, digests)
            and _types(pythons) <= {str, type(None)}
            and _types(sizes) <= {int, type(None)}
            and min(_stated(sizes), default=0) >= 0
            and _types(yanked) <= {str, bool, type(None)}
            and _types(sidecars) <= {dict, bool, type(None)}
            and _are_sha256(hashed, list(map(_DIGEST, hashed)))
        ):
            return None
    except (KeyError, TypeError, AttributeError):  # an entry lacks a key, or is something else
        return None
    # What the page may say in more than one way is brought to the model's.
    reasons = [(one if type(one) is str else "") if one else None for one in yanked]
    metadata = [one["sha256"] if type(one) is dict else "" if one else None for one in sidecars]
    columns = [names, urls, digests, pythons, reasons, metadata, sizes, times, provenances]
    return FileColumns(columns, [True, True, True, False, False, False, False, None not in times, False])


def _column(entries: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    """The value of each entry at a key; None for an entry that lacks it."""
    try:
        return list(map(itemgetter(key), entries))
    except KeyError:
        return [entry.get(key) for entry in entries]


def _stated(column: Sequence[Any]) -> Sequence[Any]:
    return [one for one in column if one is not None] if None in column else column


def _types(column: Sequence[Any]) -> set[type]:
    return set(map(type, column))


def _are_of(characters: bytes, column: Sequence[Any]) -> bool:
    """Whether the texts consist of these characters. Raises TypeError where one is no string."""
    return not "".join(column).encode("utf-8", "surrogatepass").translate(None, characters)


def _are_absolute(urls: Sequence[Any]) -> bool:
    """Whether all are URLs on one line, with an origin and no fragment. Raises TypeError where one is no string."""
    joined = "".join(urls)
    if "#" in joined or "\n" in joined:
        return False
    first = _ORIGIN.match(min(urls, default=""))
    if first is not None and max(urls).startswith(first[0]):
        return True  # most pages have one origin: what the least and the greatest begin with, all between begin with
    return all(map(_ORIGIN.fullmatch, {url[: url.find("/", len("https://")) + 1] for url in urls}))


def _are_times(column: Sequence[Any]) -> bool:
    """Whether all are moments that exist. Raises KeyError for another length of text, TypeError for what is no text."""
    from datetime import datetime  # noqa: PLC0415  (most processes read no page)

    shapes = "".join(map(_SHAPES.__getitem__, map(len, column)))
    if "".join(column).encode("utf-8", "surrogatepass").translate(_DIGITS_TO_0) != shapes.encode():
        return False
    try:
        return all(map(datetime.fromisoformat, map(_TO_THE_SECOND, column)))
    except ValueError:
        return False


def _are_sha256(column: Sequence[Any], digests: Sequence[Any]) -> bool:
    """Whether ``digests`` are sha256 in lower case, and all that the hashes of ``column`` have. Raises TypeError."""
    return set(map(len, column)) <= {1} and set(map(len, digests)) <= {64} and _are_of(_IN_DIGESTS, digests)
