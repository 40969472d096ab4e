"""A folder with a spec and a local index of tiny packages, and `wheelhouse` run there as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.archives import sdist, wheel

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "resolver.cli")
SPEC = """\
version: 1
environments:
  windows: {python: "3.13", os: windows, arch: amd64}
  linux: {python: "3.11", os: linux, arch: x86_64, libc: glibc 2.28}
requirements:
  - alpha>=1
  - winonly ; sys_platform == "win32"
  - delta
indexes: [{name: local, url: wheels/}]
"""
PYPROJECT = (
    b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    b'[project]\nname = "delta"\nversion = "0.1"\n'
)


def furnish(folder: Path, spec: str = SPEC) -> Path:
    """Write the spec and the index: alpha 1.0 needs beta, delta is an sdist. Returns ``folder``."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    for name, version, *requires in (
        ("alpha", "1.0", "beta>=1"),
        ("beta", "1.5"),
        ("winonly", "0.3"),
        ("setuptools", "80.9.0"),
    ):
        add(folder, name, version, *requires)
    (wheels / "delta-0.1.tar.gz").write_bytes(sdist("delta", "0.1", {"pyproject.toml": PYPROJECT}))
    (folder / "spec.yaml").write_text(spec, encoding="utf-8")
    return folder


def add(folder: Path, name: str, version: str, *requires: str) -> Path:
    """Put a wheel into the index of a folder."""
    path = folder / "wheels" / f"{name}-{version}-py3-none-any.whl"
    path.write_bytes(wheel(name, version, *requires))
    return path


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a process: none that would change what is tested."""
    ours = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "WHEELHOUSE_CACHE_DIR": str(folder / ".cache")}
    return {**ours, **(more or {})}


def wheelhouse(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command in ``folder``."""
    return subprocess.run(
        [*prefix, *COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, env),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def listing(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` but the cache, with its bytes."""
    found = (path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
