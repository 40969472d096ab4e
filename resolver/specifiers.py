"""Which releases meet which specifiers: worked out once for all environments, and only as far as a search looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.simple.releases import Releases
from resolver.spec.model import Prereleases


class Specifiers:
    """Memoised answers. A project's releases have to be the same whenever it is asked about.

    Specifiers are known by their text: hashing a `SpecifierSet` takes three times as long as writing it.
    """

    def __init__(self) -> None:
        self._meeting: dict[tuple[NormalizedName, str], dict[int, bool]] = {}
        self._tiers: dict[tuple[NormalizedName, frozenset[str], Prereleases, bool], Sequence[Iterable[int]]] = {}

    def tiers(
        self,
        project: NormalizedName,
        specifiers: Mapping[str, SpecifierSet],
        releases: Releases,
        prereleases: Prereleases,
        *,
        lowest: bool,
    ) -> Sequence[Iterable[int]]:
        """The releases, by number, that meet every one of ``specifiers`` (by their text), the preferred first.

        They come in groups. A group counts only where the one before has no candidate: pre-releases as PEP 440 wants
        them, where a specifier names one or where nothing else is there.
        """
        key = (project, frozenset(specifiers), prereleases, lowest)
        if key not in self._tiers:
            order = _order(specifiers.values(), releases)
            common = _Remembered(self._meeting_all(project, specifiers, releases, order[::-1] if lowest else order))
            self._tiers[key] = _tiers(common, releases, prereleases, specifiers.values())
        return self._tiers[key]

    def _meeting_all(
        self, project: NormalizedName, specifiers: Mapping[str, SpecifierSet], releases: Releases, order: Iterable[int]
    ) -> Iterator[int]:
        known = [(self._meeting.setdefault((project, text), {}), one) for text, one in specifiers.items()]
        for number in order:
            if all(_meets(meeting, one, releases, number) for meeting, one in known):
                yield number


def _order(specifiers: Iterable[SpecifierSet], releases: Releases) -> Sequence[int]:
    """Releases among which are all that meet ``specifiers``, the newest first: few of a long page have to be judged."""
    begin, end = 0, len(releases)
    for specifier in specifiers:
        for one in specifier:
            if one.operator in {">=", ">", "~="}:
                end = min(end, releases.first_below(Version(one.version)))
            elif releases.has_local_versions or one.version.endswith(".*"):
                continue  # ``<=1.0`` and ``==1.0`` are met by 1.0+cpu, which is above 1.0
            elif one.operator in {"<=", "<"}:
                begin = max(begin, releases.first_not_above(Version(one.version)))
            elif one.operator == "==":
                version = Version(one.version)
                begin = max(begin, releases.first_not_above(version))
                end = min(end, releases.first_below(version))
    return range(begin, max(begin, end))


def _meets(known: dict[int, bool], specifier: SpecifierSet, releases: Releases, number: int) -> bool:
    found = known.get(number)
    if found is None:
        found = known[number] = specifier.contains(releases.version(number), prereleases=True)
    return found


def _tiers(
    numbers: Iterable[int], releases: Releases, prereleases: Prereleases, specifiers: Iterable[SpecifierSet]
) -> Sequence[Iterable[int]]:
    if prereleases == "allow":
        return [numbers]
    finals = _Remembered(number for number in numbers if not releases.version(number).is_prerelease)
    if prereleases == "never":
        return [finals]
    if any(specifier.prereleases for specifier in specifiers):
        return [numbers]
    return [finals, _Remembered(number for number in numbers if releases.version(number).is_prerelease)]


class _Remembered(Iterable[int]):
    """What an iterator gives, for all who ask, each from the beginning; it is taken no further than somebody asks."""

    def __init__(self, source: Iterator[int]) -> None:
        self._source = source
        self._taken: list[int] = []

    def __iter__(self) -> Iterator[int]:
        position = 0
        while True:
            if position == len(self._taken):
                following = next(self._source, None)
                if following is None:
                    return
                self._taken.append(following)
            yield self._taken[position]
            position += 1
