"""The sandbox against hostile backends: nothing of the host is found, changed or outlived."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration import sandbox_probes
from tests.support import hostile
from tests.support.host_witnesses import planted
from tests.support.sandbox_users import MODES, OTHER, ask

pytestmark = pytest.mark.usefixtures("sandbox")


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
    outcomes: dict[str, str] = json.loads(found["requires"][0])
    return outcomes


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
    outcomes: dict[str, str] = json.loads(done.stdout)
    return outcomes


@pytest.mark.parametrize("name", sandbox_probes.CONTROLS)
def test_without_a_sandbox_it(controls: dict[str, str], name: str) -> None:
    assert controls[name].startswith("escaped: "), controls[name]
