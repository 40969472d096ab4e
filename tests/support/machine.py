"""What this machine has for tests that cross a border. What it lacks is skipped with a reason, and fails in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
"""The Python that runs the tests."""

EMPTY_NETWORK = ("unshare", "--map-root-user", "--net")


def skip(reason: str) -> NoReturn:
    """Skip a test for want of something; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)


def interpreters() -> list[Path]:
    """Every CPython 3.7 or later on PATH and under pyenv, one for each minor version."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if "shims" not in folder]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders += sorted((root / "versions").glob("*/bin"))
    found: dict[int, Path] = {}
    for folder in folders:
        for minor in range(7, 16):
            path = folder / f"python3.{minor}"
            if minor not in found and path.is_file():
                found[minor] = path
    return [found[minor] for minor in sorted(found)]


every_python = pytest.mark.parametrize("python", interpreters(), ids=lambda path: path.name)
"""Runs a test on each of them."""


@cache
def empty_network() -> tuple[str, ...] | None:
    """The command prefix for an empty network namespace, or None where the machine allows none."""
    if shutil.which("unshare") is None:
        return None
    done = subprocess.run([*EMPTY_NETWORK, "true"], capture_output=True, check=False)
    return EMPTY_NETWORK if done.returncode == 0 else None
