"""The tools that are measured: how each is installed, what its project looks like, and its words for what is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.workloads import ENVIRONMENTS, PYTHON, Ask

OURS = "wheelhouse"
EACH, EVERY = "uv pip compile, each set", "uv pip compile, each set and environment"
THREADS = 16
PLAIN = f"{THREADS} threads, nothing else"
"""Who is measured, by the names under which results and targets know them."""
ROOT = Path(__file__).resolve().parents[1]
Commands = Mapping[Ask, list[list[str]]]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A workload in a folder of its own; ``index`` is the URL of the Simple API, with a slash; ``moves`` may move.

    ``policy`` is written into a spec of ours as it stands.
    """

    folder: Path
    index: str
    requirements: Sequence[str]
    moves: str
    policy: Sequence[str] = ()

    @property
    def cache(self) -> Path:
        """Whatever the tool keeps between runs."""
        return self.folder / "cache"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """``packages``: what is installed for it, itself first; none for the checkout.

    ``write`` makes its project in a job's folder. ``commands``: what is asked -> the commands, run one after the other,
    given the folder of its programs. ``lock``: a pattern for what it writes. ``answers``: where in its cache whole
    answers are. ``accepted``: exit codes of runs that count.
    """

    name: str
    packages: Sequence[str]
    write: Callable[[Job], None]
    commands: Callable[[Job, Path], Commands]
    lock: str
    variables: Callable[[Job], dict[str, str]]
    answers: str = ""
    accepted: Collection[int] = (0,)

    def programs(self, tools: Path) -> Path:
        """The folder of its programs."""
        return programs(tools, self.packages) if self.packages else Path(sys.executable).parent

    def version(self, tools: Path) -> str:
        """As its distribution says; of the checkout, its commit."""
        return version(tools, self.packages) if self.packages else commit()


def programs(tools: Path, packages: Sequence[str]) -> Path:
    """The programs of ``packages`` in a virtual environment of their own below ``tools``, made where it is missing.

    It has the Python that runs this, and so the same as ours.
    """
    venv = tools / packages[0]
    done, wanted = venv / "installed", "\n".join([*packages, sys.version, sys.base_prefix])
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [str(venv / "bin/python"), "-m", "pip", "--isolated", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "-q", "--upgrade", *packages], check=True, env=clean())
        done.write_text(wanted, encoding="utf-8")
    return venv / "bin"


def version(tools: Path, packages: Sequence[str]) -> str:
    """Of the first of ``packages``, in their own virtual environment."""
    code = f"from importlib.metadata import version; print(version({packages[0]!r}))"
    return _said([str(programs(tools, packages) / "python"), "-c", code])


def commit() -> str:
    """Of the checkout, short; with ``+`` where it was changed since."""
    try:
        return _said(["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"])
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def clean() -> dict[str, str]:
    """The process environment without settings of a tool's own, or of Python's: what is compiled stays so."""
    theirs = ("PIP_", "PYTHON", "UV_", "PDM_", "POETRY_", "WHEELHOUSE_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return {**kept, "PIP_CONFIG_FILE": os.devnull}


def write_spec(job: Job, environments: Mapping[str, Mapping[str, str]]) -> None:
    """The spec of a job; ``environments``: name -> python, os, arch and, where there is one, libc."""
    rows = [
        f"  {name}: {{{', '.join(f'{key}: {value!r}' for key, value in declared.items() if value)}}}"
        for name, declared in environments.items()
    ]
    wanted = [f"  - '{requirement}'" for requirement in job.requirements]
    head = ["version: 1", "indexes:", f"  - {{name: replay, url: '{job.index}'}}", *job.policy, "environments:"]
    (job.folder / "spec.yaml").write_text("\n".join([*head, *rows, "requirements:", *wanted]) + "\n", encoding="utf-8")


def _wheelhouse_spec(job: Job) -> None:
    write_spec(
        job,
        {
            name: {"python": PYTHON, "os": platform.os, "arch": platform.arch, "libc": platform.libc}
            for name, platform in ENVIRONMENTS.items()
        },
    )


def _wheelhouse(job: Job, programs: Path) -> Commands:
    resolve = [str(programs / "wheelhouse"), "resolve", "--quiet"]
    return {
        "lock": [resolve],
        "no-op": [resolve],
        "check": [[*resolve, "--check"]],
        "update": [[*resolve, "--update", job.moves]],
    }


def _pyproject(job: Job, more: str) -> None:
    wanted = ", ".join(f'"{requirement}"' for requirement in job.requirements)
    minor = sys.version_info.minor
    text = (
        f'[project]\nname = "bench-of-locks"\nversion = "0"\nrequires-python = ">=3.{minor},<3.{minor + 1}"\n'
        f"dependencies = [{wanted}]\n{more}"
    )
    (job.folder / "pyproject.toml").write_text(text, encoding="utf-8")


def _uv_project(job: Job) -> None:
    markers = ", ".join(
        f"\"sys_platform == '{platform.sys_platform}' and platform_machine == '{platform.platform_machine}'\""
        for platform in ENVIRONMENTS.values()
    )
    _pyproject(job, f'[tool.uv]\nenvironments = [{markers}]\n[[tool.uv.index]]\nurl = "{job.index}"\ndefault = true\n')


def _uv_lock(job: Job, programs: Path) -> Commands:
    lock = [str(programs / "uv"), "lock", "--quiet", "--python", sys.executable]
    return {
        "lock": [lock],
        "no-op": [lock],
        "check": [[*lock, "--check"]],
        "update": [[*lock, "--upgrade-package", job.moves]],
    }


def _requirements(job: Job) -> None:
    (job.folder / "requirements.in").write_text("\n".join(job.requirements) + "\n", encoding="utf-8")


def uv_compile(uv: str, index: str, source: str, platform: str, to: str) -> list[str]:
    """`uv pip compile` of the file ``source`` for one of uv's platforms."""
    return [
        *(uv, "pip", "compile", "--quiet", source, "--python-version", PYTHON, "--python", sys.executable),
        *("--python-platform", platform, "--default-index", index, "--generate-hashes", "--output-file", to),
    ]


def _uv_compiles(job: Job, programs: Path) -> Commands:
    runs = [
        uv_compile(str(programs / "uv"), job.index, "requirements.in", platform.uv, f"{name}.txt")
        for name, platform in ENVIRONMENTS.items()
    ]
    return {"lock": runs, "no-op": runs, "update": [[*run, "--upgrade-package", job.moves] for run in runs]}


def _pdm_project(job: Job) -> None:
    source = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{job.index}"\nverify_ssl = false\n'
    _pyproject(job, f"[tool.pdm]\ndistribution = false\n{source}")


def _pdm(job: Job, programs: Path) -> Commands:
    """Its own no-op resolves everything again; `--check` is what tells that nothing is to be done."""
    lock = [str(programs / "pdm"), "lock", "--quiet"]
    check = [*lock, "--check"]
    update = [str(programs / "pdm"), "update", "--quiet", "--no-sync", job.moves]
    return {"lock": [lock], "no-op": [check], "check": [check], "update": [update]}


def _poetry_project(job: Job) -> None:
    source = f'[[tool.poetry.source]]\nname = "replay"\nurl = "{job.index}"\npriority = "primary"\n'
    _pyproject(job, f"[tool.poetry]\npackage-mode = false\n{source}")


def _poetry(job: Job, programs: Path) -> Commands:
    poetry = str(programs / "poetry")
    lock = [poetry, "lock", "--quiet", "--no-interaction"]
    return {
        "lock": [[*lock, "--regenerate"]],
        "no-op": [lock],
        "check": [[poetry, "check", "--lock", "--quiet", "--no-interaction"]],
        "update": [[poetry, "update", "--lock", "--quiet", "--no-interaction", job.moves]],
    }


def _nab_project(job: Job) -> None:
    _pyproject(job, f'[tool.nab]\nindexes = [{{name = "replay", url = "{job.index}"}}]\n')


def _nab(job: Job, programs: Path) -> Commands:
    """Its `--locked` is not for several environments, and it moves no project alone."""
    lock = [
        *(str(programs / "nab"), "lock", "-qq", "--no-progress", "--cache-dir", str(job.cache)),
        *("--project-mode", "universal", "--project-matrix-python", f"=={PYTHON}.*"),
        *("--project-matrix-platforms", *(platform.nab for platform in ENVIRONMENTS.values())),
    ]
    return {"lock": [lock], "no-op": [lock]}


def _pip(job: Job, programs: Path) -> Commands:
    """For the host alone: it knows no other environment."""
    lock = [
        *(str(programs / "python"), "-m", "pip", "--isolated", "--cache-dir", str(job.cache), "lock", "--quiet"),
        *("--index-url", job.index, "-r", "requirements.in", "-o", "pylock.toml"),
    ]
    return {"lock": [lock]}


def _cache(name: str) -> Callable[[Job], dict[str, str]]:
    return lambda job: {name: str(job.cache)}


WHEELHOUSE = Tool(
    name=OURS, packages=(), write=_wheelhouse_spec, commands=_wheelhouse, lock="lock.json",
    variables=_cache("WHEELHOUSE_CACHE_DIR"), answers="runs",
)  # fmt: skip
TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        WHEELHOUSE,
        Tool(
            name="uv lock", packages=("uv",), write=_uv_project, commands=_uv_lock, lock="uv.lock",
            variables=_cache("UV_CACHE_DIR"),
        ),
        Tool(
            name="uv pip compile x4", packages=("uv",), write=_requirements, commands=_uv_compiles, lock="*.txt",
            variables=_cache("UV_CACHE_DIR"),
        ),
        Tool(
            name="nab lock", packages=("nab",), write=_nab_project, commands=_nab, lock="pylock.toml",
            variables=lambda _: {},
        ),
        Tool(
            name="poetry lock", packages=("poetry",), write=_poetry_project, commands=_poetry, lock="poetry.lock",
            variables=_cache("POETRY_CACHE_DIR"),
        ),
        Tool(
            # its metadata admits releases of the last two that it cannot lock with
            name="pdm lock", packages=("pdm", "hishel<1", "unearth<0.19"), write=_pdm_project, commands=_pdm,
            lock="pdm.lock",
            variables=lambda job: {
                "PDM_CACHE_DIR": str(job.cache), "PDM_CHECK_UPDATE": "0", "PDM_PYTHON": sys.executable,
            },
        ),
        Tool(
            name="pip lock (host alone)", packages=("pip",), write=_requirements, commands=_pip, lock="pylock.toml",
            variables=lambda _: {},
        ),
    )
}  # fmt: skip
"""By name, in the order of the tables: ours first."""
