"""A project that is included is there by itself: whoever asks for its name does not mean a release of it."""

from __future__ import annotations

import pytest

from resolver.errors import NoSolution
from tests.support.fake_index import FakeIndex
from tests.support.locking import messages, pins, run
from tests.unit.spec_files import HEAD, loaded

APP = """[project]
name = "App"
version = "3.0"
dependencies = ["flask"]
optional-dependencies = {fast = ["orjson"], slow = ["six"]}
[dependency-groups]
dev = ["app-dev"]
"""
INCLUDE = "include: [pyproject.toml]\n"


def index(asks: str = "app>=2") -> FakeIndex:
    found = FakeIndex().wheel("app", "9", "flask<2").wheel("app-dev", "1").wheel("app-dev", "2", asks)
    for name in ("flask", "orjson", "six"):
        found = found.wheel(name, "1").wheel(name, "2")
    return found


def test_no_release_of_it_is_locked_for_a_dependency() -> None:
    locked = run(loaded(f"{HEAD}{INCLUDE}", {"pyproject.toml": APP}), index())
    assert pins(locked, "e") == {"app-dev": "2", "flask": "2", "orjson": "2", "six": "2"}
    assert messages(locked, "included") == [
        "app is what pyproject.toml is for, so no release of it is locked; it is asked for by app-dev 2"
    ]


@pytest.mark.parametrize(
    "more",
    ["indexes: [{name: pypi, projects: [app]}, {name: main}]\n", "requirements: [app]\n", "overrides: [app>=1]\n"],
    ids=["bound", "required", "overridden"],
)
def test_the_spec_may_ask_an_index_for_it(more: str) -> None:
    more = more.replace("{name: main}", "{name: main, url: 'https://index.example/'}")
    locked = run(loaded(f"{HEAD}{INCLUDE}{more}", {"pyproject.toml": APP}), index())
    assert pins(locked, "e")["app"] == "9"
    assert messages(locked, "included") == []


def test_what_its_version_does_not_meet_is_passed_over() -> None:
    locked = run(loaded(f"{HEAD}{INCLUDE}", {"pyproject.toml": APP}), index("app>=4"))
    assert pins(locked, "e")["app-dev"] == "1"
    pinned = APP.replace('"app-dev"', '"app-dev==2"')
    with pytest.raises(NoSolution, match=r"asks for app>=4, and that is 3\.0 by pyproject\.toml, which is included"):
        run(loaded(f"{HEAD}{INCLUDE}", {"pyproject.toml": pinned}), index("app>=4"))


@pytest.mark.parametrize("version", ['version = "0.0.0"', 'dynamic = ["version"]', 'version = "none"'])
def test_a_version_that_is_not_known_will_do(version: str) -> None:
    text = APP.replace('version = "3.0"', version)
    assert pins(run(loaded(f"{HEAD}{INCLUDE}", {"pyproject.toml": text}), index("app>=4")), "e")["app-dev"] == "2"


def test_an_extra_of_it_that_is_not_included_is_told() -> None:
    text = f"{HEAD}include: [{{file: pyproject.toml, extras: [fast], groups: all}}]\n"
    locked = run(loaded(text, {"pyproject.toml": APP}), index("app[fast,slow]"))
    assert pins(locked, "e") == {"app-dev": "2", "flask": "2", "orjson": "2"}
    assert messages(locked, "extra") == ["app-dev 2 asks for app[slow]; pyproject.toml is included without it"]


def test_builds_are_done_with_releases() -> None:
    files = {"pyproject.toml": APP.replace('"App"', '"setuptools"').replace('"app-dev"', '"old"')}
    world = (
        index()
        .sdist("old", "1", {"PKG-INFO": "Metadata-Version: 2.2\nName: old\nVersion: 1\n"})
        .wheel("setuptools", "80")
        .wheel("wheel", "1")
    )
    locked = run(loaded(f"{HEAD}{INCLUDE}", files), world)
    assert "setuptools" not in pins(locked, "e")
    assert [list(closure) for closure in locked.lock.closures.values()] == [["setuptools"]]
