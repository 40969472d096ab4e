"""packse's scenarios as indexes of tiny real files, and what a resolution of each must be.

The scenarios are read from packse's own sdist; its code is not used. Where a scenario is about all machines at once
(``universal``), it stands for several environments here, and each of them must be right by itself.
"""

from __future__ import annotations

import html
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.archives import sdist, sha256, wheel_of
from tests.support.command_line import Outcome

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ANY_PYTHON = ">=3.12"
"""What a package of packse that says nothing requires."""

MACHINES: dict[str, dict[str, str]] = {
    "linux": {"os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "mac": {"os": "macos 14", "arch": "arm64"},
    "windows": {"os": "windows", "arch": "amd64"},
}
OTHER_SYSTEMS = ("os1", "os2", "windows")
"""Values of ``sys_platform`` that scenarios make up."""

PYTHONS = {"wheels/specific-architecture": ["3.13"]}
"""Universal scenarios whose wheels, having no sdist beside them, are for these Pythons alone."""

PYPROJECT = b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release of a scenario. ``tags`` are those of its wheels."""

    project: str
    version: str
    requires_python: str | None = ANY_PYTHON
    requires: list[str] = field(default_factory=list)
    extras: dict[str, list[str]] = field(default_factory=dict)
    sdist: bool = True
    wheel: bool = True
    yanked: bool = False
    tags: list[str] = field(default_factory=list)

    def metadata(self) -> bytes:
        lines = ["Metadata-Version: 2.2", f"Name: {self.project}", f"Version: {self.version}"]
        lines += [f"Requires-Python: {self.requires_python}"] if self.requires_python else []
        lines += [f"Requires-Dist: {text}" for text in self.requires]
        for extra, requires in self.extras.items():
            lines += [f"Provides-Extra: {extra}"]
            lines += [f"Requires-Dist: {_under(text, extra)}" for text in requires]
        return "\n".join(lines).encode() + b"\n\n"

    def of_extra(self, name: str) -> list[str]:
        return [text for extra, listed in self.extras.items() if canonicalize_name(extra) == name for text in listed]

    def files(self) -> Iterator[tuple[str, bytes]]:
        stem = self.project.replace("-", "_")
        if self.sdist:
            members = {"PKG-INFO": self.metadata(), "pyproject.toml": PYPROJECT}
            yield f"{stem}-{self.version}.tar.gz", sdist(stem, self.version, members)
        for tag in (self.tags or ["py3-none-any"]) if self.wheel else ():
            yield f"{stem}-{self.version}-{tag}.whl", wheel_of(stem, self.version, self.metadata())


def _under(text: str, extra: str) -> str:
    requirement, _, marker = text.partition(";")
    return f"{requirement.strip()} ; " + (
        f'({marker.strip()}) and extra == "{extra}"' if marker else f'extra == "{extra}"'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``data`` is the scenario's own table."""

    name: str
    data: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def satisfiable(self) -> bool:
        return bool(self.data["expected"]["satisfiable"])

    @property
    def packages(self) -> dict[str, str]:
        """The pins that it expects; none where any sound answer will do."""
        return dict(self.data["expected"].get("packages", {}))

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.data.get("resolver_options", {}))

    @property
    def requires(self) -> list[str]:
        return list(self.data["root"].get("requires", []))

    def releases(self) -> Iterator[Release]:
        for project, package in self.data.get("packages", {}).items():
            for version, raw in package.get("versions", {}).items():
                fields = {("tags" if key == "wheel_tags" else key): value for key, value in raw.items()}
                fields.pop("description", None)
                yield Release(project=project, version=version, **fields)

    def environments(self) -> dict[str, object]:
        python = self.options.get("python") or self.data.get("environment", {}).get("python", "3.12")
        if not self.options.get("universal"):
            libc = "glibc 2.17" if "python_platform" in self.options else "glibc 2.28"
            return {"here": {"python": python, **MACHINES["linux"], "libc": libc}}
        lowest = str(self.data["root"].get("requires_python", ANY_PYTHON)).removeprefix(">=")
        pythons = PYTHONS.get(self.name) or sorted({lowest, "3.12", "3.13"}, key=Version)
        found: dict[str, object] = {name: {"python": pythons, **machine} for name, machine in MACHINES.items()}
        for system in OTHER_SYSTEMS:
            if f"'{system}'" in str(self.data):
                markers = {"python_version": "3.12", "sys_platform": system}
                found[f"at-{system}"] = {"markers": markers, "tags": ["py3-none-any"]}
        return found

    def spec(self, index: str) -> dict[str, object]:
        """The scenario as a spec; ``index`` is relative to it."""
        projects = {name: {"sdists": "always"} for name in self.options.get("no_binary", [])}
        projects |= {name: {"sdists": "never"} for name in self.options.get("no_build", [])}
        return {
            "environments": self.environments(),
            "requirements": self.requires,
            "indexes": [{"name": "packse", "url": index}],
            "projects": projects,
            "policy": {"prereleases": "allow" if self.options.get("prereleases") else "if-necessary"},
        }

    def write_index(self, folder: Path) -> None:
        """A Simple repository: one folder for each project, with its page and its files."""
        setuptools = Release(project="setuptools", version="80", requires_python=None, sdist=False)
        pages: dict[str, list[str]] = {name: [] for name in self.data.get("packages", {})}
        for release in (*self.releases(), setuptools):
            place = folder / release.project
            place.mkdir(parents=True, exist_ok=True)
            for filename, content in release.files():
                (place / filename).write_bytes(content)
                pages.setdefault(release.project, []).append(_link(release, filename, content))
        for project, links in pages.items():
            (folder / project).mkdir(parents=True, exist_ok=True)
            page = "<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>"
            (folder / project / "index.html").write_text(page, encoding="utf-8")


def _link(release: Release, filename: str, content: bytes) -> str:
    python = f' data-requires-python="{html.escape(release.requires_python)}"' if release.requires_python else ""
    yanked = ' data-yanked="Yanked for testing"' if release.yanked else ""
    return f'<a href="{html.escape(filename)}#sha256={sha256(content)}"{python}{yanked}>{filename}</a>'


def scenarios(archive: BinaryIO) -> list[Scenario]:
    """Every scenario of packse's sdist that is written in TOML, by name (the others are examples of formats)."""
    found = []
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        for member in tar:
            parts = member.name.split("/")
            if len(parts) > 2 and parts[1] == "scenarios" and member.name.endswith(".toml"):
                stream = tar.extractfile(member)
                assert stream is not None
                data = tomllib.loads(stream.read().decode("utf-8"))
                found.append(Scenario(name=f"{parts[2]}/{parts[-1].removesuffix('.toml')}", data=data))
    return sorted(found, key=lambda scenario: scenario.name)


def difference(scenario: Scenario, outcome: Outcome) -> str:
    """How an outcome differs from what the scenario expects, or nothing."""
    if outcome.code not in {0, 3} or (outcome.code == 3 and outcome.lock is not None):
        return f"exit {outcome.code}: {outcome.said}"
    if outcome.lock is None:
        return f"no solution: {outcome.said}" if scenario.satisfiable else ""
    found = {name: outcome.pins(name) for name in outcome.lock.environments}
    if not scenario.satisfiable:
        return f"solved: {found}"
    if scenario.packages and "here" in found and found["here"] != scenario.packages:
        return f"got {found['here']}, not {scenario.packages}"
    unsound = (_unsound(scenario, pinned, outcome.lock.environments[name].markers) for name, pinned in found.items())
    return "; ".join(filter(None, unsound))


def _unsound(scenario: Scenario, pins: dict[str, str], markers: Any) -> str:
    """What stands against pins in an environment: a requirement that is not met, or a pin that nothing asks for."""
    releases = {(canonicalize_name(r.project), Version(r.version)): r for r in scenario.releases()}
    pending = [(text, "") for text in scenario.requires]
    seen: set[tuple[str, str]] = set()
    while pending:
        text, extra = pending.pop()
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({**markers, "extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in pins or not requirement.specifier.contains(pins[name], prereleases=True):
            return f"{text} is not met by {pins}"
        release = releases[name, Version(pins[name])]
        for asked in {"", *map(canonicalize_name, requirement.extras)} - {e for p, e in seen if p == name}:
            seen.add((name, asked))
            pending += [(text, asked) for text in (release.of_extra(asked) if asked else release.requires)]
    spare = set(pins) - {name for name, _ in seen}
    return f"nothing asks for {sorted(spare)}" if spare else ""
