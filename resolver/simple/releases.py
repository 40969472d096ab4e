"""A project's files by release, newest first, in a form that is cheap to keep: of most releases nobody asks.

Follows the version specifiers specification (PEP 440) for what is newer and what is the same release.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.simple.filenames import release_of, version_text

_PLAIN = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.(?:0|[1-9][0-9]{0,17}))*")
_BEFORE, _FINAL, _AFTER = range(3)  # of the versions with the same numbers: before the final release, it, after it
_ANY = Version("0")

_Order = tuple[int, tuple[int, ...], int, Version]
"""Epoch, numbers, place beside the final release, and the version itself where that does not settle it."""


class Releases:
    """Releases by number, the newest being 0; a version is parsed when it is looked at.

    ``versions`` as text and ``files`` as positions on the project's page are by number.
    """

    def __init__(self, versions: Sequence[str], files: Sequence[Sequence[int]]) -> None:
        self.versions = versions
        self.files = files
        self._parsed: dict[int, Version] = {}

    def __len__(self) -> int:
        return len(self.versions)

    def version(self, number: int) -> Version:
        """The version of a release, one object for all who ask."""
        found = self._parsed.get(number)
        if found is None:
            found = self._parsed[number] = Version(self.versions[number])
        return found

    def first_below(self, version: Version) -> int:
        """The number of the newest release that is older than ``version``; their count where there is none."""
        return bisect_left(range(len(self)), True, key=lambda number: self.version(number) < version)

    def first_not_above(self, version: Version) -> int:
        """The number of the newest release that is ``version`` or older; their count where there is none."""
        return bisect_left(range(len(self)), True, key=lambda number: self.version(number) <= version)

    def number(self, version: Version) -> int | None:
        """The release that ``version`` means, or None where there is none."""
        found = self._by_text.get(str(version))
        return found if found is not None else self._by_version.get(version)

    @cached_property
    def has_local_versions(self) -> bool:
        """Whether any release has a local version label, as in ``1.0+cpu``."""
        return any("+" in text for text in self.versions)

    @cached_property
    def _by_text(self) -> Mapping[str, int]:
        return {text: number for number, text in enumerate(self.versions)}

    @cached_property
    def _by_version(self) -> Mapping[Version, int]:
        """For what is written otherwise: 1.0 is 1.0.0."""
        return {self.version(number): number for number in range(len(self))}


def releases_of(filenames: Sequence[str], project: NormalizedName) -> Releases:
    """Group the files of a page, but for those that name no release. Its order leaves no trace but the positions."""
    by_text: dict[str, list[int]] = {}
    for position in sorted(range(len(filenames)), key=filenames.__getitem__):
        filename = filenames[position]
        by_text.setdefault(version_text(filename, project) or filename, []).append(position)
    found: dict[_Order, list[int]] = {}
    texts: dict[_Order, str] = {}
    for text, positions in by_text.items():
        if _PLAIN.fullmatch(text):
            order, canonical = _plain_order(text), text
        else:
            try:
                version = release_of(filenames[positions[0]], project)
            except InvalidMetadata:
                continue
            order, canonical = _order(version), str(version)
        found.setdefault(order, []).extend(positions)
        texts.setdefault(order, canonical)
    newest_first = sorted(found, reverse=True)
    return Releases([texts[one] for one in newest_first], [found[one] for one in newest_first])


def _plain_order(text: str) -> _Order:
    """Of a version that is numbers with dots between, as most are: no `Version` need be made of it."""
    return 0, _significant(tuple(map(int, text.split(".")))), _FINAL, _ANY


def _order(version: Version) -> _Order:
    """Sorts as the version does, and is equal where the version is."""
    if not (version.pre or version.dev is not None or version.post is not None or version.local):
        return version.epoch, _significant(version.release), _FINAL, _ANY
    is_before = version.pre is not None or (version.dev is not None and version.post is None)
    return version.epoch, _significant(version.release), _BEFORE if is_before else _AFTER, version


def _significant(release: tuple[int, ...]) -> tuple[int, ...]:
    """Without zeros at its end: 1.0 is 1."""
    end = len(release)
    while end > 1 and not release[end - 1]:
        end -= 1
    return release[:end]
