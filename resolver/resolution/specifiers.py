"""Which releases meet which specifiers: worked out once for all environments, and only as far as a search looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from packaging.specifiers import Specifier, SpecifierSet
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
    ``invites``: whether they name a pre-release as one that will do; ``<5.0.dev0`` keeps those of 5.0 out.
    ``narrows``: whether all that they do to other bounds is to leave less: they let no yanked file or pre-release in.
    """

    text: str
    specifiers: SpecifierSet
    pins: bool
    limits: bool
    orders: bool
    invites: bool
    narrows: bool


_LIMITING = frozenset({"<", "<=", "~=", "=="})
_ORDERING = frozenset({"<", "<=", "==", ">=", ">"})


@lru_cache(maxsize=1 << 15)
def bounds(text: str) -> Bounds:
    """The bounds that a text states, which is a valid one."""
    specifiers = SpecifierSet(text)
    parts = [(one.operator, one.version.endswith(".*")) for one in specifiers]
    pins = any(operator == "===" or (operator == "==" and not prefix) for operator, prefix in parts)
    invites = any(one.prereleases and not _keeps_out(one) for one in specifiers)
    return Bounds(
        text=text,
        specifiers=specifiers,
        pins=pins,
        limits=any(operator in _LIMITING for operator, _ in parts),
        orders=all(operator in _ORDERING and not prefix for operator, prefix in parts),
        invites=invites,
        narrows=not pins and not invites,
    )


def _keeps_out(one: Specifier) -> bool:
    """Whether a bound names the very beginning of a version, as ``<5.0.dev0`` and ``<5.0a0`` do, to have none of it."""
    if one.operator != "<":
        return False
    version = Version(one.version)
    return version.pre in {None, ("a", 0)} and version.dev in {None, 0}


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
            found = self._tiers[key] = self._found(project, asked.values(), releases, prereleases, lowest=lowest)
        return found

    def meeting(self, project: NormalizedName, one: Bounds, releases: Releases) -> Iterator[int]:
        """The releases that meet bounds, pre-releases too, in no order that means anything."""
        by_place = one.orders and not releases.has_local_versions
        known = self._meeting.setdefault((project, one.text), {})
        for number in range(_begin([one.specifiers], releases), _end([one.specifiers], releases)):
            is_plain = by_place and _are_plain([releases.versions[number]])
            if is_plain or _meets(known, one.specifiers, releases, number):
                yield number

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
        by_place = all(one.orders for one in asked) and not (lowest or releases.has_local_versions)
        if by_place and prereleases != "allow" and not any(one.invites for one in asked):
            finals = _Finals(specifiers, releases)
            return [finals] if prereleases == "never" else [finals, Remembered(finals.prereleases())]
        common = Remembered(self._meeting_all(project, asked, releases, lowest=lowest))
        return _tiers(common, releases, prereleases, asked)

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
            begin = max(begin, releases.first_below(one.version))
        elif one.operator in {"<=", "=="}:
            begin = max(begin, releases.first_not_above(one.version))
    return begin


def _end(specifiers: Iterable[SpecifierSet], releases: Releases) -> int:
    """The first release from which on none meets them."""
    end = len(releases)
    for one in (one for specifier in specifiers for one in specifier):
        exactly = one.operator == "==" and not (releases.has_local_versions or one.version.endswith(".*"))
        if exactly or one.operator in {">=", "~="}:
            end = min(end, releases.first_below(one.version))
        elif one.operator == ">":
            end = min(end, releases.first_not_above(one.version))
    return end


def _meets(known: dict[int, bool], specifier: SpecifierSet, releases: Releases, number: int) -> bool:
    found = known.get(number)
    if found is None:
        found = known[number] = specifier.contains(releases.version(number), prereleases=True)
    return found


def _tiers(
    numbers: Iterable[int], releases: Releases, prereleases: Prereleases, asked: Iterable[Bounds]
) -> Sequence[Iterable[int]]:
    if prereleases == "allow":
        return [numbers]
    finals = Remembered(number for number in numbers if not releases.version(number).is_prerelease)
    if prereleases == "never":
        return [finals]
    if any(one.invites for one in asked):
        return [numbers]
    return [finals, Remembered(number for number in numbers if releases.version(number).is_prerelease)]


class _Finals(Iterable[int]):
    """The final releases that meet specifiers which do nothing but order, so that most need not be judged.

    Where they end is looked for when somebody goes on.
    """

    def __init__(self, specifiers: Sequence[SpecifierSet], releases: Releases) -> None:
        self._specifiers = specifiers
        self._releases = releases
        self._begin = _begin(specifiers, releases)
        self._whole: Sequence[int] | None = None

    def __iter__(self) -> Iterator[int]:
        return self._following() if self._whole is None else iter(self._whole)

    def prereleases(self) -> Iterator[int]:
        """All else that meets them."""
        numbers = range(self._begin, _end(self._specifiers, self._releases))
        yield from (n for n in numbers if self._releases.version(n).is_prerelease and self._meet(n))

    def _following(self) -> Iterator[int]:
        begin, releases = self._begin, self._releases
        if begin == len(releases):
            self._whole = ()
            return
        is_first = self._is_final(begin)
        if is_first:
            yield begin
        between = range(begin, _end(self._specifiers, releases))
        if _are_plain(releases.versions[begin : between.stop]):
            self._whole = between
        else:
            self._whole = [n for n in between if _are_plain(releases.versions[n]) or self._is_final(n)]
        yield from self._whole[1:] if is_first else self._whole

    def _is_final(self, number: int) -> bool:
        return not self._releases.version(number).is_prerelease and self._meet(number)

    def _meet(self, number: int) -> bool:
        version = self._releases.version(number)
        return all(one.contains(version, prereleases=True) for one in self._specifiers)


def _are_plain(versions: Iterable[str]) -> bool:
    """Whether versions are numbers with dots between, as most are: final releases, without local labels."""
    return not "".join(versions).strip("0123456789.")


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
