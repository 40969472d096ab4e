"""Core metadata that was parsed before, in few bytes: of its requirements only what is looked at is parsed again.

`marshal` because it reads hundreds of requirements in a moment; whoever keeps the bytes vouches for them.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from functools import lru_cache

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from resolver.metadata.model import CoreMetadata
from resolver.simple.releases import parsed_version


class KnownSpecifiers(SpecifierSet):
    """Specifiers that nobody changes, with their text at hand: to write it takes as long as to parse it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = super().__str__()

    def __str__(self) -> str:
        return self._text


_parsed_marker = lru_cache(maxsize=1 << 12)(Marker)
_parsed_specifier = lru_cache(maxsize=1 << 12)(KnownSpecifiers)


class KnownRequirement(Requirement):
    """A valid requirement by its parts; ``specifier`` and ``marker`` are parsed when they are looked at."""

    __slots__ = ("marker_text", "specifier_text")

    def __init__(self, name: str, extras: Iterable[str], specifier: str, url: str | None, marker: str | None) -> None:
        self.name = name
        self.extras = set(extras)
        self.url = url
        self.marker_text = marker
        self.specifier_text = specifier

    @property
    def specifier(self) -> SpecifierSet:  # type: ignore[override]
        return _parsed_specifier(self.specifier_text)

    @property
    def marker(self) -> Marker | None:  # type: ignore[override]
        return None if self.marker_text is None else _parsed_marker(self.marker_text)


def marker_text(requirement: Requirement) -> str | None:
    """The marker of a requirement as text; a `KnownRequirement` does not parse it for that."""
    if isinstance(requirement, KnownRequirement):
        return requirement.marker_text
    return None if requirement.marker is None else str(requirement.marker)


def specifier_text(requirement: Requirement) -> str:
    """The version specifiers of a requirement as text; a `KnownRequirement` does not parse them for that."""
    if isinstance(requirement, KnownRequirement):
        return requirement.specifier_text
    return str(requirement.specifier)


def parts_of(requirement: Requirement) -> tuple[str, list[str], str, str | None, str | None]:
    """The arguments that make `KnownRequirement` the same requirement."""
    text = specifier_text(requirement)
    return requirement.name, sorted(requirement.extras), text, requirement.url, marker_text(requirement)


def known_requirement(requirement: Requirement) -> KnownRequirement:
    """The same requirement with the texts of its parts at hand: to write them takes as long as to parse them."""
    return KnownRequirement(*parts_of(requirement))


@lru_cache(maxsize=1 << 14)
def _shared(name: str, extras: tuple[str, ...], specifier: str, url: str | None, marker: str | None) -> Requirement:
    """One object for all who ask for the same, as most releases of a project do; nobody changes it."""
    return KnownRequirement(name, extras, specifier, url, marker)


def dump_core(metadata: CoreMetadata) -> bytes:
    """The inverse of `load_core`."""
    requires = [parts_of(one) for one in metadata.requires_dist]
    python = None if metadata.requires_python is None else str(metadata.requires_python)
    names = (metadata.name, str(metadata.version), sorted(metadata.provides_extra))
    return marshal.dumps((*names, requires, python, metadata.invalid_requires, metadata.invalid_requires_python))


def load_core(stored: bytes) -> CoreMetadata:
    """The metadata that `dump_core` was given."""
    name, version, extras, requires, python, invalid, invalid_python = marshal.loads(stored)  # noqa: S302
    return CoreMetadata(
        name=NormalizedName(name),
        version=parsed_version(version),
        requires_dist=tuple(_shared(name, (*extras,), *rest) for name, extras, *rest in requires),
        provides_extra=frozenset(extras),
        requires_python=None if python is None else _parsed_specifier(python),
        invalid_requires=invalid,
        invalid_requires_python=invalid_python,
    )
