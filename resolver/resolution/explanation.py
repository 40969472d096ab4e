"""Why there is no solution, in words that a person can act on.

For every project in conflict: who asks for what, through which chain of requirements, and each release of the
project with the reason why it was not taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

from packaging.version import Version

from resolver.errors import ProjectNotFound
from resolver.simple.filenames import tags_of
from resolver.simple.model import filenames

if TYPE_CHECKING:
    from packaging.utils import NormalizedName
    from resolvelib.resolvers import RequirementInformation

    from resolver.environments.model import Environment
    from resolver.resolution.candidates import Candidate, Rejection
    from resolver.resolution.provider import Provider
    from resolver.resolution.wanted import Node, Wanted

    Cause = RequirementInformation[Wanted, Node]

SHOWN = 6
"""Versions named one by one in a group before the rest is counted; tags too."""

CLASHES = 3
"""Projects that are told of where each of many releases is in conflict with others."""

_NO_FILE = "no file fits: "
_BY_ITSELF = "fits by itself, but "
_WHEELS = "wheels are for "
_ELSEWHERE = "the other wheels are for other environments"
_SYSTEMS = {
    "win": ("Windows", "win32"),
    "macosx": ("macOS", "darwin"),
    **dict.fromkeys(("linux", "manylinux", "musllinux"), ("Linux", "linux")),
}
"""The beginning of a platform tag -> the name of the system, and ``sys_platform`` there."""
_PYTHON = re.compile(r"(cp|pp)(\d)(\d+)-(?!abi)(?:cp\d+(t))?")
"""Tags of a wheel for one Python alone."""
_DIFFERS = re.compile(r"uploaded \S+|\(\d+ more likewise\)")


def explain(causes: Iterable[Cause], provider: Provider) -> str:
    """The explanation of a `resolvelib.ResolutionImpossible`, as indented lines."""
    by_project = _by_project(causes)
    lines: list[str] = []
    for project, asked in sorted(by_project.items()):
        dead = [cause for cause in asked if cause.requirement.dead is not None]
        if dead:
            lines.extend(_dead_ends(dead, provider))
        else:
            lines.extend(_conflict(project, asked, provider))
            lines.extend(_deeper(project, provider, by_project))
    roots = [root for asked in by_project.values() for cause in asked for root in _roots_of(cause, provider)]
    return "\n".join([*lines, *_of_groups(roots, provider)])


def _by_project(causes: Iterable[Cause]) -> dict[NormalizedName, list[Cause]]:
    found: dict[NormalizedName, list[Cause]] = {}
    for cause in causes:
        found.setdefault(cause.requirement.key[0], []).append(cause)
    return found


def explain_clashes(causes: Sequence[Cause], provider: Provider) -> str:
    """The explanation of requirements that show together that there is no solution: a proof, which may have hundreds.

    Of the projects of which no release meets all that is asked, those are told that the newest releases clash about.
    """
    by_project = _by_project(causes)
    clashes = [project for project, asked in by_project.items() if _clash(asked, provider)]
    clashes.sort(key=lambda project: _age(by_project[project]))
    told = [cause for project in clashes[:CLASHES] for cause in by_project[project]]
    lines = [explain(told or causes, provider)]
    if rest := sorted(clashes[CLASHES:]):
        more = f" and {len(rest) - SHOWN} more" if len(rest) > SHOWN else ""
        lines.append(f"  other releases exclude each other too, by {', '.join(rest[:SHOWN])}{more}")
    return "\n".join(lines)


def _clash(asked: Sequence[Cause], provider: Provider) -> bool:
    """Whether no release meets one of what each asks for."""
    if any(cause.requirement.dead is not None or cause.requirement.url is not None for cause in asked):
        return True
    project, matcher = asked[0].requirement.key[0], provider.matcher
    wanted = [[cause.requirement for cause in alike] for alike in _by_asker(asked)]
    wanted += [[constraint] for constraint in matcher.constraints(project)]
    try:
        releases = provider.catalogue.project(project).releases
    except ProjectNotFound:
        return True
    usable = matcher.admitted(project, (), range(len(releases)))
    return not any(all(any(w.admits(one.version) for w in alike) for alike in wanted) for one in usable)


def _age(asked: Sequence[Cause]) -> int:
    """How many newer releases there are of those who ask."""
    newest = [alike[0].parent for alike in _by_asker(asked)]
    return sum(node.candidate.number or 0 for node in newest if node is not None)


def _roots_of(cause: Cause, provider: Provider) -> Sequence[Wanted]:
    """What the spec asks for that leads to a cause."""
    if cause.parent is None:
        return [cause.requirement]
    return _asking(_path(cause.parent, provider)[-1], provider)


def _of_groups(roots: Iterable[Wanted], provider: Provider) -> Iterator[str]:
    """What to do where requirements of several groups have a part in it."""
    groups = {provider.groups[root.declared_at] for root in roots if root.declared_at in provider.groups}
    if len(groups) > 1:
        named = " and ".join(sorted(groups))
        yield f"  groups are resolved together; {named}, if they exclude each other, need a spec each"


def _dead_ends(causes: Sequence[Cause], provider: Provider) -> Iterator[str]:
    for cause in causes:
        if cause.parent is not None:
            yield f"  {cause.parent} cannot be used: {cause.requirement.dead}"
            yield f"      asked for by {' <- '.join(_askers(cause.parent, provider))}"


def _conflict(project: NormalizedName, causes: Sequence[Cause], provider: Provider) -> Iterator[str]:
    demands, constraints = _by_asker(causes), provider.matcher.constraints(project)
    others = len(demands) + len(constraints) > 1
    yield f"  {project}: no release meets{' all of' if others else ' any of' if len(causes) > 1 else ''}"
    rows = [row for alike in demands for row in _in_place_of_each_other(alike, provider, "or " if others else "")]
    rows += [(str(constraint), constraint.declared_at) for constraint in constraints]
    width = max(len(text) for text, asker in rows if asker)
    for text, asker in dict.fromkeys(rows):
        yield f"      {text:<{width}}   {asker}".rstrip()
    wanted = [[cause.requirement for cause in alike] for alike in demands]
    yield from _releases(project, [*wanted, *([constraint] for constraint in constraints)], provider)


def _by_asker(causes: Iterable[Cause]) -> list[list[Cause]]:
    """Releases of one project ask in each other's place, and stand together, the newest first; all else by itself."""
    found: dict[object, list[Cause]] = {}
    asked: Counter[Node] = Counter()
    for cause in causes:
        key: object = id(cause)
        if cause.parent is not None:  # what one release asks for twice is to be met twice
            key = (cause.parent.key, asked[cause.parent])
            asked[cause.parent] += 1
        found.setdefault(key, []).append(cause)
    return [sorted(alike, key=_version_of_asker, reverse=True) for alike in found.values()]


def _version_of_asker(cause: Cause) -> tuple[Version, ...]:
    return (cause.parent.candidate.version,) if cause.parent is not None else ()


def _in_place_of_each_other(alike: Sequence[Cause], provider: Provider, joined: str) -> Iterator[tuple[str, str]]:
    """What is asked for, each with the newest that asks it; of many the first, and the last in a word."""
    texts: dict[str, str] = {}
    for cause in alike:
        texts.setdefault(str(cause.requirement), _asker(cause, provider))
    rows = list(texts.items())
    for number, (text, asker) in enumerate(rows[:SHOWN]):
        yield f"{joined if number else ''}{text}", asker
    if len(rows) > SHOWN:
        text, asker = rows[-1]
        yield f"{joined}{len(rows) - SHOWN} more, down to {text}, {asker}", ""


def _deeper(project: NormalizedName, provider: Provider, told: Container[str]) -> Iterator[str]:
    """Why the newest release of a project failed: often the cause, where the search had to go back far."""
    newest = max((c for c in provider.stumbled if c.name == project), key=lambda c: c.version, default=None)
    if newest is not None and provider.stumbled[newest].key[0] not in told:
        wanted = provider.stumbled[newest]
        other = wanted.key[0]
        yield f"  {newest} asks for {wanted}"
        yield from _releases(other, [[one] for one in (wanted, *provider.matcher.constraints(other))], provider)


def _asker(cause: Cause, provider: Provider) -> str:
    if cause.parent is None:
        return f"asked for at {cause.requirement.declared_at}"
    return f"asked for by {_chain(cause.parent, provider)}"


def _chain(node: Node, provider: Provider) -> str:
    """``c 3 <- b 2 <- a 1 <- the spec``: the requirements that lead to a node, nearest first."""
    return " <- ".join([str(node), *_askers(node, provider)])


def _askers(node: Node, provider: Provider) -> list[str]:
    """Who asks for a node, who asks for that one, and so on up to the spec, with the spec's own bound and its place."""
    path = _path(node, provider)
    stated = [f"{r} ({r.declared_at})" for r in _asking(path[-1], provider) if r.bounds.text]
    return [*map(str, path[1:]), ", ".join(stated) or "the spec"]


def _path(node: Node, provider: Provider) -> list[Node]:
    """A node, who asks for it, who asks for that one, and so on up to what the spec asks for."""
    return [node, *provider.askers(node.key)]


def _asking(node: Node, provider: Provider) -> list[Wanted]:
    """What the spec asks of a node: where it bounds it, the bounds alone; else what no group asks, if anything is."""
    asking = [root for root in provider.roots if root.key == node.key]
    bounds = [root for root in asking if root.bounds.text]
    return bounds or [root for root in asking if root.declared_at not in provider.groups] or asking


def _releases(project: NormalizedName, wanted: Sequence[Sequence[Wanted]], provider: Provider) -> Iterator[str]:
    """Every release with its reason; those with one reason share a line. ``wanted``: one of each is to be met."""
    if any(w.url for alike in wanted for w in alike):
        return
    try:
        selection = provider.catalogue.selection(project, provider.environment, provider.rules.policy(project))
    except ProjectNotFound as error:
        yield f"    {error}"
        return
    distance = _Distance(provider.environment)
    reasons: dict[Version, str] = {}
    for number in range(len(selection.releases)):
        version, candidate = selection.releases.version(number), selection.candidate(number)
        failed = next((alike for alike in wanted if not any(w.admits(version) for w in alike)), None)
        if failed is not None:
            reasons[version] = _not_asked(version, failed)
        elif candidate is None:
            reasons[version] = _no_file(selection.rejections(number), distance)
        else:
            reasons[version] = _not_taken(candidate, provider)
    if not reasons:
        index = provider.catalogue.project(project).index
        yield f"    index {index!r} has a page for {project}, and no file on it; is that the URL of a package index?"
    yield from _grouped(reasons)
    yield from _nearest(wanted, reasons)
    yield from _made_for_another(project, distance, provider)
    forbids = provider.rules.policies.policy_for(project).sdists == "never"
    if forbids and provider.catalogue.project(project).files and not provider.catalogue.has_wheels(project):
        yield f"    it has no wheel at all; to let it be built: projects: {{{project}: {{sdists: fallback}}}}"


def _made_for_another(project: NormalizedName, distance: _Distance, provider: Provider) -> Iterator[str]:
    """What to do about a project that no release has files of but for one other system."""
    found = provider.catalogue.project(project)
    listed = filenames(found.files)
    names = [listed[number] for numbers in found.releases.files for number in numbers]  # those that are files of it
    if not names or not all(name.endswith(".whl") for name in names):
        return
    systems = {_system(platform) for name in names for platform in tags_of(name).split("-")[2].split(".")}
    known = {_SYSTEMS.get(system) for system in systems}
    only = known.pop() if len(known) == 1 else None
    if only is None or only in map(_SYSTEMS.get, distance.systems):
        return
    name, marker = only
    asked = f"{project} ; sys_platform == '{marker}'"
    if any(root.key[0] == project for root in provider.roots):
        yield f"    all its files are for {name}; to ask for it there alone: {asked}"
    else:
        yield f'    all its files are for {name}; to leave it out elsewhere: overrides: ["{asked}"]'


def _not_asked(version: Version, wanted: Sequence[Wanted]) -> str:
    """Why a release does not do for any of what is asked in each other's place."""
    first = wanted[0]
    if len({*map(str, wanted)}) > 1:
        return f"not {first}, nor what is asked in its place"
    if any(one.operator == "==" and _is_local_of(one.version, version) for one in first.bounds.specifiers):
        return f"not {first}: another index may have that local version, to be named for {first.key[0]} in `indexes`"
    return f"not {first}"


def _is_local_of(text: str, version: Version) -> bool:
    """Whether ``text`` is a local version of a release: ``2.5.1+cpu`` of 2.5.1."""
    public, _, local = text.partition("+")
    return bool(local) and Version(public) == version


def _no_file(rejections: Sequence[Rejection], distance: _Distance) -> str:
    """Why an environment can use no file of a release: the first file for each reason, and its wheels in a word."""
    others = [r for r in rejections if r.untagged and r.filename.endswith(".whl")]
    by_reason: dict[str, list[Rejection]] = {}
    for rejection in rejections:
        if rejection not in others:
            by_reason.setdefault(_timeless(rejection.reason), []).append(rejection)
    told = [f"{alike[0].filename} {alike[0].reason}{_likewise(len(alike) - 1)}" for alike in by_reason.values()]
    if not others:
        return _NO_FILE + "; ".join(told)
    if any(r.filename.endswith(".whl") for alike in by_reason.values() for r in alike):  # those that fit by their tags
        return _NO_FILE + "; ".join([*told, _ELSEWHERE])
    tags = sorted((tags_of(r.filename) for r in others), key=distance)
    more = f" and {len(tags) - SHOWN} more" if len(tags) > SHOWN else ""
    cpython = "" if distance.is_cpython else "CPython "
    pythons = _pythons(tags, cpython) if all(distance(one)[2] for one in tags) else ""
    meant = f"other Pythons: {pythons}" if pythons else f"{', '.join(tags[:SHOWN])}{more}"
    return _NO_FILE + "; ".join([_WHEELS + meant, *told])


def _pythons(tags: Sequence[str], cpython: str) -> str:
    """``2.7, 3.7, 3.13t, PyPy 3.7``: what wheels are for; empty where a tag names no single Python.

    ``cpython`` stands before versions of CPython: to a PyPy 3.11, "3.11" alone would be its own.
    """
    names = {"cp": cpython, "pp": "PyPy "}
    found = [_PYTHON.match(f"{python}-{one.split('-')[1]}") for one in tags for python in one.split("-")[0].split(".")]
    if None in found:
        return ""
    named = {(one[1], int(one[2]), int(one[3]), one[4] or "") for one in found if one is not None}
    return ", ".join(f"{names[kind]}{major}.{minor}{threads}" for kind, major, minor, threads in sorted(named))


class _Distance:
    """Tells of a wheel's tags what they have not in common with an environment: machine, kind of system, Python."""

    def __init__(self, environment: Environment) -> None:
        self._machines = {tag.platform for tag in environment.tags}
        self.systems = {_system(machine) for machine in self._machines}
        self._pythons = {(tag.interpreter, tag.abi) for tag in environment.tags}
        self.is_cpython = environment.markers["implementation_name"] == "cpython"

    def __call__(self, tags: str) -> tuple[bool, bool, bool]:
        python, abi, platforms = (part.split(".") for part in tags.split("-"))
        return (
            self._machines.isdisjoint(platforms),
            self.systems.isdisjoint(map(_system, platforms)),
            self._pythons.isdisjoint(product(python, abi)),
        )


def _system(platform: str) -> str:
    """``manylinux`` of ``manylinux2014_x86_64``."""
    return re.split(r"[\d_]", platform, maxsplit=1)[0]


def _likewise(others: int) -> str:
    return f" ({others} more likewise)" if others else ""


def _timeless(reason: str) -> str:
    """A reason without what differs from file to file: when it was uploaded, and how many are like it."""
    return _DIFFERS.sub("", reason)


def _not_taken(candidate: Candidate, provider: Provider) -> str:
    """Why a candidate that meets what is asked for was not taken."""
    if candidate in provider.demands.unusable:
        return provider.demands.unusable[candidate]
    if candidate.file.yanked is not None:
        return f"yanked: {candidate.file.yanked or 'no reason given'}"
    if candidate.version.is_prerelease and provider.rules.policy(candidate.name).prereleases != "allow":
        return "a pre-release, which nothing asks for"
    stumbled = provider.stumbled.get(candidate)
    what = "what it asks for" if stumbled is None else f"its requirement {stumbled}"
    return f"{_BY_ITSELF}{what} is in conflict"


def _grouped(reasons: dict[Version, str]) -> Iterator[str]:
    kinds: dict[str, list[Version]] = {}
    for version in sorted(reasons, reverse=True):
        kinds.setdefault(_kind(reasons[version]), []).append(version)
    for members in kinds.values():
        rest = f" and {len(members) - SHOWN} more down to {members[-1]}" if len(members) > SHOWN else ""
        example = f"of {members[0]}, " if len({reasons[version] for version in members}) > 1 else ""
        yield f"    {', '.join(map(str, members[:SHOWN]))}{rest}: {example}{reasons[members[0]]}"


def _nearest(wanted: Sequence[Sequence[Wanted]], versions: Collection[Version]) -> Iterator[str]:
    """Of a version that is named and not there its neighbours, which most often tell a slip."""
    unmet = [alike[0] for alike in wanted if not any(alike[0].admits(version) for version in versions)]
    stated = {one for asked in unmet for one in asked.bounds.specifiers if one.operator in {"==", "~="}}
    named = {Version(one.version) for one in stated if not one.version.endswith(".*")}
    for version in sorted(named.difference(versions)):
        usual = [one for one in versions if version.is_prerelease or not one.is_prerelease]
        older, newer = [one for one in usual if one < version], [one for one in usual if one > version]
        beside = [*([max(older)] if older else []), *([min(newer)] if newer else [])]
        if beside:
            yield f"    there is no {version}; the nearest: {', '.join(map(str, beside))}"


def _kind(reason: str) -> str:
    """Reasons that differ by file names alone are one kind."""
    if reason.startswith(_BY_ITSELF):
        return _BY_ITSELF
    if not reason.startswith(_NO_FILE):
        return reason
    parts = [_timeless(part) for part in reason.removeprefix(_NO_FILE).split("; ") if part != _ELSEWHERE]
    kinds = [_WHEELS if part.startswith(_WHEELS) else part.partition(" ")[2].strip() for part in parts]
    return ";".join(sorted(kinds))
