"""The command as a user runs it, against a directory of tiny packages: no network anywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.archives import sdist
from tests.support.desk import SPEC, add, environment, furnish, listing, wheelhouse


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return furnish(tmp_path / "desk")


@pytest.fixture
def locked(desk: Path) -> Path:
    assert wheelhouse(desk, "resolve").returncode == 0
    return desk


def test_the_whole_job(tmp_path: Path) -> None:
    desk = furnish(tmp_path / "desk")
    (desk / "spec.yaml").unlink()
    (desk / "reqs.txt").write_text("alpha\n")
    done = wheelhouse(desk, "init", "reqs.txt")
    assert (done.returncode, done.stdout) == (
        0,
        "wrote spec.yaml; look through it, then: wheelhouse resolve\n",
    )
    assert "reqs.txt" in (desk / "spec.yaml").read_text()
    (desk / "spec.yaml").write_text(SPEC)
    done = wheelhouse(desk, "resolve")
    assert done.returncode == 0, done.stderr
    environments = [line.split()[0] for line in done.stdout.splitlines() if "kB" in line]
    assert environments == ["windows", "linux"], "the order of the spec"
    assert "read 5 pages, metadata of 4 wheels, 1 sdist" in done.stderr
    assert done.stdout.endswith("wrote lock.json: 4 wheels and 1 sdist for 2 environments\n")
    assert wheelhouse(desk, "resolve", "--check").stdout == "lock.json is current\n"
    done = wheelhouse(desk, "vendor", "tree")
    assert done.stdout.startswith("tree: 5 files, "), done.stderr
    assert wheelhouse(desk, "vendor", "tree").stdout.endswith("(5 there already)\n")
    shown = wheelhouse(desk, "show").stdout.splitlines()
    assert [line.split()[0] for line in shown[2:6]] == ["alpha", "beta", "delta", "winonly"]
    assert shown[4].split() == ["delta", *["0.1", "sdist", "(builds", "with", "1)"] * 2]
    assert shown[5].split() == ["winonly", "-", "0.3"]
    assert "alpha>=1 (requirements) → beta" in wheelhouse(desk, "why", "beta").stdout
    assert "to build delta 0.1" in wheelhouse(desk, "why", "Setuptools", "-e", "linux").stdout


def test_updates(locked: Path) -> None:
    (locked / "lock.json").rename(locked / "old.json")
    (locked / "lock.json").write_bytes((locked / "old.json").read_bytes())
    add(locked, "alpha", "2.0", "beta>=1")
    add(locked, "beta", "2.0")
    before = (locked / "lock.json").read_bytes()
    assert "is current" in wheelhouse(locked, "resolve").stdout
    assert (locked / "lock.json").read_bytes() == before
    done = wheelhouse(locked, "resolve", "--update", "Beta")
    assert "beta 1.5 → 2.0" in done.stdout, done.stdout
    assert "alpha 1.0 → 2.0" not in done.stdout
    done = wheelhouse(locked, "resolve", "--update")
    assert "alpha 1.0 → 2.0" in done.stdout
    assert "alpha 1.0 → 2.0" in wheelhouse(locked, "diff", "old.json", "lock.json").stdout
    assert wheelhouse(locked, "diff", "lock.json", "lock.json").stdout == "no difference\n"


def test_an_update_to_one_version(locked: Path) -> None:
    """As `pip-compile -P` and `uv lock -P` have it: neither the newest, nor for the spec to say for ever."""
    for version in ("1.6", "1.7", "2.0"):
        add(locked, "beta", version)
    done = wheelhouse(locked, "resolve", "--update", "Beta==1.6")
    assert (done.returncode, "beta 1.5 → 1.6" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "is current" in wheelhouse(locked, "resolve").stdout
    done = wheelhouse(locked, "resolve", "--update", "beta == 1.7", "alpha")
    assert "beta 1.6 → 1.7" in done.stdout
    done = wheelhouse(locked, "resolve", "--update", "beta==1.5")
    assert "beta 1.7 → 1.5" in done.stdout
    before = (locked / "lock.json").read_bytes()
    for asked, told in (
        ("beta==3", "beta 3 cannot be taken\n  "),
        ("alpha==1.0", ""),
        ("setuptools==1", "no environment installs setuptools; versions for builds go under `build: constraints`"),
    ):
        done = wheelhouse(locked, "resolve", "--update", asked)
        assert (done.returncode, (locked / "lock.json").read_bytes()) == (3 if told else 0, before), done.stderr
        assert told in done.stderr
    for wrong in ("beta<2", "beta==x", "beta[more]", "beta==1.*", "beta===1.6", "==1.6"):
        done = wheelhouse(locked, "resolve", "--update", wrong)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is neither a project nor one version of it" in done.stderr
    assert "did you mean beta" in wheelhouse(locked, "resolve", "--update", "betta==1").stderr


def test_a_dry_run_shows_what_would_change_and_writes_nothing(desk: Path) -> None:
    done = wheelhouse(desk, "resolve", "--dry-run")
    assert (done.returncode, (desk / "lock.json").exists()) == (0, False), done.stderr
    assert done.stdout.endswith("lock.json would be written: 4 wheels and 1 sdist for 2 environments\n")
    assert wheelhouse(desk, "resolve").returncode == 0
    add(desk, "beta", "2.5")
    before = (desk / "lock.json").read_bytes()
    (desk / "lock.json").chmod(0o444)
    for arguments in (["--update"], ["--update", "beta"]):
        done = wheelhouse(desk, "resolve", "--dry-run", *arguments)
        assert (done.returncode, (desk / "lock.json").read_bytes()) == (0, before), done.stderr
        assert "2.5 (all environments)" in done.stdout
        assert "lock.json would be written" in done.stdout
    document = json.loads(wheelhouse(desk, "resolve", "--update", "--dry-run", "--json").stdout)
    assert (document["changed"], document["written"]) == (True, False)
    done = wheelhouse(desk, "resolve", "--update")
    assert done.stdout.endswith("wrote lock.json: 4 wheels and 1 sdist for 2 environments\n"), (
        "it is not taken for a repeated run"
    )
    assert "lock.json would stay as it is" in wheelhouse(desk, "resolve", "--update", "--dry-run").stdout
    assert "is current" in wheelhouse(desk, "resolve", "--dry-run").stdout
    refused = wheelhouse(desk, "resolve", "--dry-run", "--check")
    assert (refused.returncode, refused.stdout) == (2, "")


def test_a_lock_elsewhere_knows_its_files(desk: Path) -> None:
    """A directory index is named relative to the lock: vendoring has no spec to ask."""
    (desk / "locks").mkdir()
    (desk / "wheels").rename(desk / "my wheels")
    (desk / "spec.yaml").write_text(SPEC.replace("wheels/", "my%20wheels/"))
    for lock in ("here.json", "locks/there.json"):
        assert wheelhouse(desk, "resolve", "--lock", lock).returncode == 0
        done = wheelhouse(desk, "vendor", "--lock", lock, f"tree-{Path(lock).stem}")
        assert done.returncode == 0, done.stderr
        assert str(desk) not in (desk / lock).read_text()


@pytest.mark.parametrize(
    "host",
    [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONHASHSEED": "3", "LC_ALL": "de_DE.UTF-8", "COLUMNS": "20"},
    ],
    ids=lambda host: "-".join(host.values()),
)
def test_the_same_bytes_on_every_host(locked: Path, tmp_path: Path, host: dict[str, str]) -> None:
    other = tmp_path / "elsewhere" / "another place"
    shutil.copytree(locked, other, ignore=lambda *_: {"lock.json", ".cache"})
    done = wheelhouse(other.parent, "resolve", "--spec", f"{other.name}/spec.yaml", env=host)
    assert done.returncode == 0, done.stderr
    assert (other / "lock.json").read_bytes() == (locked / "lock.json").read_bytes()
    shown = wheelhouse(other, "why", "beta", env=host)
    assert shown.returncode == 0
    assert (" -> beta" if host.get("LC_ALL") == "C" else " → beta") in shown.stdout


def test_no_work_loads_no_library(locked: Path) -> None:
    """What makes start-up slow is loaded by those who need it."""
    heavy = {"resolvelib", "jsonschema", "yaml", "requests", "urllib3", "packaging", "rich", "tempfile", "shutil"}
    heavy |= {"dataclasses", "inspect"}
    script = (
        "import sys; from resolver.cli.main import main; code = main(sys.argv[1:]); "
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    for arguments in (["resolve"], ["resolve", "--check"], ["resolve", "--check"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=locked,
            env=environment(locked),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "[]\n"), done.stdout
        shutil.rmtree(locked / ".cache", ignore_errors=True)  # a machine that builds may come without one
    (locked / "spec.yaml").write_text(SPEC.replace("alpha>=1", "alpha"))
    assert "requirement alpha added" in wheelhouse(locked, "resolve").stdout


def test_check_names_what_changed_without_a_network(locked: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\ndef refuse(*_): raise SystemExit('the network was asked')\nsocket.socket = refuse\n"
    )
    denied = {"PYTHONPATH": os.pathsep.join([str(tmp_path), environment(locked)["PYTHONPATH"]])}
    before = listing(locked)
    assert wheelhouse(locked, "resolve", "--check", env=denied).returncode == 0
    (locked / "wheels" / "alpha-1.0-py3-none-any.whl").unlink()  # what an index has is not the spec's state
    assert wheelhouse(locked, "resolve", "--check", env=denied).returncode == 0
    spec = SPEC.replace("linux:", "tux:").replace("alpha>=1", "alpha>=2") + "include: [more.txt]\n"
    (locked / "spec.yaml").write_text(spec)
    (locked / "more.txt").write_text("beta\n")
    done = wheelhouse(locked, "resolve", "--check", env=denied)
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.strip() for line in done.stderr.splitlines()] == [
        "error: lock.json is stale:",
        "spec.yaml has changed",
        "environment tux is new",
        "environment linux is gone",
        "requirement alpha>=2 is new",
        "requirement beta is new",
        "requirement alpha>=1 is gone",
        "run: wheelhouse resolve",
    ]
    assert {"lock.json", "spec.yaml"} <= before.keys()
    assert listing(locked)["lock.json"] == before["lock.json"]


DOCUMENTS = {
    "init": (["init", "--spec", "new.yaml"], 0, {"spec"}),
    "schema": (["init", "--schema"], 0, {"schema"}),
    "resolve": (["resolve", "--update"], 0, {"changed", "environments", "notices"}),
    "no work": (["resolve"], 0, {"changed", "written"}),
    "check": (["resolve", "--check"], 0, {"current"}),
    "vendor": (["vendor", "tree"], 0, {"files", "bytes", "fetched"}),
    "show": (["show", "-e", "linux"], 0, {"projects", "totals"}),
    "show files": (["show", "Alpha", "-e", "linux"], 0, {"files"}),
    "show no such": (["show", "aplha"], 2, {"error", "message"}),
    "why": (["why", "beta"], 0, {"project", "reasons"}),
    "diff": (["diff", "lock.json", "lock.json"], 0, set()),
    "completion": (["completion", "zsh"], 0, {"script"}),
    "usage": (["vendor", "tree", "--jobs", "0"], 2, {"error", "message"}),
    "unknown": (["why", "no-such"], 2, {"error", "message"}),
    "stale": (["resolve", "--check", "--spec", "other.yaml"], 2, {"error", "message"}),
    "serve": (["serve", "wheels"], 2, {"error", "message"}),
    "broken spec": (["resolve", "--spec", "broken.yaml"], 2, {"error", "problems"}),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_one_document_for_machines(locked: Path, name: str) -> None:
    arguments, code, keys = DOCUMENTS[name]
    (locked / "broken.yaml").write_text("version: 1\nenvironments: {}\nrequirments: []\n")
    done = wheelhouse(locked, *arguments, "--json")
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    assert keys <= document.keys()
    assert (code == 0) == (done.stderr == "")


def test_a_result_and_its_failure_are_one_document(desk: Path) -> None:
    """A lock that lacks an answer is written, reported, and a failure."""
    setup = b"from setuptools import setup\nimport os\nsetup(name='delta', setup_requires=[os.environ['X']])\n"
    (desk / "wheels" / "delta-0.1.tar.gz").write_bytes(sdist("delta", "0.1", {"setup.py": setup}))
    done = wheelhouse(desk, "resolve", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["error"]) == (3, "LockIncomplete"), done.stderr
    assert document["changed"] is True
    assert "build: requires:" in done.stderr
    assert (desk / "lock.json").exists()
    done = wheelhouse(desk, "resolve", "--check", "--json")
    assert (done.returncode, json.loads(done.stdout)["current"]) == (1, False)


def test_quiet_leaves_results(desk: Path) -> None:
    assert wheelhouse(desk, "resolve", "-q").stdout == "wrote lock.json: 4 wheels and 1 sdist for 2 environments\n"
    for arguments in (["resolve", "-q", "--update"], ["vendor", "-q", "tree"], ["show", "-q"], ["why", "-q", "beta"]):
        done = wheelhouse(desk, *arguments)
        assert (done.returncode, done.stderr, "\x1b" in done.stdout) == (0, "", False)
    assert wheelhouse(desk, "why", "-q", "none").stderr.startswith("error: ")
