"""Every example of the documentation is run: specs load, commands exist, and the tour works on real packages."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import tomli
import yaml

from resolver.cli.parser import parse
from resolver.environments.expand import check_named, expand
from resolver.errors import Refusal
from resolver.notices import Kind
from resolver.spec.load import load
from tests.support.archives import sdist, wheel
from tests.support.artifacts import vendored
from tests.support.desk import add, furnish
from tests.support.machine import empty_network, skip

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(\S+)[ ]?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = {"nix", "sh", "yaml"}
READ = {"ini", "toml"}
SHOWN = {"python", "starlark", "text"}
SPECS = {"", "spec.yaml"}


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
    assert languages <= RUN | READ | SHOWN


@pytest.mark.parametrize(("place", "text"), [block for name in SPECS for block in blocks("yaml", name)])
def test_specs_load(place: str, text: str) -> None:
    spec = load("spec.yaml", lambda _: text.encode())
    environments = expand(spec.environments)
    assert environments, place
    check_named(spec.build, environments)


def test_a_spec_that_extends_another_loads() -> None:
    files = {name: text for name in ("machines.yaml", "team.yaml") for _, text in blocks("yaml", name)}
    spec = load("team.yaml", lambda name: files[name].encode())
    assert [environment.name for environment in expand(spec.environments)] == ["cluster-py311", "cluster-py312"]
    assert spec.policy.minimum_age is not None
    assert spec.policy.sdists == "never"
    assert [index.name for index in spec.indexes] == ["mirror"]


@pytest.mark.parametrize(("place", "text"), blocks("sh", "help"))
def test_help(place: str, text: str, tmp_path: Path) -> None:
    done = shell(text, tmp_path)
    assert done.returncode == 0, f"{place}: {done.stderr}"


def test_files_of_other_tools_are_read() -> None:
    """By whoever knows the format; and each command in a pipeline is one that the command line understands."""
    for _, text in blocks("toml"):
        assert tomli.loads(text)
    for _, text in blocks("ini"):
        parser = configparser.ConfigParser()
        parser.read_string(text)
        assert parser.sections()
    commands: list[str] = []
    for place, text in blocks("yaml"):
        if place in {where for name in SPECS for where, _ in blocks("yaml", name)}:
            continue
        assert yaml.safe_load(text), place
        commands += re.findall(r"wheelhouse [a-z][^\n]*", text)
    assert len(commands) > 5
    for command in commands:
        assert parse(shlex.split(command)[1:]).command, command


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    done = shell(f"NO_MKDOCS_2_WARNING=1 mkdocs build --strict --site-dir {tmp_path / 'site'}", ROOT)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 15
    outside = {
        (page.name, url)
        for page in pages
        for url in re.findall(
            r'<(?:script|link|img)[^>]*(?:src|href)="(https?://[^"]+)"', page.read_text(encoding="utf-8")
        )
    }
    assert not outside, "a closed network shows the site as it is"


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


def test_combining_locks(tmp_path: Path) -> None:
    for team in ("web", "ml"):
        done = shell("wheelhouse resolve", furnish(tmp_path / "desk" / team))
        assert done.returncode == 0, done.stderr
    done = shell("\n".join(text for _, text in blocks("sh", "combine")), tmp_path / "desk")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 files (5 of several locks) for 4 environments" in done.stdout
    assert done.stdout.endswith("site.lock.json is current\n")


def test_every_refusal_of_a_bundle_is_documented() -> None:
    page = (ROOT / "docs/transfer.md").read_text(encoding="utf-8")
    table = page.partition("## What is refused")[2].partition("|---|")[2]
    assert re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE) == list(get_args(Refusal))


def test_every_kind_of_notice_is_documented() -> None:
    page = (ROOT / "docs/resolution.md").read_text(encoding="utf-8")
    table = page.partition("## Notices")[2].partition("|---|")[2]
    assert re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE) == sorted(get_args(Kind))


@pytest.mark.pypi
def test_the_tour(tmp_path: Path) -> None:
    [(place, tour)] = blocks("sh", "tour")
    done = shell(tour, tmp_path)
    assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
    assert "0.6.2 sdist (builds with 1)" in done.stdout
    [(place, offline)] = blocks("sh", "offline")
    install, serve = offline.splitlines()
    venv = "python -m venv --without-pip venv && export PIP_PYTHON=venv/bin/python"
    alone = empty_network() or ()
    done = shell(f"{venv} && {install}", tmp_path / "demo", *alone)
    assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
    for tool in ("pip", "uv", *(["locked"] if sys.version_info[:2] in {(3, 11), (3, 12)} else [])):
        [(place, install)] = blocks("sh", tool)
        install = install.replace("py311", f"py3{sys.version_info[1]}")
        made = f"python -m venv --without-pip {tool} && export PIP_PYTHON={tool}/bin/python VIRTUAL_ENV=$PWD/{tool}"
        done = shell(
            f"{made} && {install.strip()} && {tool}/bin/python -c 'import requests, docopt'", tmp_path / "demo", *alone
        )
        assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
    assert shell(serve.partition("#")[0].strip() + " --help", tmp_path / "demo").returncode == 0
    [(place, exports)] = blocks("sh", "exports")
    done = shell(exports, tmp_path / "demo")
    assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
    files = {path.relative_to(tmp_path / "demo").as_posix() for path in (tmp_path / "demo").rglob("*")}
    assert {"pylocks/pylock.toml", "requirements/requirements.alpine.txt", "graph.html", "sbom.cdx.json"} <= files


@pytest.mark.pypi
def test_a_pip_that_asks_for_wheel(tmp_path: Path) -> None:
    """As docs/install.md says: without the group it fails, and with it the source distribution is built."""
    [spec] = [text for place, text in blocks("yaml", "") if place.startswith("install.md")]
    python = f"python{'.'.join(map(str, sys.version_info[:2]))}"
    (tmp_path / "spec.yaml").write_text(spec.replace("3.11", python.removeprefix("python")))
    made = "wheelhouse resolve && wheelhouse vendor tree && python -m venv --without-pip venv"
    older = "pip --python venv/bin/python install --quiet pip==23.2.1 'setuptools<80'"
    done = shell(f"{made} && {older}", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    install = "venv/bin/python -m pip install --no-cache-dir --index-url file://$PWD/tree/simple/ docopt"
    done = shell(install, tmp_path, *(empty_network() or ()))
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(tmp_path / "tree/simple/wheel")
    done = shell(f"{install} --force-reinstall", tmp_path, *(empty_network() or ()))
    assert (done.returncode, "No matching distribution found for wheel" in done.stderr) == (1, True), done.stderr


@pytest.mark.pypi
def test_the_tutorial(tmp_path: Path) -> None:
    """From its first line to its last; what is done where no network is, in a namespace without one."""
    desk = tmp_path / "closed-network"
    for name, folder, prefix in (
        ("tutorial", tmp_path, ()),
        ("tutorial-far", desk, empty_network() or ()),
        ("tutorial-update", desk, ()),
    ):
        steps = "".join(text for _, text in blocks("sh", name))
        done = shell(steps, folder, *prefix)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        assert name != "tutorial-far" or "installed with no network" in done.stdout
    carried = [path.stat().st_size for path in sorted(desk.glob("2026-*.tar"))]
    assert carried[1] < carried[0] / 2, "what is new, and no more"


def test_the_tutorial_of_the_server(tmp_path: Path) -> None:
    vendored(tmp_path / "tree")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/acme_tool-1.0-py3-none-any.whl").write_bytes(wheel("acme_tool", "1.0"))
    (tmp_path / "dist/acme_tool-1.0.tar.gz").write_bytes(sdist("acme_tool", "1.0", {}))
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    steps = "".join(text for _, text in blocks("sh", "server")).replace(":8080", f":{port}")
    listens = f"for i in {{1..300}}; do (: >/dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.1; done"
    serve = f"--tokens tokens --port {port} & server=$!; trap 'kill $server' EXIT; {listens}\n"
    assert "--tokens tokens &\n" in steps
    venv = "python -m venv --without-pip venv; export PIP_PYTHON=venv/bin/python VIRTUAL_ENV=venv UV_NO_CACHE=1\n"
    done = shell(venv + steps.replace("--tokens tokens &\n", serve), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.glob("venv/lib/python*/site-packages/acme_tool-1.0.dist-info"))
    assert "File acme_tool-1.0-py3-none-any.whl already exists, skipping" in done.stderr


@pytest.mark.pypi
def test_the_versions_of_another_lock(tmp_path: Path) -> None:
    [(place, prefer)] = blocks("sh", "prefer")
    project = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["docopt"]\n'
    (tmp_path / "pyproject.toml").write_text(project)
    done = shell(f"uv lock --quiet\n{prefer}", tmp_path)
    assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
    assert "then: wheelhouse resolve --prefer uv.lock" in done.stdout
    assert "preference: uv.lock: 1 of the 1 versions were taken" in done.stdout
