"""Locks of other tools -> the versions that they pin: pylock.toml, uv, Poetry, PDM, Pipenv, and requirements files.

A file is told by what it says, not by its name alone. What pins no release of an index (the project itself, folders,
version control, URLs) is passed over and counted; a file that is not what it claims to be is an error with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from packaging.markers import InvalidMarker, Marker
from packaging.pylock import Pylock, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from resolver.digits import MOST_DIGITS
from resolver.errors import InputError, Problem
from resolver.preferences.model import Preferred
from resolver.records import record
from resolver.spec.requirements_file import logical_lines, without_hashes
from resolver.toml import NotTOML, parse_toml

_KINDS = "pylock.toml, uv.lock, poetry.lock, pdm.lock, Pipfile.lock, and requirements files with exact versions"
_TOO_LONG = re.compile(f"[0-9](?:_?[0-9]){{{MOST_DIGITS}}}")  # TOML has `_` between digits
_MORE = ("-r", "-c", "-e", "--requirement", "--constraint", "--editable")
"""Options of a requirements file that stand for more projects; only the file that is named is read."""

_NO_RELEASE = ("directory", "editable", "file", "git", "path", "ref", "url", "virtual")
"""What says in a table that no index has the package: keys of uv and PDM, and source types of Poetry."""


@record
class Wishes:
    """What a file pins; ``skipped`` names what of it is no release of an index."""

    pinned: tuple[Preferred, ...]
    skipped: tuple[str, ...]


class _Wrong(Exception):
    """What is wrong, and where in the document."""

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        self.path = path
        self.line = line
        super().__init__(message)


def read_wishes(content: bytes, source: str) -> Wishes:
    """The versions that a file pins; ``source`` is its name, for messages too.

    Raises `InputError` with the place for a file that cannot be read, and for one that is none of the known kinds.
    """
    try:
        text = content.decode("utf-8-sig")
        rows = list(_rows(text, source))
    except UnicodeDecodeError:
        raise _problem(source, _Wrong("is not UTF-8")) from None
    except _Wrong as wrong:
        raise _problem(source, wrong) from None
    pinned = tuple(row for row in rows if isinstance(row, Preferred))
    if not pinned:
        raise _problem(source, _Wrong("pins no version of any project"))
    return Wishes(pinned=pinned, skipped=tuple(row for row in rows if isinstance(row, str)))


def _problem(source: str, wrong: _Wrong) -> InputError:
    hint = f"what can be read: {_KINDS}"
    return InputError(str(Problem(file=source, line=wrong.line, path=wrong.path, message=str(wrong), hint=hint)))


_Rows = Iterator["Preferred | str"]
"""Pins, and the names of what is no release of an index."""


def _rows(text: str, source: str) -> _Rows:
    if absurd := _TOO_LONG.search(text):
        line = text.count("\n", 0, absurd.start()) + 1
        raise _Wrong(f"has a number of more than {MOST_DIGITS} digits, {absurd[0][:20]}...", line=line)
    name = source.replace("\\", "/").rpartition("/")[2]
    if name == "Pipfile.lock":
        return _pipfile(_json(text), source)
    if not name.endswith((".toml", ".lock")):
        return _requirements(text, source)
    data = _toml(text)
    return _dialect(data)(data, source)


def _dialect(data: Mapping[str, Any]) -> Callable[[Mapping[str, Any], str], _Rows]:
    metadata = data.get("metadata")
    said = metadata if isinstance(metadata, Mapping) else {}
    if "lock-version" in data:
        return _pylock
    if "lock-version" in said:
        return _poetry
    if "lock_version" in said:
        return _pdm
    if isinstance(data.get("version"), int) and "package" in data:
        return _uv
    raise _Wrong("is no lock that is known here")


def _toml(text: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except NotTOML as error:
        raise _Wrong(f"is not TOML: {error}", line=error.line) from None


def _json(text: str) -> object:
    try:
        data: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise _Wrong(f"is not JSON: {error.msg}", line=error.lineno) from None
    except RecursionError:
        raise _Wrong("is nested too deeply") from None
    return data


def _pylock(data: Mapping[str, Any], source: str) -> _Rows:
    try:
        document = Pylock.from_dict(data)
    except PylockValidationError as error:
        raise _Wrong(f"is not a pylock.toml: {error.message}", path=error.context or "") from None
    for package in document.packages:
        if package.version is None or package.is_direct:
            yield package.name
            continue
        # whether a group is asked for is no property of a machine: any pin is a wish
        markers = () if package.marker is None or _mentions_groups(package.marker) else (package.marker,)
        yield Preferred(project=package.name, version=package.version, source=source, markers=markers)


def _mentions_groups(marker: Marker) -> bool:
    return any(variable in str(marker) for variable in ("extras", "dependency_groups"))


def _uv(data: Mapping[str, Any], source: str) -> _Rows:
    for path, package in _packages(data):
        origin = package.get("source")
        if isinstance(origin, Mapping) and any(key in origin for key in _NO_RELEASE):
            yield _text(package, "name", path)
            continue
        stated = package.get("resolution-markers", [])
        if not isinstance(stated, list):
            raise _Wrong("should be an array", f"{path}.resolution-markers")
        markers = tuple(_marker(one, f"{path}.resolution-markers") for one in stated)
        yield _pin(package, path, source, markers)


def _poetry(data: Mapping[str, Any], source: str) -> _Rows:
    for path, package in _packages(data):
        origin = package.get("source")
        if isinstance(origin, Mapping) and origin.get("type") in _NO_RELEASE:
            yield _text(package, "name", path)
            continue
        stated = package.get("markers")  # by group in some files: any pin is a wish then
        yield _pin(package, path, source, (_marker(stated, f"{path}.markers"),) if isinstance(stated, str) else ())


def _pdm(data: Mapping[str, Any], source: str) -> _Rows:
    for path, package in _packages(data):
        if any(key in package for key in _NO_RELEASE):
            yield _text(package, "name", path)
            continue
        stated = package.get("marker")
        yield _pin(package, path, source, () if stated is None else (_marker(stated, f"{path}.marker"),))


def _pipfile(data: object, source: str) -> _Rows:
    if not isinstance(data, Mapping):
        raise _Wrong("should be an object")
    for section, packages in data.items():
        if section == "_meta":
            continue
        if not isinstance(packages, Mapping):
            raise _Wrong("should be an object", str(section))
        for name, package in packages.items():
            path = f"{section}.{name}"
            if not isinstance(package, Mapping):
                raise _Wrong("should be an object", path)
            if "version" not in package:
                yield str(name)
                continue
            row = {"name": name, "version": _text(package, "version", path).removeprefix("==")}
            stated = package.get("markers")
            yield _pin(row, path, source, () if stated is None else (_marker(stated, f"{path}.markers"),))


def _requirements(text: str, source: str) -> _Rows:
    for number, line in logical_lines(text):
        if line.startswith("-"):
            if line.startswith(_MORE):
                yield line
            continue  # other options say where to look, not what to take
        stated, _ = without_hashes(line)
        try:
            requirement = Requirement(stated)
        except (InvalidRequirement, RecursionError) as error:
            reason = str(error).partition("\n")[0] or "it is nested too deeply"
            raise _Wrong(f"{stated[:60]!r} is no requirement: {reason}", line=number) from None
        exact = [one.version for one in requirement.specifier if one.operator in ("==", "===")]
        if len(exact) != 1 or exact[0].endswith(".*") or requirement.url:
            yield requirement.name
            continue
        markers = () if requirement.marker is None else (requirement.marker,)
        yield _pin({"name": requirement.name, "version": exact[0]}, "", source, markers, line=number)


def _packages(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    packages = data.get("package", [])
    if not isinstance(packages, list):
        raise _Wrong("should be an array of tables", "package")
    for number, package in enumerate(packages):
        if not isinstance(package, Mapping):
            raise _Wrong("should be a table", f"package[{number}]")
        yield f"package[{number}]", package


def _pin(package: Mapping[str, Any], path: str, source: str, markers: tuple[Marker, ...], line: int = 0) -> Preferred:
    below = f"{path}." if path else ""
    name, version = _text(package, "name", path), _text(package, "version", path)
    try:
        return Preferred(
            project=canonicalize_name(name, validate=True), version=Version(version), source=source, markers=markers
        )
    except InvalidName:
        raise _Wrong(f"{name[:60]!r} is not a name of a project", f"{below}name", line) from None
    except InvalidVersion:
        raise _Wrong(f"{version[:60]!r} is not a version (PEP 440)", f"{below}version", line) from None


def _text(table: Mapping[str, Any], key: str, path: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise _Wrong(f"the key {key!r} is missing" if value is None else "should be a string", f"{path}.{key}")
    return value


def _marker(stated: object, path: str) -> Marker:
    if not isinstance(stated, str):
        raise _Wrong("should be a string", path)
    try:
        return Marker(stated)
    except (InvalidMarker, RecursionError):
        raise _Wrong(f"{stated[:60]!r} is not a marker (PEP 508)", path) from None
