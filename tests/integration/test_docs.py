"""Every example of the documentation is run: specs load, commands exist, and the tour works on real packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.environments.expand import check_named, expand
from resolver.spec.load import load
from tests.support.desk import add, furnish
from tests.support.machine import empty_network, skip

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
BLOCK = re.compile(r"^```(\S+)[ ]?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = {"sh", "yaml"}
SHOWN = {"python", "starlark", "text"}


def blocks(language: str, name: str | None = None) -> list[tuple[str, str]]:
    return [
        (f"{page.name}:{page.read_text()[: found.start()].count(chr(10)) + 1}", found[3])
        for page in PAGES
        for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
        if found[1] == language and name in {None, found[2]}
    ]


def shell(script: str, folder: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    environment = {**clean, "PATH": path, "PIP_CONFIG_FILE": os.devnull, "WHEELHOUSE_CACHE_DIR": str(folder / "cache")}
    command = [*prefix, "bash", "-euo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_no_block_escapes() -> None:
    languages = {found[1] for page in PAGES for found in BLOCK.finditer(page.read_text(encoding="utf-8"))}
    assert languages <= RUN | SHOWN


@pytest.mark.parametrize(("place", "text"), blocks("yaml"))
def test_specs_load(place: str, text: str) -> None:
    spec = load("spec.yaml", lambda _: text.encode())
    environments = expand(spec.environments)
    assert environments, place
    check_named(spec.build, environments)


@pytest.mark.parametrize(("place", "text"), blocks("sh", "help"))
def test_help(place: str, text: str, tmp_path: Path) -> None:
    done = shell(text, tmp_path)
    assert done.returncode == 0, f"{place}: {done.stderr}"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`?make ([a-z]+)`?(?:\s|`|$)", page.read_text())}
    assert {"quickstart", "test", "check"} <= named & targets


def test_carrying_a_tree(tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        skip("ssh-keygen is not installed")
    desk = furnish(tmp_path / "desk")
    prepare = shell("wheelhouse resolve && wheelhouse vendor tree", desk)
    assert prepare.returncode == 0, prepare.stderr
    add(desk, "beta", "2.0")
    done = shell("\n".join(text for _, text in blocks("sh", "transfer")), desk)
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "delta.tar: what is new since the lock",
        "big.tar.001: OK",
        'Good "wheelhouse-bundle" signature for prod',
        "server.py: its sha256 is",
        "server.py: brought from signed.tar",
    ):
        assert said in done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("safe/tree: 23 files checked, none wrong")


def test_every_refusal_of_a_bundle_is_documented() -> None:
    page = (ROOT / "docs/transfer.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("resolver/*/*.py"))
    words = set(re.findall(r'BundleRefused\(\s*"([a-z]+)"', sources))
    table = page.partition("## What is refused")[2].partition("|---|")[2]
    assert words == set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE))


@pytest.mark.pypi
def test_the_tour(tmp_path: Path) -> None:
    [(place, tour)] = blocks("sh", "tour")
    done = shell(tour, tmp_path)
    assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
    assert "0.6.2 sdist (builds with 1)" in done.stdout
    [(place, offline)] = blocks("sh", "offline")
    install, serve = offline.splitlines()
    venv = "python -m venv --without-pip venv && export PIP_PYTHON=venv/bin/python"
    done = shell(f"{venv} && {install}", tmp_path / "demo", *(empty_network() or ()))
    assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
    assert shell(serve.partition("#")[0].strip() + " --help", tmp_path / "demo").returncode == 0
