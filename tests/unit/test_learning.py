"""A search that learns finds a solution wherever there is one, and tells what shows that there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resolver.errors import NoSolution
from resolver.resolution import learning as module
from resolver.resolution import search
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.learning import learning
from resolver.resolution.search import resolve
from resolver.resolution.straight import NoWay
from resolver.resolution.wanted import Rules
from resolver.spec.model import Policy
from tests.support.environments import declare, environment, spec
from tests.support.fake_index import FakeIndex, Universe, published
from tests.unit.test_straight import PROJECTS, assert_solution, provider

HERE = environment()
_versions = st.integers(1, 3)
_requirement = st.builds(
    lambda name, extra, operator, version: f"{name}{extra}{operator}{version if operator else ''}",
    st.sampled_from(PROJECTS),
    st.sampled_from(["", "", "", "[x]"]),
    st.sampled_from(["", ">=", "<=", "==", "!="]),
    _versions,
)
_in_extra = st.builds(lambda text: f"{text} ; extra == 'x'", _requirement)
_universe = st.dictionaries(
    st.tuples(st.sampled_from(PROJECTS), _versions), st.lists(_requirement | _in_extra, max_size=4), min_size=8
)


def solutions(universe: Universe, requirements: list[str]) -> Iterator[Mapping[str, int]]:
    """All there are, by trying everything."""
    requires = {release: [Requirement(text) for text in texts] for release, texts in universe.items()}

    def beyond(
        pins: Mapping[str, int], extras: frozenset[tuple[str, str]], waiting: list[Requirement]
    ) -> Iterator[Mapping[str, int]]:
        if not waiting:
            yield pins
            return
        asked, *rest = waiting
        versions = [pins[asked.name]] if asked.name in pins else [v for name, v in universe if name == asked.name]
        for version in versions:
            if asked.specifier.contains(str(version)):
                new = {(asked.name, extra) for extra in {"", *asked.extras}} - extras
                more = [
                    r
                    for _, extra in new
                    for r in requires[asked.name, version]
                    if (r.marker is not None) == bool(extra)
                ]
                yield from beyond({**pins, asked.name: version}, extras | new, [*rest, *more])

    yield from beyond({}, frozenset(), [Requirement(text) for text in requirements])


def versions(index: FakeIndex, *requirements: str, policy: Policy | None = None) -> dict[str, str]:
    found = learning(*provider(index, list(requirements), {}, policy))
    assert isinstance(found, dict)
    return {name: str(node.candidate.version) for (name, extra), node in found.items() if not extra}


@given(_universe, st.lists(_requirement, min_size=1, max_size=4))
@settings(max_examples=100)
def test_it_finds_a_solution_wherever_there_is_one(universe: Universe, requirements: list[str]) -> None:
    found = learning(*provider(published(universe), requirements, {}))
    if isinstance(found, dict):
        pins = {str(name): int(str(node.candidate.version)) for (name, _), node in found.items()}
        assert_solution(pins, universe, requirements)
    else:
        assert isinstance(found, NoWay)
        said = sorted({str(one.requirement) for one in found.asked if one.parent is None})
        assert next(solutions(universe, said), None) is None, "what it shows has no solution by itself"


@given(_universe, st.lists(_requirement, min_size=1, max_size=3))
@settings(max_examples=60)
def test_nothing_that_the_spec_asks_for_could_be_newer_with_all_else_as_new(
    universe: Universe, requirements: list[str]
) -> None:
    found = learning(*provider(published(universe), requirements, {}))
    if isinstance(found, dict):
        roots = {Requirement(text).name for text in requirements}
        pins = {str(name): int(str(node.candidate.version)) for (name, _), node in found.items()}
        for other in solutions(universe, requirements):
            assert all(other[root] == pins[root] for root in roots) or any(other[root] < pins[root] for root in roots)


def knot() -> FakeIndex:
    """Whichever of a and b comes first, what its releases lead to asks for another one of it."""
    index = FakeIndex().wheel("a", "1").wheel("a", "2", "b>=3").wheel("a", "3", "b!=3", "d>=3")
    index.wheel("b", "1").wheel("b", "2", "a==2").wheel("b", "3", "c<=1", "a>=3").wheel("c", "1").wheel("c", "3")
    return index.wheel("d", "2", "b>=1", "c<=3").wheel("d", "3", "a==1", "c!=2")


def test_where_no_order_leads_to_the_solution_it_is_found_without_going_back_release_by_release() -> None:
    requirements = ("a", "b", "c")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_going_back", lambda *_: pytest.fail("left to resolvelib"))
        found = resolve(declare(*requirements), HERE, Catalogue(knot()), Rules(policies=spec(*requirements)))
    assert {name: str(pin.candidate.version) for name, pin in found.pins.items()} == {"a": "1", "b": "1", "c": "3"}


def test_what_ruled_out_one_release_rules_out_all_that_ask_for_the_same() -> None:
    """As crewai beside pydantic-ai: hundreds of releases ask for what the other one leaves no way for."""
    index = (
        FakeIndex().wheel("openai", "1").wheel("openai", "2").wheel("mid", "1", "openai>=2").wheel("top", "1", "mid")
    )
    for version in range(1, 200):
        index.wheel("crew", str(version), "openai<2" if version > 3 else "openai", f"tools=={version}")
        index.wheel("tools", str(version))
    assert versions(index, "top", "crew") == {"crew": "3", "mid": "1", "openai": "2", "tools": "3", "top": "1"}
    assert sum(name.startswith("tools-") for name in index.read) < 5, "one with each release would be 197"


def test_another_gives_way_before_all_releases_of_a_project_are_read() -> None:
    """As jax beside spacy[cuda12x]: each spacy leads to a numpy that the newest jax does not take."""
    index = FakeIndex().wheel("numpy", "1").wheel("numpy", "2").wheel("jax", "1", "numpy").wheel("jax", "2", "numpy>=2")
    for version in range(1, 100):
        index.wheel("spacy", str(version), "cupy", "numpy")
    index.wheel("cupy", "1", "numpy<2")
    assert versions(index, "jax", "spacy") == {"cupy": "1", "jax": "1", "numpy": "1", "spacy": "99"}
    assert sum(name.startswith("spacy-") for name in index.read) == 1 + module.REFUSED


def test_a_pre_release_that_is_on_offer_for_what_another_asks_is_waited_for() -> None:
    index = (
        FakeIndex().wheel("a", "1", "c<2").wheel("a", "2rc1").wheel("b", "1", "a>=2rc1").wheel("c", "1").wheel("c", "2")
    )
    assert versions(index, "a", "c>=2", "b") == {"a": "2rc1", "b": "1", "c": "2"}
    found = learning(*provider(index, ["a", "c>=2"], {}))
    assert isinstance(found, NoWay)


def test_an_archive_at_a_url_has_to_be_what_others_ask_for() -> None:
    index = FakeIndex().wheel("a", "1").wheel("a", "2").wheel("b", "1").wheel("b", "2", "a>=2")
    assert versions(index, "b", "a @ https://files.index.example/fake/a-1-py3-none-any.whl") == {"a": "1", "b": "1"}


@pytest.mark.parametrize("requirements", [["nowhere"], ["a"], ["a @ https://files.index.example/fake/c-1.txt"]])
def test_what_cannot_be_had_at_all_is_no_way(requirements: list[str]) -> None:
    index = FakeIndex().wheel("a", "1", "b>1").wheel("b", "1").wheel("a", "2", "nowhere")
    index._add("a", "c-1.txt", {})
    assert isinstance(learning(*provider(index, requirements, {})), NoWay)


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONFLICTS", 1)
    assert learning(*provider(knot(), ["a", "b", "c"], {})) is None


def test_where_going_back_takes_too_long_the_proof_is_the_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    """As jax[cuda12] beside spacy[cuda12x]: of numpy there is none, whichever releases of the two are taken."""
    monkeypatch.setattr(search, "_ROUNDS_TO_EXPLAIN", 0)
    index = FakeIndex().wheel("numpy", "1").wheel("numpy", "2").wheel("cupy", "1", "numpy<2").wheel("aside", "1")
    index.wheel("jax", "8", "numpy>=2").wheel("jax", "9", "numpy>=2,!=3", "aside").wheel("spacy", "3", "cupy", "aside")
    requirements = ("jax", "spacy")
    with pytest.raises(NoSolution) as stopped:
        resolve(declare(*requirements), HERE, Catalogue(index), Rules(policies=spec(*requirements)))
    lines = str(stopped.value).splitlines()
    assert [line for line in lines if "no release meets" in line] == ["  numpy: no release meets all of"]
    text = " ".join(" ".join(lines).split())
    assert "numpy!=3,>=2 asked for by jax 9" in text
    assert "or numpy>=2 asked for by jax 8" in text
    assert "numpy<2 asked for by cupy 1 <- spacy 3" in text


def test_of_many_projects_that_releases_clash_about_the_first_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_ROUNDS_TO_EXPLAIN", 0)
    index = FakeIndex()
    for number in range(1, 11):
        index.wheel("flow", str(number), f"p{number}<2").wheel(f"p{number}", "1").wheel(f"p{number}", "2")
    index.wheel("web", "1", *(f"p{number}>=2" for number in range(1, 11)))
    with pytest.raises(NoSolution) as stopped:
        resolve(declare("web", "flow"), HERE, Catalogue(index), Rules(policies=spec("web", "flow")))
    told = [line.split(":")[0].strip() for line in str(stopped.value).splitlines() if "no release meets" in line]
    assert told == ["p10", "p8", "p9"]
    last = str(stopped.value).splitlines()[-1]
    assert last == "  other releases exclude each other too, by p1, p2, p3, p4, p5, p6 and 1 more"
