"""The main job on real packages: lock, vendor, and install with no network, on every Python here and for machines
that are not here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.cli.main import main
from resolver.emit.places import Places
from resolver.emit.requirements import requirements
from resolver.emit.selection import selection
from resolver.lock.codec import loads
from tests.support.machine import empty_network, interpreters, skip

pytestmark = [pytest.mark.pypi, pytest.mark.netns]

UV = Path(sys.executable).with_name("uv")
REQUIREMENTS = ["requests[socks]", "markupsafe", "docopt==0.6.2", "click", "cffi", 'tzdata ; sys_platform == "win32"']
FOREIGN = {
    "alpine": ("3.12", "aarch64-unknown-linux-musl", '{python: "3.12", os: linux, arch: aarch64, libc: musl 1.2}'),
    "mac": ("3.12", "aarch64-apple-darwin", '{python: "3.12", os: macos 14, arch: arm64}'),
    "windows": ("3.13", "x86_64-pc-windows-msvc", '{python: "3.13", os: windows, arch: amd64}'),
}
HERE = [path for path in interpreters() if path.name != "python3.7"]  # too old for the newest uv


def minor(python: Path) -> str:
    return python.name.removeprefix("python")


@pytest.fixture(scope="module")
def vendored(tmp_path_factory: pytest.TempPathFactory, downloads: Path) -> Path:
    """A folder with lock.json and tree/ for every Python of this machine, one more, and three other machines."""
    folder = tmp_path_factory.mktemp("main-job")
    pythons = ", ".join(f'"{minor(path)}"' for path in HERE)
    lines = [f'  here: {{python: [{pythons}, "3.14"], os: linux, arch: x86_64, libc: glibc 2.28}}']
    lines += [f"  {name}: {declared}" for name, (_, _, declared) in FOREIGN.items()]
    listed = [f"  - {requirement}" for requirement in REQUIREMENTS]
    text = "\n".join(["version: 1", "environments:", *lines, "requirements:", *listed, ""])
    (folder / "spec.yaml").write_text(text)
    lock = folder / "lock.json"
    cache = ["--cache-dir", str(downloads)]
    assert main(["resolve", "--spec", str(folder / "spec.yaml"), *cache]) == 0
    assert main(["vendor", "--lock", str(lock), str(folder / "tree"), *cache]) == 0
    return folder


def install(folder: Path, environment: str, *options: str, kinds: tuple[str, ...]) -> set[str]:
    """What uv installs of an environment, from the tree alone and with hashes required: names of the projects."""
    network = empty_network()
    if network is None:
        skip("no empty network namespace can be had here")
    lock = loads((folder / "lock.json").read_text())
    wanted = folder / f"{environment}.txt"
    places = Places(tree=(folder / "tree").as_uri())
    wanted.write_text(requirements(selection(lock), environment, places, kinds=kinds))
    target = folder / f"target-{environment}"
    command = [*network, str(UV), "pip", "install", "--no-config", "--no-cache", "--no-deps", "--require-hashes"]
    command += ["--target", str(target), "-r", str(wanted)]
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run([*command, *options], env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name.partition("-")[0].lower() for path in target.glob("*.dist-info")}


@pytest.mark.skipif(sys.platform != "linux", reason="the environments are Linux's")
@pytest.mark.parametrize("python", HERE, ids=minor)
def test_every_python_here(vendored: Path, python: Path) -> None:
    name = f"here-py{minor(python).replace('.', '')}"
    installed = install(vendored, name, "--python", str(python), kinds=("wheel", "sdist"))
    assert {"requests", "pysocks", "markupsafe", "docopt", "click", "cffi"} <= installed
    assert "tzdata" not in installed
    code = "import requests, socks, markupsafe._speedups, docopt, click, _cffi_backend; print(requests.__version__)"
    found = {"PYTHONPATH": str(vendored / f"target-{name}")}
    done = subprocess.run([python, "-c", code], env=found, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    locked = json.loads((vendored / "lock.json").read_text())["resolutions"][name]["requests"]["version"]
    assert done.stdout.strip() == locked


@pytest.mark.parametrize("name", FOREIGN)
def test_machines_that_are_not_here(vendored: Path, name: str) -> None:
    version, platform, _ = FOREIGN[name]
    options = ("--python-version", version, "--python-platform", platform, "--only-binary", ":all:")
    installed = install(vendored, name, *options, kinds=("wheel",))
    assert {"requests", "markupsafe", "cffi"} <= installed
    assert ("tzdata" in installed) == (name == "windows")
    native = {path.suffix for path in (vendored / f"target-{name}").rglob("*") if path.suffix in {".so", ".pyd"}}
    assert native == ({".pyd"} if name == "windows" else {".so"})


def test_no_file_is_there_that_no_environment_can_use(vendored: Path) -> None:
    lock = loads((vendored / "lock.json").read_text())
    used = {filename for name in lock.environments for filename in lock.files_for(name)}
    there = {path.name for path in (vendored / "tree" / "files").iterdir() if path.suffix != ".metadata"}
    assert there == used == set(lock.artifacts)
