"""A project's files by release, newest first, in a form that is cheap to keep: most releases are never looked at.

Follows the version specifiers specification (PEP 440) for what is newer and what is the same release.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import groupby

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.simple.filenames import EXTENSIONS, release_of, version_texts

_NUMBER = r"(?:0|[1-9][0-9]{0,17})"
_NORMAL = re.compile(rf"({_NUMBER}(?:\.{_NUMBER})*)(?:(a|b|rc)({_NUMBER}))?(?:\.post({_NUMBER}))?(?:\.dev({_NUMBER}))?")
"""A version in normal form without an epoch and a local label, as most are: no `Version` is made to sort it."""

_Rest = tuple[str, int, int, float, tuple[tuple[int, int, str], ...]]
_Order = tuple[int, tuple[int, ...], _Rest]
"""Epoch, numbers, and whatever may follow them, in an order that is the versions' own."""

_NEVER = float("inf")  # the number of what is not under development: it comes after all that is
_FINAL: _Rest = ("z", 0, -1, _NEVER, ())


@lru_cache(maxsize=1 << 14)
def parsed_version(text: str) -> Version:
    """A valid version, parsed once: that of a release stands on its page, in its METADATA and in bounds."""
    return Version(text)


class Releases:
    """Releases by number, the newest being 0; a version is parsed when it is looked at.

    ``versions`` as text and ``files`` as positions on the project's page are by number.
    """

    def __init__(self, versions: Sequence[str], files: Sequence[Sequence[int]]) -> None:
        self.versions = versions
        self.files = files

    def __len__(self) -> int:
        return len(self.versions)

    def version(self, number: int) -> Version:
        """The version of a release."""
        return parsed_version(self.versions[number])

    def first_below(self, version: str) -> int:
        """The number of the newest release that is older than ``version``; their count where there is none."""
        known = self._by_text.get(version)  # a bound mostly names a release: no version is compared then
        if known is not None:
            return known + 1
        bound = parsed_version(version)
        return bisect_left(range(len(self)), True, key=lambda number: self.version(number) < bound)

    def first_not_above(self, version: str) -> int:
        """The number of the newest release that is ``version`` or older; their count where there is none."""
        known = self._by_text.get(version)
        if known is not None:
            return known
        bound = parsed_version(version)
        return bisect_left(range(len(self)), True, key=lambda number: self.version(number) <= bound)

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
    """Group the files of a page by release; those that name none are left out. Its order shows in positions alone."""
    found: dict[_Order, tuple[str, list[int]]] = {}
    for text, positions in _alike(filenames, project).items():
        normal = _NORMAL.fullmatch(text)
        if normal is not None:
            order, canonical = _normal_order(normal), text
        else:
            try:
                version = release_of(filenames[positions[0]], project)
            except InvalidMetadata:
                continue
            order, canonical = _order(version), str(version)
        if order in found:
            found[order][1].extend(positions)
        else:
            found[order] = canonical, positions
    newest_first = [found[order] for order in sorted(found, reverse=True)]
    return Releases([version for version, _ in newest_first], [positions for _, positions in newest_first])


def _alike(filenames: Sequence[str], project: NormalizedName) -> Mapping[str, list[int]]:
    """Positions, in the order of the names, by what stands in the place of the version."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    texts = version_texts(filenames, project)
    in_order = sorted(range(len(filenames)), key=filenames.__getitem__)
    for text, positions in groupby(in_order, key=texts.__getitem__):
        if text:
            found[text] += positions
        else:  # each by itself, under a key that is no version
            found |= {f"/{filenames[one]}": [one] for one in positions if filenames[one].endswith(EXTENSIONS)}
    return found


def _normal_order(normal: re.Match[str]) -> _Order:
    numbers = tuple(map(int, normal[1].split(".")))
    release = numbers if numbers[-1] else _significant(numbers)
    if normal.lastindex == 1:
        return 0, release, _FINAL
    _, phase, pre, post, dev = normal.groups()
    return 0, release, _rest((phase, int(pre)) if phase else None, _int(post), _int(dev))


def _order(version: Version) -> _Order:
    """Sorts as the version does, and is equal where the version is."""
    return version.epoch, _significant(version.release), _rest(version.pre, version.post, version.dev, version.local)


def _rest(pre: tuple[str, int] | None, post: int | None, dev: int | None, local: str | None = None) -> _Rest:
    """Orders versions of the same numbers: under development, pre-releases, final, post-releases, local labels."""
    if pre is None:  # before or after "a", "b" and "rc"
        pre = ("", 0) if dev is not None and post is None else ("z", 0)
    labels = tuple((1, int(one), "") if one.isdigit() else (0, 0, one) for one in local.split(".")) if local else ()
    return *pre, -1 if post is None else post, _NEVER if dev is None else dev, labels


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _significant(release: tuple[int, ...]) -> tuple[int, ...]:
    """Without trailing zeros: 1.0 is 1."""
    end = len(release)
    while end > 1 and not release[end - 1]:
        end -= 1
    return release[:end]
