"""Names of files that some file system would break: found in the names alone, before anything is written. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from resolver.vendor.layout import METADATA, PROVENANCE

LONGEST = 255
"""Bytes of a name on Linux, UTF-16 units on FAT, exFAT, NTFS and APFS."""
_BESIDE = max(len(METADATA), len(PROVENANCE))
"""What the name of an artifact grows by for what is kept beside it."""
LONGEST_WINDOWS_PATH = 259
"""UTF-16 units of a whole path on Windows, unless a machine was told to take more."""
_ROOM_FOR_A_ROOT = 60
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Breakage:
    """A path that cannot be written as it is, and why."""

    path: str
    reason: str


def impossible(paths: Iterable[str]) -> list[Breakage]:
    """Paths that no tree may have: too long for any system, or one file with another where names have no case."""
    ordered = sorted(paths)
    return [*_too_long(ordered, LONGEST), *_alike(ordered)]


def unwritable(filenames: Iterable[str]) -> list[Breakage]:
    """Artifacts that no tree can hold, with what is kept beside them."""
    ordered = sorted(filenames)
    return [*_too_long(ordered, LONGEST - _BESIDE), *_alike(ordered)]


def _too_long(paths: Iterable[str], most: int) -> Iterator[Breakage]:
    for path in paths:
        longest = max(len(part.encode("utf-8", "surrogatepass")) for part in path.split("/"))
        if longest > most:
            yield Breakage(path=path, reason=f"has {longest} bytes in a name, and {most} are the most")


def _alike(paths: Iterable[str]) -> Iterator[Breakage]:
    seen: dict[str, str] = {}
    for path in paths:
        other = seen.setdefault(_folded(path), path)
        if other != path:
            yield Breakage(path=path, reason=f"and {other} are one file where names have no case")


def unportable(paths: Iterable[str], root: int = _ROOM_FOR_A_ROOT) -> list[Breakage]:
    """Paths that Windows, FAT or exFAT would not take below a folder whose own path has ``root`` characters."""
    return [
        Breakage(path=path, reason=reason) for path in sorted(paths) for reason in dict.fromkeys(_reasons(path, root))
    ]


def _reasons(path: str, root: int) -> Iterator[str]:
    for part in path.split("/"):
        if _DEVICES.fullmatch(part):
            yield f"{part!r} is the name of a device on Windows"
        if _FORBIDDEN.search(part):
            yield "has a character that Windows, FAT and exFAT forbid"
        if part.endswith((".", " ")):
            yield "has a name that ends with a dot or a blank, which Windows drops"
    length = len(path.encode("utf-16-le", "surrogatepass")) // 2
    if root + 1 + length > LONGEST_WINDOWS_PATH:
        yield f"is {length} characters long, and Windows takes {LONGEST_WINDOWS_PATH} with the folders above it"


def _folded(path: str) -> str:
    """What file systems that have no case, or that normalise names, take to be the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
