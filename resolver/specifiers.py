"""Which releases meet which specifiers: worked out once for all environments, and only as far as a search looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.records import record
from resolver.simple.releases import Releases
from resolver.spec.model import Prereleases


@record
class Bounds:
    """Version specifiers, and what of them steers a search; one object for each ``text``, since `bounds` remembers.

    ``pins``: whether one version is named outright (PEP 592: that alone may choose a yanked file).
    ``limits``: whether there is a newest version that meets them.
    """

    text: str
    specifiers: SpecifierSet
    pins: bool
    limits: bool


@lru_cache(maxsize=1 << 15)
def bounds(text: str) -> Bounds:
    """The bounds that a text states, which is a valid one."""
    specifiers = SpecifierSet(text)
    return Bounds(
        text=text,
        specifiers=specifiers,
        pins=any(s.operator == "===" or (s.operator == "==" and not s.version.endswith(".*")) for s in specifiers),
        limits=any(s.operator in {"<", "<=", "~=", "=="} for s in specifiers),
    )


ANY = bounds("")


class Specifiers:
    """Memoised answers. A project's releases have to be the same whenever it is asked about."""

    def __init__(self) -> None:
        self._meeting: dict[tuple[NormalizedName, str], dict[int, bool]] = {}
        self._tiers: dict[tuple[NormalizedName, frozenset[str], Prereleases, bool], Sequence[Iterable[int]]] = {}

    def tiers(
        self,
        project: NormalizedName,
        asked: Mapping[str, Bounds],
        releases: Releases,
        prereleases: Prereleases,
        *,
        lowest: bool,
    ) -> Sequence[Iterable[int]]:
        """The releases, by number, that meet every one of the bounds in ``asked`` (by their text), the preferred first.

        They come in groups. A group counts only where the one before has no candidate: pre-releases as PEP 440 wants
        them, where a specifier names one or where nothing else is there.
        """
        key = (project, frozenset(asked), prereleases, lowest)
        found = self._tiers.get(key)
        if found is None:
            specifiers = {text: one.specifiers for text, one in asked.items()}
            order = _newest_first(specifiers.values(), releases)
            common = _Remembered(
                self._meeting_all(project, specifiers, releases, reversed(list(order)) if lowest else order)
            )
            found = self._tiers[key] = _tiers(common, releases, prereleases, specifiers.values())
        return found

    def _meeting_all(
        self, project: NormalizedName, specifiers: Mapping[str, SpecifierSet], releases: Releases, order: Iterable[int]
    ) -> Iterator[int]:
        known = [(self._meeting.setdefault((project, text), {}), one) for text, one in specifiers.items()]
        for number in order:
            if all(_meets(meeting, one, releases, number) for meeting, one in known):
                yield number


def _newest_first(specifiers: Collection[SpecifierSet], releases: Releases) -> Iterator[int]:
    """Releases among which are all that meet ``specifiers``: few of a long page have to be judged.

    Most often nobody asks beyond the first, so that only then it is looked for where they end.
    """
    begin = _begin(specifiers, releases)
    if begin < len(releases):
        yield begin
        yield from range(begin + 1, _end(specifiers, releases))


def _begin(specifiers: Iterable[SpecifierSet], releases: Releases) -> int:
    """The first release, the newest being 0, that may meet them."""
    begin = 0
    for one in (one for specifier in specifiers for one in specifier):
        if releases.has_local_versions or one.version.endswith(".*"):
            continue  # ``<=1.0`` and ``==1.0`` are met by 1.0+cpu, which is above 1.0
        if one.operator in {"<=", "<", "=="}:
            begin = max(begin, releases.first_not_above(Version(one.version)))
    return begin


def _end(specifiers: Iterable[SpecifierSet], releases: Releases) -> int:
    """The first release from which on none meets them."""
    end = len(releases)
    for one in (one for specifier in specifiers for one in specifier):
        exactly = one.operator == "==" and not (releases.has_local_versions or one.version.endswith(".*"))
        if exactly or one.operator in {">=", ">", "~="}:
            end = min(end, releases.first_below(Version(one.version)))
    return end


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
