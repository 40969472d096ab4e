"""How many real sdists build with no network from what each tool carries: ours, pip download, Morgan, an export of uv.

    python bench/offline_builds.py FOLDER [NAME==VERSION ...]

Each tool gets the same requirements and the same Python, and makes a folder of files. Then pip builds every sdist in an
empty network namespace with that folder as its only source, build isolation and all. Morgan and uv run in virtual
environments of their own, at the newest release. The figures go to FOLDER/table.md; nobody edits them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SDISTS = (
    "docopt==0.6.2 thrift==0.16.0 wget==3.2 testtools==2.5.0 hatchling==1.27.0 flit-core==3.12.0 poetry-core==2.1.3 "
    "setuptools==80.9.0 PyYAML==6.0.2 MarkupSafe==3.0.2 psutil==7.0.0 simplejson==3.20.1 wrapt==1.17.2 msgpack==1.1.0 "
    "regex==2024.11.6 ujson==5.10.0 kiwisolver==1.4.8 contourpy==1.3.2 lazy-object-proxy==1.11.0 pluggy==1.6.0 "
    "attrs==25.3.0 Levenshtein==0.27.1"
)
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))} | {"PIP_CONFIG_FILE": os.devnull}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a tool carried, and what became of each sdist: empty, or why it did not build."""

    tool: str
    seconds: float
    files: int
    built: dict[str, str]

    def row(self) -> str:
        failed = {name: why for name, why in self.built.items() if why}
        listed = "; ".join(f"{name}: {why}" for name, why in sorted(failed.items())) or "-"
        done = len(self.built) - len(failed)
        return f"| {self.tool} | {self.files} | {self.seconds:.0f} s | {done} of {len(self.built)} | {listed} |"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=CLEAN, capture_output=True, text=True, check=False)


def names(wanted: Sequence[str]) -> str:
    return ",".join(text.partition("==")[0] for text in wanted)


def venv(folder: Path, *packages: str) -> Path:
    """A virtual environment with the newest releases of ``packages``; its folder of programs."""
    if not (folder / "bin").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [str(folder / "bin/python"), "-m", "pip", "install", "-q", "--upgrade", "pip", *packages]
        subprocess.run(install, env=CLEAN, check=True)
    return folder / "bin"


def wheelhouse(folder: Path, wanted: Sequence[str]) -> Path:
    machine = {"python": PYTHON, "os": "linux", "arch": os.uname().machine, "libc": "glibc 2.17"}
    sources = {text.partition("==")[0]: {"sdists": "always"} for text in wanted}
    spec = {"version": 1, "environments": {"here": machine}, "requirements": list(wanted), "projects": sources}
    (folder / "spec.yaml").write_text(json.dumps(spec))
    command = Path(sys.executable).with_name("wheelhouse")
    run(command, "resolve", cwd=folder)
    run(command, "vendor", "tree", cwd=folder)
    return folder / "tree/files"


def pip_download(folder: Path, wanted: Sequence[str]) -> Path:
    pip = [str(venv(folder / "venv") / "python"), "-m", "pip", "--isolated", "download", "-q", "-d", "files"]
    for each in wanted:  # one by one: the first that fails would end the others
        run(*pip, "--no-binary", names([each]), each, cwd=folder)
    return folder / "files"


def morgan(folder: Path, wanted: Sequence[str]) -> Path:
    python = ".".join(map(str, sys.version_info[:3]))
    markers = {"os_name": "posix", "sys_platform": "linux", "platform_machine": os.uname().machine}
    markers |= {"platform_python_implementation": "CPython", "platform_system": "Linux", "python_version": PYTHON}
    markers |= {"python_full_version": python, "implementation_name": "cpython"}
    lines = ["[env.here]", *(f"{key} = {value}" for key, value in markers.items()), "", "[requirements]"]
    lines += [f"{name} = =={version}" for name, _, version in (text.partition("==") for text in wanted)]
    (folder / "index").mkdir(exist_ok=True)
    (folder / "index/morgan.ini").write_text("\n".join(lines) + "\n")
    run(venv(folder / "venv", "morgan") / "morgan", "-i", "index", "mirror", cwd=folder)
    return folder / "index"


def uv_export(folder: Path, wanted: Sequence[str]) -> Path:
    programs = venv(folder / "venv", "uv")
    lines = ["[project]", 'name = "all"', 'version = "0"', f'requires-python = "=={PYTHON}.*"']
    lines += [f"dependencies = {list(wanted)!r}", "[tool.uv]", f"no-binary-package = {names(wanted).split(',')!r}"]
    (folder / "pyproject.toml").write_text("\n".join(lines) + "\n")
    run(programs / "uv", "lock", "--no-config", cwd=folder)
    export = ["export", "--no-emit-project", "--no-config", "-o", "requirements.txt"]
    run(programs / "uv", *export, cwd=folder)
    download = ["download", "-q", "--no-deps", "--require-hashes", "--no-binary", names(wanted), "-d", "files"]
    run(programs / "python", "-m", "pip", "--isolated", *download, "-r", "requirements.txt", cwd=folder)
    return folder / "files"


def measured(tool: str, make: Callable[[Path, Sequence[str]], Path], folder: Path, wanted: Sequence[str]) -> Outcome:
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    files = make(folder, wanted)
    seconds = time.monotonic() - begun
    flat = folder / "flat"
    shutil.rmtree(flat, ignore_errors=True)
    flat.mkdir()
    for path in files.rglob("*") if files.exists() else ():
        if path.name.endswith((".whl", ".tar.gz", ".zip", ".tar.bz2")):
            (flat / path.name).symlink_to(path.resolve())
    built = {text: build(folder, flat, text) for text in wanted}
    return Outcome(tool=tool, seconds=seconds, files=len(list(flat.iterdir())), built=built)


def build(folder: Path, flat: Path, requirement: str) -> str:
    """Empty, or why pip cannot build it with no network."""
    name = names([requirement])
    pip = [venv(folder.parent / "pip") / "python", "-m", "pip", "--isolated", "wheel", "--no-deps", "--no-cache-dir"]
    pip += ["--no-index", "--find-links", flat, "--no-binary", name, "-w", folder / "wheels", requirement]
    done = run("unshare", "--map-root-user", "--net", *map(str, pip), cwd=folder)
    if done.returncode == 0:
        return ""
    said = [line.strip() for line in done.stderr.splitlines() if "No matching distribution found for" in line]
    return said[-1].rpartition(" for ")[2] + " is missing" if said else done.stderr.strip().splitlines()[-1][:80]


def main() -> None:
    folder, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:] or SDISTS.split()
    tools = {"wheelhouse": wheelhouse, "pip download": pip_download, "Morgan": morgan, "uv export": uv_export}
    rows = ["| carried by | files | in | sdists that pip builds offline | the others |", "|---|---|---|---|---|"]
    for tool, make in tools.items():
        rows.append(measured(tool, make, folder / tool.replace(" ", "-"), wanted).row())
        print(rows[-1], flush=True)
    (folder / "table.md").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
