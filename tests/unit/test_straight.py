"""The straight way finds what resolvelib finds, or leaves the search to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from resolvelib import BaseReporter, ResolutionImpossible, Resolver

from resolver.errors import NoSolution
from resolver.metadata.model import SdistFiles
from resolver.resolution import search
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.provider import Provider
from resolver.resolution.search import resolve
from resolver.resolution.straight import DeadEnd, Information, _Criterion, reached, straight
from resolver.resolution.wanted import Key, Node, Rules, Wanted
from resolver.simple.model import File
from resolver.spec.model import Policy
from tests.support.environments import declare, environment, spec
from tests.support.fake_index import FakeIndex, Universe, published, written

HERE = environment()
PROJECTS = "abcdef"


def key(name: str) -> Key:
    """A project without its extras."""
    return canonicalize_name(name), ""


def provider(
    index: FakeIndex, requirements: list[str], preferences: Mapping[str, int], policy: Policy | None = None
) -> tuple[Provider, list[Wanted]]:
    kept = {canonicalize_name(name): Version(str(version)) for name, version in preferences.items()}
    policies = spec(*requirements, policy=policy or Policy())
    rules = Rules(policies=policies, preferences=kept).beginning_with(declare(*requirements))
    made = Provider(Catalogue(index), HERE, rules)
    roots = [w for d in declare(*requirements) for w in made.demands.expand(d.requirement, "spec")]
    return made, roots


def described(pins: Mapping[Key, Node]) -> dict[Key, str]:
    return {key: str(node) for key, node in pins.items()}


_versions = st.integers(1, 4)
_requirement = st.builds(
    lambda name, extra, operator, version: f"{name}{extra}{operator}{version if operator else ''}",
    st.sampled_from(PROJECTS),
    st.sampled_from(["", "", "", "[x]"]),
    st.sampled_from(["", "", ">=", "<=", "==", "!="]),
    _versions,
)
_in_extra = st.builds(lambda text: f"{text} ; extra == 'x'", _requirement)
_universe = st.dictionaries(
    st.tuples(st.sampled_from(PROJECTS), _versions), st.lists(_requirement | _in_extra, max_size=3), min_size=6
)


@given(
    _universe,
    st.lists(_requirement, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(PROJECTS), _versions),
    st.sets(st.tuples(st.sampled_from(PROJECTS), _versions)),
    st.booleans(),
    st.sets(st.tuples(st.sampled_from(PROJECTS), _versions)),
    st.builds(Policy, sdists=st.sampled_from(["fallback", "avoid"]), strategy=st.sampled_from(["highest", "lowest"])),
)
@settings(max_examples=200)
def test_it_finds_what_resolvelib_finds(
    universe: Universe,
    requirements: list[str],
    preferences: dict[str, int],
    yanked: Set[tuple[str, int]],
    with_prereleases: bool,
    sdists: Set[tuple[str, int]],
    policy: Policy,
) -> None:
    index = published(universe, yanked, with_prereleases=with_prereleases, sdists=sdists)
    if with_prereleases:
        requirements = [written(one) for one in requirements]
    found = straight(*provider(index, requirements, preferences, policy))
    if not isinstance(found, dict):
        return
    asked, roots = provider(index, requirements, preferences, policy)
    assert described(found) == described(search._found(asked, roots))


@given(_universe, st.lists(_requirement, min_size=1, max_size=3))
@settings(max_examples=60)
def test_where_the_straight_way_and_resolvelib_differ_both_have_a_solution(
    universe: Universe, requirements: list[str]
) -> None:
    """With or without the straight way there is a solution, or the same explanation."""

    def answer() -> object:
        rules = Rules(policies=spec(*requirements))
        try:
            found = resolve(declare(*requirements), HERE, Catalogue(published(universe)), rules)
        except NoSolution as error:
            return str(error)
        return {name: int(str(pin.candidate.version)) for name, pin in found.pins.items()}

    with pytest.MonkeyPatch.context() as patch:
        with_it = answer()
        patch.setattr(search, "straight", lambda *_, **__: None)
        without = answer()
    if isinstance(with_it, dict) and isinstance(without, dict):
        assert_solution(with_it, universe, requirements)
        assert_solution(without, universe, requirements)
    else:
        assert with_it == without


def assert_solution(pins: Mapping[str, int], universe: Universe, requirements: list[str]) -> None:
    """Every requirement that the spec and the pins make is met. Extras are asked for by whoever names them."""
    waiting = [Requirement(text) for text in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        asked = waiting.pop()
        assert asked.specifier.contains(str(pins[asked.name])), f"{asked} is not met by {pins}"
        for extra in {"", *asked.extras} - {extra for name, extra in seen if name == asked.name}:
            seen.add((asked.name, extra))
            found = (Requirement(text) for text in universe[asked.name, pins[asked.name]])
            waiting += [one for one in found if one.marker is None or one.marker.evaluate({"extra": extra})]
    assert set(pins) == {name for name, _ in seen}, "nothing is pinned that nothing asks for"


def test_pins_that_ask_for_one_another_and_nobody_for_them_are_left_behind() -> None:
    made, [root] = provider(published({("a", 1): [], ("b", 1): ["c"], ("c", 1): ["b"]}), ["a"], {})
    pins: dict[Key, Node] = {}
    asked: dict[Key, list[Information]] = {root.key: [Information(root, None)]}
    for name in "abc":
        wanted = Wanted(key=key(name))
        [pins[wanted.key]] = made.find_matches(wanted.key, {wanted.key: iter([wanted])}, {wanted.key: iter(())})()
    for parent in (pins[key("b")], pins[key("c")]):
        for wanted in made.get_dependencies(parent):
            asked[wanted.key] = [Information(wanted, parent)]
    assert described(reached(asked, pins)) == {("a", ""): "a 1"}


def test_a_release_that_rules_itself_out_is_passed_over() -> None:
    universe = {("a", 2): ["a!=2"], ("a", 1): []}
    found = straight(*provider(published(universe), ["a"], {}))
    assert isinstance(found, dict)
    assert described(found) == {("a", ""): "a 1"}


def test_a_candidate_whose_requirements_do_not_fit_is_passed_over() -> None:
    universe = {("a", 2): ["b>=3"], ("a", 1): [], ("b", 1): [], ("c", 1): ["b<2"]}
    found = straight(*provider(published(universe), ["c", "b<2", "a"], {}))
    assert isinstance(found, dict)
    assert described(found)[key("a")] == "a 1"


def test_a_pin_that_fits_no_longer_is_pinned_anew_and_what_it_asked_for_is_forgotten() -> None:
    universe = {("a", 2): ["c"], ("a", 1): [], ("b", 1): ["a<2"], ("c", 1): []}
    found = straight(*provider(published(universe), ["a", "b"], {}))
    assert isinstance(found, dict)
    assert described(found) == {("a", ""): "a 1", ("b", ""): "b 1"}


@pytest.mark.parametrize("find", [straight, search._found], ids=["straight", "resolvelib"])
def test_a_pin_that_fits_again_is_asked_again_what_it_asks_for(find: Callable[..., Mapping[Key, Node]]) -> None:
    """a 2 asks for g 1, which rules it out and asks for f, and that rules out g 1: a 2 fits again, with its g gone."""
    universe = {("a", 1): [], ("a", 2): ["g==1"], ("g", 1): ["a!=2", "f<5"], ("g", 2): [], ("f", 1): ["g>=2"]}
    assert described(find(*provider(published(universe), ["a", "g"], {}))) == {key("a"): "a 1", key("g"): "g 2"}


@pytest.mark.parametrize(
    ("universe", "dead_end"),
    [
        (
            {("a", 1): ["c<2"], ("b", 1): ["c>=2"], ("c", 1): [], ("c", 2): []},
            DeadEnd(key=key("b"), culprits=frozenset({key("a")})),
        ),
        ({("a", 1): ["d"], ("b", 1): []}, DeadEnd(key=key("a"), culprits=frozenset())),
    ],
    ids=["a conflict", "a project that is not there"],
)
def test_where_there_is_no_way_straight_on_it_says_what_stood_in_the_way(universe: Universe, dead_end: DeadEnd) -> None:
    asked, roots = provider(published(universe), ["a", "b"], {})
    assert straight(asked, roots) == dead_end
    with pytest.raises(ResolutionImpossible):
        Resolver(asked, BaseReporter[Wanted, Node, Key]()).resolve(roots, max_rounds=100)


def test_a_dead_end_teaches_an_order_in_which_there_is_none() -> None:
    """As aiobotocore has it: whoever pins boto3 first leaves its botocore to nobody else."""
    universe: dict[tuple[str, int], list[str]] = {("top", 1): ["boto", "late"], ("late", 1): ["aio"]}
    for version in range(1, 30):
        universe["boto", version] = [f"core=={version}"]
        universe["core", version] = []
    universe.update({("aio", 1): ["core<5"], ("aio", 2): ["core<9"]})
    index = published(universe)
    asked, roots = provider(index, ["top"], {})
    assert straight(asked, roots) == DeadEnd(key=key("aio"), culprits=frozenset({key("boto")}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_learning", lambda *_, **__: pytest.fail("the order alone is enough"))
        found = resolve(declare("top"), HERE, Catalogue(index), Rules(policies=spec("top")))
    assert {name: str(pin.candidate.version) for name, pin in found.pins.items()} == {
        "aio": "2", "boto": "8", "core": "8", "late": "1", "top": "1",
    }  # fmt: skip


def test_what_is_asked_for_no_more_may_be_anything_and_comes_last() -> None:
    """resolvelib goes on asking about a project after it went back from all that asked for it."""
    made, [root] = provider(published({("a", 1): [], ("a", 2): []}), ["a"], {})
    nothing = {root.key: iter(())}
    found = list(made.find_matches(root.key, {root.key: iter(())}, {root.key: iter(())})())
    assert [str(node) for node in found] == ["a 2", "a 1"]
    wanted = {root.key: iter([Information(root, None)])}
    assert made.get_preference(root.key, {}, {}, nothing, ()) > made.get_preference(root.key, {}, {}, wanted, ())


@pytest.mark.parametrize("requirements", [("flow", "bento"), ("bento", "flow")])
def test_what_the_spec_asks_for_is_not_taken_back_for_a_patch_level(requirements: tuple[str, ...]) -> None:
    """As bentoml beside mlflow, whose OpenTelemetry has a newer patch level than bentoml's parts of it."""
    index = FakeIndex().wheel("flow", "1", "sdk<3").wheel("bento", "1")
    index.wheel("bento", "2", "aio==1", "names>=1")
    index.wheel("aio", "1", "names==1").wheel("names", "1").wheel("names", "2")
    index.wheel("sdk", "1", "names==1").wheel("sdk", "2", "names==2")
    found = resolve(declare(*requirements), HERE, Catalogue(index), Rules(policies=spec(*requirements)))
    assert {name: str(pin.candidate.version) for name, pin in found.pins.items()} == {
        "aio": "1",
        "bento": "2",
        "flow": "1",
        "names": "1",
        "sdk": "1",
    }


@pytest.mark.parametrize("requirements", [("flow", "bento"), ("bento", "flow")])
def test_of_two_dead_ends_the_second_takes_nothing_back_from_the_first(requirements: tuple[str, ...]) -> None:
    """As mlflow has it: an exporter stands in the way of the very SDK that is to give way to bentoml's parts."""
    index = FakeIndex().wheel("flow", "1", "export", "sdk<3").wheel("bento", "1")
    index.wheel("bento", "2", "aio>=1", "names>=1").wheel("bento", "3", "aio>=1", "names>=1")
    index.wheel("aio", "1", "names==1").wheel("names", "1").wheel("names", "2")
    for version in ("1", "2"):
        index.wheel("sdk", version, f"names=={version}").wheel("export", version, f"sdk=={version}")
    assert newest(index, *requirements) == {
        "aio": "1",
        "bento": "3",
        "export": "1",
        "flow": "1",
        "names": "1",
        "sdk": "1",
    }


def test_who_asks_for_what_cannot_be_pinned_is_passed_over() -> None:
    """As homeassistant has it: no order helps, since the project without a candidate is asked for by one alone."""
    index = FakeIndex().wheel("home", "1", "crypto<2").wheel("home", "2", "crypto==1", "blue")
    for version in range(1, 6):
        index.wheel("blue", str(version), f"tools>={version}", "adapter")
        index.wheel("tools", str(version), "crypto>=2" if version > 3 else "crypto>=1")
    index.wheel("adapter", "1").wheel("crypto", "1").wheel("crypto", "2")
    assert newest(index, "home") == {"adapter": "1", "blue": "3", "crypto": "1", "home": "2", "tools": "3"}


def test_where_dead_ends_contradict_each_other_the_later_one_is_right() -> None:
    """As jax[cuda12] beside spacy[cuda12x]: each of them is stuck in turn by what the other one leads to."""
    index = FakeIndex().wheel("jax", "1").wheel("jax", "2", "spacy<2")
    index.wheel("spacy", "1", "jax>=2").wheel("spacy", "2").wheel("late", "1", "cupy").wheel("cupy", "1", "jax==1")
    assert newest(index, "jax", "spacy", "late") == {"cupy": "1", "jax": "1", "late": "1", "spacy": "2"}


def newest(index: FakeIndex, *requirements: str, policy: Policy | None = None) -> dict[str, str]:
    """The pins that are found with no step back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_going_back", lambda *_: pytest.fail("left to resolvelib"))
        rules = Rules(policies=spec(*requirements, policy=policy or Policy()))
        found = resolve(declare(*requirements), HERE, Catalogue(index), rules)
    return {str(name): str(pin.candidate.version) for name, pin in found.pins.items()}


def test_a_release_without_the_extra_that_is_asked_for_is_no_way_out() -> None:
    """As litellm[proxy] beside crewai: a litellm of the first year has no such extra, and so goes with anything."""
    index = FakeIndex().wheel("lite", "1").wheel("lite", "2", "rich<14 ; extra == 'proxy'", extras=["proxy"])
    index.wheel("rich", "13").wheel("rich", "14").wheel("screen", "1", "rich>=14")
    index.wheel("crew", "1").wheel("crew", "2", "screen")
    assert newest(index, "crew", "lite[proxy]") == {"crew": "1", "lite": "2", "rich": "13"}


def test_an_extra_that_the_newest_release_has_no_more_takes_nothing_back() -> None:
    index = FakeIndex().wheel("lite", "1", extras=["proxy"]).wheel("lite", "2")
    assert newest(index, "lite[proxy]") == {"lite": "2"}


def test_of_sdists_that_are_avoided_no_more_are_read_for_an_extra_than_are_tried() -> None:
    index, head = FakeIndex().wheel("lite", "1"), "Metadata-Version: 2.2\nName: lite\nProvides-Extra: proxy\n"
    for number in range(2, 40):
        index.sdist("lite", str(number), {"PKG-INFO": f"{head}Version: {number}\n"})
    read, files = list[str](), index.sdist_files

    def noted(file: File) -> SdistFiles:
        read.append(file.filename)
        return files(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "sdist_files", noted)
        assert newest(index, "lite[proxy]", policy=Policy(sdists="avoid")) == {"lite": "39"}
    assert set(read) == {"lite-39.tar.gz"}


def test_an_extra_that_old_sdists_alone_have_takes_nothing_back() -> None:
    """As aiobotocore[boto3] has it, where sdists are avoided: the first releases had that extra, and no wheels."""
    index = FakeIndex().wheel("aio", "3", "core>=3").wheel("aio", "2", "core>=2").wheel("core", "2").wheel("core", "3")
    head = "Metadata-Version: 2.2\nName: aio\nVersion: 1\nProvides-Extra: boto\n"
    index.sdist("aio", "1", {"PKG-INFO": head}).wheel("top", "1", "core<3")
    policy = Policy(sdists="avoid")
    assert newest(index, "top", "aio[boto]", policy=policy) == {"aio": "2", "core": "2", "top": "1"}


@pytest.mark.parametrize("sdists", ["fallback", "avoid"])
def test_where_an_extra_has_to_be_lost_the_newest_release_that_will_do_is_taken(
    sdists: Literal["fallback", "avoid"],
) -> None:
    """As spacy[cuda12x] for Windows, where no cupy is: going back release by release found one that cannot be built."""
    index = FakeIndex().wheel("spacy", "1").wheel("spacy", "2", "pydantic<2").wheel("jax", "1", "pydantic")
    index.wheel("spacy", "3", "cupy ; extra == 'cuda'", extras=["cuda"]).wheel("pydantic", "1").wheel("pydantic", "2")
    policy = Policy(sdists=sdists)
    assert newest(index, "jax", "spacy[cuda]", policy=policy) == {"jax": "1", "pydantic": "1", "spacy": "2"}


def test_an_extra_is_lost_where_nothing_else_is_left() -> None:
    index = FakeIndex().wheel("lite", "1").wheel("lite", "2", "rich<14 ; extra == 'proxy'", extras=["proxy"])
    index.wheel("rich", "13").wheel("rich", "14").wheel("crew", "2", "rich>=14")
    requirements = ("crew", "lite[proxy]")
    found = resolve(declare(*requirements), HERE, Catalogue(index), Rules(policies=spec(*requirements)))
    assert str(found.pins[canonicalize_name("lite")].candidate.version) == "1"
    assert [notice.kind for notice in found.notices] == ["extra"]


def test_a_release_that_asks_for_a_project_a_thousand_times_has_what_is_asked_copied_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[int] = []
    copy = _Criterion.copy

    def counted(criterion: _Criterion) -> _Criterion:
        copied.append(len(criterion.claims))
        return copy(criterion)

    monkeypatch.setattr(_Criterion, "copy", counted)
    index = FakeIndex().wheel("a", "1", *(f"b>=0.{number}" for number in range(1000))).wheel("b", "1")
    made, roots = provider(index, ["a", "b"], {})
    pins = straight(made, roots)
    assert isinstance(pins, dict)
    assert described(pins) == {key("a"): "a 1", key("b"): "b 1"}
    assert copied == [1]
