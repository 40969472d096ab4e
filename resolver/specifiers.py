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
    ``orders``: whether they do nothing but order: a version that is nothing but numbers meets them by its place.
    """

    text: str
    specifiers: SpecifierSet
    pins: bool
    limits: bool
    orders: bool


_ORDERING = frozenset({"<", "<=", "==", ">=", ">"})


@lru_cache(maxsize=1 << 15)
def bounds(text: str) -> Bounds:
    """The bounds that a text states, which is a valid one."""
    specifiers = SpecifierSet(text)
    return Bounds(
        text=text,
        specifiers=specifiers,
        pins=any(s.operator == "===" or (s.operator == "==" and not s.version.endswith(".*")) for s in specifiers),
        limits=any(s.operator in {"<", "<=", "~=", "=="} for s in specifiers),
        orders=all(s.operator in _ORDERING and not s.version.endswith(".*") for s in specifiers),
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
            common = _Remembered(self._meeting_all(project, asked.values(), releases, lowest=lowest))
            specifiers = [one.specifiers for one in asked.values()]
            found = self._tiers[key] = _tiers(common, releases, prereleases, specifiers)
        return found

    def _meeting_all(
        self, project: NormalizedName, asked: Collection[Bounds], releases: Releases, *, lowest: bool
    ) -> Iterator[int]:
        """The releases that meet them all: few of a long page have to be judged.

        Most often nobody asks beyond the first, so that only then it is looked for where they end.
        """
        known = [(self._meeting.setdefault((project, one.text), {}), one.specifiers) for one in asked]
        specifiers = [one.specifiers for one in asked]
        begin = _begin(specifiers, releases)
        if begin == len(releases):
            return
        if not lowest and all(_meets(meeting, one, releases, begin) for meeting, one in known):
            yield begin
        end = _end(specifiers, releases)
        placed = all(one.orders for one in asked) and not releases.has_local_versions
        for number in reversed(range(begin, end)) if lowest else range(begin + 1, end):
            if (placed and _is_plain(releases, number)) or all(
                _meets(meeting, one, releases, number) for meeting, one in known
            ):
                yield number


def _begin(specifiers: Iterable[SpecifierSet], releases: Releases) -> int:
    """The first release, the newest being 0, that may meet them."""
    begin = 0
    for one in (one for specifier in specifiers for one in specifier):
        if releases.has_local_versions or one.version.endswith(".*"):
            continue  # ``<=1.0`` and ``==1.0`` are met by 1.0+cpu, which is above 1.0
        if one.operator == "<":
            begin = max(begin, releases.first_below(Version(one.version)))
        elif one.operator in {"<=", "=="}:
            begin = max(begin, releases.first_not_above(Version(one.version)))
    return begin


def _end(specifiers: Iterable[SpecifierSet], releases: Releases) -> int:
    """The first release from which on none meets them."""
    end = len(releases)
    for one in (one for specifier in specifiers for one in specifier):
        exactly = one.operator == "==" and not (releases.has_local_versions or one.version.endswith(".*"))
        if exactly or one.operator in {">=", "~="}:
            end = min(end, releases.first_below(Version(one.version)))
        elif one.operator == ">":
            end = min(end, releases.first_not_above(Version(one.version)))
    return end


def _meets(known: dict[int, bool], specifier: SpecifierSet, releases: Releases, number: int) -> bool:
    found = known.get(number)
    if found is None:
        found = known[number] = specifier.contains(releases.version(number), prereleases=True)
    return found


def _is_plain(releases: Releases, number: int) -> bool:
    """Whether a version is numbers with dots between, as most are: a final release, and not parsed for this."""
    return not releases.versions[number].strip("0123456789.")


def _is_prerelease(releases: Releases, number: int) -> bool:
    return not _is_plain(releases, number) and releases.version(number).is_prerelease


def _tiers(
    numbers: Iterable[int], releases: Releases, prereleases: Prereleases, specifiers: Iterable[SpecifierSet]
) -> Sequence[Iterable[int]]:
    if prereleases == "allow":
        return [numbers]
    finals = _Remembered(number for number in numbers if not _is_prerelease(releases, number))
    if prereleases == "never":
        return [finals]
    if any(specifier.prereleases for specifier in specifiers):
        return [numbers]
    return [finals, _Remembered(number for number in numbers if _is_prerelease(releases, number))]


class _Remembered(Iterable[int]):
    """What an iterator gives, for all who ask, each from the beginning; it is taken no further than somebody asks."""

    def __init__(self, source: Iterator[int]) -> None:
        self._source = source
        self._taken: list[int] = []
        self._is_whole = False

    def __iter__(self) -> Iterator[int]:
        return iter(self._taken) if self._is_whole else self._following()

    def _following(self) -> Iterator[int]:
        position = 0
        while True:
            if position == len(self._taken):
                following = next(self._source, None)
                if following is None:
                    self._is_whole = True
                    return
                self._taken.append(following)
            yield self._taken[position]
            position += 1
