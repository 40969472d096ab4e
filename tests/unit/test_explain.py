"""Why a project is in the lock: every chain, shortest first, and the builds that need it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from resolver.lock.explain import BuildUse, Chain, Reason, describe_explanation, explain
from resolver.lock.model import Lock, Pin
from tests.unit.lock_examples import FORGE, KEEL_SDIST, example, wheel

LINUX_NAME, WINDOWS_NAME = "linux-py311", "windows-py313"


def test_chains_are_grouped_by_environments_with_the_same_answer() -> None:
    found = explain(example(), "sail")
    spec = Chain(projects=("harbor", "sail"), source="", requirement="harbor[rig]>=2")
    dev = Chain(projects=("mast-tools", "harbor", "sail"), source="dev", requirement="mast-tools")
    assert found.reasons == (
        Reason(environments=(LINUX_NAME,), version="0.9", chains=(spec, dev), builds=()),
        Reason(environments=(WINDOWS_NAME,), version="0.9", chains=(spec,), builds=()),
    )
    assert describe_explanation(found) == [
        "sail 0.9, for linux-py311:",
        "  harbor[rig]>=2 (requirements) → sail",
        "  mast-tools (group dev) → harbor → sail",
        "sail 0.9, for windows-py313:",
        "  harbor[rig]>=2 (requirements) → sail",
    ]
    roots = {name: {"": ("harbor[rig]>=2",)} for name in (LINUX_NAME, WINDOWS_NAME)}
    assert explain(replace(example(), roots=roots), "sail").reasons == (
        Reason(environments=(LINUX_NAME, WINDOWS_NAME), version="0.9", chains=(spec,), builds=()),
    )


def test_builds_are_reasons_too() -> None:
    found = explain(example(), "anvil")
    override = Chain(projects=("anvil",), source="override", requirement="anvil")
    hook = Chain(projects=("anvil",), source="hook", requirement="anvil")
    default = Chain(projects=("forge", "anvil"), source="default", requirement="forge>=3")
    (reason,) = found.reasons
    assert reason.version is None
    assert reason.chains == ()
    assert reason.builds == (
        BuildUse(sdist=FORGE.filename, project="forge", version="3.2", used="1.0", chains=(override,)),
        BuildUse(sdist=KEEL_SDIST.filename, project="keel", version="1.4", used="1.0", chains=(hook, default)),
    )
    assert found.absent == (WINDOWS_NAME,)
    assert describe_explanation(found) == [
        "anvil, for linux-py311:",
        "  anvil 1.0, to build forge 3.2: anvil (override)",
        "  anvil 1.0, to build keel 1.4: anvil (hook)",
        "  anvil 1.0, to build keel 1.4: forge>=3 (default) → anvil",
        "anvil is not used for windows-py313",
    ]


def test_environments_can_be_chosen() -> None:
    found = explain(example(), "mast-tools", [WINDOWS_NAME])
    assert (found.project, found.reasons, found.absent) == ("mast-tools", (), (WINDOWS_NAME,))
    assert describe_explanation(found) == ["mast-tools is not used for windows-py313"]


# --- the search -----------------------------------------------------------------------------------------------------


def graph(edges: dict[str, tuple[str, ...]], *roots: str) -> Lock:
    wheels = {name: wheel(name, "1") for name in edges}
    resolution = {
        name: Pin(version="1", artifact=wheels[name].filename, dependencies=needs) for name, needs in edges.items()
    }
    return replace(
        example(),
        environments={LINUX_NAME: example().environments[LINUX_NAME]},
        artifacts={w.filename: w for w in wheels.values()},
        resolutions={LINUX_NAME: resolution},
        roots={LINUX_NAME: {"": tuple(roots)}},
        builds={},
        closures={},
    )


_nodes = "abcde"


@given(
    st.fixed_dictionaries({n: st.lists(st.sampled_from(_nodes), max_size=4, unique=True).map(tuple) for n in _nodes}),
    st.lists(st.sampled_from(_nodes), min_size=1, max_size=3, unique=True),
    st.sampled_from(_nodes),
)
def test_chains_are_all_simple_paths_shortest_first(
    edges: dict[str, tuple[str, ...]], roots: list[str], target: str
) -> None:
    found = explain(graph(edges, *roots), target, limit=1000)
    paths = [chain.projects for reason in found.reasons for chain in reason.chains]
    candidates = (path for length in range(1, 6) for path in permutations(_nodes, length))
    expected = [
        path
        for path in candidates
        if path[0] in roots and path[-1] == target and all(b in edges[a] for a, b in pairwise(path))
    ]
    assert paths == sorted(expected, key=lambda path: (len(path), path))
    json.dumps(asdict(found))


def test_a_knot_of_cycles_neither_hangs_nor_hides_that_there_is_more() -> None:
    names = tuple(f"n{i:02}" for i in range(40))
    knot = {name: tuple(other for other in names if other != name) for name in names}
    (reason,) = explain(graph({**knot, "top": names}, "top"), "n39", limit=5).reasons
    assert [chain.projects for chain in reason.chains] == [
        ("top", "n39"),
        *(("top", f"n{i:02}", "n39") for i in range(4)),
    ]
    assert reason.more
    assert "  ... and more chains than these" in describe_explanation(explain(graph(knot, "n00"), "n39", limit=5))


def test_a_knot_on_the_way_back_is_not_searched() -> None:
    """Everything in the knot leads to the target, but only through a project that each chain already holds."""
    names = tuple(f"n{i:02}" for i in range(40))
    knot = {name: ("gate", *(other for other in names if other != name)) for name in names}
    (reason,) = explain(graph({**knot, "gate": ("target", *names), "target": ()}, "gate"), "target").reasons
    assert [chain.projects for chain in reason.chains] == [("gate", "target")]
    assert not reason.more
