"""A spec's path -> `Spec`: syntax, schema and meaning, with every problem told at once.

Files are read through a function that the caller brings. Whether an environment's values exist is not checked here but
in `resolver.environments.expand`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from resolver.errors import Problem
from resolver.spec.document import Node, Parts, node_of
from resolver.spec.include import Files, include
from resolver.spec.indexes import read_indexes
from resolver.spec.model import (
    BuildSpec,
    Declared,
    IndexSpec,
    MetadataOverride,
    Origin,
    Policy,
    RawEnvironment,
    ShortEnvironment,
    Spec,
    Unfollowed,
)
from resolver.spec.report import Invalid, Report, shown
from resolver.spec.values import parse_constraint, parse_name, parse_requirement, parse_specifiers

Parsed = TypeVar("Parsed")
_PLAIN_POLICY = {"prereleases", "yanked", "sdists", "attestations", "strategy", "align"}
_ENVIRONMENTS = 'environments: {linux: {python: "3.12", os: linux, arch: x86_64, libc: glibc 2.28}}'
_OF_AN_INDEX = {"prereleases", "yanked", "sdists", "attestations", "exclude_newer"}


class Documents(Protocol):
    """A memory of documents that the schema fits, by their bytes."""

    def get(self, content: bytes) -> Parts | None: ...
    def add(self, content: bytes, document: Parts) -> None: ...


def load(
    path: str,
    read: Callable[[str], bytes],
    known: Documents | None = None,
    judge: Callable[[Spec], Iterable[Problem]] = lambda _: (),
) -> Spec:
    """Read the spec at ``path`` (as the user named it, with forward slashes) and all that it includes.

    ``read`` takes a path relative to the spec's directory, the spec's own base name among them, and raises
    FileNotFoundError for what is not there. ``known`` spares documents that are in it YAML and the schema. ``judge`` is
    asked about what could be read of a spec that has problems, for those that it would find in the next round.
    Raises `SpecError` with all problems, in order of file and line.
    """
    report = Report()
    files = Files(path, read, report)
    spec = _read(path, files, report, known)
    if spec is not None and report.problems():
        report.extend(judge(spec))
    report.raise_if_any()
    assert spec is not None, "no spec without a problem"
    return spec


def _read(path: str, files: Files, report: Report, known: Documents | None) -> Spec | None:
    hint = "`wheelhouse init` writes a starter spec; --spec names another"
    data = files.read(posixpath.basename(path), Origin(file=path, line=0, path=""), hint)
    if data is None:
        return None
    own = _document(data, path, report, known)
    if own is None:
        return None
    before = len(report.problems())
    root = _extended(own, posixpath.basename(path), files, report, known)
    is_whole = len(report.problems()) == before
    if "environments" not in root.members and is_whole and not _excuses(report):
        hint = f"such as {_ENVIRONMENTS}; or `extends` a spec that declares some"
        report.add(own.origin, '"environments" is missing', hint)
    return _Reader(root, report).spec(files)


def _extended(own: Node, path: str, files: Files, report: Report, known: Documents | None) -> Node:
    """The document with what it inherits."""
    environments = own.members.get("environments")
    if "extends" not in own.members and (environments is None or environments.members):
        return own
    from resolver.spec.extends import extended  # noqa: PLC0415  (few specs extend another)

    return extended(own, path, files, report, lambda data, name: _document(data, name, report, known))


def _excuses(report: Report) -> bool:
    """Whether what is wrong with the spec itself is why there are no environments."""
    return any(problem.path.startswith(("environments", "extends")) for problem in report.problems())


def _document(data: bytes, path: str, report: Report, known: Documents | None) -> Node | None:
    """The part of a document that fits the schema; one that fits as a whole is kept in ``known``."""
    kept = known.get(data) if known is not None else None
    if kept is not None:
        return node_of(kept, path)
    before = len(report.problems())
    root = _fitting(data, path, report)
    if known is not None and root is not None and len(report.problems()) == before:
        known.add(data, root.parts())
    return root


def _fitting(data: bytes, path: str, report: Report) -> Node | None:
    from resolver.spec.schema_errors import fitting  # noqa: PLC0415  (only the reader of a spec that is new needs it)
    from resolver.spec.yaml_subset import read_document  # noqa: PLC0415  (as above)

    written = read_document(data, path, report)
    return None if written is None else fitting(written, report)


class _Reader:
    """Reads the part of a document that fits the schema; notes in ``report`` whatever it still finds wrong."""

    def __init__(self, root: Node, report: Report) -> None:
        self._file = root.file
        self._root = root.members
        self._report = report

    def spec(self, files: Files) -> Spec:
        policy = self._policy(self._root.get("policy"), Policy())
        indexes = self._indexes(policy)
        own = self._items("indexes")
        included = include(self._items("include"), files, self._report, indexes, names_indexes=bool(own))
        groups = {name: self._declared(node.items) for name, node in self._named("groups", "group").items()}
        for name, declared in included.groups.items():
            groups[name] = (*groups.get(name, ()), *declared)
        listed = self._items("overrides")
        overrides = _nearest(self._declared(tuple(node for node in listed if not node.members)))
        build = self._build(self._members("build"))
        spec = Spec(
            environments=tuple(_environment(key, node) for key, node in self._members("environments").items()),
            requirements=(*self._declared(self._items("requirements")), *included.requirements),
            groups=groups,
            constraints=(*self._constraints(self._items("constraints")), *included.constraints),
            overrides=(*overrides, *_of_others(included.overrides, overrides)),
            metadata_overrides=tuple(o for node in listed if node.members for o in self._metadata_override(node)),
            named_files=tuple(included.named_files),
            unread=tuple(included.unread),
            supported=tuple(included.supported),
            included=included.projects,
            indexes=indexes,
            build=replace(build, constraints=(*build.constraints, *included.build_constraints)),
            policy=policy,
            projects=self._projects(policy, indexes),
            inputs=files.inputs,
            own_file=posixpath.basename(self._file) if "extends" in self._root else None,
        )
        return replace(spec, unfollowed=tuple(one for one in included.choices if not self._decides(one, spec)))

    def _items(self, key: str) -> tuple[Node, ...]:
        node = self._root.get(key)
        return node.items if node is not None else ()

    def _members(self, key: str) -> Mapping[str, Node]:
        node = self._root.get(key)
        return node.members if node is not None else {}

    def _parsed(self, node: Node, parse: Callable[[str], Parsed]) -> Parsed | None:
        try:
            return parse(str(node.value))
        except Invalid as error:
            self._report.invalid(node.origin, error)
            return None

    def _named(self, key: str, what: str, members: Mapping[str, Node] | None = None) -> dict[NormalizedName, Node]:
        """The members of a mapping by their normalised names; two spellings of one name are a problem."""
        found: dict[NormalizedName, Node] = {}
        for written, node in (self._members(key) if members is None else members).items():
            try:
                name = parse_name(written, what)
            except Invalid as error:
                self._report.invalid(node.origin, error)
                continue
            if name in found:
                message = f"{shown(written)} is the {what} {name} again; see line {found[name].line}"
                self._report.add(node.origin, message, "join the two")
            found[name] = node
        return found

    def _declared(
        self, nodes: tuple[Node, ...], parse: Callable[[str], Requirement] = parse_requirement
    ) -> tuple[Declared, ...]:
        """The requirements of one list; the same one twice in a file is a problem."""
        found: dict[str, Declared] = {}
        places: dict[tuple[str, str], Node] = {}
        for node in nodes:
            requirement = self._parsed(node, parse)
            if requirement is None:
                continue
            text = str(requirement)
            found.setdefault(text, Declared(requirement=requirement, origin=node.origin))
            other = places.setdefault((node.file, text), node)
            if other is not node:
                message = f"{shown(text)} stands on line {other.line} already"
                self._report.add(node.origin, message, "remove one of them")
        return tuple(found.values())

    def _constraints(self, nodes: tuple[Node, ...]) -> tuple[Declared, ...]:
        return self._declared(nodes, parse_constraint)

    def _metadata_override(self, node: Node) -> tuple[MetadataOverride, ...]:
        members = node.members
        project = self._parsed(members["project"], parse_name)
        versions = self._parsed(members["versions"], parse_specifiers) if "versions" in members else SpecifierSet()
        python = self._parsed(members["requires_python"], parse_specifiers) if "requires_python" in members else None
        dependencies: tuple[Requirement, ...] | None = None
        if "dependencies" in members:
            parse = lambda text: parse_requirement(text, extra_marker=True)  # noqa: E731  # as short as its name
            dependencies = tuple(d.requirement for d in self._declared(members["dependencies"].items, parse))
        elif "requires_python" not in members:
            self._report.add(node.origin, "the override replaces nothing", "state `dependencies` or `requires_python`")
        if project is None or versions is None:
            return ()
        override = MetadataOverride(
            project=project,
            versions=versions,
            dependencies=dependencies,
            requires_python=python,
        )
        return (override,)

    def _build(self, build: Mapping[str, Node], origin: Origin | None = None) -> BuildSpec:
        constraints = build["constraints"].items if "constraints" in build else ()
        requires = build["requires"].members if "requires" in build else {}
        system = build["system"].members if "system" in build else {}
        environments = build["environments"].members if "environments" in build else {}
        found = BuildSpec(
            constraints=self._constraints(constraints),
            requires={name: self._declared(node.items) for name, node in self._named("", "project", requires).items()},
            system={
                name: tuple(dict.fromkeys(str(item.value) for item in node.items))
                for name, node in self._named("", "project", system).items()
            },
            environments={name: self._build(node.members, node.origin) for name, node in environments.items()},
            origin=origin,
        )
        return replace(found, inherited=self._inherited(found, (*requires.items(), *system.items())))

    def _inherited(self, build: BuildSpec, entries: Iterable[tuple[str, Node]]) -> frozenset[NormalizedName]:
        """The projects of which the spec's own file says nothing here."""
        places = [(canonicalize_name(name), node.file) for name, node in entries]
        places += [(canonicalize_name(one.requirement.name), one.origin.file) for one in build.constraints]
        own = {name for name, file in places if file == self._file}
        return frozenset(name for name, _ in places if name not in own)

    def _indexes(self, policy: Policy) -> tuple[IndexSpec, ...]:
        listed = self._items("indexes")
        found = read_indexes(listed, self._report)
        own = [self._policy(node, policy) if _OF_AN_INDEX & set(node.members) else None for node in listed]
        return tuple(
            replace(index, policy=own[number] if number < len(own) else None) for number, index in enumerate(found)
        )

    def _projects(self, policy: Policy, indexes: tuple[IndexSpec, ...]) -> dict[NormalizedName, Policy]:
        bases = Spec(environments=(), indexes=indexes, policy=policy)
        found = self._named("projects", "project")
        return {name: self._policy(node, bases.policy_for(name)) for name, node in found.items()}

    def _decides(self, choice: Unfollowed, spec: Spec) -> bool:
        """Whether the spec says itself what a setting of another tool is about, or has it so."""
        if choice.project:
            own = {canonicalize_name(name): node.members for name, node in self._members("projects").items()}
            has_it = str(getattr(spec.policy_for(choice.project), choice.key)) == choice.value
            return has_it or choice.key in own.get(choice.project, {})
        above = [node for node in self._items("indexes") if "projects" not in node.members]  # of all that none binds
        return any(choice.key in node.members for node in (*above, *filter(None, [self._root.get("policy")])))

    def _policy(self, node: Node | None, base: Policy) -> Policy:
        """``base`` with what a policy, a project or an index states otherwise."""
        if node is None:
            return base
        changes: dict[str, Any] = {key: m.value for key, m in node.members.items() if key in _PLAIN_POLICY}
        if "exclude_newer" in node.members:
            from resolver.spec.times import is_age, parse_newest  # noqa: PLC0415  (few specs state times)

            newest = self._parsed(node.members["exclude_newer"], parse_newest)
            key, other = ("minimum_age", "exclude_newer") if is_age(newest) else ("exclude_newer", "minimum_age")
            changes |= {key: newest, other: None}
        if "publisher" in node.members:
            from resolver.spec.publishers import read_publisher  # noqa: PLC0415  (few specs state one)

            changes["publisher"] = read_publisher(node.members["publisher"], self._report)
        found = replace(base, **changes)
        if found.publisher is not None and found.attestations == "ignore":
            message = "a publisher is stated, and attestations are ignored"
            self._report.add(node.members["publisher"].origin, message, "state `attestations: require`, or if-present")
        return found


def _nearest(listed: tuple[Declared, ...]) -> tuple[Declared, ...]:
    """The overrides of each project in the file that comes first."""
    first: dict[str, str] = {}
    for one in listed:
        first.setdefault(canonicalize_name(one.requirement.name), one.origin.file)
    return tuple(one for one in listed if first[canonicalize_name(one.requirement.name)] == one.origin.file)


def _of_others(included: Iterable[Declared], own: Iterable[Declared]) -> Iterator[Declared]:
    """What is included of overrides: where the spec has one for a project, that stands alone."""
    stated = {canonicalize_name(one.requirement.name) for one in own}
    return (one for one in included if canonicalize_name(one.requirement.name) not in stated)


def _environment(name: str, node: Node) -> ShortEnvironment | RawEnvironment:
    given = node.members
    markers = {key: str(value.value) for key, value in given["markers"].members.items()} if "markers" in given else {}
    if "tags" in given:
        tags = tuple(str(tag.value) for tag in given["tags"].items)
        return RawEnvironment(name=name, origin=node.origin, markers=markers, tags=tags)
    python = given["python"]
    return ShortEnvironment(
        name=name,
        origin=node.origin,
        python=tuple(str(item.value) for item in python.items or (python,)),
        os=str(given["os"].value),
        arch=str(given["arch"].value),
        libc=str(given["libc"].value) if "libc" in given else None,
        markers=markers,
    )
