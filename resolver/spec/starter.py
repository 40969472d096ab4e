"""The spec that ``wheelhouse init`` begins with: valid as it stands, and valid with all that is commented out put in.

Prose has one space after the ``#``; what is commented out has none, or the two and more of its indentation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from packaging.specifiers import SpecifierSet

from resolver.spec.document import decode
from resolver.spec.pyproject import read_pyproject
from resolver.spec.report import Invalid, Report
from resolver.spec.values import parse_specifiers

_OFFERED = ("3.13", "3.12", "3.11", "3.10", "3.14", "3.9", "3.8", "3.7")
_CHOSEN = 2
_PATCHES = range(40)

_TEXT = """\
# yaml-language-server: $schema=spec.schema.json
# What to lock, and for which machines; `wheelhouse resolve` makes lock.json of it. The schema above lets an editor
# complete the keys, once it is here: cp "$(wheelhouse init --schema)" .
version: 1

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

# How releases are chosen; each value here is the default but the date. `projects` makes exceptions.
#policy:
#  prereleases: if-necessary   # or allow, never
#  yanked: if-pinned           # or never
#  sdists: fallback            # or always, never
#  exclude_newer: 2026-11-01   # or an age, such as 7 days
#  strategy: highest           # or lowest, lowest-direct
#  align: true                 # environments agree on versions where they can
#projects: {{numpy: {{sdists: always}}, torch: {{sdists: never}}}}
"""
_WITH_FILES = """\
# Files with requirements. Extras and dependency groups of a pyproject.toml become groups.
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
    all the same: `resolver.spec.load.load` says what is wrong with it, and where.
    """
    bounds = list(_requires_python(files))
    fitting = [python for python in _OFFERED if all(_admits(bound, python) for bound in bounds)] or list(_OFFERED)
    chosen = sorted(fitting[:_CHOSEN], key=lambda python: int(python.partition(".")[2]))
    listed = ", ".join(json.dumps(path, ensure_ascii=False) for path in files)
    wanted = _WITH_FILES.format(files=listed) if files else _WITHOUT_FILES
    pythons = json.dumps(chosen) if len(chosen) > 1 else json.dumps(chosen[0])
    return _TEXT.format(pythons=pythons, newest=json.dumps(chosen[-1]), wanted=wanted)


def _requires_python(files: Mapping[str, bytes]) -> Iterator[SpecifierSet]:
    unread = Report()  # what is wrong with a file is told when the spec is loaded
    for path, data in files.items():
        text = decode(data, path, unread) if path.endswith(".toml") else None
        project = read_pyproject(text, path, unread) if text is not None else None
        if project is not None:
            try:
                yield parse_specifiers(project.requires_python)
            except Invalid:
                continue


def _admits(bound: SpecifierSet, python: str) -> bool:
    return any(bound.contains(f"{python}.{patch}") for patch in _PATCHES)
