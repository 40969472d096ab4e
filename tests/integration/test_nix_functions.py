"""The unit tests of the Nix rules, `rules/nix/tests`, evaluated by every Nix that is here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver.lock.codec import loads
from resolver.vendor.nix_store import store_name
from tests.support.bazels import ROOT
from tests.support.nixes import Nix, Store, given, params

RULES = ROOT / "rules/nix"
TESTS = RULES / "tests"


@pytest.fixture(params=params())
def nix(request: pytest.FixtureRequest) -> Nix:
    return given(request)


def test_functions(nix: Nix, tmp_path: Path) -> None:
    store = Store(nix=nix, folder=tmp_path / "nix", shared=())
    said = store.ok("nix-instantiate", "--eval", "--strict", "--json", str(TESTS), network=False)
    results = json.loads(said)
    assert len(results) > 40
    wrong = {name: result for name, result in results.items() if result["expr"] != result["expected"]}
    assert not wrong, json.dumps(wrong, indent=2)


@pytest.mark.parametrize(
    "path", [ROOT / "flake.nix", *sorted([*RULES.rglob("*.nix"), *(ROOT / "examples").rglob("*.nix")])], ids=str
)
def test_layout(path: Path) -> None:
    """No formatter for Nix can be had from the registries that the tests use; this much needs none."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith(("#", "let\n", "{\n"))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\t" not in text
    assert [line for line in text.splitlines() if len(line) > 120 or line != line.rstrip()] == []


def test_the_lock_of_the_tests_is_one() -> None:
    assert loads((TESTS / "lock.json").read_text(encoding="utf-8")).environments


def test_names_in_the_store_are_the_same_on_both_sides() -> None:
    table = json.loads((TESTS / "store_names.json").read_text(encoding="utf-8"))
    assert {name: store_name(name) for name in table} == table
    assert max(map(len, table.values())) == 207
