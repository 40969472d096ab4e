"""Specs in memory, for the tests of ``resolver.spec``."""

from __future__ import annotations

from collections.abc import Mapping

from resolver.errors import Problem, SpecError
from resolver.spec.load import load
from resolver.spec.model import Spec

HEAD = 'version: 1\nenvironments: {e: {python: "3.12", os: windows, arch: amd64}}\n'
"""Two lines that make any spec complete; what a test adds begins on line 3."""
DESIGN = """\
# yaml-language-server: $schema=resolver/spec.schema.json
version: 1
environments:
  linux:   {python: ["3.11", "3.12"], os: linux, arch: x86_64, libc: glibc 2.28} # expands to linux-py311, linux-py312
  alpine:  {python: "3.12", os: linux, arch: aarch64, libc: musl 1.2}
  mac:     {python: "3.12", os: macos 14, arch: arm64}
  windows: {python: "3.13", os: windows, arch: amd64}
  legacy:  {markers: {python_version: "3.8", sys_platform: linux}, tags: [cp38-cp38-manylinux2014_x86_64, py3-none-any]}
requirements:
  - requests[socks]>=2.31
  - numpy<2.3 ; python_version < "3.13"
groups: {dev: [pytest]}
constraints: [urllib3<3]
overrides: []
indexes:
  - {name: pypi}
  - {name: corp, url: "https://index.example/simple/", projects: ["corp-*"]}
build:
  constraints: [cython<3]
  requires: {fasttext: [pybind11]}
policy: {prereleases: if-necessary, yanked: never, sdists: fallback, exclude_newer: 2026-11-01, strategy: highest}
projects: {numpy: {sdists: always}, torch: {sdists: never}}
"""
"""The example of the design: something of each section."""


def loaded(text: str | bytes, files: Mapping[str, str | bytes] | None = None, path: str = "spec.yaml") -> Spec:
    """Load a spec from a dictionary of files instead of a disk."""
    contents = {path.rpartition("/")[2]: text, **(files or {})}

    def read(name: str) -> bytes:
        if name not in contents:
            raise FileNotFoundError(name)
        content = contents[name]
        return content.encode() if isinstance(content, str) else content

    return load(path, read)


def problems(text: str | bytes, files: Mapping[str, str | bytes] | None = None) -> tuple[Problem, ...]:
    """The problems of a spec, none where it loads."""
    try:
        loaded(text, files)
    except SpecError as error:
        return error.problems
    return ()


def told(text: str | bytes, files: Mapping[str, str | bytes] | None = None) -> list[str]:
    """The problems as ``file:line path: message | hint``."""
    return [f"{p.file}:{p.line} {p.path}: {p.message} | {p.hint}" for p in problems(text, files)]
