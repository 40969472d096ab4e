"""Which releases meet which specifiers: worked out once, for all environments and for the whole of a search."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.spec.model import Prereleases


class Specifiers:
    """Memoised answers. A project's releases have to be the same whenever it is asked about.

    Specifiers are known by their text: hashing a `SpecifierSet` takes three times as long as writing it.
    """

    def __init__(self) -> None:
        self._meeting: dict[tuple[NormalizedName, str], frozenset[Version]] = {}
        self._tiers: dict[tuple[NormalizedName, frozenset[str], Prereleases, bool], list[list[Version]]] = {}

    def tiers(
        self,
        project: NormalizedName,
        specifiers: Mapping[str, SpecifierSet],
        versions: Collection[Version],
        prereleases: Prereleases,
        *,
        lowest: bool,
    ) -> list[list[Version]]:
        """The releases that meet every one of ``specifiers`` (by their text), the preferred first, in groups.

        A group counts only where the one before has no candidate: pre-releases as PEP 440 wants them, where a
        specifier names one or where nothing else is there. The lists are not the caller's to change.
        """
        key = (project, frozenset(specifiers), prereleases, lowest)
        if key not in self._tiers:
            meeting = [self._met(project, *item, versions) for item in specifiers.items()]
            common = frozenset.intersection(*meeting) if meeting else frozenset(versions)
            self._tiers[key] = _tiers(sorted(common, reverse=not lowest), prereleases, specifiers.values())
        return self._tiers[key]

    def _met(
        self, project: NormalizedName, text: str, specifier: SpecifierSet, versions: Iterable[Version]
    ) -> frozenset[Version]:
        key = (project, text)
        if key not in self._meeting:
            self._meeting[key] = frozenset(v for v in versions if specifier.contains(v, prereleases=True))
        return self._meeting[key]


def _tiers(
    versions: list[Version], prereleases: Prereleases, specifiers: Iterable[SpecifierSet]
) -> list[list[Version]]:
    if prereleases == "allow":
        return [versions]
    finals = [version for version in versions if not version.is_prerelease]
    if prereleases == "never":
        return [finals]
    named = any(specifier.prereleases for specifier in specifiers)
    return [versions] if named else [finals, [version for version in versions if version.is_prerelease]]
