"""Locks to export: real environments, made by the real expansion, and made-up projects with files that fit them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from resolver.environments.expand import expand
from resolver.environments.model import Environment
from resolver.lock.model import Artifact, EnvironmentEntry, IndexEntry, Inputs, Lock, Pin
from resolver.spec.model import RawEnvironment, ShortEnvironment
from tests.support.environments import HERE, short

GROUPS = ("dev", "docs")
PROJECTS = ("anchor", "buoy", "capstan", "davit")
MUSL = "musl 1.2"

DECLARED: tuple[ShortEnvironment | RawEnvironment, ...] = (
    short("linux311", "3.11"),
    short("linux312", "3.12"),
    short("old-glibc", "3.12", libc="glibc 2.17"),
    short("alpine", "3.12", libc=MUSL),
    short("arm", "3.12", arch="aarch64"),
    short("mac", "3.12", "macos 14", "arm64"),
    short("intel.mac", "3.12", "macos 13", "x86_64"),
    short("windows", "3.13", "windows", "amd64"),
    short("threads", "3.13t", "windows", "amd64"),
    short("pypy", "pypy3.10"),
    RawEnvironment(
        name="raw", origin=HERE, markers={"python_version": "3.8", "sys_platform": "linux"}, tags=("py3-none-any",)
    ),
)
ENVIRONMENTS: dict[str, Environment] = {one.name: one for one in expand(DECLARED)}


def entry(environment: Environment) -> EnvironmentEntry:
    return EnvironmentEntry(markers=environment.markers, tags=tuple(map(str, environment.tags)))


def artifact(filename: str, version: str) -> Artifact:
    return Artifact(
        filename=filename,
        project=filename.partition("-")[0],
        version=version,
        kind="wheel" if filename.endswith(".whl") else "sdist",
        sha256=hashlib.sha256(filename.encode()).hexdigest(),
        index="corp",
        path=f"packages/{filename}",
        size=len(filename),
        upload_time="2026-01-02T03:04:05.678Z",
        requires_python=">=3.8",
    )


def files(project: str, environments: Sequence[str]) -> list[Artifact]:
    """Files of two releases: for everybody, for one environment alone, and from source."""
    names = []
    for version in ("1.0", "2.0"):
        names += [(f"{project}-{version}.tar.gz", version), (f"{project}-{version}-py3-none-any.whl", version)]
        tags = {str(ENVIRONMENTS[name].tags[0]) for name in environments}
        names += [(f"{project}-{version}-{tag}.whl", version) for tag in sorted(tags)]
    return [artifact(filename, version) for filename, version in names]


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """Any lock of some environments in which each project's file fits: what a resolution could have chosen."""
    names = sorted(draw(st.sets(st.sampled_from(sorted(ENVIRONMENTS)), min_size=1, max_size=6)))
    pool = {project: files(project, names) for project in PROJECTS}
    resolutions, roots = {}, {}
    for name in names:
        pins = {}
        for project in draw(st.lists(st.sampled_from(PROJECTS), unique=True)):
            fitting = [a for a in pool[project] if a.kind == "sdist" or _fits(a, ENVIRONMENTS[name])]
            one = draw(st.sampled_from(fitting))
            pins[project] = Pin(version=one.version, artifact=one.filename)
        needs = st.lists(st.sampled_from(sorted(pins)), max_size=2, unique=True) if pins else st.just([])
        resolutions[name] = {p: replace(pin, dependencies=tuple(sorted(draw(needs)))) for p, pin in pins.items()}
        roots[name] = {group: tuple(sorted(draw(needs))) for group in ("", *GROUPS)}
    used = {pin.artifact for pins in resolutions.values() for pin in pins.values()}
    return Lock(
        inputs=Inputs(sha256="0" * 64, files={}),
        indexes={"corp": IndexEntry(url="https://index.example/simple/", files="https://files.index.example/")},
        environments={name: entry(ENVIRONMENTS[name]) for name in names},
        artifacts={a.filename: a for artifacts in pool.values() for a in artifacts if a.filename in used},
        resolutions=resolutions,
        roots=roots,
    )


def _fits(artifact: Artifact, environment: Environment) -> bool:
    return environment.best_rank(artifact.filename.removesuffix(".whl").split("-", 2)[2]) is not None
