"""docs/nix.md, the flake and the example for Nix, as somebody follows them, on every Nix that is here."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.bazels import ROOT
from tests.support.command_line import run
from tests.support.nixes import Nix, Store, given, nixes, params

pytestmark = pytest.mark.pypi

BLOCK = re.compile(r"^```(\S+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STUB = ROOT / "rules/nix/tests/nixpkgs.nix"


@pytest.fixture(params=params())
def nix(request: pytest.FixtureRequest) -> Nix:
    return given(request)


def guide(nix: Nix) -> dict[str, str]:
    """Its blocks by name, for the Python that this Nix has: no machine has them all."""
    found = BLOCK.finditer((ROOT / "docs/nix.md").read_text(encoding="utf-8"))
    return {block[2]: block[3].replace("3.12", nix.python) for block in found}


def locked(folder: Path, downloads: Path) -> None:
    lock = str(folder / "lock.json")
    code, said = run("resolve", "--spec", str(folder / "spec.yaml"), "--lock", lock, "--cache-dir", str(downloads))
    assert code == 0, said


def carry_rules(folder: Path) -> Path:
    """What a checkout holds that Nix reads, and the resolver's file."""
    for name in ("rules/nix", "rules/private/tools", "examples/nix"):
        ignore = shutil.ignore_patterns("__pycache__", "lock.json")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("flake.nix", "dist/wheelhouse.pyz"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def follow(store: Store, block: str, folder: Path, *, network: bool) -> list[str]:
    """Run a block line by line; what each of them printed."""
    return [
        store.ok("bash", "-euo", "pipefail", "-c", line, cwd=folder, network=network) for line in block.splitlines()
    ]


def test_the_guide(nix: Nix, tmp_path: Path, downloads: Path, tool: Path) -> None:
    blocks = guide(nix)
    shop = tmp_path / "shop"
    shop.mkdir()
    for name in ("spec.yaml", "default.nix", "overlay.nix"):
        (shop / name).write_text(blocks[name], encoding="utf-8")
    carry_rules(shop / "third_party/rules_wheelhouse")
    locked(shop, downloads)
    store = Store(nix=nix, folder=tmp_path / "store", shared=(shop,))
    said = follow(store, blocks["use"], shop, network=True)
    assert [line for line in said if line.startswith("black, ")] == [said[2], said[6]]

    version = store.ok(
        *("nix-instantiate", "--eval", "--json", "-I", f"nixpkgs={STUB}", "overlay.nix"),
        *("-A", f"python{nix.python.replace('.', '')}.pkgs.docopt.version"),
        cwd=shop,
        network=False,
    )
    assert version.strip() == '"0.6.2"'

    [words] = [line.split() for line in blocks["carry"].splitlines()]
    assert words[0] == "wheelhouse"
    options = ["--lock", str(shop / "lock.json"), "--cache-dir", str(downloads)]
    code, told = run("vendor", str(shop / words[2]), *words[3:], *options)
    assert code == 0, told
    closed = Store(nix=nix, folder=tmp_path / "closed", shared=(shop,))
    assert "files are in the store of Nix" in follow(closed, blocks["closed"], shop, network=False)[0]


def test_the_guide_to_flakes(nix: Nix, tmp_path: Path, downloads: Path, tool: Path) -> None:
    blocks = guide(nix)
    shop, rules = tmp_path / "shop", carry_rules(tmp_path / "rules")
    shop.mkdir()
    (shop / "spec.yaml").write_text(blocks["spec.yaml"], encoding="utf-8")
    (shop / "flake.nix").write_text(blocks["flake.nix"].replace("/srv/rules_wheelhouse", str(rules)), encoding="utf-8")
    locked(shop, downloads)
    store = Store(nix=nix, folder=tmp_path / "store", shared=(shop, rules))
    assert "black, " in follow(store, blocks["flake"], shop, network=True)[1]
    shown = store.ok("nix", "flake", "show", f"path:{rules}", network=False)
    assert "default: template: A lock's environment" in re.sub(r"\x1b\[\d*m", "", shown)


def test_the_example(nix: Nix, tmp_path: Path, downloads: Path, tool: Path) -> None:
    if nix != nixes()[-1]:
        pytest.skip("the newest is enough: the guide, which has all of it, is followed on each")
    shop, rules = tmp_path / "shop", carry_rules(tmp_path / "rules")
    store = Store(nix=nix, folder=tmp_path / "store", shared=(tmp_path,))
    shop.mkdir()
    store.ok("nix", "flake", "init", "-t", f"path:{rules}", cwd=shop, network=False)
    for path in (shop / "spec.yaml", shop / "default.nix", shop / "flake.nix"):
        text = path.read_text(encoding="utf-8").replace("3.12", nix.python).replace("../..", str(rules))
        path.write_text(text, encoding="utf-8")
    locked(shop, downloads)
    [result] = store.build("-A", "test", cwd=shop)
    assert store.place(result).read_text(encoding="utf-8").endswith("markupsafe._speedups\n")
    store.build("-A", "pypi.index", cwd=shop)
    assert store.ok("nix", "run", ".", "--", "--version", cwd=shop, network=False).startswith("black")
    store.ok("nix", "flake", "check", cwd=shop, network=False)
