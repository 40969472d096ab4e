"""Readers of JSON data: functions that hand back what they are given, checked, or raise `Wrong`. Pure.

`decode` puts them together into the shape of a lock. A `Wrong` starts where the fault is and gathers its path on the
way up, so that the happy path pays nothing for it; readers try for the good case first for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

T = TypeVar("T")
Reader = Callable[[object], T]

_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"  # compiled when it is first asked for, as others that hardly any lock needs
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_PROJECT = r"[a-z0-9]+(-[a-z0-9]+)*"  # normalised, PEP 503
_VERSION = (  # PEP 440, appendix B; of more digits Python reads some as no number
    r"(?!.{640})([1-9][0-9]*!)?(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*((a|b|rc)(0|[1-9][0-9]*))?"
    r"(\.post(0|[1-9][0-9]*))?(\.dev(0|[1-9][0-9]*))?(\+[a-z0-9]+(\.[a-z0-9]+)*)?"
)
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]*(/[A-Za-z0-9_][A-Za-z0-9_.+!-]*)*")
_UNSAFE_IN_PATH = r"[\x00-\x20\x7f\\]|%[01][0-9A-Fa-f]|%7[Ff]"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Wrong(Exception):
    """A fault, and the keys that lead to it, innermost first."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        self.keys: list[str | int] = []
        super().__init__(message)

    def under(self, *keys: str | int) -> Wrong:
        """The same fault seen from further up; ``keys`` from the inside to the outside."""
        self.keys.extend(keys)
        return self

    def place(self) -> str:
        """The path from the top of the document: ``artifacts["six-1.16.0.tar.gz"].sha256``."""
        return "".join(map(_step, reversed(self.keys))).removeprefix(".")


def _step(key: str | int) -> str:
    if isinstance(key, str) and re.fullmatch(_IDENTIFIER, key):
        return f".{key}"
    return f'["{key}"]' if isinstance(key, str) and key.isprintable() else f"[{key!r}]"


def _shown(text: str) -> str:
    """A value as a message quotes it."""
    return repr(text if len(text) <= 120 else f"{text[:120]}...")


def _kind_of(data: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(data), "a number")


class Shape:
    """The keys of a record, each with the reader of its value. Other keys are passed over."""

    def __init__(self, required: Mapping[str, Reader[Any]], optional: Mapping[str, Reader[Any]] | None = None) -> None:
        self.required = required
        self.optional = optional or {}

    def read(self, data: object) -> dict[str, Any]:
        """What the record says, by key; optional keys that are absent stay absent."""
        given = record(data)
        if not self.required.keys() <= given.keys():
            missing = next(key for key in self.required if key not in given)
            raise Wrong(f"the key {missing!r} is missing")
        found: dict[str, Any] = {}
        key = ""
        try:
            for key, read in self.required.items():
                found[key] = read(given[key])
            for key, read in self.optional.items():
                if key in given:
                    found[key] = read(given[key])
        except Wrong as wrong:
            raise wrong.under(key) from None
        return found


def named(name: Reader[str], read: Reader[T]) -> Reader[dict[str, T]]:
    """A reader of an object whose keys are names."""

    def mapping(data: object) -> dict[str, T]:
        given = record(data)
        found: dict[str, T] = {}
        key = ""
        try:
            for key, value in given.items():
                found[name(key)] = read(value)
        except Wrong as wrong:
            raise wrong.under(key) from None
        return found

    return mapping


def listed(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A reader of an array."""

    def sequence(data: object) -> tuple[T, ...]:
        if type(data) is not list:
            raise Wrong(f"should be an array, not {_kind_of(data)}")
        found: list[T] = []
        try:
            for value in data:
                found.append(read(value))  # noqa: PERF401  (its length tells where a fault is)
        except Wrong as wrong:
            raise wrong.under(len(found)) from None
        return tuple(found)

    return sequence


def matching(pattern: str, what: str) -> Reader[str]:
    """A reader of strings that match ``pattern`` as a whole; ``what`` names them in messages."""

    @cache
    def compiled() -> re.Pattern[str]:
        return re.compile(pattern)

    def read(data: object) -> str:
        if type(data) is str and compiled().fullmatch(data):
            return data
        raise Wrong(f"{_shown(text(data))} is not {what}")

    return read


def one_of(*words: str) -> Reader[str]:
    """A reader of one of ``words``."""

    def read(data: object) -> str:
        found = text(data)
        if found not in words:
            raise Wrong(f"should be one of {', '.join(words)}, not {_shown(found)}")
        return found

    return read


def record(data: object) -> Mapping[str, object]:
    """Any object."""
    if type(data) is not dict:
        raise Wrong(f"should be an object, not {_kind_of(data)}")
    return data


def text(data: object) -> str:
    """Any string."""
    if type(data) is not str:
        raise Wrong(f"should be a string, not {_kind_of(data)}")
    return data


def filled(data: object) -> str:
    """A string that is not empty."""
    if type(data) is str and data:
        return data
    text(data)
    raise Wrong("should not be empty")


def true(data: object) -> bool:
    """A mark, which is absent where it would be false."""
    if data is not True:
        raise Wrong("should be true, or absent")
    return True


def integer(data: object) -> int:
    """A whole number."""
    if type(data) is not int:  # a bool is an int to isinstance
        raise Wrong(f"should be a whole number, not {_kind_of(data)}")
    return data


def size(data: object) -> int:
    """A number of bytes."""
    found = integer(data)
    if found < 0:
        raise Wrong(f"should be a number of bytes, not {found}")
    return found


sha256 = matching(r"[0-9a-f]{64}", "a sha256: 64 lower-case hexadecimal digits")
version = matching(_VERSION, "a version in its normal form (PEP 440)")
project = matching(_PROJECT, "a normalised project name (PEP 503: lower case, single hyphens)")
group = matching(f"({_PROJECT})?", "a normalised group name")
label = matching(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", "a name: letters, digits and `_.+-`, no path")
filename = matching(
    r"[^./\\:\x00-\x20\x7f][^/\\:\x00-\x1f\x7f]*",
    "a file name: no slash, colon or control character, and no dot at its start",
)
age = matching(r"P(?=.)(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?)?", "an age in days, hours and minutes (ISO 8601)")
texts = listed(filled)
python = matching(r"[0-9]+\.[0-9]+", "a Python version in two numbers")


def tags(data: object) -> tuple[str, ...]:
    """Tags (PEP 425), of which an environment has a thousand."""
    found = texts(data)
    for position, tag in enumerate(found):
        if tag.count("-") != 2:
            raise Wrong(f"{_shown(tag)} is not a tag (PEP 425): python-abi-platform").under(position)
    return found


def instant(data: object) -> str:
    """A time in UTC to the second (RFC 3339)."""
    found = text(data)
    try:
        if not _INSTANT.fullmatch(found):
            raise ValueError(found)
        datetime.fromisoformat(found[:-1])
    except ValueError:
        raise Wrong(f"{_shown(found)} is not a time in UTC such as 2026-11-01T12:00:00Z") from None
    return found


def path_below(data: object) -> str:
    """A path below an index's ``files``. It is joined to a URL, so escapes are looked through."""
    path = filled(data)
    if _PLAIN_PATH.fullmatch(path):  # nearly all of them
        return path
    steps = re.split(r"[/\\]", unquote(re.split("[?#]", path)[0]))
    if re.search(_UNSAFE_IN_PATH, path) or ".." in steps or "." in steps or not steps[0] or ":" in steps[0]:
        raise Wrong(f"{_shown(path)} is not a relative path that stays below the index's `files`")
    return path


def input_path(data: object) -> str:
    """A path relative to the spec's directory; it may lead out of it, but not start at the root of one machine."""
    path = filled(data)
    if path.startswith("/") or re.match("[A-Za-z]:", path) or "\\" in path or _CONTROL.search(path):
        raise Wrong(f"{_shown(path)} is not a path relative to the spec's directory, with `/` between its parts")
    return path


def location(data: object) -> str:
    """A URL, or a path relative to the lock; without credentials."""
    url = filled(data)
    if _CONTROL.search(url):
        raise Wrong(f"{_shown(url)} holds a control character")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Wrong(f"{_shown(url)} is not a URL: {error}") from None
    if "://" in url and parts.scheme not in ("https", "http", "file"):
        raise Wrong(f"{_shown(url)} should start with https://, http:// or file://")
    if "@" in parts.netloc:
        raise Wrong(
            f"the URL at {parts.hostname} holds credentials, which a lock must not",
            hint="take them out, and give them in netrc, a keyring or the environment",
        )
    return url


def absolute_url(data: object) -> str:
    """An absolute URL without credentials."""
    url = location(data)
    if "://" not in url:
        raise Wrong(f"{_shown(url)} is not an absolute URL")
    return url


def base(data: object) -> str:
    """A URL or relative path that paths can be put after."""
    url = location(data)
    if not url.endswith("/"):
        raise Wrong(f"{_shown(url)} should end with a slash: the paths of artifacts are put right after it")
    return url
