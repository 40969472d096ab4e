"""Locks to test with: one by hand with something of everything, and a strategy for any that is consistent."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import strategies as st

from resolver.lock.inputs import inputs_digest
from resolver.lock.model import (
    AnsweredBy,
    Artifact,
    Attestations,
    Build,
    BuildEnvironment,
    BuildRequirement,
    EnvironmentEntry,
    IndexEntry,
    Inputs,
    Lock,
    Origin,
    Pin,
    Pins,
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def inputs(**files: str) -> Inputs:
    return Inputs(sha256=inputs_digest(files), files=files)


def wheel(project: str, version: str, size: int | None = 1000, tag: str = "py3-none-any") -> Artifact:
    filename = f"{project.replace('-', '_')}-{version}-{tag}.whl"
    return _artifact(filename, project, version, size)


def sdist(project: str, version: str, size: int | None = 5000) -> Artifact:
    return replace(_artifact(f"{project}-{version}.tar.gz", project, version, size), kind="sdist")


def _artifact(filename: str, project: str, version: str, size: int | None) -> Artifact:
    return Artifact(
        filename=filename,
        project=project,
        version=version,
        kind="wheel",
        sha256=sha256(filename),
        index="corp",
        path=f"packages/{filename}",
        size=size,
    )


def pins(*artifacts: Artifact, **dependencies: tuple[str, ...]) -> Pins:
    """One pin for each artifact; ``dependencies`` by project, with ``_`` for ``-``."""
    return {
        a.project: Pin(
            version=a.version, artifact=a.filename, dependencies=dependencies.get(a.project.replace("-", "_"), ())
        )
        for a in artifacts
    }


HARBOR = replace(
    wheel("harbor", "2.1.0"),
    upload_time="2026-01-02T03:04:05.678Z",
    requires_python=">=3.9",
    yanked="naïve ⛵ defaults",
    provenance="../integrity/harbor-2.1.0",
)
CREW = {"repository": "crew/harbor", "kind": "GitHub"}
KEEL_WHEEL = wheel("keel", "1.4", 90_000, "cp313-cp313-win_amd64")
KEEL_SDIST = sdist("keel", "1.4", 40_000)
SAIL = replace(
    wheel("sail", "0.9", None), index=None, path=None, url="https://files.example/direct/sail-0.9-py3-none-any.whl"
)
MAST = wheel("mast-tools", "5.0", 7_000)
FORGE = sdist("forge", "3.2", 20_000)
ANVIL = wheel("anvil", "1.0", 3_000)

LINUX = EnvironmentEntry(
    markers={"sys_platform": "linux", "python_version": "3.11"},
    tags=("cp311-cp311-manylinux_2_28_x86_64", "py3-none-any"),
    python="3.11",
    os="linux",
    arch="x86_64",
    libc="glibc 2.28",
)
WINDOWS = EnvironmentEntry(
    markers={"sys_platform": "win32", "python_version": "3.13"}, tags=("cp313-cp313-win_amd64", "py3-none-any")
)


def example() -> Lock:
    """harbor[rig] needs keel and sail; keel is an sdist on Linux, built by forge, an sdist built by anvil."""
    artifacts = (HARBOR, KEEL_WHEEL, KEEL_SDIST, SAIL, MAST, FORGE, ANVIL)
    needs = {"harbor": ("keel", "sail"), "mast_tools": ("harbor",)}
    linux = dict(pins(HARBOR, KEEL_SDIST, SAIL, MAST, **needs))
    windows = dict(pins(HARBOR, KEEL_WHEEL, SAIL, **needs))
    linux["harbor"] = windows["harbor"] = replace(linux["harbor"], extras=("rig",))
    return Lock(
        inputs=inputs(**{"spec.yaml": sha256("spec"), "requirements/base.in": sha256("base")}),
        indexes={"corp": IndexEntry(url="https://index.example/simple/", files="https://files.index.example/")},
        environments={"linux-py311": LINUX, "windows-py313": WINDOWS},
        exclude_newer={"P7D": "2026-11-17T12:00:00Z"},
        attestations={"": Attestations(check="if-present"), "harbor": Attestations(check="require", publisher=CREW)},
        roots={
            "linux-py311": {"": ("harbor[rig]>=2",), "dev": ("mast-tools",)},
            "windows-py313": {"": ("harbor[rig]>=2",), "dev": ()},
        },
        artifacts={a.filename: a for a in artifacts},
        resolutions={"linux-py311": linux, "windows-py313": windows},
        builds={
            KEEL_SDIST.filename: Build(
                backend="setuptools.build_meta:__legacy__",
                environments={
                    "linux-py311": _built("c1", ("forge>=3", "default", None), ("anvil", "hook", "setup.py"))
                },
            ),
            FORGE.filename: Build(
                backend="forge.api",
                backend_path=("src",),
                environments={"linux-py311": _asked(_built("c2", ("anvil", "override", None)))},
            ),
        },
        closures={"c1": pins(FORGE, ANVIL, forge=("anvil",)), "c2": pins(ANVIL)},
    )


def _built(closure: str, *requires: tuple[str, Origin, str | None], unknown: str | None = None) -> BuildEnvironment:
    return BuildEnvironment(
        requires=tuple(BuildRequirement(requirement=r, origin=o, evidence=e) for r, o, e in requires),
        closure=closure,
        unknown=unknown,
    )


def _asked(built: BuildEnvironment) -> BuildEnvironment:
    """The same, asked of a machine of another kind."""
    by = AnsweredBy(python="3.12", os="linux", arch="x86_64", libc="glibc", differs=("python",))
    return replace(built, metadata="hook", system=("cc", "pg_config"), answered=by)


# --- any lock -------------------------------------------------------------------------------------------------------

_names = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3})?", fullmatch=True)
_labels = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,5}", fullmatch=True)
_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
_maybe = st.none() | _texts
_instants = st.sampled_from(["2026-11-17T12:00:00Z", "1999-12-31T23:59:59Z"])
_attestations = st.builds(
    Attestations,
    check=st.sampled_from(["ignore", "if-present", "require"]),
    publisher=st.none() | st.fixed_dictionaries({"kind": _texts}, optional={"repository": _texts}),
)
_environments = st.builds(
    EnvironmentEntry,
    markers=st.dictionaries(_texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=2),
    tags=st.lists(st.sampled_from(["py3-none-any", "cp313-cp313t-win_amd64"]), max_size=3).map(tuple),
    python=_maybe,
    os=_maybe,
    arch=_maybe,
    libc=_maybe,
)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """Any lock that keeps the contract; small, with names that collide between two draws."""
    artifacts = {a.filename: a for a in draw(st.lists(_any_artifact(), max_size=5))}
    environments = draw(
        st.dictionaries(st.sampled_from(["linux", "mac", "win_32"]) | _labels, _environments, max_size=3)
    )
    files = draw(st.dictionaries(_labels, _texts.map(sha256), max_size=2))
    index = IndexEntry(
        url="https://index.example/simple/", files=draw(st.sampled_from(["https://a.example/", "wheels/"]))
    )
    sdists = sorted(a.filename for a in artifacts.values() if a.kind == "sdist")
    closures = {f"c{n}": draw(_any_pins(artifacts)) for n in range(2)} if sdists and environments else {}
    return Lock(
        inputs=Inputs(sha256=inputs_digest(files), files=files),
        indexes={"corp": index},
        environments=environments,
        attestations=draw(st.dictionaries(st.just("") | _names, _attestations, max_size=2)),
        exclude_newer=draw(st.dictionaries(st.sampled_from(["P7D", "PT36H", "P1DT1M"]), _instants, max_size=2)),
        roots=draw(st.dictionaries(st.sampled_from(sorted(environments)), _any_roots, max_size=3))
        if environments
        else {},
        artifacts=artifacts,
        resolutions={name: draw(_any_pins(artifacts)) for name in environments},
        builds={name: draw(_any_build(sorted(environments), sorted(closures))) for name in sdists if environments},
        closures=closures,
    )


_any_roots = st.dictionaries(st.just("") | _names, st.lists(_texts, max_size=2, unique=True).map(tuple), max_size=2)


@st.composite
def _any_artifact(draw: st.DrawFn) -> Artifact:
    project, version = draw(st.sampled_from(["a", "b", "c-d"]) | _names), draw(st.sampled_from(["1.0", "2.0"]))
    made = draw(st.sampled_from([wheel, sdist]))(project, version, draw(st.none() | st.integers(0, 2**60)))
    if draw(st.booleans()):
        made = replace(made, index=None, path=None, url=f"https://files.example/{made.filename}")
    return replace(
        made,
        sha256=sha256(draw(st.sampled_from("xy"))),
        upload_time=draw(_maybe),
        requires_python=draw(st.none() | st.just("") | _texts),
        yanked=draw(st.none() | st.just("") | _texts),
        provenance=draw(st.sampled_from([None, "../p", "https://index.example/p"])),
    )


@st.composite
def _any_pins(draw: st.DrawFn, artifacts: dict[str, Artifact]) -> Pins:
    chosen = {a.project: a for a in artifacts.values() if draw(st.booleans())}
    names = sorted(chosen)
    needs = st.lists(st.sampled_from(names), max_size=2, unique=True).map(tuple) if names else st.just(())
    return {
        name: Pin(
            version=a.version,
            artifact=a.filename,
            extras=tuple(draw(st.lists(_texts, max_size=1))),
            dependencies=draw(needs),
        )
        for name, a in chosen.items()
    }


_answered = st.builds(
    AnsweredBy,
    python=_texts,
    os=_texts,
    arch=_texts,
    libc=_maybe,
    differs=st.lists(_texts, max_size=2).map(tuple),
)


def _any_build(environments: list[str], closures: list[str]) -> st.SearchStrategy[Build]:
    requirement = st.builds(
        BuildRequirement,
        requirement=_texts,
        origin=st.sampled_from(["build-system", "default", "hook", "override"]),
        evidence=_maybe,
    )
    told = {
        "requires": st.lists(requirement, max_size=2).map(tuple),
        "metadata": _maybe,
        "system": st.lists(_texts, max_size=2).map(tuple),
        "answered": st.none() | _answered,
        "unknown": _maybe,
    }
    buildable = st.builds(BuildEnvironment, closure=st.sampled_from(closures), unbuildable=_maybe, **told)
    built = buildable | st.builds(BuildEnvironment, closure=st.none(), unbuildable=_texts, **told)
    every = st.fixed_dictionaries(dict.fromkeys(environments, built))
    return st.builds(Build, backend=_texts, environments=every, backend_path=st.lists(_texts, max_size=1).map(tuple))
