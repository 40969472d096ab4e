"""Lock -> pylock.toml (PEP 751): one file for all environments that markers tell apart, one for each of the others.

Each environment gets from its file what the lock has for it, and other machines are refused by ``environments``. Groups
are for the installer to choose. PEP 751 has no place for the build requirements of an sdist, so that an installer
resolves them anew: the lock and the vendored tree have them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

import tomlkit
from packaging.pylock import Pylock, PylockValidationError
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from resolver.emit.entries import Entry, entries
from resolver.emit.markers import Family, any_of, both, families
from resolver.emit.places import Places, is_url
from resolver.emit.selection import OWN, Selection, needed_by
from resolver.errors import InputError
from resolver.lock.model import Artifact
from resolver.simple.times import upload_moment

_TOOL = "rules-wheelhouse"
_NESTED = ("dependencies", "wheels", "attestation-identities")


def pylocks(chosen: Selection, places: Places, *, baked: bool = False) -> dict[str, str]:
    """File name -> text. ``baked``: the groups of the selection are no choice of the installer's.

    Raises `InputError` for an artifact whose name the standard does not allow, and for environments whose files would
    have one name.
    """
    found: dict[str, str] = {}
    for family in families(chosen.lock, chosen.environments):
        # the standard allows no dot in the middle of ``pylock.NAME.toml``
        name = f"pylock.{family.names[0].replace('.', '-')}.toml" if family.ambiguous else "pylock.toml"
        if name in found:
            raise InputError(f"two environments would have the file {name}; rename {family.names[0]} or the other one")
        found[name] = _written(_Document(chosen, family, places, baked=baked).data())
    return found


class _Document:
    """The file of one family, as data."""

    def __init__(self, chosen: Selection, family: Family, places: Places, *, baked: bool) -> None:
        self._lock = chosen.lock
        self._family = family
        self._places = places
        self._groups = () if baked else chosen.groups
        self._pins = {name: chosen.pins(name) for name in family.names}
        self._needed = {name: needed_by(chosen.lock, name) for name in family.names}
        direct = {p for name in family.names for p, url in chosen.roots(name).items() if url is not None}
        files = {name: {p: pin.artifact for p, pin in pins.items()} for name, pins in self._pins.items()}
        self._direct = direct
        self._entries = entries(chosen.lock, files, apart=direct)
        self._several = {a.project for a, b in pairwise(self._entries) if a.project == b.project}

    def data(self) -> dict[str, Any]:
        """The whole document, in the order of the standard."""
        versions = [known["python_version"] for known in self._family.values.values() if "python_version" in known]
        return _present(
            {
                "lock-version": "1.0",
                "environments": [m for m in map(self._family.describe, self._family.names) if m] or None,
                "requires-python": f">={min(versions, key=Version)}" if versions else None,
                "dependency-groups": list(self._groups) or None,
                "created-by": _TOOL,
                "packages": [self._package(entry) for entry in self._entries],
                "tool": {
                    _TOOL: {"environments": list(self._family.names), "inputs": f"sha256:{self._lock.inputs.sha256}"}
                },
            }
        )

    def _package(self, entry: Entry) -> dict[str, Any]:
        direct = entry.project in self._direct
        one = next(iter(entry.files.values()))
        index = None if direct else self._places.index(self._lock, one)
        return _present(
            {
                "name": entry.project,
                "version": entry.version,
                "marker": self._marker(entry),
                "requires-python": self._requires_python(entry),
                "dependencies": self._dependencies(entry) or None,
                "index": index if index is not None and is_url(index) else None,
                "archive": self._file(one, named=False) if direct else None,
                "sdist": self._file(entry.sdist) if entry.sdist is not None and not direct else None,
                "wheels": None if direct else [self._file(wheel) for wheel in entry.wheels] or None,
                "attestation-identities": self._identities(entry) or None,
            }
        )

    def _marker(self, entry: Entry) -> str | None:
        """Where the package is wanted: in which environments, and for which groups in those."""
        by_groups: dict[frozenset[str], list[str]] = {}
        for name in entry.files:
            by_groups.setdefault(self._conditions(name, entry.project), []).append(name)
        found = sorted(by_groups.items(), key=lambda item: (sorted(item[0]), item[1]))
        parts = [both(self._family.marker(names), _asked_for(groups)) for groups, names in found]
        return None if None in parts else any_of([part for part in parts if part is not None])

    def _conditions(self, environment: str, project: str) -> frozenset[str]:
        """The groups of which one must be asked for; none where the package is always wanted."""
        groups = self._needed[environment][project]
        return frozenset() if OWN in groups or not self._groups else groups & set(self._groups)

    def _requires_python(self, entry: Entry) -> str | None:
        """What all its files claim, if the environments bear it out: the spec may have overridden it."""
        claims = {artifact.requires_python for artifact in entry.files.values()}
        claim = claims.pop() if len(claims) == 1 else None
        if not claim:
            return None
        try:
            wanted = SpecifierSet(claim)
        except InvalidSpecifier:
            return None
        pythons = [self._lock.environments[name].markers.get("python_full_version", "") for name in entry.files]
        return str(wanted) if all(python and wanted.contains(python) for python in pythons) else None

    def _dependencies(self, entry: Entry) -> list[dict[str, str]]:
        """What it asks for in any of its environments; by version too, where the file has several of a project."""
        found = {
            (name, self._pins[environment][name].version if name in self._several else "")
            for environment in entry.files
            for name in self._pins[environment][entry.project].dependencies
            if name in self._pins[environment]
        }
        return [{"name": name, "version": version} if version else {"name": name} for name, version in sorted(found)]

    def _file(self, artifact: Artifact, *, named: bool = True) -> dict[str, Any]:
        place = self._places.file(self._lock, artifact)
        return _present(
            {
                "name": artifact.filename if named else None,
                "upload-time": _moment(artifact.upload_time),
                "url" if is_url(place) else "path": place,
                "size": artifact.size,
                "hashes": {"sha256": artifact.sha256},
            }
        )

    def _identities(self, entry: Entry) -> list[dict[str, str]]:
        """Who must have signed the files, where that is required: vendoring holds every file against it."""
        asked = self._lock.attested(entry.project)
        if asked.check != "require" or not asked.publisher or "kind" not in asked.publisher:
            return []
        return [dict(sorted(asked.publisher.items()))]


def _asked_for(groups: Collection[str]) -> str | None:
    return any_of([f"'{group}' in dependency_groups" for group in sorted(groups)]) or None


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}


def _moment(text: str | None) -> datetime | None:
    try:
        return upload_moment(text) if text else None
    except ValueError:
        return None


def _written(data: dict[str, Any]) -> str:
    """The document as TOML, a file a line."""
    try:
        Pylock.from_dict(data)
    except PylockValidationError as error:
        raise InputError(f"the lock cannot be written as pylock.toml: {error}") from None
    document = tomlkit.document()
    for key, value in data.items():
        if key == "packages":
            document.add(tomlkit.nl())
        document.add(key, tomlkit.aot() if key == "packages" else _item(value))
    for package in data["packages"]:
        table = tomlkit.table()
        for key, value in package.items():
            table.add(key, _lines(value) if key in _NESTED else _inline(value))
        document["packages"].append(table)
    return tomlkit.dumps(document)


def _item(value: Any) -> Any:  # noqa: ANN401  (whatever TOML holds)
    if isinstance(value, list) and len(value) > 1:
        return _lines(value)
    return tomlkit.item(value)


def _lines(values: Iterable[Any]) -> Any:  # noqa: ANN401  (tomlkit's arrays are generic in nothing)
    """An array with a member a line."""
    array = tomlkit.array()
    for value in values:
        array.append(_inline(value))
    return array.multiline(multiline=True)


def _inline(value: Any) -> Any:  # noqa: ANN401  (whatever TOML holds)
    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    for key, member in value.items():
        table.append(key, _inline(member))
    return table
