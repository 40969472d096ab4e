"""How fast a locked set of files is carried: `wheelhouse vendor` beside plain downloaders and tools that mirror.

    python -m bench.vendoring FOLDER [--tool NAME ...] [--mode NAME ...] [--rounds N]

The set is that of jupyter and the web application for four environments, some 160 files, from the index on the
loopback. wheelhouse hashes what comes, extracts METADATA, asks the index what has become of each file since it was
locked, has all of it on the disk before the manifest names it, and writes the pages; `curl --parallel` and sixteen
threads write files and nothing else: their throughput is the ceiling. `pip download` and Morgan choose by themselves,
pip for this machine alone and Morgan for the same four environments, so their files differ: "right" counts those of
the lock.

FOLDER/results/vendoring-jupyter+web.json is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench import processes, results
from bench.command_line import Bench, bench, parser
from bench.loopback import Loopback, loopback
from bench.peers import PLAIN, THREADS, WHEELHOUSE, Job, clean, programs, version
from bench.processes import Usage
from bench.results import Cell
from bench.rounds import paired, say
from bench.spent import put_aside
from bench.workloads import ENVIRONMENTS, PYTHON, WORKLOADS, pick

NAME = "jupyter+web"
REQUIREMENTS = [*WORKLOADS["jupyter"].requirements, *WORKLOADS["web"].requirements]
BANDWIDTH = 25.0
MODES: Mapping[str, str] = {
    "first": "no cache, no tree, as fast as the loopback",
    "line": f"no cache, no tree, {BANDWIDTH:g} MB/s for all together, each answer 20 ms late",
    "cached": "a new tree, all files in the cache",
    "again": "nothing left to do",
}
ARCHIVES = (".whl", ".tar.gz", ".zip")
_FULL_VERSION = ".".join(map(str, sys.version_info[:3]))


@dataclass(frozen=True, kw_only=True)
class Files:
    """What is to be carried: the digest of each file, by its name; ``lock`` names them."""

    lock: Path
    sha256: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """``commands``: what is run in a folder that has what `locked` writes, given the index and where tools are.

    ``place``: where its files come to lie. ``chooses``: other files than the lock's.
    """

    commands: Callable[[Path, str, Path], list[list[str]]]
    place: str = "files"
    modes: Sequence[str] = ("first", "line")
    packages: Sequence[str] = ()
    chooses: bool = False


def _plain(folder: Path, _index: str, _tools: Path) -> list[list[str]]:
    script = Path(__file__).with_name("downloader.py")
    return [[sys.executable, str(script), str(folder / "urls.txt"), "files", str(THREADS)]]


def _curl(folder: Path, _index: str, _tools: Path) -> list[list[str]]:
    curl = shutil.which("curl") or "/usr/bin/curl"
    return [[curl, "-sS", "--parallel", "--parallel-max", str(THREADS), "-K", str(folder / "curl.txt")]]


def _wheelhouse(folder: Path, _index: str, tools: Path) -> list[list[str]]:
    return [
        [str(WHEELHOUSE.programs(tools) / "wheelhouse"), "vendor", "-q", "--lock", str(folder / "lock.json"), "tree"]
    ]


def _pip(_folder: Path, index: str, tools: Path) -> list[list[str]]:
    pip = str(programs(tools, ["pip"]) / "pip")
    return [[pip, "--isolated", "download", "-q", "--no-cache-dir", "-i", index, "-d", "files", *REQUIREMENTS]]


def _morgan(_folder: Path, index: str, tools: Path) -> list[list[str]]:
    return [[str(programs(tools, ["morgan"]) / "morgan"), "-i", "files", "-I", index, "mirror"]]


def _sha256sum(folder: Path, _index: str, _tools: Path) -> list[list[str]]:
    return [["/bin/sh", "-c", f"xargs sha256sum < {folder / 'names.txt'}"]]


CARRIERS: Mapping[str, Carrier] = {
    "wheelhouse vendor": Carrier(commands=_wheelhouse, place="tree/files", modes=tuple(MODES)),
    PLAIN: Carrier(commands=_plain),
    "curl --parallel": Carrier(commands=_curl),
    "pip download (this machine)": Carrier(commands=_pip, packages=["pip"], chooses=True, modes=("first",)),
    "morgan mirror": Carrier(commands=_morgan, packages=["morgan"], chooses=True, modes=("first",)),
    "sha256sum": Carrier(commands=_sha256sum, modes=("again",)),
}


@dataclass(kw_only=True)
class Carrying:
    """A carrier at work in a folder of its own; ``seen`` is what its last run left."""

    carrier: Carrier
    folder: Path
    files: Files
    index: Loopback
    place: Bench
    seen: dict[str, float] = field(default_factory=dict)

    def record(self) -> None:
        """Run once while the index records, unless that was done: it chooses files that no lock names."""
        done = self.place.recording / f"carried by {self.carrier.packages[0]}"
        if not done.exists():
            say(f"recording {self.carrier.packages[0]}")
            self.index.steer(record=True)
            self._prepare("first")
            self._run()
            done.touch()

    def once(self, mode: str) -> tuple[Usage, int]:
        """A measured run. Raises `Failed`."""
        self._prepare(mode)
        line = mode == "line"
        self.index.steer(latency=20 if line else 0, bandwidth=BANDWIDTH if line else 0)
        taken = self._run()
        requests = self.index.requests()
        self._look()
        return taken, requests

    def _run(self) -> Usage:
        commands = self.carrier.commands(self.files.lock.parent, self.index.simple, self.place.tools)
        variables = {"WHEELHOUSE_CACHE_DIR": str(self.folder / "cache")}
        return processes.run(commands, self.folder, variables, self.place.limit, self.index.process)

    def _prepare(self, mode: str) -> None:
        if mode in {"first", "line"}:
            put_aside(self.folder, self.place.spent)
        elif not (self.folder / self.carrier.place).exists():
            self._prepare("first")
            self._run()
        if mode == "cached":
            put_aside(self.folder / "tree", self.place.spent)
        (self.folder / "files").mkdir(parents=True, exist_ok=True)
        (self.folder / "files/morgan.ini").write_text(morgan_config(), encoding="utf-8")
        os.sync()  # who waits for the disk should not wait for what others left to be written

    def _look(self) -> None:
        found = [path for path in (self.folder / self.carrier.place).rglob("*") if path.name.endswith(ARCHIVES)]
        self.seen = {
            "files": len(found),
            "bytes": sum(path.stat().st_size for path in found),
            "right": sum(self.files.sha256.get(path.name) == _sha256(path) for path in found),
            "wanted": len(self.files.sha256),
        }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def morgan_config() -> str:
    """The four environments and the requirements as Morgan is told of them."""
    lines = []
    for name, platform in ENVIRONMENTS.items():
        lines += [f"[env.{name}]", f"os_name = {platform.os_name}", f"sys_platform = {platform.sys_platform}"]
        lines += [f"platform_machine = {platform.platform_machine}", f"platform_system = {platform.platform_system}"]
        lines += [f"python_version = {PYTHON}", f"python_full_version = {_FULL_VERSION}"]
        lines += ["implementation_name = cpython", "platform_python_implementation = CPython"]
    lines.append("[requirements]")
    for text in REQUIREMENTS:
        name, _, extra = text.removesuffix("]").partition("[")
        lines.append(f"{name} = [{extra}]" if extra else f"{name} =")
    return "\n".join(lines) + "\n"


def lock_and_vendor(folder: Path, index: Loopback, requirements: Sequence[str], tools: Path) -> Mapping[str, Any]:
    """The lock of ``requirements``, in a new ``folder`` beside the tree that was carried from it; all is recorded."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    index.steer(record=True)
    WHEELHOUSE.write(Job(folder=folder, index=index.simple, requirements=requirements, moves=""))
    environment = {**clean(), "WHEELHOUSE_CACHE_DIR": str(folder / "cache")}
    for words in (["resolve"], ["vendor", "tree"]):
        command = [str(WHEELHOUSE.programs(tools) / "wheelhouse"), *words, "--quiet"]
        subprocess.run(command, cwd=folder, check=True, env=environment)
    lock: Mapping[str, Any] = json.loads((folder / "lock.json").read_text(encoding="utf-8"))
    return lock


def locked(folder: Path, index: Loopback, tools: Path) -> Files:
    """What is to be carried; what carriers read is written to ``folder``."""
    lock = lock_and_vendor(folder, index, REQUIREMENTS, tools)
    bases = {name: entry.get("files", entry["url"]) for name, entry in lock["indexes"].items()}
    rows = lock["artifacts"]
    urls = {name: row.get("url") or bases[row["index"]] + row["path"] for name, row in rows.items()}
    (folder / "urls.txt").write_text("".join(f"{urls[name]} {name}\n" for name in rows), encoding="utf-8")
    (folder / "names.txt").write_text("".join(f"{folder}/tree/files/{name}\n" for name in rows), encoding="utf-8")
    config = "".join(f'url = "{urls[name]}"\noutput = "files/{name}"\n' for name in rows)
    (folder / "curl.txt").write_text(config, encoding="utf-8")
    return Files(lock=folder / "lock.json", sha256={name: row["sha256"] for name, row in rows.items()})


def measure(place: Bench, index: Loopback, names: Sequence[str], modes: Sequence[str]) -> list[Cell]:
    """Record, then carry in turns, mode by mode."""
    files = locked(place.folder / "jobs/vendoring", index, place.tools)
    working: dict[str, Carrying] = {}
    for name in names:
        folder = place.folder / "jobs" / f"vendoring-{len(working)}"
        shutil.rmtree(folder, ignore_errors=True)
        carrier = CARRIERS[name]
        working[name] = Carrying(carrier=carrier, folder=folder, files=files, index=index, place=place)
        if carrier.chooses:
            working[name].record()
    cells: list[Cell] = []
    for mode in modes:
        turns = {
            name: lambda one=one, mode=mode: one.once(mode)
            for name, one in working.items()
            if mode in one.carrier.modes
        }
        cells += [replace(cell, more=working[cell.tool].seen) for cell in paired(NAME, mode, turns, place.rounds)]
    return cells


def main(words: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    line = parser("bench.vendoring", __doc__, rounds=3)
    line.add_argument("--tool", nargs="+", choices=list(CARRIERS), metavar="NAME", help=f"of {', '.join(CARRIERS)}")
    about = "; ".join(f"{name}: {what}" for name, what in MODES.items())
    line.add_argument("--mode", nargs="+", choices=list(MODES), metavar="NAME", help=about)
    args = line.parse_args(words)
    place = bench(args)
    names = pick(args.tool, CARRIERS)
    with loopback(place.recording) as index:
        cells = measure(place, index, names, pick(args.mode, MODES))
    versions = {"wheelhouse vendor": WHEELHOUSE.version(place.tools)}
    versions |= {name: version(place.tools, CARRIERS[name].packages) for name in names if CARRIERS[name].packages}
    result = results.made("vendoring", NAME, rounds=place.rounds, limit=place.limit, versions=versions, cells=cells)
    say(f"wrote {results.write(result, place.folder)}")


if __name__ == "__main__":
    main()
