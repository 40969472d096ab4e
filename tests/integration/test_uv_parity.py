"""Pins equal to those of `uv pip compile`, environment by environment, on real sets of requirements.

Environments are not aligned here, since uv looks at one of them only. Source distributions are out of question for
both, so that neither runs a build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.http_index.default_index import default_index_url
from tests.support.command_line import resolve
from tests.support.machine import skip

ENVIRONMENTS: dict[str, tuple[dict[str, str], str]] = {
    "linux": ({"python": "3.11", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"}, "x86_64-manylinux_2_28"),
    "alpine": ({"python": "3.12", "os": "linux", "arch": "aarch64", "libc": "musl 1.2"}, "aarch64-unknown-linux-musl"),
    "mac": ({"python": "3.12", "os": "macos 14", "arch": "arm64"}, "aarch64-apple-darwin"),
    "windows": ({"python": "3.13", "os": "windows", "arch": "amd64"}, "x86_64-pc-windows-msvc"),
}
"""Ours, and uv's name of the platform."""

SETS = {
    "black": ["black[d,jupyter,uvloop]"],
    "web application": [
        "Django>=4.2",
        "fastapi[standard]",
        "celery[redis]",
        "SQLAlchemy[asyncio]",
        "pandas",
        "boto3",
        "sentry-sdk[django]",
        "grpcio",
    ],
}


def uv_pins(uv: str, requirements: list[str], python: str, platform: str, cache: Path) -> dict[str, str]:
    """Project -> version, as uv has it."""
    command = [uv, "pip", "compile", "-", "--no-config", "--no-annotate", "--no-header", "--no-build", "--quiet"]
    command += ["--python-version", python, "--python-platform", platform, "--index-url", default_index_url()]
    done = subprocess.run(
        command,
        input="\n".join(requirements),
        env={**os.environ, "UV_CACHE_DIR": str(cache), "MACOSX_DEPLOYMENT_TARGET": "14.0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = (line.partition(";")[0].strip() for line in done.stdout.splitlines())
    return dict(line.split("==") for line in lines if line)


def differences(ours: dict[str, str], theirs: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Project -> (our version, uv's), where they differ."""
    return {
        name: (ours.get(name), theirs.get(name))
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    }


@pytest.mark.pypi
@pytest.mark.parametrize("name", SETS)
def test_pins_equal_uvs(name: str, tmp_path: Path, downloads: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        skip("uv is not installed")
    spec = {
        "environments": {name: ours for name, (ours, _) in ENVIRONMENTS.items()},
        "requirements": SETS[name],
        "policy": {"align": False, "sdists": "never"},
    }
    outcome = resolve(tmp_path, spec, downloads)
    assert outcome.code == 0, outcome.said
    found = {}
    for environment, (ours, platform) in ENVIRONMENTS.items():
        theirs = uv_pins(uv, SETS[name], ours["python"], platform, downloads.parent / "uv-cache")
        found[environment] = differences(outcome.pins(environment), theirs)
    assert {environment: differing for environment, differing in found.items() if differing} == {}
