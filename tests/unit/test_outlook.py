"""What no solution has: told from the roots alone, and told only of what really has none."""

from __future__ import annotations

from resolver.resolution.catalogue import Catalogue
from resolver.resolution.outlook import Outlook
from resolver.resolution.provider import Provider
from resolver.resolution.search import resolve
from resolver.resolution.wanted import Node, Rules
from tests.support.environments import declare, environment, spec
from tests.support.fake_index import FakeIndex, published

HERE = environment()


def judged(index: FakeIndex, *requirements: str) -> tuple[Outlook, Provider]:
    provider = Provider(Catalogue(index), HERE, Rules(policies=spec(*requirements)))
    roots = [w for d in declare(*requirements) for w in provider.demands.expand(d.requirement, "spec")]
    return Outlook(roots, provider.demands.of, provider.matcher), provider


def hopeless(index: FakeIndex, project: str, *requirements: str) -> list[str]:
    """The releases of a project that are."""
    outlook, provider = judged(index, *requirements)
    [wanted] = [w for d in declare(project) for w in provider.demands.expand(d.requirement, "spec")]
    nodes = [Node(candidate) for candidate in provider.matcher.matches(wanted.key, [wanted])]
    return [str(node.candidate.version) for node in nodes if outlook.is_hopeless(node)]


def test_what_pins_something_hopeless_is_hopeless_itself() -> None:
    universe = {
        ("a", 3): ["b==3"], ("a", 2): ["b>=2,<3"], ("a", 1): ["b"],
        ("b", 3): ["c>=2"], ("b", 2): ["c>=2"], ("b", 1): ["c"],
        ("c", 2): [], ("c", 1): [],
    }  # fmt: skip
    index = published(universe)
    assert hopeless(index, "a", "a", "c<2") == ["3", "2"]
    assert hopeless(index, "b", "a", "c<2") == ["3", "2"]
    assert hopeless(index, "a", "a") == []


def test_a_project_that_is_not_there_leaves_nothing() -> None:
    assert hopeless(published({("a", 2): ["z"], ("a", 1): []}), "a", "a") == ["2"]


def test_a_circle_is_held_against_nobody() -> None:
    universe = {("a", 1): ["b"], ("b", 1): ["a"]}
    assert hopeless(published(universe), "a", "a") == []


def test_an_extra_is_judged_with_its_project() -> None:
    index = FakeIndex().wheel("a", "1", "b>=2; extra == 'x'", extras=["x"]).wheel("b", "2").wheel("b", "1")
    outlook, provider = judged(index, "a[x]", "b<2")
    [wanted] = [w for d in declare("a") for w in provider.demands.expand(d.requirement, "spec")]
    [candidate] = provider.matcher.matches(wanted.key, [wanted])
    assert not outlook.is_hopeless(Node(candidate))
    assert outlook.is_hopeless(Node(candidate, "x"))
    assert outlook.ruled_out == {("a", "x")}


def test_a_long_way_down_is_gone_without_going_back() -> None:
    """As boto3 with an old urllib3: every release stands and falls with one of another project."""
    releases = 400
    index = FakeIndex()
    for number in range(1, releases + 1):
        index.wheel("boto", f"1.{number}", f"core>=1.{number},<1.{number + 1}")
        index.wheel("core", f"1.{number}", "lib>=2" if number > 2 else "lib")
    index.wheel("lib", "1").wheel("lib", "2")
    catalogue = Catalogue(index)
    found = resolve(declare("boto", "lib<2"), HERE, catalogue, Rules(policies=spec("boto", "lib<2")))
    assert {name: str(pin.candidate.version) for name, pin in found.pins.items()} == {
        "boto": "1.2", "core": "1.2", "lib": "1",
    }  # fmt: skip
