"""The spec that ``wheelhouse init`` begins with: valid as it stands, and valid with all that is commented out put in.

Prose has one space after the ``#``; what is commented out has none, or the two and more of its indentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.specifiers import SpecifierSet

from resolver.spec.document import decode
from resolver.spec.include import is_project
from resolver.spec.model import Unfollowed
from resolver.spec.pyproject import Pyproject, read_project
from resolver.spec.report import Report

_GROUPS = frozenset(
    {"ci", "dev", "develop", "development", "doc", "docs", "lint", "test", "testing", "tests", "typing"}
)
"""What files of requirements are called that only those need who work on a project."""

_SAYS_NOTHING = frozenset({"req", "reqs", "requirement", "requirements"})

_OFFERED = ("3.13", "3.12", "3.11", "3.10", "3.14", "3.9", "3.8", "3.7")
_CHOSEN = 2
_PATCHES = range(40)

_TEXT = """\
# yaml-language-server: $schema=spec.schema.json
# What to lock, and for which machines; `wheelhouse resolve` makes lock.json of it. The schema above lets an editor
# complete the keys, once it is here: cp "$(wheelhouse init --schema)" .
version: 1

# Another spec, whose machines, indexes and policy are those of this one too.
#extends: ../machines.yaml

# The machines that will install, by names of your choice. The machine that resolves is never asked.
# A list of Pythons makes one environment of each. Versions are quoted, or YAML would read 3.10 as 3.1.
environments:
  linux: {{python: {pythons}, os: linux, arch: x86_64, libc: glibc 2.28}}
  #alpine: {{python: {newest}, os: linux, arch: aarch64, libc: musl 1.2}}
  #mac: {{python: {newest}, os: macos 14, arch: arm64}}
  #windows: {{python: {newest}, os: windows, arch: amd64}}

{wanted}

# Further requirements, by the name of their group.
#groups: {{dev: [pytest]}}

# Bounds for projects that something else asks for.
#constraints: [urllib3<3]

# What packages claim, replaced: a requirement, or the metadata of some versions. Each use is reported.
#overrides:
#  - numpy<2.3
#  - {{project: celery, versions: "==4.0.2", dependencies: [pytz, kombu]}}

# PyPI is the default. A project that is bound to another index is asked of that one alone.
#indexes:
#  - {{name: pypi}}
#  - {{name: corp, url: "https://index.example/simple/", projects: ["corp-*"]}}

# Bounds for builds of source distributions, and build requirements that they do not state themselves.
#build:
#  constraints: [cython<3]
#  requires: {{fasttext: [pybind11]}}

{chosen}
"""
_POLICY: Mapping[str, tuple[str, str]] = {
    "prereleases": ("if-necessary", "or allow, never"),
    "yanked": ("if-pinned", "or never"),
    "sdists": ("fallback", "or avoid, always, never"),
    "exclude_newer": ("2026-11-01", "or an age, such as 7 days"),
    "strategy": ("highest", "or lowest, lowest-direct"),
    "align": ("true", "environments agree on versions where they can"),
}
"""Each key, with what it is if nothing is said, but for the date, and what else it may be."""

_NO_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})

_WITH_FILES = """\
# Files with requirements. Extras and dependency groups of a pyproject.toml become groups, and so does a requirements
# file of which that is said, as in {{file: dev.in, group: dev}}.
include: [{files}]

# More requirements, with extras, markers and direct URLs.
#requirements:
#  - requests[socks]>=2.31
#  - tzdata ; sys_platform == "win32\""""
_WITHOUT_FILES = """\
# What every environment gets, with extras, markers and direct URLs.
requirements:
  - requests>=2.31
  #- tzdata ; sys_platform == "win32"

# Files with further requirements. Extras and dependency groups of a pyproject.toml become groups.
#include: [pyproject.toml, requirements.in]"""


def starter(files: Mapping[str, bytes]) -> str:
    """A starter spec, in YAML, that includes ``files`` (path relative to the spec -> bytes).

    Pythons are chosen by the ``requires-python`` of pyproject.toml files. A file that cannot be read right is included
    all the same: `resolver.spec.load.load` says what is wrong with it, and where. How their tools choose releases
    becomes the policy.
    """
    projects = list(_projects(files))
    bounds = [one.pythons for project in projects for one in project.supported()]
    fitting = [python for python in _OFFERED if all(_admits(bound, python) for bound in bounds)] or list(_OFFERED)
    chosen = sorted(fitting[:_CHOSEN], key=lambda python: int(python.partition(".")[2]))
    groups = {path: group for path in files if (group := _group_of(path))}
    listed = ", ".join(_entry(path, groups.get(path, "") if len(groups) < len(files) else "") for path in files)
    wanted = _WITH_FILES.format(files=listed) if files else _WITHOUT_FILES
    pythons = json.dumps(chosen) if len(chosen) > 1 else json.dumps(chosen[0])
    choices = [choice for project in projects for choice in project.choices()]
    return _TEXT.format(pythons=pythons, newest=json.dumps(chosen[-1]), wanted=wanted, chosen=_chosen(choices))


def _projects(files: Mapping[str, bytes]) -> Iterator[Pyproject]:
    unread = Report()  # what is wrong with a file is told when the spec is loaded
    for path, data in files.items():
        text = decode(data, path, unread) if is_project(path) else None
        project = read_project(text, path, unread) if text is not None else None
        if project is not None:
            yield project


def _group_of(path: str) -> str:
    """The group that a requirements file is by its name, as ``requirements-dev.txt`` and ``docs/requirements.txt`` are.

    Empty for the others.
    """
    parts = path.lower().rpartition(".")[0].split("/")[-2:]
    words = [[word for word in re.split(r"[-_.]", part) if word not in _SAYS_NOTHING] for part in parts]
    others = next(filter(None, reversed(words)), [])  # of the file, or else of its folder
    return others[0] if len(others) == 1 and others[0] in _GROUPS and not is_project(path) else ""


def _entry(path: str, group: str) -> str:
    text = json.dumps(path, ensure_ascii=False)
    return f"{{file: {text}, group: {group}}}" if group else text


def _chosen(choices: Iterable[Unfollowed]) -> str:
    """The policies, with those of other tools in force; where two files disagree, neither is."""
    stated: dict[str, dict[str, set[str]]] = {}
    for choice in choices:
        stated.setdefault(choice.project, {}).setdefault(choice.key, set()).add(choice.value)
    agreed = {
        project: {key: next(iter(values)) for key, values in said.items() if len(values) == 1 and "" not in values}
        for project, said in stated.items()
    }
    own = agreed.pop("", {})
    above, within = ("", "  #") if own else ("#", "#  ")
    longest = max(len(f"{key}: {own.get(key, usual)}") for key, (usual, _) in _POLICY.items())
    lines = ["# How releases are chosen; each value here is the default but the date. `projects` makes exceptions."]
    if own:
        lines[0] = "# How releases are chosen. What is not commented out is what pyproject.toml says to its own tool."
    lines.append(f"{above}policy:")
    for key, (usual, others) in _POLICY.items():
        value = f"{key}: {own.get(key, usual)}".ljust(longest)
        lines.append(f"{'  ' if key in own else within}{value}   # {others}")
    exceptions = [f"{_key(project)}: {{{_members(said)}}}" for project, said in agreed.items() if said]
    listed = ", ".join(exceptions) or "numpy: {sdists: always}, torch: {sdists: never}"
    lines.append(f"{'' if exceptions else '#'}projects: {{{listed}}}")
    return "\n".join(lines)


def _key(project: str) -> str:
    """Quoted where YAML may read it as something else than text."""
    is_plain = project[0].isalpha() and project not in _NO_TEXT
    return project if is_plain else json.dumps(project)


def _members(said: Mapping[str, str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in said.items())


def _admits(bound: SpecifierSet, python: str) -> bool:
    return any(bound.contains(f"{python}.{patch}") for patch in _PATCHES)
