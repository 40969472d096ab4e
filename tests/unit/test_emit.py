"""Selections, requirements files, Dockerfiles and graphs: what holds of every lock, and what is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from packaging.requirements import Requirement

from resolver.emit.bom import boms
from resolver.emit.dockerfile import dockerfiles
from resolver.emit.graph import dot, graph, page
from resolver.emit.places import Places
from resolver.emit.requirements import requirements, requirements_files
from resolver.emit.selection import groups_of, needed_by, ordered, selection
from resolver.errors import InputError
from resolver.lock.model import BuildRequirement, EnvironmentEntry, Lock, Pin
from tests.support.exports import ENVIRONMENTS, entry, locks
from tests.unit.lock_examples import KEEL_SDIST, example, pins, wheel

FEW = settings(max_examples=50)
TREE = Places(tree="tree")


def lines(text: str) -> dict[str, str]:
    """Name -> requirement with its hash, in the order of the file."""
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    rows = [line for line in joined.splitlines() if line and line[0] not in "#- "]
    return {Requirement(row.partition(" --hash")[0]).name: row for row in rows}


@FEW
@given(locks())
def test_requirements_are_complete_and_in_an_order_that_needs_no_resolver(lock: Lock) -> None:
    for name in lock.environments:
        here = lock.resolutions[name]
        found = lines(requirements(selection(lock), name, Places()))
        assert found.keys() == here.keys()
        assert all(lock.artifacts[here[p].artifact].sha256 in row for p, row in found.items())
        seen: set[str] = set()
        for project in found:
            late = set(here[project].dependencies) - seen - {project}
            assert all(in_a_circle(lock, name, project, other) for other in late)
            seen.add(project)


def in_a_circle(lock: Lock, environment: str, project: str, other: str) -> bool:
    here, pending, seen = lock.resolutions[environment], [other], set[str]()
    while pending:
        at = pending.pop()
        if at == project:
            return True
        if at not in seen:
            seen.add(at)
            pending += here[at].dependencies
    return False


@FEW
@given(locks())
def test_groups_add_up(lock: Lock) -> None:
    for name in lock.environments:
        parts = [set(selection(lock, groups=groups).pins(name)) for groups in ([], *([g] for g in groups_of(lock)))]
        assert set().union(*parts) == set(selection(lock).pins(name)) == set(lock.resolutions[name])
        assert all(needed_by(lock, name)[p] for p in lock.resolutions[name])


def test_long_chains_need_no_stack() -> None:
    names = [f"p{number}" for number in range(5000)]
    chain = {n: Pin(version="1", artifact="", dependencies=tuple(names[i + 1 : i + 2])) for i, n in enumerate(names)}
    assert ordered(chain) == names[::-1]


def test_where_requirements_look() -> None:
    text = requirements(selection(example()), "linux-py311", Places(tree="../my tree/"))
    assert "--no-index\n--find-links '../my tree'/files\n" in text
    assert "sail==0.9 " in text
    served = requirements(selection(example()), "linux-py311", Places(tree="https://carried.example/"))
    assert "--index-url https://carried.example/simple/\n" in served
    default = "https://index.example/simple/"
    assert "-url" not in requirements(selection(example()), "linux-py311", Places(), default_index=default)
    lock = example()
    other = replace(lock.artifacts["harbor-2.1.0-py3-none-any.whl"], index="own")
    indexes = {**lock.indexes, "own": replace(lock.indexes["corp"], url="wheels/", files="wheels/")}
    lock = replace(lock, artifacts={**lock.artifacts, other.filename: other}, indexes=indexes)
    text = requirements(selection(lock), "linux-py311", Places(lock=".."))
    assert "--index-url https://index.example/simple/\n--find-links ../wheels/packages\n" in text
    mine = replace(lock, indexes={**indexes, "own": replace(indexes["own"], url="https://own.example/simple/")})
    text = requirements(selection(mine), "linux-py311", Places(), default_index="https://index.example/simple/")
    assert [line for line in text.splitlines() if "-url" in line] == ["--extra-index-url https://own.example/simple/"]
    alone = replace(lock, indexes=dict.fromkeys(indexes, indexes["own"]))
    assert "\n--no-index\n--find-links wheels/packages\n" in requirements(selection(alone), "linux-py311", Places())


def test_kinds_that_an_installer_cannot_use_are_left_out() -> None:
    text = requirements(selection(example()), "linux-py311", Places(), kinds=("wheel",))
    assert "keel" not in lines(text)


def test_groups_of_requirements() -> None:
    files = requirements_files(selection(example(), groups=[]), Places())
    assert "mast-tools" not in files["requirements.linux-py311.txt"]
    assert "# via the spec\n" in files["requirements.linux-py311.txt"]


# --- Dockerfiles -----------------------------------------------------------------------------------------------------


def described(**values: str) -> Lock:
    """The lock of one environment that gets one wheel."""
    linux = entry(ENVIRONMENTS["linux311"])
    one = wheel("harbor", "1")
    given = EnvironmentEntry(markers=linux.markers, tags=linux.tags, **values)
    return replace(
        example(),
        environments={"e": given},
        artifacts={one.filename: one},
        resolutions={"e": pins(one)},
        roots={},
        builds={},
    )


@pytest.mark.parametrize(
    ("python", "libc", "image"),
    [
        ("3.11", "glibc 2.28", "python:3.11-slim-bookworm"),
        ("3.13.2", "glibc 2.36", "python:3.13.2-slim-bookworm"),
        ("3.13", "glibc 2.39", "python:3.13-slim-trixie"),
        ("3.12", "musl 1.2", "python:3.12-alpine"),
        ("pypy3.10", "glibc 2.17", "pypy:3.10-slim-bookworm"),
        ("3.13t", "glibc 2.28", None),
        ("3.13", "glibc 2.99", None),
        ("pypy3.10", "musl 1.2", None),
    ],
)
def test_images_are_those_of_the_libc(python: str, libc: str, image: str | None) -> None:
    lock = described(python=python, os="linux", arch="aarch64", libc=libc)
    if image is None:
        with pytest.raises(InputError, match="--base IMAGE"):
            dockerfiles(selection(lock), TREE)
        text = dockerfiles(selection(lock), TREE, base="own/image")["Dockerfile.e"]
        assert "ARG BASE=own/image\nARG BUILDER=${BASE}\n" in text
    else:
        text = dockerfiles(selection(lock), TREE)["Dockerfile.e"]
        assert f"ARG BASE={image}\nARG BUILDER=${{BASE}}\n" in text
    assert text.count("FROM --platform=linux/arm64 ") == 2
    assert text.count("RUN ") == text.count("RUN --network=none ")


def test_an_environment_in_raw_form_needs_an_image() -> None:
    with pytest.raises(InputError, match="no official image is known for it"):
        dockerfiles(selection(described()), TREE)


@pytest.mark.parametrize(
    "places", [Places(), Places(tree="../tree"), Places(tree="/tree"), Places(tree="https://t.example")]
)
def test_a_tree_must_lie_below_the_dockerfile(places: Places) -> None:
    with pytest.raises(InputError, match="--tree image/tree -o image"):
        dockerfiles(selection(described(python="3.11", libc="glibc 2.28")), places)


def test_what_no_container_has_and_what_nobody_can_build_is_refused() -> None:
    lock = example()
    windows = entry(ENVIRONMENTS["windows"])
    with pytest.raises(InputError, match="containers are Linux's"):
        dockerfiles(selection(replace(lock, environments={"windows-py313": windows})), TREE)
    build = lock.builds[KEEL_SDIST.filename]
    gap = {name: replace(built, unbuildable="it needs Fortran") for name, built in build.environments.items()}
    lock = replace(lock, builds={**lock.builds, KEEL_SDIST.filename: replace(build, environments=gap)})
    linux = replace(entry(ENVIRONMENTS["linux311"]), python="3.11", libc="glibc 2.28")
    lock = replace(lock, environments={"linux-py311": linux})
    with pytest.raises(InputError, match=r"keel-1.4.tar.gz cannot be built from the lock: it needs Fortran"):
        dockerfiles(selection(lock), TREE)


# --- graphs ----------------------------------------------------------------------------------------------------------


@FEW
@given(locks())
def test_the_graph_is_that_of_the_resolutions(lock: Lock) -> None:
    found = graph(selection(lock))
    installed = {(p, pin.version) for here in lock.resolutions.values() for p, pin in here.items()}
    assert found.nodes.keys() == installed
    for (one, other), edge in found.edges.items():
        for name in edge.run:
            assert other[0] in lock.resolutions[name][one[0]].dependencies
    assert sum(len(e.run) for e in found.edges.values()) == sum(
        len(pin.dependencies) for here in lock.resolutions.values() for pin in here.values()
    )


def test_the_page_holds_its_data_and_ends_where_it_should() -> None:
    lock = example()
    odd = replace(lock.artifacts["mast_tools-5.0-py3-none-any.whl"], filename="</script><b>.whl")
    here = {**lock.resolutions["linux-py311"]}
    here["mast-tools"] = replace(here["mast-tools"], artifact=odd.filename)
    lock = replace(
        lock, artifacts={**lock.artifacts, odd.filename: odd}, resolutions={**lock.resolutions, "linux-py311": here}
    )
    text = page(selection(lock))["graph.html"]
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
    told = json.loads(data)
    assert [name for name, _ in told["environments"]] == ["linux-py311", "windows-py313"]
    assert ["mast-tools", "5.0", [[0, odd.filename, 7000]], [], [0]] in told["nodes"]
    assert [node[:2] for node in told["nodes"]][told["edges"][0][0]] == ["forge", "3.2"]
    assert told["edges"][0][2:] == [[], [0]], "forge is built with anvil"


def test_a_build_requirement_that_cannot_be_read_names_what_it_begins_with() -> None:
    """Of a lock that was written by hand."""
    lock = example()
    sdist, name = KEEL_SDIST.filename, "linux-py311"
    odd = BuildRequirement(requirement="Forge as new as can be", origin="default")
    built = replace(lock.builds[sdist].environments[name], requires=(odd,))
    chosen = selection(
        replace(lock, builds={**lock.builds, sdist: replace(lock.builds[sdist], environments={name: built})})
    )
    assert (("keel", "1.4"), ("forge", "3.2")) in graph(chosen).edges
    rows = json.loads(boms(chosen, {}, version="1")[f"{name}.cdx.json"])["dependencies"]
    below = {row["ref"].partition("?")[0]: row.get("dependsOn") for row in rows}
    assert [ref.partition("?")[0] for ref in below["pkg:pypi/keel@1.4"]] == ["pkg:pypi/forge@3.2"]


def test_names_are_quoted_for_graphviz() -> None:
    one = replace(wheel("harbor", "1"), version='1"\\\n')
    lock = replace(
        example(), environments={"e": entry(ENVIRONMENTS["arm"])}, artifacts={one.filename: one}, builds={}, roots={},
        resolutions={"e": {"harbor": replace(pins(one)["harbor"], version=one.version)}},
    )  # fmt: skip
    assert '"harbor 1\\"\\\\\\n" [label="harbor\\n1\\"\\\\\\n", ' in dot(selection(lock))["graph.dot"]
