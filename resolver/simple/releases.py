"""A project's files by release, newest first, in a form that is cheap to keep: of most releases nobody asks.

Follows the version specifiers specification (PEP 440) for what is newer and what is the same release.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import count

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.simple.filenames import release_of, version_text


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
    by_text: dict[str, list[tuple[str, int]]] = {}
    for filename, position in sorted(zip(filenames, count(), strict=False)):
        by_text.setdefault(version_text(filename, project) or filename, []).append((filename, position))
    found: dict[Version, list[int]] = {}
    for files in by_text.values():
        with suppress(InvalidMetadata):
            found.setdefault(release_of(files[0][0], project), []).extend(position for _, position in files)
    newest_first = sorted(found, reverse=True)
    return Releases([str(v) for v in newest_first], [found[v] for v in newest_first])
