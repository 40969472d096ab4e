"""The headers of core metadata: those that a resolution needs, and the name and version that they state.

The body is never decoded, and of usual files only the lines of these headers are looked at, which keeps this fast.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Container, Iterable, Iterator, Mapping

from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata

_READ = "metadata-version|name|version|requires-dist|requires-python|provides-extra|dynamic"
# Expressions as text: of metadata that is known from an earlier run nothing is parsed, and none of them compiled.
_END_OF_HEADERS = rb"\r?\n\r?\n|\r\r"
# A field: a name as RFC 822 has it, a value, and continuation lines that begin with a blank.
_FIELD = r"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)"
_FIELDS = r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*"
_WANTED = rf"(?im)^(?:{_READ}):"
_WANTED_FIELD = rf"(?im)^({_READ}):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)"
_KEYS = frozenset(_READ.split("|"))
_OLDEST = "1.0"

Fields = Mapping[str, list[str]]


def fields(content: bytes, keys: Container[str] = _KEYS) -> dict[str, list[str]]:
    """The headers of ``keys``, by lower-case name, each value with its lines joined.

    Raises `InvalidMetadata` for headers that are broken off before one that a resolution needs.
    """
    found: dict[str, list[str]] = {}
    head = _decode(_head(content))
    for name, value in _read_headers(head) if keys is _KEYS else _headers(head):
        key = name.lower()
        if key in keys:
            found.setdefault(key, []).append(" ".join(value.split()))
    return found


def _head(content: bytes) -> bytes:
    if b"\r" not in content:  # an expression would look at every byte
        return content.partition(b"\n\n")[0]
    end = re.search(_END_OF_HEADERS, content)
    return content[: end.start()] if end else content


def _decode(head: bytes) -> str:
    """UTF-8, as the specification says since 2.1.

    Older files are in whatever their author's editor wrote. Latin-1 reads any bytes, and mangles only the names of
    people: names of projects, versions and requirements are ASCII.
    """
    try:
        text = head.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_headers(head: str) -> Iterable[tuple[str, str]]:
    """The headers that a resolution needs, and maybe others. Where every line is of a header, one search finds them."""
    whole = f"{head}\n"
    passed = re.match(_FIELDS, whole)
    if passed is not None and passed.end() == len(whole):
        return re.findall(_WANTED_FIELD, head)
    return _headers(head)


def _headers(head: str) -> Iterator[tuple[str, str]]:
    """Each header in turn.

    A line that is no header ends the headers of an e-mail, and with them, unseen, every dependency below it. Writers
    of metadata do produce such lines (a summary of several lines): they are passed only where nothing is lost.
    """
    position, pattern = 0, re.compile(_FIELD)
    while position < len(head):
        field = pattern.match(head, position)
        if field is None:
            _check_nothing_lost(head, position)
            return
        yield field[1], field[2]
        position = field.end()


def _check_nothing_lost(head: str, position: int) -> None:
    lost = re.compile(_WANTED).search(head, position)
    if lost is not None:
        number = head.count("\n", 0, position) + 1
        line = head[position:].partition("\n")[0]
        raise InvalidMetadata(
            f"line {number} of its metadata ({line[:60]!r}) is no header, and {lost[0]} comes after it"
        )


def single(fields: Fields, key: str) -> str | None:
    """The only value of a field. Stating it again with the same value does no harm."""
    values = sorted(set(fields.get(key, ())))
    if len(values) > 1:
        raise InvalidMetadata(f"its metadata states {key.title()} more than once: {', '.join(map(repr, values))}")
    return values[0] if values else None


def metadata_version(fields: Fields) -> str:
    """``1.0`` where none is stated. Raises `InvalidMetadata` for one newer than 2.x."""
    text = single(fields, "metadata-version") or _OLDEST
    major, _, minor = text.partition(".")
    if not (text.isascii() and major.isdigit() and minor.isdigit() and len(text) < 20):
        raise InvalidMetadata(f"its Metadata-Version {text!r} is not a version of the core metadata specification")
    if int(major) > 2:
        raise InvalidMetadata(f"its Metadata-Version is {text}, and only versions up to 2.x can be read")
    return text


def name_of(fields: Fields) -> NormalizedName:
    """The name of the project. Raises `InvalidMetadata` where it is not stated, or is invalid."""
    text = single(fields, "name")
    if not text:
        raise InvalidMetadata("its metadata has no Name")
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise InvalidMetadata(f"its Name {text!r} is not a name of a project") from None


def version_of(fields: Fields) -> Version:
    """The version. Raises `InvalidMetadata` where it is not stated, or is invalid."""
    text = single(fields, "version")
    if not text:
        raise InvalidMetadata("its metadata has no Version")
    try:
        return Version(text)
    except ValueError:
        raise InvalidMetadata(f"its Version {text!r} is not a version (PEP 440)") from None


def stated_release(content: bytes) -> tuple[NormalizedName, Version]:
    """Name and version alone, in a third of the time. Raises as `resolver.metadata.core.parse_core` does."""
    found = fields(content)
    metadata_version(found)
    single(found, "requires-python")
    return name_of(found), version_of(found)
