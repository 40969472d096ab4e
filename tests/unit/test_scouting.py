"""A scout asks for what the searches will look at, as soon as it is known, and never gets in their way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import pytest
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.environments.model import Environment
from resolver.errors import IndexFailure
from resolver.index import Project
from resolver.resolution.alignment import resolve_all
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.scouting import scout
from resolver.resolution.search import resolve
from resolver.resolution.wanted import Rules
from resolver.simple.model import File
from resolver.spec.model import Policy
from tests.support.environments import declare, environment, spec
from tests.support.fake_index import FakeIndex

HERE = environment()


class Distant(FakeIndex):
    """Nothing is at hand. ``waves``: the pages that were asked for together; ``failing``: those that cannot be had.

    ``late``: what comes when nothing else is left to come.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waves: list[list[NormalizedName]] = []
        self.ahead: list[str] = []
        self.failing: set[str] = set()
        self.coming: list[str] = []
        self.late: set[str] = set()

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        new = [name for name in dict.fromkeys(names) if not any(name in wave for wave in self.waves)]
        self.waves += [new] if new else []
        self.coming += new
        return True

    def prefetch_metadata(self, file: File) -> str | None:
        if file.filename not in self.ahead:
            self.ahead.append(file.filename)
            self.coming.append(file.url)
        return file.url

    def next_come(self) -> str | None:
        come = min(self.coming, key=lambda one: one in self.late, default=None)
        if come is not None:
            self.coming.remove(come)
        return come

    def project(self, name: NormalizedName) -> Project:
        if name in self.failing:
            raise IndexFailure(f"{name} cannot be had")
        return super().project(name)


def index() -> Distant:
    made = Distant()
    made.wheel("a", "2", "c", "d[more]<2").wheel("a", "1").wheel("b", "1", "c", 'w ; sys_platform == "win32"')
    made.wheel("c", "1", "e").wheel("d", "2").wheel("d", "1", 'f ; extra == "more"', extras=["more"])
    made.wheel("e", "1").wheel("f", "1").wheel("w", "1")
    return made


def look(index: FakeIndex, *requirements: str, kept: dict[str, Version] | None = None) -> None:
    preferred = {HERE.name: {NormalizedName(name): version for name, version in (kept or {}).items()}}
    scout(declare(*requirements), [HERE], Catalogue(index), Rules(policies=spec(*requirements)), preferred)


def test_what_a_project_asks_for_is_asked_for_at_once() -> None:
    made = index()
    look(made, "a", "b")
    assert [name for wave in made.waves for name in wave] == ["a", "b", "c", "d", "e", "f"]
    assert made.ahead == [f"{name}-py3-none-any.whl" for name in ("a-2", "b-1", "c-1", "d-1", "e-1", "f-1")]


def test_no_project_waits_for_another_that_does_not_lead_to_it() -> None:
    made = index()
    made.late = {"b", "c"}
    look(made, "a", "b")
    assert made.ahead == [f"{name}-py3-none-any.whl" for name in ("a-2", "d-1", "f-1", "b-1", "c-1", "e-1")]


def test_what_is_not_told_to_come_is_had_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = index()
    monkeypatch.setattr(made, "next_come", lambda: None)
    look(made, "a", "b")
    assert sorted(made.asked) == ["a", "b", "c", "d", "e", "f"]


def test_what_an_older_lock_holds_on_to_is_what_will_be_looked_at() -> None:
    made = index()
    look(made, "a", kept={"a": Version("1")})
    assert made.waves == [["a"]]
    assert made.ahead == ["a-1-py3-none-any.whl"]


def test_of_what_the_spec_asks_for_the_lowest_is_looked_at_where_that_comes_first() -> None:
    made = index()
    policies = spec("a", policy=Policy(strategy="lowest-direct"))
    scout(declare("a"), [HERE], Catalogue(made), Rules(policies=policies), {})
    assert made.ahead == ["a-1-py3-none-any.whl"]


def test_it_stays_at_home_where_everything_is_at_hand() -> None:
    made = FakeIndex().wheel("a", "1")
    look(made, "a")
    assert made.asked == []


PYPROJECT = """\
[build-system]
requires = ["a", "w; sys_platform == 'win32'"]
build-backend = "backend"
"""
PKG_INFO = "Metadata-Version: {version}\nName: s\nVersion: 1\nRequires-Dist: b\n"
SDIST = {"pyproject.toml": PYPROJECT, "PKG-INFO": PKG_INFO.format(version="2.2")}


def test_an_sdist_leads_to_what_it_asks_for_and_to_what_its_build_does() -> None:
    made = index().sdist("s", "1", SDIST)
    look(made, "s")
    assert [name for wave in made.waves for name in wave] == ["s", "b", "a", "c", "d", "e", "f"]
    assert made.ahead[0] == "s-1.tar.gz"


def test_no_backend_is_asked_for_a_guess() -> None:
    made = index().sdist("s", "1", {**SDIST, "PKG-INFO": PKG_INFO.format(version="2.1")})

    class Asked:
        def metadata(self, candidate: Candidate, environment: Environment) -> NoReturn:
            raise AssertionError(f"{candidate} for {environment}")

    catalogue = Catalogue(made)
    catalogue.dynamic = Asked()
    scout(declare("s"), [HERE], catalogue, Rules(policies=spec("s")), {})
    [(sdist, _)] = [one for one in catalogue._claims.items() if one[0].kind == "sdist"]
    assert catalogue.stated(sdist).uncertain
    assert "a" in [name for wave in made.waves for name in wave]


@pytest.mark.parametrize("size", [None, 1 << 30])
def test_large_sdists_and_urls_are_left_to_the_search(size: int | None) -> None:
    made = index().sdist("s", "1", SDIST, size=size)
    look(made, "s", "a @ https://files.index.example/fake/a-2-py3-none-any.whl")
    assert made.read == made.ahead == []


def test_what_fails_is_told_by_the_search_alone() -> None:
    made = index()
    made.failing = {"c"}
    look(made, "a", "nobody-has-it", "b")
    assert "d-1-py3-none-any.whl" in made.ahead
    with pytest.raises(IndexFailure, match="c cannot be had"):
        resolve(declare("a"), HERE, Catalogue(made), Rules(policies=spec("a")))


def test_the_search_finds_what_it_finds_without() -> None:
    rules = Rules(policies=spec("a", "b"))
    [ahead] = resolve_all(declare("a", "b"), [HERE], Catalogue(index()), rules).values()
    alone = resolve(declare("a", "b"), HERE, Catalogue(index()), rules)
    assert [str(pin.candidate) for pin in ahead.pins.values()] == [str(pin.candidate) for pin in alone.pins.values()]
