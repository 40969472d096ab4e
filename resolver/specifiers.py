"""Which releases meet which specifiers: worked out once for all environments, and only as far as a search looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.records import record
from resolver.simple.releases import Releases
from resolver.spec.model import Prereleases

T = TypeVar("T")


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
        self._plain: dict[NormalizedName, bool] = {}

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
            found = self._tiers[key] = self._found(project, asked.values(), releases, prereleases, lowest=lowest)
        return found

    def _found(
        self,
        project: NormalizedName,
        asked: Collection[Bounds],
        releases: Releases,
        prereleases: Prereleases,
        *,
        lowest: bool,
    ) -> Sequence[Iterable[int]]:
        specifiers = [one.specifiers for one in asked]
        if not lowest and all(one.orders for one in asked) and self._is_plain(project, releases):
            return [_Span(specifiers, releases)]
        common = Remembered(self._meeting_all(project, asked, releases, lowest=lowest))
        return _tiers(common, releases, prereleases, specifiers)

    def _is_plain(self, project: NormalizedName, releases: Releases) -> bool:
        """Whether all versions are numbers with dots between."""
        found = self._plain.get(project)
        if found is None:
            found = self._plain[project] = not "".join(releases.versions).strip("0123456789.")
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
        for number in reversed(range(begin, end)) if lowest else range(begin + 1, end):
            if all(_meets(meeting, one, releases, number) for meeting, one in known):
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


def _tiers(
    numbers: Iterable[int], releases: Releases, prereleases: Prereleases, specifiers: Iterable[SpecifierSet]
) -> Sequence[Iterable[int]]:
    if prereleases == "allow":
        return [numbers]
    finals = Remembered(number for number in numbers if not releases.version(number).is_prerelease)
    if prereleases == "never":
        return [finals]
    if any(specifier.prereleases for specifier in specifiers):
        return [numbers]
    return [finals, Remembered(number for number in numbers if releases.version(number).is_prerelease)]


class _Span(Iterable[int]):
    """The releases between two ends, all of them final ones. Where they end is looked for when somebody goes on."""

    def __init__(self, specifiers: Sequence[SpecifierSet], releases: Releases) -> None:
        self._specifiers = specifiers
        self._releases = releases
        self._begin = _begin(specifiers, releases)
        self._whole: range | None = None

    def __iter__(self) -> Iterator[int]:
        return self._following() if self._whole is None else iter(self._whole)

    def _following(self) -> Iterator[int]:
        begin = self._begin
        if begin < len(self._releases):
            version = self._releases.version(begin)
            if all(one.contains(version, prereleases=True) for one in self._specifiers):
                yield begin
                begin += 1
        self._whole = range(self._begin, max(self._begin, _end(self._specifiers, self._releases)))
        yield from self._whole[begin - self._begin :]


class Remembered(Iterable[T]):
    """What an iterator gives, for all who ask, each from the beginning; it is taken no further than somebody asks."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._taken: list[T] = []
        self._is_whole = False

    def __iter__(self) -> Iterator[T]:
        return iter(self._taken) if self._is_whole else self._following()

    def _following(self) -> Iterator[T]:
        position = 0
        while True:
            if position == len(self._taken):
                try:
                    self._taken.append(next(self._source))
                except StopIteration:
                    self._is_whole = True
                    return
            yield self._taken[position]
            position += 1
