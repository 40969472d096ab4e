"""The sandbox against hostile backends: nothing of the host is found, changed or outlived."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from resolver.errors import NoSandbox
from resolver.sandbox import bubblewrap
from resolver.sandbox.model import Limits
from tests.integration import sandbox_probes
from tests.support import hostile, sandbox_driver
from tests.support.host_witnesses import planted
from tests.support.machine import skip

ROOT = Path(__file__).parents[2]
OTHER = 54321
"""A uid that a test run by root takes, to be an ordinary user."""

MODES = ["ourselves", "another user"]


@pytest.fixture(autouse=True)
def _has_bubblewrap() -> None:
    try:
        bubblewrap.find()
    except NoSandbox as error:
        skip(str(error))


@cache
def other_python() -> tuple[str, dict[str, str]]:
    """A Python that an ordinary user can run, and the environment in which it finds us."""
    packages = [str(ROOT), *(path for path in sys.path if path.endswith("-packages"))]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    for python in dict.fromkeys([str(Path(sys.executable).resolve()), "/usr/bin/python3"]):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            check = [python, "-c", "import tests.support.sandbox_driver"]
            subprocess.run(check, env=environment, check=True, capture_output=True, **as_other())
            return python, environment
    pytest.skip("no Python here can be run by an ordinary user")


def as_other() -> dict[str, Any]:
    return {"user": OTHER, "group": OTHER, "extra_groups": [], "cwd": "/"}


def ask(mode: str, folder: Path, code: str, limits: Limits | None = None) -> dict[str, Any]:
    """What becomes of a backend of this code."""
    limits = limits or Limits(seconds=30)
    if mode == "ourselves":
        return sandbox_driver.outcome(folder, code, limits)
    if os.getuid() != 0:
        pytest.skip("only root can be another user")
    python, environment = other_python()
    with tempfile.TemporaryDirectory(prefix="sandbox-", dir="/tmp") as name:
        (Path(name) / "hostile.py").write_text(code)
        (Path(name) / "limits.json").write_text(json.dumps(dataclasses.asdict(limits)))
        os.chown(name, OTHER, OTHER)
        command = [python, "-m", "tests.support.sandbox_driver", name]
        environment = {**environment, "WITNESS": os.environ.get("WITNESS", "")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **as_other())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=MODES)
def reported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of every probe, all of them in one sandbox."""
    other = request.param != "ourselves"
    if other and os.getuid() != 0:
        pytest.skip("only root can be another user")
    with planted(OTHER if other else None) as witnesses:
        code = hostile.batch(sandbox_probes.ALL, witnesses)
        found = ask(request.param, tmp_path_factory.mktemp("probes"), code)
        assert Path(witnesses["planted"]).read_text() == witnesses["mark"]
    assert "requires" in found, found
    return json.loads(found["requires"][0])


@pytest.mark.parametrize("name", [name for name, _ in sandbox_probes.ALL])
def test_no_hostile_backend(reported: dict[str, str], name: str) -> None:
    assert reported[name].startswith(("refused: ", "nothing", "died")), reported[name]


def test_every_probe_ran_in_the_sandbox(reported: dict[str, str]) -> None:
    assert list(reported) == [name for name, _ in sandbox_probes.ALL]
    assert "died" in reported["calls by 32-bit numbers"]
    broken = {
        n: r
        for n, r in reported.items()
        if r.startswith(("refused: NameError", "refused: SyntaxError", "refused: KeyError"))
    }
    assert not broken


@pytest.fixture(scope="module")
def controls() -> dict[str, str]:
    """The same probes by the same code, outside of any sandbox."""
    with planted() as witnesses:
        rows = [row for row in sandbox_probes.ALL if row[0] in sandbox_probes.CONTROLS]
        code = f"{hostile.HARNESS}\nprobes, w = json.load(sys.stdin)\nprint(json.dumps(run_all(probes, w)))\n"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, input=json.dumps([rows, witnesses]), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", sandbox_probes.CONTROLS)
def test_without_a_sandbox_it(controls: dict[str, str], name: str) -> None:
    assert controls[name].startswith("escaped: "), controls[name]
