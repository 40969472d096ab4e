"""pyproject.toml -> declared requirements: of the project and its extras (PEP 621), of dependency groups (PEP 735).

What tools such as Poetry state in tables of their own counts as well, and a setup.cfg is read as if it were one.
References to the project itself (``name[extra]``) and ``include-group`` are replaced by what they stand for. Only what
is asked for is looked at, so that a part that nobody wants cannot fail. No build backend is asked: what is dynamic is
told as a problem.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from resolver.spec.document import Steps
from resolver.spec.dynamic_files import FromFiles
from resolver.spec.meanings import Meanings, Seen, Surroundings, under
from resolver.spec.model import Declared, Origin, Supported, Unfollowed, Unread
from resolver.spec.poetry_versions import python_marker
from resolver.spec.report import Invalid, Report, near, shown
from resolver.spec.setup_cfg import as_pyproject
from resolver.spec.sources import is_workspace, own_indexes, read_sources, stated_source
from resolver.spec.stated import Places, Stated
from resolver.spec.tool_choices import tool_choices
from resolver.spec.tool_rules import Kind, tool_rules
from resolver.spec.tool_tables import standard
from resolver.spec.unread import unread
from resolver.spec.values import parse_constraint, parse_name, parse_requirement, parse_specifiers
from resolver.toml import NotTOML, parse_toml, table

_SETUP_CFG: Final = "setup.cfg"
_EXTRAS = ("project", "optional-dependencies")
_GROUPS = ("dependency-groups",)


def read_project(text: str, file: str, report: Report, around: Surroundings | None = None) -> Pyproject | None:
    """Parse a pyproject.toml or a setup.cfg; None and a problem in ``report`` where it is neither."""
    around = around or Surroundings()
    if posixpath.basename(file) == _SETUP_CFG:
        stated = as_pyproject(text.encode())
        if stated is None:
            place = Origin(file=file, line=0, path="")
            report.add(place, "is no setup.cfg that setuptools can read", "correct it there")
            return None
        return Pyproject(stated, Places(file, text, quoted=False), file, report, around)
    try:
        data = parse_toml(text)
    except NotTOML as error:
        report.add(Origin(file=file, line=error.line, path=""), f"is not TOML: {error}", "correct it there")
        return None
    return Pyproject(data, Places(file, text), file, report, around)


class Pyproject:
    """The requirements that one pyproject.toml or setup.cfg states, each parsed when it is asked for."""

    def __init__(
        self, data: Mapping[str, Any], places: Places, file: str, report: Report, around: Surroundings
    ) -> None:
        self.file = file
        self.meanings = Meanings(self, read_sources(data), around, places, report)
        self._origin = places.origin
        self._report = report
        self._around = around
        self._indexes = tuple(own_indexes(data))
        self.is_workspace = is_workspace(data)
        self._stated = data
        data = standard(data)
        self._project = self._table(data, "project")
        name = self._project.get("name")
        self.name = canonicalize_name(name) if isinstance(name, str) else None
        self._extras = self._named(self._project, _EXTRAS)
        self._groups = self._named(data, _GROUPS)
        self._group_pythons = dict(self._read_group_pythons())
        self.says_nothing = not ("project" in data or "dependency-groups" in data or self.is_workspace)

    @property
    def where_to_say(self) -> str:
        """For one that says nothing: what was looked for, and what may be said elsewhere."""
        if posixpath.basename(self.file) == _SETUP_CFG:
            return "there is no install_requires under [options]; list in the spec what its setup.py states"
        tables = "no [project], no [dependency-groups], and no table of another tool in their place"
        return f"there is {tables}; a setup.cfg beside it can be included"

    @property
    def version(self) -> Version | None:
        """What it states; None where its backend knows it alone, or a plugin puts another one in place of zeros."""
        try:
            version = Version(str(self._project["version"]))
        except (KeyError, InvalidVersion):
            return None
        return version if any(version.release) else None

    @property
    def extras(self) -> list[NormalizedName]:
        return list(self._extras)

    @property
    def groups(self) -> list[NormalizedName]:
        return list(self._groups)

    def supported(self) -> Iterator[Supported]:
        """``project.requires-python``, if it is stated; one that cannot be read is a problem."""
        stated = self._project.get("requires-python")
        steps: Steps = ("project", "requires-python")
        if isinstance(stated, Stated):
            steps, stated = stated.steps, stated.value
        if stated is None or stated == "":
            return
        origin = self._origin(steps, stated)
        try:
            if not isinstance(stated, str):
                raise Invalid(f"{shown(stated)} is not text", 'such as ">=3.10"')
            yield Supported(origin=origin, pythons=parse_specifiers(stated))
        except Invalid as error:
            self._report.invalid(origin, error)

    def is_dynamic(self, key: str) -> bool:
        """Whether only the build backend knows ``project.<key>``; told as a problem."""
        dynamic = self._project.get("dynamic", [])
        if not isinstance(dynamic, list) or key not in dynamic:
            return False
        hint = "in its place include the file that the backend takes them from, or list them in the spec"
        self._report.add(self._origin(("project", key), key), "is dynamic: only the build backend knows it", hint)
        return True

    def check_indexes(self) -> None:
        """Tell of indexes that its own tool asks where the spec names none: PyPI would be asked in their place."""
        for name, steps in () if self._around.names_indexes else self._indexes:
            hint = "name it under `indexes` in the spec; if everything is to come from PyPI: indexes: [{name: pypi}]"
            self._report.add(self._origin(steps, name), f"asks the index {shown(name)}, and the spec names none", hint)

    def dependencies(self) -> tuple[Declared, ...]:
        """What the project requires."""
        if self.is_dynamic("dependencies") or "dependencies" not in self._project:
            return ()
        steps = ("project", "dependencies")
        return _unique(self._listed(self._project["dependencies"], steps, frozenset()))

    def of_extra(self, name: NormalizedName, seen: Seen = frozenset()) -> tuple[Declared, ...]:
        """What an extra adds; ``name`` is one of ``extras``. ``seen``: those on the way to it."""
        own = (self.file, name)
        if own in seen:  # extras may refer to each other in circles: together they are one set
            return ()
        key, listed = self._extras[name]
        return _unique(self._listed(listed, (*_EXTRAS, key), seen | {own}))

    def with_extras(self, names: Iterable[str], origin: Origin) -> tuple[Declared, ...]:
        """What some of its extras add, where ``origin`` asks for the project in its folder."""
        asked = Requirement(self.name or "the-project")
        asked.extras = set(names)
        return self.in_place_of(asked, origin)

    def in_place_of(self, asked: Requirement, origin: Origin) -> tuple[Declared, ...]:
        """What a requirement on this project, which is there without it, adds: its extras, under its marker."""
        return _unique(self.meanings.of_itself(asked, origin, frozenset()))

    def of_group(self, name: NormalizedName) -> tuple[Declared, ...]:
        """What a dependency group requires; ``name`` is one of ``groups``."""
        return _unique(self._group(name, ()))

    def rules(self, kind: Kind) -> tuple[Declared, ...]:
        """What its tool says of every resolution, whoever asks."""
        return _unique(self._rules(kind))

    def choices(self) -> Iterator[Unfollowed]:
        """What its tool says of how releases are chosen."""
        for choice in tool_choices(self._stated):
            origin = self._origin(choice.steps)
            yield Unfollowed(origin=origin, key=choice.key, value=choice.value, project=choice.project)

    def unread(self) -> Iterator[Unread]:
        """What its tools say that counts for them, and not here."""
        for one in unread(self._stated):
            yield Unread(origin=self._origin(one.steps), message=one.message, project=one.project)

    def _rules(self, kind: Kind) -> Iterator[Declared]:
        parse = parse_requirement if kind == "overrides" else parse_constraint
        for stated in tool_rules(self._stated, kind):
            requirement = self._parsed(stated.value, self._origin(stated.steps, stated.value), parse)
            if requirement is not None:
                yield requirement

    def _listed(self, listed: object, steps: Steps, seen: Seen) -> Iterator[Declared]:
        if not isinstance(listed, list):
            self._report.add(self._origin(steps), "is not a list", 'such as ["requests>=2.31"]')
            return
        for i, item in enumerate(listed):
            yield from self._requirement(item, (*steps, i), seen)

    def _requirement(self, item: object, steps: Steps, seen: Seen) -> Iterator[Declared]:
        if isinstance(item, FromFiles):
            for path in item.files:
                for line in self._around.lines(self.file, path, self._origin(item.steps, path)):
                    yield from self.meanings.meant(line, seen)
            return
        if isinstance(item, Stated):
            steps, item = item.steps, item.value
        origin, source = self._origin(steps, item), None
        elsewhere = stated_source(item, steps)
        if elsewhere is not None:
            item, source = elsewhere
        declared = self._parsed(item, origin, parse_requirement)
        if declared is not None:
            yield from self.meanings.meant(declared, seen, source)

    def _parsed(self, item: object, origin: Origin, parse: Callable[[str], Requirement]) -> Declared | None:
        """A requirement that is stated, or None and a problem."""
        try:
            if isinstance(item, Invalid):
                raise item
            if not isinstance(item, str):
                raise Invalid(f"{shown(item)} is not text", 'such as "requests>=2.31"')
            return Declared(requirement=parse(item), origin=origin)
        except Invalid as error:
            self._report.invalid(origin, error)
            return None

    def _group(self, name: NormalizedName, above: tuple[NormalizedName, ...]) -> Iterator[Declared]:
        for declared in self._of_group(name, above):
            narrowed = under(declared.requirement, self._group_pythons.get(name))
            yield Declared(requirement=narrowed, origin=declared.origin)

    def _of_group(self, name: NormalizedName, above: tuple[NormalizedName, ...]) -> Iterator[Declared]:
        key, listed = self._groups[name]
        if name in above:
            circle = " -> ".join((*above[above.index(name) :], name))
            self._report.add(
                self._origin((*_GROUPS, key), key), f"the group includes itself: {circle}", "break the circle"
            )
            return
        if not isinstance(listed, list):
            yield from self._listed(listed, (*_GROUPS, key), frozenset())
            return
        for i, item in enumerate(listed):
            if isinstance(item, dict):
                yield from self._include_group(item, (*_GROUPS, key, i), (*above, name))
            else:
                yield from self._requirement(item, (*_GROUPS, key, i), frozenset())

    def _read_group_pythons(self) -> Iterator[tuple[NormalizedName, Marker]]:
        """The Pythons that groups are for, by a table of uv; for other Pythons such a group is empty here."""
        for name, stated in table(self._stated, "tool", "uv", "dependency-groups").items():
            python = stated.get("requires-python") if isinstance(stated, dict) else None
            if python is None:
                continue
            steps = ("tool", "uv", "dependency-groups", name, "requires-python")
            try:
                parse_specifiers(str(python))
                marker = python_marker(str(python))
            except Invalid as error:
                self._report.invalid(self._origin(steps), error)
            else:
                if marker:
                    yield canonicalize_name(name), Marker(marker)

    def _include_group(
        self, item: Mapping[str, object], steps: Steps, above: tuple[NormalizedName, ...]
    ) -> Iterator[Declared]:
        origin, other = self._origin(steps), item.get("include-group")
        if list(item) != ["include-group"] or not isinstance(other, str):
            hint = 'such as {include-group = "test"}'
            self._report.add(origin, "is neither a requirement nor an include-group", hint)
        elif canonicalize_name(other) not in self._groups:
            self._report.add(origin, f"there is no group {shown(other)}", near(canonicalize_name(other), self.groups))
        else:
            yield from self._group(canonicalize_name(other), above)

    def _table(self, data: Mapping[str, Any], key: str, *above: str) -> Mapping[str, Any]:
        table = data.get(key, {})
        if isinstance(table, dict):
            return table
        self._report.add(self._origin((*above, key)), "is not a table", f"such as [{'.'.join((*above, key))}]")
        return {}

    def _named(self, data: Mapping[str, Any], steps: tuple[str, ...]) -> dict[NormalizedName, tuple[str, object]]:
        """The members of a table by normalised name, each with its name as written."""
        found: dict[NormalizedName, tuple[str, object]] = {}
        what = "extra" if steps == _EXTRAS else "group"
        for key, listed in self._table(data, steps[-1], *steps[:-1]).items():
            try:
                name = parse_name(key, what)
            except Invalid as error:
                self._report.invalid(self._origin((*steps, key)), error)
                continue
            if name in found:
                message = f"{shown(key)} and {shown(found[name][0])} are one name, {name}"
                self._report.add(self._origin((*steps, key)), message, "rename one")
            found[name] = (key, listed)
        return found


def _unique(declared: Iterator[Declared]) -> tuple[Declared, ...]:
    found: dict[str, Declared] = {}
    for one in declared:
        found.setdefault(str(one.requirement), one)
    return tuple(found.values())
