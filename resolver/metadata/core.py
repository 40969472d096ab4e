"""Core metadata (METADATA of a wheel, PKG-INFO of an sdist) from its bytes.

Follows the core metadata specification in every version from 1.0 on. Only the fields that a resolution needs are
read; the body and all other fields are never decoded, which keeps this fast. ``Requires`` of metadata 1.1 names
modules, not distributions, and is ignored as the specification says.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import lru_cache

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.known import known_requirement
from resolver.metadata.model import CoreMetadata
from resolver.records import record

_READ = "metadata-version|name|version|requires-dist|requires-python|provides-extra|dynamic"
# Expressions as text: of metadata that is known from an earlier run nothing is parsed, and none of them compiled.
_END_OF_HEADERS = rb"\r?\n\r?\n|\r\r"
# A field: a name as RFC 822 has it, a value, and continuation lines that begin with a blank.
_FIELD = r"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)"
_FIELDS = r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*"
_WANTED = rf"(?im)^(?:{_READ}):"
_WANTED_FIELD = rf"(?im)^({_READ}):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)"
_OLDEST = "1.0"

_Fields = Mapping[str, list[str]]


@record
class PkgInfo:
    """PKG-INFO of an sdist. ``metadata_version`` is ``1.0`` where the file states none.

    ``dynamic`` holds the fields, in lower case, that a build may still change (metadata 2.2 and newer).
    """

    metadata: CoreMetadata
    metadata_version: str
    dynamic: frozenset[str]


def parse_core(content: bytes) -> CoreMetadata:
    """Read core metadata.

    Dependencies that break PEP 508 and a Requires-Python that breaks PEP 440 are kept apart, none is dropped.
    Raises `InvalidMetadata` for an absent or invalid name or version, a metadata version newer than 2.x, a field
    that may stand once and is stated twice with different values, and headers broken off before a field that matters.
    """
    return _core(fields(content))


def parse_pkg_info(content: bytes) -> PkgInfo:
    """Read PKG-INFO with what tells whether its claims hold for built wheels. Raises as `parse_core` does."""
    found = fields(content)
    return PkgInfo(
        metadata=_core(found),
        metadata_version=_single(found, "metadata-version") or _OLDEST,
        dynamic=frozenset(value.strip().lower() for value in found.get("dynamic", ())),
    )


def _core(fields: _Fields) -> CoreMetadata:
    _check_metadata_version(_single(fields, "metadata-version") or _OLDEST)
    requires: list[Requirement] = []
    invalid: list[tuple[str, str]] = []
    for line in fields.get("requires-dist", ()):
        parsed = _requirement(line)
        if isinstance(parsed, Requirement):
            requires.append(parsed)
        else:
            invalid.append((line, parsed))
    claim = _single(fields, "requires-python")
    requires_python = _specifiers(claim) if claim else None
    return CoreMetadata(
        name=_name(fields),
        version=_version(fields),
        requires_dist=tuple(requires),
        provides_extra=frozenset(canonicalize_name(extra) for extra in fields.get("provides-extra", ()) if extra),
        requires_python=requires_python,
        invalid_requires=tuple(invalid),
        invalid_requires_python=claim if claim and requires_python is None else None,
    )


_KEYS = frozenset(_READ.split("|"))


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
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_headers(head: str) -> Iterable[tuple[str, str]]:
    """Those that a resolution needs, and maybe others: where all lines are headers they are found without the rest."""
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


def _single(fields: _Fields, key: str) -> str | None:
    """The only value of a field. Stating it again with the same value does no harm."""
    values = sorted(set(fields.get(key, ())))
    if len(values) > 1:
        raise InvalidMetadata(f"its metadata states {key.title()} more than once: {', '.join(map(repr, values))}")
    return values[0] if values else None


def _check_metadata_version(text: str) -> None:
    major, _, minor = text.partition(".")
    if not (text.isascii() and major.isdigit() and minor.isdigit() and len(text) < 20):
        raise InvalidMetadata(f"its Metadata-Version {text!r} is not a version of the core metadata specification")
    if int(major) > 2:
        raise InvalidMetadata(f"its Metadata-Version is {text}, and only versions up to 2.x can be read")


def _name(fields: _Fields) -> NormalizedName:
    text = _single(fields, "name")
    if not text:
        raise InvalidMetadata("its metadata has no Name")
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise InvalidMetadata(f"its Name {text!r} is not a name of a project") from None


def _version(fields: _Fields) -> Version:
    text = _single(fields, "version")
    if not text:
        raise InvalidMetadata("its metadata has no Version")
    try:
        return Version(text)
    except ValueError:
        raise InvalidMetadata(f"its Version {text!r} is not a version (PEP 440)") from None


@lru_cache(maxsize=1 << 13)  # releases of a project repeat their dependencies; nobody changes a parsed requirement
def _requirement(line: str) -> Requirement | str:
    """The requirement, or why it is none."""
    try:
        return known_requirement(Requirement(line))
    except RecursionError:
        return "its marker is nested too deeply"
    except ValueError as error:
        return str(error).partition("\n")[0] or "it is not a requirement (PEP 508)"


@lru_cache(maxsize=1 << 12)  # as above
def _specifiers(claim: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(claim)
    except ValueError:
        return None
