"""Checks of the fields that a file entry has in either format of a project page.

Each takes what the page gives and returns what the model holds, or raises `Malformed` with the reason alone:
the caller knows which project and which file it is about. Versions and specifiers are not checked here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_HEX = re.compile(r"[0-9a-f]+")
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?/[A-Za-z0-9_./+=%~!-]*")
_API_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")
_NOT_IN_A_FILE_NAME = re.compile(r"[/\\\x00-\x1f\x7f]")
_UPLOAD_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,6})?Z")

HEX_DIGITS = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "blake2b": 128,
    "blake2s": 64,
    "sha3_224": 56,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
}
"""Length of the digests of what `hashlib` guarantees; a fragment of PEP 503 may name no other algorithm."""


class Malformed(ValueError):
    """A page, or one entry of it, breaks the Simple API; ``str()`` is the reason in words."""


def check_api_version(text: str) -> None:
    """Accept every minor version of major 1: PEP 629 lets a client read a newer minor and forbids a newer major."""
    version = _API_VERSION.fullmatch(text)
    if version is None:
        raise Malformed(f"its API version {text!r} is not of the form 1.0")
    if int(version[1]) != 1:
        raise Malformed(f"it is written in version {text} of the Simple API, and only version 1 can be read")


def check_filename(text: str) -> str:
    """A bare file name. Anything that could lead out of a directory, once written there, is refused."""
    if not text or text in (".", "..") or _NOT_IN_A_FILE_NAME.search(text):
        raise Malformed(f"{text!r} is not a file name")
    return text


def check_url(text: str) -> str:
    """A URL, absolute or relative, that can be joined to a base."""
    if _PLAIN_URL.fullmatch(text):
        return text  # as nearly all are; `urlsplit` takes ten times as long
    try:
        usable = text and urlsplit(text).path
    except ValueError as error:
        raise Malformed(f"its URL {text!r} cannot be read: {error}") from None
    if not usable:
        raise Malformed(f"its URL {text!r} has no path")
    return text


def check_hashes(hashes: Mapping[str, str]) -> dict[str, str]:
    """Algorithms and digests in lower case; digests must be hex, and as long as their algorithm says."""
    checked = {}
    for algorithm, digest in hashes.items():
        name, value = algorithm.lower(), digest.lower()
        if not _HEX.fullmatch(value) or len(value) != HEX_DIGITS.get(name, len(value)):
            raise Malformed(f"{digest!r} is not a {algorithm} digest in hex")
        checked[name] = value
    return checked


def check_upload_time(text: str) -> str:
    """PEP 700: ``yyyy-mm-ddThh:mm:ss``, a fraction of at most six digits, and ``Z``. Returned verbatim."""
    from datetime import datetime  # noqa: PLC0415  (few pages are checked so)

    match = _UPLOAD_TIME.fullmatch(text)
    if match is not None:
        try:
            datetime.fromisoformat(match[1])
        except ValueError:
            match = None
    if match is None:
        raise Malformed(f"its upload time {text!r} is not of the form 2026-01-31T12:00:00.000000Z")
    return text
