"""`wheelhouse verify` in a real sandbox: what was vendored installs and builds from the tree alone, or is named."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.archives import wheel
from tests.support.command_line import run
from tests.support.self_building import self_building
from tests.support.wheels import wheel_with

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
HERE = {"python": PYTHON, "os": "linux", "arch": platform.machine(), "libc": "glibc 2.17"}
MAC = {"python": "3.12", "os": "macos 14", "arch": "arm64"}


pytestmark = pytest.mark.usefixtures("sandbox")


def vendored(folder: Path, files: dict[str, bytes], *requirements: str, **more: object) -> Path:
    """The tree of ``requirements`` from an index of ``files``, for this machine and for a Mac."""
    (folder / "wheels").mkdir()
    for name, content in files.items():
        (folder / "wheels" / name).write_bytes(content)
    spec = {
        "version": 1,
        "environments": {"here": HERE, "mac": MAC},
        "requirements": list(requirements),
        "indexes": [{"name": "local", "url": "wheels/"}],
        **more,
    }
    (folder / "spec.yaml").write_text(json.dumps(spec))
    cache = ["--cache-dir", str(folder / "cache")]
    code, said = run("resolve", "--spec", str(folder / "spec.yaml"), *cache)
    assert code == 0, said
    code, said = run("vendor", "--lock", str(folder / "lock.json"), str(folder / "tree"), *cache)
    assert code == 0, said
    return folder / "tree"


def test_it_installs_and_builds_from_the_tree_alone(tmp_path: Path) -> None:
    files = {
        "a-1.0-py3-none-any.whl": wheel("a", "1.0", "s"),
        "s-1.0.tar.gz": self_building("s", requires=("t",), answer=("u",), build="import t, u"),
        "t-1.0.tar.gz": self_building("t"),
        "u-1.0-py3-none-any.whl": wheel("u", "1.0"),
    }
    tree = vendored(tmp_path, files, "a")
    for path in (tmp_path / "wheels").iterdir():
        path.unlink()
    code, said = run("verify", str(tree))
    assert (code, "ok: 1 with Python" in said, "1 not built" in said) == (0, True, True), said
    code, said = run("verify", str(tree), "--build")
    assert (code, "ok: 2 with Python" in said, "ok: 2\n" in said) == (0, True, True), said
    assert "cannot run here: another " in said
    code, said = run("verify", str(tree), "--build", "-e", "here", "--json")
    document = json.loads(said[said.index("{") : said.rindex("}") + 1])
    (here,) = document["environments"]
    assert [(b["sdist"], b["wheel"]) for b in here["builds"]] == [
        ("s-1.0.tar.gz", "s-1.0-py3-none-any.whl"),
        ("t-1.0.tar.gz", "t-1.0-py3-none-any.whl"),
    ]


@pytest.mark.parametrize(
    ("sdist", "told"),
    [
        (
            {"build": "import urllib.request; urllib.request.urlopen('https://index.example/', timeout=5)"},
            "urlopen error",
        ),
        (
            {"build": "import subprocess, sys; subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x'])"},
            "'pip', 'install', 'x']' returned non-zero exit status 1",
        ),
        ({"build": "import subprocess; subprocess.check_call(['pg_config'])"}, "(needs pg_config, which this machine"),
        ({"build": "import not_in_the_closure"}, "No module named 'not_in_the_closure'"),
        ({"built_version": "2.0"}, "the wheel that was built is of s 2.0"),
        ({"requires": ("broken",)}, "broken-1.0.tar.gz, which it needs, cannot be built"),
    ],
    ids=["network", "pip", "program", "module", "version", "closure"],
)
def test_a_build_that_fails_is_named_with_its_reason(sdist: dict[str, Any], told: str, tmp_path: Path) -> None:
    files = {
        "s-1.0.tar.gz": self_building("s", **sdist),
        "broken-1.0.tar.gz": self_building("broken", build="raise SystemExit('no')"),
    }
    tree = vendored(tmp_path, files, "s", build={"requires": {"s": []}})  # so that no hook finds out before
    assert run("verify", str(tree))[0] == 0
    code, said = run("verify", str(tree), "--build")
    assert (code, told in said) == (1, True), said
    assert "error: the proof failed for here" in said


def test_requirements_that_only_the_built_wheel_states_are_noted(tmp_path: Path) -> None:
    files = {"s-1.0.tar.gz": self_building("s", claims=("a",)), "a-1.0-py3-none-any.whl": wheel("a", "1.0")}
    overrides = [{"project": "s", "dependencies": []}]
    tree = vendored(tmp_path, files, "s", overrides=overrides)
    code, said = run("verify", str(tree), "--build")
    assert (code, "note: here: s requires a, which the lock leaves out" in said) == (0, True), said


def test_wheels_that_differ_in_a_file_are_noted_as_installers_install_them(tmp_path: Path) -> None:
    both = {
        made.name: made.read_bytes()
        for made in (wheel_with(tmp_path, name, {"both.py": name.encode(), "LICENSE": name.encode()}) for name in "ab")
    }
    code, said = run("verify", str(vendored(tmp_path, both, "a", "b")))
    note = "note: here: a-1-py3-none-any.whl and b-1-py3-none-any.whl differ in LICENSE and 1 more: an installer"
    assert (code, note in said) == (0, True), said


def test_wrong_bytes_are_told_and_nothing_is_run(tmp_path: Path) -> None:
    tree = vendored(tmp_path, {"a-1.0-py3-none-any.whl": wheel("a", "1.0")}, "a")
    path = tree / "files/a-1.0-py3-none-any.whl"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    code, said = run("verify", str(tree), "--build")
    assert code == 1
    assert "files/a-1.0-py3-none-any.whl: its sha256 is " in said
    assert "mends it" in said
    assert "environment" not in said.partition("error:")[0]


def test_what_cannot_be_run_fails_only_where_it_was_asked_for(tmp_path: Path) -> None:
    tree = vendored(tmp_path, {"a-1.0-py3-none-any.whl": wheel("a", "1.0")}, "a")
    assert run("verify", str(tree))[0] == 0
    code, said = run("verify", str(tree), "-e", "mac")
    assert (code, "this machine cannot run what was asked for: mac (another " in said) == (1, True), said
    code, said = run("verify", str(tree), "-e", "mars")
    assert (code, "mars" in said) == (2, True), said
    code, said = run("verify", str(tmp_path / "nothing"))
    assert (code, "there is no such directory" in said) == (2, True), said


def test_without_a_sandbox_bytes_are_checked_and_builds_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = vendored(tmp_path, {"a-1.0-py3-none-any.whl": wheel("a", "1.0")}, "a")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = run("verify", str(tree))
    assert (code, "cannot run here: there is no sandbox on this machine" in said) == (0, True), said
    assert "cannot run here: another " in said, "of the Mac: a sandbox would be of no use"
    assert "note: the bytes were checked and nothing was installed: this machine can run none of it" in said
    for arguments in (["--build"], ["-e", "here"]):
        code, said = run("verify", str(tree), *arguments)
        assert (code, "on Linux, install bubblewrap" in said, "wheelhouse resolve" in said) == (1, True, False), said
        assert "cannot run what was asked for: here (there is no sandbox" in said
    code, said = run("verify", str(tree), "-e", "mac")
    assert (code, "mac (another " in said, "bubblewrap" in said) == (1, True, False), said


def test_what_should_not_be_there_is_to_be_removed(tmp_path: Path) -> None:
    tree = vendored(tmp_path, {"a-1.0-py3-none-any.whl": wheel("a", "1.0")}, "a")
    os.mkfifo(tree / "files/pipe")
    (tree / "simple/evil.html").touch()
    code, said = run("verify", str(tree))
    assert (code, "remove what should not be there" in said, "mends" in said) == (1, True, False), said
    assert "files/pipe: is a named pipe" in said
    assert "simple/evil.html: should not be there" in said
    (tree / "simple/a/index.html").unlink()
    assert "remove what should not be there; for the rest, `wheelhouse repair" in run("verify", str(tree))[1]


@pytest.mark.pypi
def test_real_sdists_build_with_no_network(tmp_path: Path, downloads: Path) -> None:
    """setup_requires, no pyproject.toml, a zip, backends in their own trees, and C extensions."""
    sources = ["docopt", "wget", "testtools", "hatchling", "flit-core", "pyyaml", "markupsafe", "simplejson"]
    spec = {
        "version": 1,
        "environments": {"here": HERE},
        "requirements": ["docopt==0.6.2", "wget==3.2", "testtools==2.5.0", "hatchling==1.27.0", *sources[4:]],
        "projects": {name: {"sdists": "always"} for name in sources},
    }
    (tmp_path / "spec.yaml").write_text(json.dumps(spec))
    cache = ["--cache-dir", str(downloads)]
    assert run("resolve", "--spec", str(tmp_path / "spec.yaml"), *cache)[0] == 0
    assert run("vendor", "--lock", str(tmp_path / "lock.json"), str(tmp_path / "tree"), *cache)[0] == 0
    code, said = run("verify", str(tmp_path / "tree"), "--build")
    assert (code, f"ok: {len(sources)}" in said) == (0, True), said
