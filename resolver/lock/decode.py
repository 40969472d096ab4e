"""JSON data -> Lock, each record checked by itself. What records say of each other is checked by `references`.

A `Wrong` starts where the fault is and gathers its path on the way up, so that the happy path pays nothing for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args
from urllib.parse import unquote, urlsplit

from resolver.lock.model import (
    Artifact,
    Build,
    BuildEnvironment,
    BuildRequirement,
    EnvironmentEntry,
    IndexEntry,
    Inputs,
    Lock,
    Origin,
    Pin,
)

LOCK_VERSION = 1

T = TypeVar("T")
Record = Mapping[str, Any]

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PROJECT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_FILENAME = re.compile(r"[^./\\:\x00-\x20\x7f][^/\\:\x00-\x1f\x7f]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]|%[01][0-9A-Fa-f]|%7[Ff]")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]*(/[A-Za-z0-9_][A-Za-z0-9_.+!-]*)*")


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
        steps = (
            f".{key}" if isinstance(key, str) and _IDENTIFIER.fullmatch(key) else f"[{_quoted(key)}]"
            for key in reversed(self.keys)
        )
        return "".join(steps).removeprefix(".")


def _quoted(key: str | int) -> str:
    return f'"{key}"' if isinstance(key, str) and key.isprintable() else repr(key)


Reader = Callable[[object], T]


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of a record, each with the reader of its value."""

    required: Mapping[str, Reader[Any]]
    optional: Mapping[str, Reader[Any]] = field(default_factory=dict)

    def read(self, data: object) -> dict[str, Any]:
        """What the record says, by key; optional keys that are absent stay absent."""
        record = _record(data)
        found: dict[str, Any] = {}
        key = ""
        try:
            for key, read in self.required.items():
                if key not in record:
                    break
                found[key] = read(record[key])
            else:
                for key, read in self.optional.items():
                    if key in record:
                        found[key] = read(record[key])
                return found
        except Wrong as wrong:
            raise wrong.under(key) from None
        raise Wrong(f"the key {key!r} is missing")


def _named(name: Reader[str], read: Reader[T]) -> Reader[dict[str, T]]:
    """A reader of an object whose keys are names."""

    def mapping(data: object) -> dict[str, T]:
        record = _record(data)
        found: dict[str, T] = {}
        key = ""
        try:
            for key, value in record.items():
                found[name(key)] = read(value)
        except Wrong as wrong:
            raise wrong.under(key) from None
        return found

    return mapping


def _listed(read: Reader[T]) -> Reader[tuple[T, ...]]:
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


def _record(data: object) -> Record:
    if type(data) is not dict:
        raise Wrong(f"should be an object, not {_kind_of(data)}")
    return data


def _text(data: object) -> str:
    if type(data) is not str:
        raise Wrong(f"should be a string, not {_kind_of(data)}")
    return data


def _kind_of(data: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(data), "a number")


def _integer(data: object) -> int:
    if type(data) is not int:  # a bool is an int to isinstance
        raise Wrong(f"should be a whole number, not {_kind_of(data)}")
    return data


def _size(data: object) -> int:
    size = _integer(data)
    if size < 0:
        raise Wrong(f"should be a number of bytes, not {size}")
    return size


def _filled(data: object) -> str:
    text = _text(data)
    if not text:
        raise Wrong("should not be empty")
    return text


def _matching(pattern: re.Pattern[str], what: str) -> Reader[str]:
    fullmatch = pattern.fullmatch

    def read(data: object) -> str:
        text = _text(data)
        if fullmatch(text) is None:
            raise Wrong(f"{text!r} is not {what}")
        return text

    return read


def _one_of(*words: str) -> Reader[str]:
    """A reader of one of ``words``."""

    def read(data: object) -> str:
        if data not in words:
            raise Wrong(f"should be one of {', '.join(words)}, not {data!r}")
        return _text(data)

    return read


_sha256 = _matching(_SHA256, "a sha256: 64 lower-case hexadecimal digits")
_project = _matching(_PROJECT, "a normalised project name (PEP 503: lower case, single hyphens)")
_group = _matching(re.compile(f"({_PROJECT.pattern})?"), "a normalised group name")
_label = _matching(_LABEL, "a name: letters, digits and `_.+-`, no path")
_filename = _matching(
    _FILENAME, "a file name: it must not hold a slash, a colon or control characters or start with a dot"
)
_texts = _listed(_filled)


def _path(data: object) -> str:
    """A path below an index's ``files``. It is joined to a URL, so its escapes are looked through."""
    path = _filled(data)
    if _PLAIN_PATH.fullmatch(path):  # nearly all of them
        return path
    plain = unquote(re.split("[?#]", path)[0])
    steps = re.split(r"[/\\]", plain)
    if _UNSAFE.search(path) or ".." in steps or "." in steps or not steps[0] or ":" in steps[0]:
        raise Wrong(f"{path!r} is not a relative path that stays below the index's `files`")
    return path


def _input_path(data: object) -> str:
    """A path relative to the spec's directory; it may lead out of it, but not start at the root of one machine."""
    path = _filled(data)
    if path.startswith("/") or re.match("[A-Za-z]:", path) or re.search(r"[\x00-\x1f\x7f\\]", path):
        raise Wrong(f"{path!r} is not a path relative to the spec's directory, with `/` between its parts")
    return path


def _url(data: object) -> str:
    """An absolute URL without credentials."""
    url = _location(data)
    if "://" not in url:
        raise Wrong(f"{url!r} is not an absolute URL")
    return url


def _location(data: object) -> str:
    """A URL, or a path relative to the lock; without credentials."""
    url = _filled(data)
    if re.search(r"[\x00-\x1f\x7f]", url):
        raise Wrong(f"{url!r} holds a control character")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Wrong(f"{url!r} is not a URL: {error}") from None
    if "://" in url and parts.scheme not in ("https", "http", "file"):
        raise Wrong(f"{url!r} should start with https://, http:// or file://")
    if "@" in parts.netloc:
        raise Wrong(
            f"the URL at {parts.hostname} holds credentials, which a lock must not",
            hint="take them out, and give them in netrc, a keyring or the environment",
        )
    return url


def _base(data: object) -> str:
    base = _location(data)
    if not base.endswith("/"):
        raise Wrong(f"{base!r} should end with a slash: the paths of artifacts are put right after it")
    return base


_INPUTS = _Shape({"sha256": _sha256, "files": _named(_input_path, _sha256)})
_INDEX = _Shape({"url": _location, "files": _base})
_ENVIRONMENT = _Shape(
    {"markers": _named(_filled, _text), "tags": _texts},
    {"python": _filled, "os": _filled, "arch": _filled, "libc": _filled},
)
_ARTIFACT = _Shape(
    {"project": _project, "version": _filled, "kind": _one_of("wheel", "sdist"), "sha256": _sha256},
    {
        "index": _label,
        "path": _path,
        "url": _url,
        "size": _size,
        "upload_time": _filled,
        "requires_python": _text,
        "yanked": _text,
    },
)
_PIN = _Shape({"version": _filled, "artifact": _filename, "extras": _texts, "dependencies": _texts})
_REQUIREMENT = _Shape({"requirement": _filled, "from": _one_of(*get_args(Origin))}, {"evidence": _text})


def _artifact(filename: str, data: object) -> Artifact:
    artifact = Artifact(filename=_filename(filename), **_ARTIFACT.read(data))
    if (artifact.kind == "wheel") != filename.endswith(".whl"):
        raise Wrong(f"a file of this name is no {artifact.kind}").under("kind")
    if artifact.path is None and artifact.url is None:
        raise Wrong("it has neither `path` (with `index`) nor `url`, so that nobody can tell where it lies")
    if artifact.path is not None and artifact.url is not None:
        raise Wrong("it has both `path` and `url`, so that nobody can tell where it lies")
    if artifact.path is not None and artifact.index is None:
        raise Wrong("it has `path` but not the `index` below which that lies")
    return artifact


def _artifacts(data: object) -> dict[str, Artifact]:
    found: dict[str, Artifact] = {}
    record, filename = _record(data), ""
    try:
        for filename, value in record.items():
            found[filename] = _artifact(filename, value)
    except Wrong as wrong:
        raise wrong.under(filename) from None
    return found


def _build_requirement(data: object) -> BuildRequirement:
    found = _REQUIREMENT.read(data)
    return BuildRequirement(requirement=found["requirement"], origin=found["from"], evidence=found.get("evidence"))


_pins = _named(_project, lambda data: Pin(**_PIN.read(data)))
_BUILD_ENVIRONMENT = _Shape({"requires": _listed(_build_requirement), "closure": _label}, {"unknown": _text})
_BUILD = _Shape(
    {
        "backend": _filled,
        "environments": _named(_label, lambda data: BuildEnvironment(**_BUILD_ENVIRONMENT.read(data))),
    },
    {"backend_path": _texts},
)
_LOCK = _Shape(
    {
        "inputs": lambda data: Inputs(**_INPUTS.read(data)),
        "indexes": _named(_label, lambda data: IndexEntry(**_INDEX.read(data))),
        "environments": _named(_label, lambda data: EnvironmentEntry(**_ENVIRONMENT.read(data))),
        "roots": _named(_label, _named(_group, _texts)),
        "artifacts": _artifacts,
        "resolutions": _named(_label, _pins),
        "builds": _named(_filename, lambda data: Build(**_BUILD.read(data))),
        "closures": _named(_label, _pins),
    }
)
_VERSION = _Shape({"lock_version": _integer})


def decode(data: object) -> Lock:
    """The lock that JSON ``data`` states. Raises `Wrong`."""
    version = _VERSION.read(data)["lock_version"]
    if version > LOCK_VERSION:
        raise Wrong(
            f"the lock has version {version}; this release of wheelhouse reads version {LOCK_VERSION}",
            hint=f"install a newer release of wheelhouse, one that reads lock_version {version}",
        ).under("lock_version")
    if version < LOCK_VERSION:
        raise Wrong(f"no release of wheelhouse has written version {version}").under("lock_version")
    return Lock(**_LOCK.read(data))
