"""Sandboxes of whoever runs the tests, and of an ordinary user where that is root."""

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

from resolver.sandbox.model import Limits
from tests.support import sandbox_driver

ROOT = Path(__file__).parents[2]
OTHER = 54321
"""A uid that a test run by root takes, to be an ordinary user."""

MODES = ["ourselves", "another user"]


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
    found: dict[str, Any] = json.loads(done.stdout)
    return found
