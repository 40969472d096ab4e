"""A search that goes through a project release by release has the next ones read meanwhile."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import resolve
from resolver.resolution.wanted import Rules
from resolver.simple.model import File
from resolver.spec.model import Policy, Strategy
from tests.support.environments import WINDOWS, declare, environment, spec
from tests.support.fake_index import FakeIndex

HERE = environment()


class Hinted(FakeIndex):
    """Notes what is hinted at before it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.hints: list[str] = []

    def prefetch_metadata(self, file: File) -> None:
        if file.filename not in self.read and file.filename not in self.hints:
            self.hints.append(file.filename)


def test_the_next_releases_are_hinted_at_once_some_were_refused() -> None:
    index = Hinted()
    for number in range(1, 101):
        index.wheel("a", str(number), "b>=2" if number > 10 else "b")
    index.wheel("b", "1").wheel("b", "2").wheel("c", "1", "b").wheel("d", "1")
    found = resolve(declare("a", "b<2", "c"), HERE, Catalogue(index), Rules(policies=spec("a", "b<2", "c")))
    assert str(found.pins[canonicalize_name("a")].candidate.version) == "10"
    ahead = [name for name in index.hints if name.startswith("a-")]
    assert len(ahead) > 80
    assert not [name for name in index.hints if name.startswith("d-")]
    assert ahead[:2] == ["a-100-py3-none-any.whl", "a-98-py3-none-any.whl"], "the second is read before it is asked for"
    assert ahead == sorted(ahead, key=lambda name: -int(name.split("-")[1]))


@pytest.mark.parametrize("strategy", ["lowest", "lowest-direct"])
def test_the_next_releases_are_newer_where_the_lowest_comes_first(strategy: Strategy) -> None:
    index = Hinted()
    for number in range(1, 101):
        index.wheel("a", str(number), "b" if number > 90 else "b>=2")
    index.wheel("b", "1").wheel("b", "2")
    rules = Rules(policies=spec("a>=50", "b<2", policy=Policy(strategy=strategy)))
    found = resolve(declare("a>=50", "b<2"), HERE, Catalogue(index), rules)
    assert str(found.pins[canonicalize_name("a")].candidate.version) == "91"
    ahead = [int(name.split("-")[1]) for name in index.hints if name.startswith("a-")]
    assert ahead == sorted(ahead)
    assert (ahead[:2], len(ahead) > 40) == ([50, 52], True)


def test_what_is_no_root_is_read_from_the_newest_on_where_the_roots_are_lowest() -> None:
    index = Hinted().wheel("r", "1", "a")
    for number in range(1, 31):
        index.wheel("a", str(number), "b" if number < 10 else "b>=2")
    index.wheel("b", "1").wheel("b", "2")
    rules = Rules(policies=spec("r", "b<2", policy=Policy(strategy="lowest-direct")))
    found = resolve(declare("r", "b<2"), HERE, Catalogue(index), rules)
    assert str(found.pins[canonicalize_name("a")].candidate.version) == "9"
    ahead = [int(name.split("-")[1]) for name in index.hints if name.startswith("a-")]
    assert ahead[:2] == [30, 28]


def test_a_release_and_its_extras_are_one_release() -> None:
    index = Hinted()
    for number in range(1, 9):
        index.wheel("a", str(number), 'b ; extra == "one"', 'b ; extra == "two"', extras=["one", "two"])
    index.wheel("b", "1")
    resolve(declare("a[one,two]"), HERE, Catalogue(index), Rules(policies=spec("a[one,two]")))
    assert index.hints == ["a-8-py3-none-any.whl", "b-1-py3-none-any.whl"]


def test_who_goes_further_than_another_environment_has_the_rest_read_ahead() -> None:
    index = Hinted()
    for number in range(1, 101):
        here = "2" if number > 90 else "1"
        windows = "2" if number > 20 else "1"
        index.wheel("a", str(number), f'b>={here} ; os_name == "posix"', f'b>={windows} ; os_name == "nt"')
    index.wheel("b", "1").wheel("b", "2")
    catalogue, wanted, rules = Catalogue(index), declare("a", "b<2"), Rules(policies=spec("a", "b<2"))
    for environ, expected, fewest in ((HERE, "90", 8), (environment(WINDOWS), "20", 60)):
        index.hints.clear()
        found = resolve(wanted, environ, catalogue, rules)
        assert str(found.pins[canonicalize_name("a")].candidate.version) == expected
        assert len([name for name in index.hints if name.startswith("a-")]) > fewest
