"""Environments agree on what they can, and what stands against one agreement does not stand against the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest

from resolver.environments.expand import expand
from resolver.environments.model import Environment
from resolver.errors import ResolutionLimit
from resolver.resolution import alignment
from resolver.resolution.alignment import ROUNDS, resolve_all
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import Resolution, resolve
from resolver.resolution.wanted import Rules
from resolver.spec.model import Policy, ShortEnvironment
from tests.support.environments import LINUX, OLD, WINDOWS, declare, short, spec
from tests.support.fake_index import FakeIndex

NEW = short("new", "3.14")
CP38, CP311, CP314 = (f"cp{n}-cp{n}-manylinux_2_17_x86_64" for n in ("38", "311", "314"))

Pins = dict[str, str]


def aligned(
    index: FakeIndex, *requirements: str, environments: Sequence[ShortEnvironment], **policies: Any
) -> dict[str, Pins]:
    """The version of each project by environment, with a star at those that have to be built."""
    rules = Rules(policies=spec(**policies))
    found = resolve_all(declare(*requirements), expand(environments), Catalogue(index), rules)
    return {
        name: {
            project: f"{pin.candidate.version}{'*' if pin.candidate.kind == 'sdist' else ''}"
            for project, pin in resolution.pins.items()
        }
        for name, resolution in found.items()
    }


def ahead(index: FakeIndex, project: str, *requires: str) -> FakeIndex:
    """Add a project whose first release is the last one for Python 3.8; both ask for ``requires``."""
    return index.wheel(project, "1", *requires).wheel(project, "2", *requires, requires_python=">=3.9")


def web() -> FakeIndex:
    """As pydantic is: each release asks for one of its core, of which old ones have no wheel for a new Python."""
    index = ahead(ahead(FakeIndex(), "fastapi", "pydantic", "click"), "click")
    index.wheel("pydantic", "1", "pydantic-core==1")
    index.wheel("pydantic", "2", "pydantic-core==2", requires_python=">=3.9")
    index.wheel("pydantic-core", "1", tag=CP38).wheel("pydantic-core", "1", tag=CP311).sdist("pydantic-core", "1", {})
    return index.wheel("pydantic-core", "2", tag=CP311).wheel("pydantic-core", "2", tag=CP314)


@pytest.mark.parametrize("policies", [{}, {"policy": Policy(align=False), "projects": {"click": Policy()}}])
def test_a_project_that_may_differ_holds_nobody_back(policies: dict[str, Any]) -> None:
    index = ahead(ahead(FakeIndex(), "click"), "cryptography")
    policies = policies or {"projects": {"cryptography": Policy(align=False)}}
    assert aligned(index, "click", "cryptography", environments=(OLD, LINUX), **policies) == {
        "old": {"click": "1", "cryptography": "1"},
        "linux": {"click": "1", "cryptography": "2"},
    }


def test_what_leads_to_a_worse_file_is_given_up_and_the_rest_agrees() -> None:
    apart = {"fastapi": "1", "click": "1", "pydantic": "2", "pydantic-core": "2"}
    assert aligned(web(), "fastapi", environments=(OLD, LINUX, NEW)) == {
        "old": {"fastapi": "1", "click": "1", "pydantic": "1", "pydantic-core": "1"},
        "linux": apart,
        "new": apart,
    }


def test_the_order_of_environments_does_not_matter() -> None:
    found = [aligned(web(), "fastapi", environments=order) for order in permutations((OLD, LINUX, NEW))]
    assert all(one == found[0] for one in found)


def test_who_asks_for_those_that_ask_is_given_up_where_these_have_not_moved() -> None:
    index = ahead(FakeIndex(), "click")
    index.wheel("top", "1", "middle[old]").wheel("top", "2", "middle", requires_python=">=3.9")
    index.wheel("middle", "1", "core", 'core<2 ; extra == "old"', extras=["old"])
    index.wheel("core", "1", tag=CP38).sdist("core", "1", {}).wheel("core", "2", tag=CP311)
    assert aligned(index, "top", "click", environments=(OLD, LINUX)) == {
        "old": {"top": "1", "middle": "1", "core": "1", "click": "1"},
        "linux": {"top": "2", "middle": "1", "core": "2", "click": "1"},
    }


def test_what_an_environment_did_not_need_it_does_not_build_either() -> None:
    index = ahead(FakeIndex(), "click").sdist("core", "1", {}).wheel("core", "1", tag=CP38)
    index.wheel("top", "1", "core").wheel("top", "2", requires_python=">=3.9")
    assert aligned(index, "top", "click", environments=(OLD, LINUX)) == {
        "old": {"top": "1", "core": "1", "click": "1"},
        "linux": {"top": "2", "click": "1"},
    }


def test_where_nobody_who_asks_has_moved_all_is_given_up_that_moved_there() -> None:
    """`core` falls back because its newer release does not go with what `side` asks of `base`."""
    index = ahead(ahead(FakeIndex(), "alike"), "click").wheel("base", "1").wheel("base", "2")
    index.wheel("side", "1", "base<2").wheel("side", "2", "base", requires_python=">=3.9")
    index.wheel("core", "2", "base>=2", tag=CP311).sdist("core", "1", {}).wheel("core", "1", tag=CP38)
    middle = "middle ; sys_platform == 'linux'"
    index.wheel("middle", "1", "core")
    alike = "alike ; sys_platform == 'win32' or python_version < '3.9'"
    assert aligned(index, "side", middle, "click", alike, environments=(OLD, LINUX, WINDOWS)) == {
        "old": {"side": "1", "base": "1", "middle": "1", "core": "1", "click": "1", "alike": "1"},
        "linux": {"side": "2", "base": "2", "middle": "1", "core": "2", "click": "2"},
        "windows": {"side": "2", "base": "2", "click": "2", "alike": "1"},
    }


def test_no_environment_loses_an_extra_that_it_has_by_itself() -> None:
    """As jax is: what its extra asks for is there for one system only, and for all there is a release without it."""
    index = (
        FakeIndex().wheel("jax", "1", "numpy").wheel("jax", "2", "numpy", 'cuda ; extra == "cuda"', extras=("cuda",))
    )
    ahead(index, "numpy").wheel("cuda", "1", tag=CP311)
    assert aligned(index, "jax[cuda]", environments=(LINUX, WINDOWS)) == {
        "linux": {"jax": "2", "numpy": "2", "cuda": "1"},
        "windows": {"jax": "1", "numpy": "2"},
    }


def held_back() -> FakeIndex:
    """As prefect is: its newest release, which is not for all Pythons, asks for an older fastapi."""
    index = FakeIndex().wheel("prefect", "1", "fastapi")
    return index.wheel("prefect", "2", "fastapi<2", requires_python=">=3.9").wheel("fastapi", "1")


def test_a_version_is_not_shared_for_a_release_that_nobody_has_any_more() -> None:
    index = ahead(held_back().wheel("fastapi", "2").wheel("fastapi", "3", requires_python=">=3.9"), "click")
    shared = {"prefect": "1", "fastapi": "2", "click": "1"}
    assert aligned(index, "prefect", "click", environments=(OLD, LINUX)) == {"old": shared, "linux": shared}


def test_it_stays_shared_where_without_it_more_would_be_built() -> None:
    index = held_back().wheel("fastapi", "2", tag=CP38).sdist("fastapi", "2", {})
    shared = {"prefect": "1", "fastapi": "1"}
    assert aligned(index, "prefect", environments=(OLD, LINUX)) == {"old": shared, "linux": shared}


def test_it_stays_shared_where_without_it_environments_would_differ() -> None:
    index = held_back().wheel("fastapi", "2", tag=CP38).wheel("fastapi", "3", tag=CP311)
    shared = {"prefect": "1", "fastapi": "1"}
    assert aligned(index, "prefect", environments=(OLD, LINUX)) == {"old": shared, "linux": shared}


class Searches:
    """Stands in for `resolve`: ``made`` are the environments that were resolved, and ``stuck`` gives up on a wish."""

    def __init__(self, resolve: Callable[..., Resolution], stuck: tuple[str, str] = ("", "")) -> None:
        self.resolve = resolve
        self.stuck = stuck
        self.made: list[str] = []

    def __call__(
        self, requirements: object, environment: Environment, catalogue: Catalogue, rules: Rules, *, order: object
    ) -> Resolution:
        self.made.append(environment.name)
        if environment.name == self.stuck[0] and self.stuck[1] in rules.preferences:
            raise ResolutionLimit("gave up")
        return self.resolve(requirements, environment, catalogue, rules, order=order)


def test_where_an_environment_gives_up_what_would_not_have_moved_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "resolve", Searches(resolve, stuck=("linux", "hard")))
    index = ahead(ahead(FakeIndex(), "hard"), "click")
    click = "click ; sys_platform == 'win32' or python_version < '3.9'"
    assert aligned(index, "hard", click, environments=(OLD, LINUX, WINDOWS)) == {
        "old": {"hard": "1", "click": "1"},
        "linux": {"hard": "2"},
        "windows": {"hard": "2", "click": "1"},
    }


def test_an_environment_that_has_what_is_wished_is_not_resolved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = Searches(resolve)
    monkeypatch.setattr(alignment, "resolve", searches)
    aligned(ahead(FakeIndex(), "click"), "click", environments=(OLD, LINUX, WINDOWS))
    assert searches.made == ["old", "linux", "windows", "linux", "windows"]


def test_attempts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each release that is agreed on asks for another project, which differs in its turn."""
    searches = Searches(resolve)
    monkeypatch.setattr(alignment, "resolve", searches)
    index, last = FakeIndex(), ROUNDS + 1
    for n in range(last):
        index.wheel(f"p{n}", "1", f"p{n + 1}").wheel(f"p{n}", "2", requires_python=">=3.9")
    found = aligned(ahead(index, f"p{last}"), "p0", environments=(OLD, LINUX))
    assert searches.made == ["old", "linux", *["linux"] * ROUNDS]
    assert found["linux"] == {**{f"p{n}": "1" for n in range(ROUNDS)}, f"p{ROUNDS}": "2"}
