"""What the requirements of included projects stand for: themselves, a file, or what a project beside them requires.

Projects that are included together know of each other. Whoever includes one does not mean another that bears its name
on an index.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from resolver.records import field, record
from resolver.spec.model import Declared, Origin
from resolver.spec.report import Invalid, Report, near, shown
from resolver.spec.sources import Source, not_here
from resolver.spec.stated import Places
from resolver.spec.values import check_file_url

if TYPE_CHECKING:
    from resolver.spec.pyproject import Pyproject

Seen = frozenset[tuple[str, NormalizedName]]  # extras, each after the file that has it


@record
class Surroundings:
    """What a pyproject.toml cannot know.

    ``siblings`` are the projects that are included, by name, and ``workspaces`` the files that are roots of one;
    ``names_indexes`` is whether the spec names any index, and ``binds`` whether it binds a project to one.
    ``lines`` are the requirements of a requirements file: by what names it, its path as written there, and where.
    """

    siblings: dict[NormalizedName, Pyproject] = field(default_factory=dict)
    workspaces: list[Pyproject] = field(default_factory=list)
    names_indexes: bool = False
    binds: Callable[[NormalizedName], bool] = lambda _: False
    lines: Callable[[str, str, Origin], Sequence[Declared]] = lambda _file, _path, _place: ()


class Meanings:
    """What requirements of ``project`` stand for; ``sources``: where it says that projects come from."""

    def __init__(
        self,
        project: Pyproject,
        sources: Mapping[NormalizedName, Source],
        around: Surroundings,
        places: Places,
        report: Report,
    ) -> None:
        self._project = project
        self._sources = sources
        self._around = around
        self._places = places
        self._report = report

    def meant(self, declared: Declared, seen: Seen, source: Source | None = None) -> Iterator[Declared]:
        """A requirement as it stands, or what takes its place; ``source``: where it says itself that its project is."""
        name = canonicalize_name(declared.requirement.name)
        if name == self._project.name:
            self._check_unversioned(declared)
            yield from self.of_itself(declared.requirement, declared.origin, seen)
        elif self._around.binds(name):
            yield declared
        elif source is not None:
            yield from self._from(source, declared, seen)
        else:
            yield from self._placed(declared, name, seen)

    def of_itself(self, own: Requirement, origin: Origin, seen: Seen) -> Iterator[Declared]:
        """``project[extra]``, of this project: the requirements of the extra, under the marker of the reference.

        Without an extra it stands for the project's own requirements, and those are taken with every file.
        """
        for extra in sorted(map(canonicalize_name, own.extras)):
            if extra not in self._project.extras:
                self._report.add(origin, f"the project has no extra {shown(extra)}", near(extra, self._project.extras))
                continue
            for declared in self._project.of_extra(extra, seen):
                yield Declared(requirement=under(declared.requirement, own.marker), origin=declared.origin)

    def _placed(self, declared: Declared, name: NormalizedName, seen: Seen) -> Iterator[Declared]:
        """A requirement from where its file or workspace says that it comes; else from beside it, if it is there."""
        inherited = (root.meanings for root in self._around.workspaces if _holds(root.file, self._project.file))
        stating = next((one for one in (self, *inherited) if name in one._sources), None)  # noqa: SLF001  (of this class)
        sibling = self._around.siblings.get(name)
        if stating is not None:
            yield from stating._from(stating._sources[name], declared, seen)  # noqa: SLF001  (as above)
        elif sibling is not None:
            yield from sibling.meanings.of_itself(declared.requirement, declared.origin, seen)
        else:
            yield declared

    def _from(self, source: Source, declared: Declared, seen: Seen) -> Iterator[Declared]:
        """A requirement whose project comes from elsewhere than the index that would be asked for it, as stated here.

        A folder that is included as well is locked by what it requires, as the project itself is.
        """
        requirement, origin = declared.requirement, declared.origin
        sibling = self._around.siblings.get(canonicalize_name(requirement.name))
        if source.kind == "url":
            try:
                check_file_url(source.value)
            except Invalid as error:
                self._report.invalid(self._places.origin(source.steps), error)
            else:
                yield Declared(requirement=_at(requirement, source.value), origin=origin)
        elif source.kind != "index" and sibling is not None:
            yield from sibling.meanings.of_itself(requirement, origin, seen)
        else:
            place = self._places.origin(source.steps)
            place = origin if origin.path == place.path else place  # that one may know its line
            self._report.invalid(place, not_here(source, requirement.name))

    def _check_unversioned(self, own: Declared) -> None:
        if own.requirement.specifier or own.requirement.url:
            message = f"{shown(str(own.requirement))} asks for a release of the project itself"
            self._report.add(own.origin, message, "drop the version")


def under(requirement: Requirement, marker: Marker | None) -> Requirement:
    """A requirement where ``marker`` holds as well."""
    if marker is None:
        return requirement
    narrowed = Requirement(str(requirement))
    narrowed.marker = Marker(f"({requirement.marker}) and ({marker})") if requirement.marker else marker
    return narrowed


def _at(requirement: Requirement, url: str) -> Requirement:
    """A requirement of the very file at ``url``."""
    placed = Requirement(str(requirement))
    placed.url, placed.specifier = url, SpecifierSet()
    return placed


def _holds(root: str, file: str) -> bool:
    """Whether ``file`` lies in the folder of the file ``root``, or below."""
    return posixpath.relpath(file, posixpath.dirname(root) or ".").partition("/")[0] != ".."
