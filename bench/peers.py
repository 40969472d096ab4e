"""The tools that are measured: how each is installed, what its project looks like, and its command for each mode."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ENVIRONMENTS = {
    "linux": ("linux", "x86_64", "glibc 2.28", "x86_64-manylinux_2_28"),
    "arm": ("linux", "aarch64", "glibc 2.28", "aarch64-manylinux_2_28"),
    "mac": ("macos 14", "arm64", "", "aarch64-apple-darwin"),
    "windows": ("windows", "amd64", "", "x86_64-pc-windows-msvc"),
}
MARKERS = (
    "sys_platform == 'linux' and platform_machine == 'x86_64'",
    "sys_platform == 'linux' and platform_machine == 'aarch64'",
    "sys_platform == 'darwin' and platform_machine == 'arm64'",
    "sys_platform == 'win32' and platform_machine == 'AMD64'",
)
MODES = ("cold", "warm", "anew", "no-op", "update")
"""``anew``: as ``warm``, of a tool that keeps whole answers, with those forgotten: what a changed spec would take."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A workload in a folder of its own; ``index`` is the URL of the Simple API, with a slash; ``project`` may move."""

    folder: Path
    index: str
    requirements: Sequence[str]
    project: str

    @property
    def cache(self) -> Path:
        return self.folder / "cache"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """``commands``: mode -> the commands, run one after the other. ``lock``: what to remove for a mode without one.

    ``answers``: where in its cache whole answers are.
    """

    name: str
    packages: Sequence[str]
    write: Callable[[Job], None]
    commands: Callable[[Job, Path], dict[str, list[list[str]]]]
    lock: str
    variables: Callable[[Job], dict[str, str]]
    answers: str = ""

    def programs(self, folder: Path) -> Path:
        """The folder of its programs, in a virtual environment of its own, made where it is missing."""
        if not self.packages:
            return Path(sys.executable).parent
        venv = folder / "tools" / self.name.split()[0]
        if not (venv / ".done").exists():
            shutil.rmtree(venv, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            install = [venv / "bin/python", "-m", "pip", "--isolated", "install", "-q", "--upgrade", *self.packages]
            subprocess.run(install, check=True, env=clean())
            (venv / ".done").touch()
        return venv / "bin"

    def version(self, programs: Path) -> str:
        """As its distribution says."""
        if not self.packages:
            return "checkout"
        code = f"from importlib.metadata import version; print(version({self.packages[0]!r}))"
        return subprocess.run(
            [programs / "python", "-c", code], check=True, capture_output=True, text=True
        ).stdout.strip()


def clean() -> dict[str, str]:
    """The process environment without settings of a tool's own, or of Python's: modules stay compiled once they are."""
    theirs = ("PIP_", "UV_", "PDM_", "POETRY_", "PYTHON", "WHEELHOUSE_", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(theirs)}


def _wheelhouse_spec(job: Job) -> None:
    rows = [
        f"  {name}: {{python: '{PYTHON}', os: {system}, arch: {arch}{f', libc: {libc}' if libc else ''}}}"
        for name, (system, arch, libc, _) in ENVIRONMENTS.items()
    ]
    wanted = [f"  - '{requirement}'" for requirement in job.requirements]
    head = ["version: 1", "indexes:", f"  - {{name: replay, url: '{job.index}'}}", "environments:"]
    (job.folder / "spec.yaml").write_text("\n".join([*head, *rows, "requirements:", *wanted]) + "\n", encoding="utf-8")


def _wheelhouse(job: Job, programs: Path) -> dict[str, list[list[str]]]:
    resolve = [str(programs / "wheelhouse"), "resolve", "--quiet"]
    update = [*resolve, "--update", job.project]
    return {"cold": [resolve], "warm": [resolve], "anew": [resolve], "no-op": [resolve], "update": [update]}


def _pyproject(job: Job, more: str) -> None:
    wanted = ", ".join(f'"{requirement}"' for requirement in job.requirements)
    minor = sys.version_info.minor
    text = (
        f'[project]\nname = "bench-of-locks"\nversion = "0"\nrequires-python = ">=3.{minor},<3.{minor + 1}"\n'
        f"dependencies = [{wanted}]\n{more}"
    )
    (job.folder / "pyproject.toml").write_text(text, encoding="utf-8")


def _uv_project(job: Job) -> None:
    markers = ", ".join(f'"{marker}"' for marker in MARKERS)
    _pyproject(job, f'[tool.uv]\nenvironments = [{markers}]\n[[tool.uv.index]]\nurl = "{job.index}"\ndefault = true\n')


def _uv_lock(job: Job, programs: Path) -> dict[str, list[list[str]]]:
    lock = [str(programs / "uv"), "lock", "--quiet", "--python", sys.executable]
    return {"cold": [lock], "warm": [lock], "no-op": [lock], "update": [[*lock, "--upgrade-package", job.project]]}


def _requirements(job: Job) -> None:
    (job.folder / "requirements.in").write_text("\n".join(job.requirements) + "\n", encoding="utf-8")


def _uv_compile(job: Job, programs: Path) -> dict[str, list[list[str]]]:
    runs = [
        [
            *(str(programs / "uv"), "pip", "compile", "--quiet", "requirements.in", "--python-version", PYTHON),
            *("--python", sys.executable, "--python-platform", platform, "--default-index", job.index),
            *("--generate-hashes", "--output-file", f"{name}.txt"),
        ]
        for name, (*_, platform) in ENVIRONMENTS.items()
    ]
    return {"cold": runs, "warm": runs}


def _pdm_project(job: Job) -> None:
    source = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{job.index}"\nverify_ssl = false\n'
    _pyproject(job, f"[tool.pdm]\ndistribution = false\n{source}")


def _pdm(job: Job, programs: Path) -> dict[str, list[list[str]]]:
    lock = [str(programs / "pdm"), "lock", "--quiet"]
    check = [str(programs / "pdm"), "lock", "--check", "--quiet"]
    update = [str(programs / "pdm"), "update", "--quiet", "--no-sync", job.project]
    return {"cold": [lock], "warm": [lock], "no-op": [check], "update": [update]}


def _poetry_project(job: Job) -> None:
    source = f'[[tool.poetry.source]]\nname = "replay"\nurl = "{job.index}"\npriority = "primary"\n'
    _pyproject(job, f"[tool.poetry]\npackage-mode = false\n{source}")


def _poetry(job: Job, programs: Path) -> dict[str, list[list[str]]]:
    lock = [str(programs / "poetry"), "lock", "--quiet", "--no-interaction"]
    update = [str(programs / "poetry"), "update", "--lock", "--quiet", "--no-interaction", job.project]
    return {"cold": [[*lock, "--regenerate"]], "warm": [[*lock, "--regenerate"]], "no-op": [lock], "update": [update]}


def _nab_project(job: Job) -> None:
    _pyproject(job, f'[tool.nab]\nindexes = [{{name = "replay", url = "{job.index}"}}]\n')


def _nab(job: Job, programs: Path) -> dict[str, list[list[str]]]:
    lock = [
        *(str(programs / "nab"), "lock", "-qq", "--no-progress", "--cache-dir", str(job.cache)),
        *("--project-mode", "universal", "--project-matrix-python", f"=={PYTHON}.*"),
        *("--project-matrix-platforms", "linux_x86_64", "linux_aarch64", "macos_arm64", "windows_amd64"),
    ]
    return {"cold": [lock], "warm": [lock]}


def _pip(job: Job, programs: Path) -> dict[str, list[list[str]]]:
    """For the host alone: it knows no other environment."""
    lock = [
        *(str(programs / "python"), "-m", "pip", "--isolated", "--cache-dir", str(job.cache), "lock", "--quiet"),
        *("--index-url", job.index, "-r", "requirements.in", "-o", "pylock.toml"),
    ]
    return {"cold": [lock], "warm": [lock]}


def _cache(name: str) -> Callable[[Job], dict[str, str]]:
    return lambda job: {name: str(job.cache)}


TOOLS = (
    Tool(
        name="wheelhouse",
        packages=(),
        write=_wheelhouse_spec,
        commands=_wheelhouse,
        lock="lock.json",
        variables=_cache("WHEELHOUSE_CACHE_DIR"),
        answers="runs",
    ),
    Tool(
        name="uv lock", packages=("uv",), write=_uv_project, commands=_uv_lock, lock="uv.lock",
        variables=_cache("UV_CACHE_DIR"),
    ),
    Tool(
        name="uv pip compile x4", packages=("uv",), write=_requirements, commands=_uv_compile, lock="*.txt",
        variables=_cache("UV_CACHE_DIR"),
    ),
    Tool(
        # its metadata admits releases of the last two that it cannot be started with
        name="pdm lock", packages=("pdm", "hishel<1", "unearth<0.19"), write=_pdm_project, commands=_pdm,
        lock="pdm.lock",
        variables=lambda job: {"PDM_CACHE_DIR": str(job.cache), "PDM_CHECK_UPDATE": "0", "PDM_PYTHON": sys.executable},
    ),
    Tool(
        name="poetry lock", packages=("poetry",), write=_poetry_project, commands=_poetry, lock="poetry.lock",
        variables=_cache("POETRY_CACHE_DIR"),
    ),
    Tool(
        name="nab lock", packages=("nab",), write=_nab_project, commands=_nab, lock="pylock.toml",
        variables=lambda _: {},
    ),
    Tool(
        name="pip lock (host alone)", packages=("pip",), write=_requirements, commands=_pip, lock="pylock.toml",
        variables=lambda _: {},
    ),
)  # fmt: skip
