"""What a bundle says of itself: which tree, how new, how long it holds. These bytes are what is signed. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from resolver.errors import BundleRefused
from resolver.records import record
from resolver.vendor.layout import Entry

VERSION = 1
DEFAULT_STREAM = "default"
_STREAM = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@record
class Statement:
    """``stream``: the line of trees that it belongs to. ``serial``: grows with each tree of a stream; None: not told.

    ``created`` and ``expires`` are aware datetimes in UTC, to the second. ``manifest``: digest and size of
    manifest.json, which names every file. ``base``: of a delta, the sha256 of the lock that it is relative to.
    ``files`` and ``size``: how many of the manifest's files the bundle carries, and their bytes.
    """

    stream: str
    manifest: Entry
    files: int
    size: int
    serial: int | None = None
    created: datetime | None = None
    expires: datetime | None = None
    base: str | None = None

    def dump(self) -> bytes:
        """The only spelling of this statement: `parse` takes no other."""
        data = {
            "bundle_version": VERSION,
            "stream": self.stream,
            "serial": self.serial,
            "created": shown_time(self.created),
            "expires": shown_time(self.expires),
            "manifest": {"sha256": self.manifest.sha256, "size": self.manifest.size},
            "base": None if self.base is None else {"lock": self.base},
            "files": self.files,
            "bytes": self.size,
        }
        return (json.dumps(data, indent=2) + "\n").encode()


def parse(content: bytes) -> Statement:
    """The statement of these bytes. Raises `BundleRefused` for any that `Statement.dump` would not write."""
    try:
        data = json.loads(content)
        if data["bundle_version"] != VERSION:
            raise BundleRefused(
                "malformed", f"the bundle is of version {data['bundle_version']!r}; this reads {VERSION}"
            )
        statement = _statement(data)
        if statement.dump() != content:
            raise ValueError("it is not spelt as it is written")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleRefused("malformed", f"the bundle's statement cannot be read: {error}") from error
    return statement


def _statement(data: Mapping[str, Any]) -> Statement:
    manifest, base, serial = data["manifest"], data["base"], data["serial"]
    return Statement(
        stream=checked_stream(data["stream"]),
        serial=None if serial is None else _count(serial),
        created=_moment(data["created"]),
        expires=_moment(data["expires"]),
        manifest=Entry(sha256=_digest(manifest["sha256"]), size=_count(manifest["size"])),
        base=None if base is None else _digest(base["lock"]),
        files=_count(data["files"]),
        size=_count(data["bytes"]),
    )


def checked_stream(name: object) -> str:
    """``name`` where it may name a stream. Raises ValueError."""
    if not isinstance(name, str) or not _STREAM.fullmatch(name):
        raise ValueError(f"{name!r} names no stream: lower-case letters, digits, '.', '_' and '-', 64 at most")
    return name


def shown_time(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    return None if moment is None else moment.astimezone(timezone.utc).strftime(_TIME)


def _moment(text: object) -> datetime | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no time")
    return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)


def _count(number: object) -> int:
    if type(number) is not int or not 0 <= number < 1 << 63:
        raise ValueError(f"{number!r} is no count")
    return number


def _digest(text: object) -> str:
    if not isinstance(text, str) or not _SHA256.fullmatch(text):
        raise ValueError(f"{text!r} is no sha256")
    return text
