"""The files that a spec includes -> what they declare. Knows where files are looked for; parses none of them itself."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName, canonicalize_name

from resolver.errors import InputError
from resolver.records import field, record
from resolver.spec.document import Node, decode
from resolver.spec.model import (
    Declared,
    Included,
    IndexSpec,
    NamedFiles,
    Origin,
    Supported,
    Unfollowed,
    Unread,
    is_bound,
)
from resolver.spec.report import Invalid, Report, near, shown
from resolver.spec.values import parse_name, parse_requirement

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from resolver.spec.pyproject import Pyproject
    from resolver.spec.requirements_file import Entry
    from resolver.spec.sources import Source

MAX_NESTED = 50

_PROJECTS = ("pyproject.toml", "setup.cfg")  # of one folder, in the order in which they count

_ELSEWHERE = r"/|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://"
_UNPRINTABLE = r"[\x00-\x1f\x7f]"


def is_relative(path: str) -> bool:
    """Whether ``path`` is written as one that is relative, with forward slashes."""
    return bool(path) and "\\" not in path and not re.search(_UNPRINTABLE, path) and not re.match(_ELSEWHERE, path)


def is_project(path: str) -> bool:
    """Whether a file states a project, by its name; any other is a requirements file."""
    return path.endswith(".toml") or posixpath.basename(path) in _PROJECTS


class Files:
    """Reads files by their path relative to the spec's directory, and keeps their digests in ``inputs``."""

    def __init__(self, spec: str, read: Callable[[str], bytes], report: Report) -> None:
        self._directory = posixpath.dirname(spec)
        self._read = read
        self._report = report
        self.inputs: dict[str, str] = {}

    def display(self, path: str) -> str:
        """``path``, which is relative to the spec, as the user would write it where the command was run."""
        return posixpath.normpath(posixpath.join(self._directory, path)) if self._directory else path

    def read(
        self, path: str, place: Origin, hint: str = "paths are relative to the file that names them"
    ) -> bytes | None:
        """The bytes of a file, or None and a problem at ``place``."""
        try:
            data = self._read(path)
        except FileNotFoundError:
            self._report.add(place, f"there is no file {shown(self.display(path))}", hint)
        except OSError as error:
            self._report.add(place, f"{shown(self.display(path))} cannot be read: {error.strerror}", hint)
        except InputError as error:
            named = f"{place.file}: " if place.file == self.display(path) else ""  # the place says it already
            self._report.add(place, str(error).removeprefix(named), hint)
        else:
            self.inputs[path] = hashlib.sha256(data).hexdigest()
            return data
        return None

    def path(self, text: str, directory: str, place: Origin) -> str | None:
        """A path as written in a file of ``directory``, relative to the spec; None and a problem where it cannot be."""
        if not is_relative(text):
            hint = "a path relative to the file that names it, with forward slashes, such as ../pyproject.toml"
            self._report.add(place, f"{shown(text)} is not a relative path", hint)
            return None
        return posixpath.normpath(posixpath.join(directory, text))

    def text(self, path: str, place: Origin) -> str | None:
        """The text of a file, or None and a problem."""
        data = self.read(path, place)
        return None if data is None else decode(data, self.display(path), self._report)


@record
class Read:
    """What the files declare, in the order in which they are named."""

    requirements: list[Declared] = field(default_factory=list)
    constraints: list[Declared] = field(default_factory=list)
    build_constraints: list[Declared] = field(default_factory=list)
    overrides: list[Declared] = field(default_factory=list)
    groups: dict[NormalizedName, list[Declared]] = field(default_factory=dict)
    named_files: list[NamedFiles] = field(default_factory=list)
    choices: list[Unfollowed] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    supported: list[Supported] = field(default_factory=list)
    projects: dict[NormalizedName, Included] = field(default_factory=dict)


def include(
    listed: tuple[Node, ...], files: Files, report: Report, indexes: tuple[IndexSpec, ...], *, names_indexes: bool
) -> Read:
    """Read everything under ``include`` of a spec; problems go to ``report``.

    ``indexes`` are those of the spec; ``names_indexes``: whether it names any, or they are the default.
    """
    reader = _Includer(files, report, indexes)
    paths = [(files.path(str(_named(node).value), "", _named(node).origin), node) for node in listed]
    found = [(path, node) for path, node in paths if path is not None and not _is_foreign(path, node, report)]
    projects = [(path, node) for path, node in found if is_project(path)]
    if projects:
        reader.open_pyprojects(projects, names_indexes=names_indexes)
    for path, node in found:
        named = _named(node)
        if is_project(path):
            reader.pyproject(path, node, named.origin)
        elif "extras" in node.members or "groups" in node.members:
            report.add(
                node.origin,
                f"{shown(path)} has neither extras nor groups",
                "only a pyproject.toml or a setup.cfg has; `group: NAME` makes the whole file one",
            )
        elif "group" in node.members:
            reader.as_group(path, node.members["group"], named.origin)
        else:
            reader.requirements(path, named.origin)
    return reader.included


def _is_foreign(path: str, node: Node, report: Report) -> bool:
    """Whether a file is one of another tool that cannot be read here; told as a problem."""
    from resolver.spec.foreign import help_for  # noqa: PLC0415  (only where one is included)

    hint = help_for(path)
    if hint is not None:
        message = f"{shown(path)} is neither a pyproject.toml, a setup.cfg nor a requirements file"
        report.add(_named(node).origin, message, hint)
    return hint is not None


def _named(node: Node) -> Node:
    """The part of an entry that names its file."""
    return node.members.get("file", node)


class _Includer:
    def __init__(self, files: Files, report: Report, indexes: Sequence[IndexSpec]) -> None:
        self._indexes = indexes
        self._files = files
        self._report = report
        self._seen: set[tuple[str, bool]] = set()
        self._projects: dict[str, Pyproject] = {}  # by path
        self._siblings: dict[NormalizedName, Pyproject] = {}  # of several of one name, the first
        self._taken: dict[str, list[Declared]] = {}
        self.included = Read()

    def open_pyprojects(self, listed: Sequence[tuple[str, Node]], *, names_indexes: bool) -> None:
        """Parse every project, so that they know of each other before any is asked what it requires."""
        from resolver.spec.meanings import Surroundings  # noqa: PLC0415  (only where one is included)
        from resolver.spec.pyproject import read_project  # noqa: PLC0415  (only where one is included)

        around = Surroundings(
            siblings=self._siblings,
            names_indexes=names_indexes,
            binds=lambda project: is_bound(project, self._indexes),
            lines=lambda file, path, place: self._lines(directories[file], path, place),
        )
        directories = {self._files.display(path): posixpath.dirname(path) for path, _ in listed}
        for path, node in listed:
            if path in self._projects:
                continue
            text = self._files.text(path, _named(node).origin)
            project = read_project(text, self._files.display(path), self._report, around) if text is not None else None
            if project is not None:
                self._projects[path] = project
                project.check_indexes()
                if project.is_workspace:
                    around.workspaces.append(project)
                if project.name is not None:
                    self._siblings.setdefault(project.name, project)

    def pyproject(self, path: str, node: Node, place: Origin) -> None:
        if "group" in node.members:
            hint = "`groups` and `extras` choose among its own; their names stay"
            self._report.add(node.members["group"].origin, f"{shown(path)} is no group as a whole", hint)
        project = self._projects.get(path)
        if project is None:
            return
        if project.says_nothing:
            self._report.add(place, f"{shown(path)} declares no requirements", project.where_to_say)
        self.included.requirements.extend(project.dependencies())
        self.included.constraints.extend(project.rules("constraints"))
        self.included.build_constraints.extend(project.rules("build constraints"))
        self.included.overrides.extend(project.rules("overrides"))
        self.included.choices.extend(project.choices())
        self.included.unread.extend(project.unread())
        self.included.supported.extend(project.supported())
        narrowed = "extras" in node.members or "groups" in node.members
        extras: list[NormalizedName] = []
        if (not narrowed or "extras" in node.members) and not project.is_dynamic("optional-dependencies"):
            extras = self._chosen(node, "extras", project.extras, narrowed=narrowed)
        for name in extras:
            self._group(name).extend(project.of_extra(name))
        for name in self._chosen(node, "groups", project.groups, narrowed=narrowed):
            self._group(name).extend(project.of_group(name))
        if project.name is not None:
            before = self.included.projects.get(project.name, Included(file=""))
            chosen = before.extras | frozenset(extras)
            one = Included(file=self._files.display(path), extras=chosen, version=project.version)
            self.included.projects[project.name] = one

    def as_group(self, path: str, name: Node, place: Origin) -> None:
        """Read a requirements file, and those that it names with ``-r``, as a group; constraints are those of all."""
        try:
            group = parse_name(str(name.value), "group")
        except Invalid as error:
            self._report.invalid(name.origin, error)
            return
        self._group(group).extend(self._lines("", path, place))

    def _group(self, name: NormalizedName) -> list[Declared]:
        return self.included.groups.setdefault(name, [])

    def _chosen(self, node: Node, key: str, there: list[NormalizedName], *, narrowed: bool) -> list[NormalizedName]:
        """Which extras or groups are wanted: all, unless one of the two keys chooses."""
        choice = node.members.get(key)
        if choice is None:
            return [] if narrowed else there
        if choice.value == "all":
            return there
        wanted: dict[NormalizedName, None] = {}
        for item in choice.items:
            name = canonicalize_name(str(item.value))
            if name in there:
                wanted[name] = None
            else:
                what = "extra" if key == "extras" else "dependency group"
                hint = near(name, list(there)) or f"it has no {what}s at all"
                self._report.add(item.origin, f"the file has no {what} {shown(str(item.value))}", hint)
        return list(wanted)

    def requirements(self, path: str, place: Origin, *, constraint: bool = False, above: tuple[str, ...] = ()) -> None:
        """Read a requirements file and those that it names; each once for requirements and once for constraints."""
        if path in above:
            circle = " -> ".join((*above[above.index(path) :], path))
            self._report.add(place, f"the file includes itself: {circle}", "break the circle")
            return
        if (path, constraint) in self._seen:
            return
        self._seen.add((path, constraint))
        if len(above) >= MAX_NESTED:
            self._report.add(place, f"files include files more than {MAX_NESTED} deep", "name the last one in the spec")
            return
        for entry in self._entries(path, place):
            origin = Origin(file=self._files.display(path), line=entry.line, path="")
            if entry.kind == "folder":
                self._add_folder(entry, path, origin)
                continue
            if entry.kind == "requirement":
                self._declare(entry, origin, constraint=constraint)
                continue
            other = self._files.path(entry.text, posixpath.dirname(path), origin)
            if other is not None:
                bounds = entry.kind == "constraints"  # as for pip, what -r names are requirements even here
                self.requirements(other, origin, constraint=bounds, above=(*above, path))

    def _add_folder(self, entry: Entry, path: str, origin: Origin) -> None:
        """The extras of an included project for which a file at ``path`` asks; the rest is there already."""
        project = self._project_in(entry.text, path)
        assert project is not None, "else it is no entry"
        self.included.requirements.extend(project.with_extras(entry.extras, origin))

    def _project_in(self, folder: str, path: str) -> Pyproject | None:
        """The included project in ``folder``, seen from a file at ``path``, or else from the spec.

        Of its two files the one that states extras: a pyproject.toml may be there for a build system or groups alone.
        """
        for directory in (posixpath.dirname(path), ""):
            paths = (posixpath.normpath(posixpath.join(directory, folder, name)) for name in _PROJECTS)
            found = [self._projects[one] for one in paths if one in self._projects]
            if found:
                return next((one for one in found if one.extras), found[0])
        return None

    def _lines(self, directory: str, text: str, place: Origin) -> Sequence[Declared]:
        """The requirements of a file, by its path as seen from ``directory``; its constraints are those of all."""
        path = self._files.path(text, directory, place)
        if path is None:
            return ()
        if path not in self._taken:
            apart = _Includer(self._files, self._report, self._indexes)
            apart._projects, apart._siblings = self._projects, self._siblings
            apart.requirements(path, place)
            self.included.constraints.extend(apart.included.constraints)
            self.included.named_files.extend(apart.included.named_files)
            self._taken[path] = apart.included.requirements
        return self._taken[path]

    def _entries(self, path: str, place: Origin) -> Iterator[Entry]:
        from resolver.spec.requirements_file import Entry, read_entries  # noqa: PLC0415  (only where one is included)

        text = self._files.text(path, place)
        urls = [index.url for index in self._indexes if index.url is not None]
        for entry in read_entries(text or "", urls, lambda folder: self._project_in(folder, path) is not None):
            if isinstance(entry, Entry):
                yield entry
            else:
                line, refused = entry
                self._report.invalid(Origin(file=self._files.display(path), line=line, path=""), refused)

    def _declare(self, entry: Entry, origin: Origin, *, constraint: bool) -> None:
        kept = self.included.constraints if constraint else self.included.requirements
        text, source = _source_of(entry.text)
        try:
            requirement = parse_requirement(text)
            if constraint:
                requirement.extras.clear()  # pip-compile writes them, and means its file to be one of constraints too
            if source is not None and not is_bound(canonicalize_name(requirement.name), self._indexes):
                kept.extend(self._from(source, requirement, origin))
                return
            if entry.digests and requirement.url is not None:
                requirement.url = _with_digest(requirement.url, entry.digests)
        except Invalid as error:
            self._report.invalid(origin, error)
            return
        kept.append(Declared(requirement=requirement, origin=origin))
        if entry.digests and requirement.url is None:
            named = NamedFiles(
                project=canonicalize_name(requirement.name),
                versions=requirement.specifier,
                digests=frozenset(entry.digests),
                origin=origin,
            )
            self.included.named_files.append(named)

    def _from(self, source: Source, requirement: Requirement, origin: Origin) -> Sequence[Declared]:
        """A project that comes from elsewhere than an index: it is there if it is included. Raises `Invalid`."""
        project = self._siblings.get(canonicalize_name(requirement.name))
        if project is None:
            from resolver.spec.sources import not_here  # noqa: PLC0415  (as in `_source_of`)

            raise not_here(source, requirement.name)
        return project.in_place_of(requirement, origin)


def _source_of(text: str) -> tuple[str, Source | None]:
    """A requirement, and where it says itself that its project comes from, if that is no file."""
    if "://" not in text:
        return text, None  # most often, and no further import then
    from resolver.spec.sources import stated_source  # noqa: PLC0415  (as above)

    return stated_source(text, ()) or (text, None)


def _with_digest(url: str, digests: tuple[str, ...]) -> str:
    """A direct URL whose fragment says what ``--hash`` does."""
    if len(set(digests)) > 1:
        raise Invalid(f"a URL leads to one file, and {len(set(digests))} hashes are given", "leave the right one")
    return f"{url}{'&' if '#' in url else '#'}{digests[0].replace(':', '=')}"
