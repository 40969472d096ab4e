"""Our tags against those of every interpreter that this machine has, and against pip for foreign ones."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import packaging.tags
import pytest

from resolver.environments.model import Environment
from tests.support.environments import environment, short
from tests.support.machine import interpreters, skip

INSIDE = """
import json, os, sys, sysconfig
sys.path[:0] = sys.argv[1:]
from packaging import markers, tags
print(json.dumps({
    "tags": [str(tag) for tag in tags.sys_tags()],
    "markers": markers.default_environment(),
    "libc": os.confstr("CS_GNU_LIBC_VERSION").split()[1],
    "version": sys.version.split()[0],
    "abi": sysconfig.get_config_var("SOABI"),
}))
"""
OLDER = INSIDE.replace("from packaging", "from pip._vendor.packaging")
PACKAGING = Path(packaging.tags.__file__).parents[1]


@pytest.mark.skipif(sys.platform != "linux", reason="libc is asked of a Linux")
@pytest.mark.parametrize("python", interpreters(), ids=lambda path: path.parent.parent.name)
def test_every_interpreter_here_agrees(python: Path, tmp_path: Path) -> None:
    (tmp_path / "packaging").symlink_to(PACKAGING / "packaging")
    recent = _run(python, INSIDE, str(tmp_path))
    found = recent or _run(python, OLDER)
    if found is None:
        skip(f"{python} has neither packaging nor pip")
    theirs: list[str] = found["tags"]
    here = _here(found)
    stated = {variable: value for variable, value in found["markers"].items() if variable not in here.assumed}
    assert {variable: here.markers[variable] for variable in stated} == stated
    assert here.assumed == {"platform_release", "platform_version"}
    ours = [str(tag) for tag in here.tags]
    if recent is not None:
        assert ours == theirs
        return
    # Older copies of packaging, in the pip of older interpreters, know fewer names and put `linux_*` last.
    named = [tag for tag in dict.fromkeys(theirs) if "-linux_" not in tag]
    assert len(named) > 200
    assert [tag for tag in ours if tag in set(named)] == named


def _run(python: Path, code: str, *path: str) -> dict[str, Any] | None:
    done = subprocess.run(
        [python, "-S" if path else "-B", "-c", code, *path], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def _here(found: dict[str, Any]) -> Environment:
    """The environment that a person would declare for the interpreter that ``found`` describes."""
    minor = "".join(found["version"].split(".")[:2])
    threaded = "t" if str(found["abi"]).startswith(f"cpython-{minor}t") else ""
    python, libc = found["version"] + threaded, f"glibc {found['libc']}"
    return environment(short("here", python, "linux", platform.machine(), libc))


FOREIGN = [
    (
        "3.12",
        "linux",
        "aarch64",
        "musl 1.2",
        ["musllinux_1_2_aarch64", "musllinux_1_1_aarch64", "musllinux_1_0_aarch64"],
    ),
    ("3.12", "macos 14", "arm64", None, ["macosx_14_0_arm64"]),
    ("3.13", "windows", "amd64", None, ["win_amd64"]),
    (
        "3.11",
        "linux",
        "x86_64",
        "glibc 2.28",
        ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"],
    ),
]


@pytest.mark.parametrize(("python", "system", "arch", "libc", "platforms"), FOREIGN)
def test_pip_agrees_for_machines_that_are_not_here(
    python: str, system: str, arch: str, libc: str | None, platforms: list[str]
) -> None:
    abi = "cp" + python.replace(".", "")
    options = [option for name in platforms for option in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "--isolated", "debug", "--verbose", *options]
    command += ["--python-version", python, "--implementation", "cp", "--abi", abi, "--abi", "abi3", "--abi", "none"]
    clean = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    output = subprocess.run(command, capture_output=True, text=True, check=True, env=clean).stdout
    theirs = [line.strip() for line in output.partition("Compatible tags")[2].splitlines() if line.count("-") == 2]
    ours = [str(tag) for tag in environment(short("there", python, system, arch, libc)).tags]
    assert len(theirs) > 40
    assert set(theirs) <= set(ours)
    if system != "linux":  # of a Linux, pip expands the names that it was given only in part
        assert [tag for tag in ours if tag in set(theirs)] == theirs
