"""How fast a vendored tree is served: its own server beside nginx and Morgan's, to many readers at once.

    python -m bench.serving FOLDER [--rounds N]

The tree is that of the web application for four environments. nginx serves its files as they are, Morgan the same files
in folders of its own kind. The reader (`bench.reader`) takes its time on the same machine, the same for all; the CPU
time and the memory are those of the server alone. nginx is measured where the machine has it. FOLDER/results/
serving-web.json is written.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from bench import results
from bench.command_line import Bench, bench, parser
from bench.loopback import loopback
from bench.peers import ROOT, WHEELHOUSE, clean, programs, version
from bench.processes import MIB, Failed, Machine, Usage
from bench.results import Cell
from bench.rounds import paired, say
from bench.vendoring import lock_and_vendor
from bench.workloads import WORKLOADS

WORKLOAD = "web"
CONNECTIONS = 50
OURS = "server.py of the tree"
MODES: Mapping[str, tuple[str, int]] = {"pages": ("pages", 50), "files": ("files", 3)}
"""Mode -> what the reader reads, and how many times over."""
_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes auto;
events {{ worker_connections 512; }}
http {{
    access_log off;
    sendfile on;
    server {{
        listen 127.0.0.1:{port};
        root {tree};
        index index.html;
        types {{ text/html html; application/octet-stream whl gz; }}
    }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """``names`` lists the projects of the index in ``tree``; ``morgan`` holds the same files as Morgan keeps them."""

    tree: Path
    morgan: Path
    names: Path


@dataclass(frozen=True, kw_only=True)
class Server:
    """``command`` serves a tree on a port; the folder is for what it needs. ``simple``: where projects lie below."""

    command: Callable[[Tree, Path, int], list[str]]
    simple: str = "simple/"


def _ours(tree: Tree, _folder: Path, port: int) -> list[str]:
    return [sys.executable, str(tree.tree / "server.py"), str(tree.tree), "--port", str(port), "--quiet"]


def _nginx(tree: Tree, folder: Path, port: int) -> list[str]:
    text = _NGINX.format(folder=folder, tree=tree.tree, port=port)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    return [shutil.which("nginx") or "nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def servers(tools: Path) -> dict[str, Server]:
    """Those that this machine has."""
    morgan = str(programs(tools, ["morgan"]) / "morgan")
    found = {OURS: Server(command=_ours)}
    if shutil.which("nginx"):
        found["nginx"] = Server(command=_nginx)
    found["morgan serve"] = Server(
        command=lambda tree, _folder, port: [morgan, "-i", str(tree.morgan), "-p", str(port), "serve"], simple=""
    )
    return found


@dataclass(kw_only=True)
class Serving:
    """A server that runs; ``seen`` is what its last reader told."""

    process: psutil.Process
    simple: str
    names: Path
    seen: dict[str, float] = field(default_factory=dict)

    def once(self, mode: str) -> tuple[Usage, int]:
        """One reader. Raises `Failed`."""
        what, times = MODES[mode]
        before, around = self._cpu(), Machine.now([one.pid for one in self._family()])
        words = [self.simple, str(self.names), what, str(times), str(CONNECTIONS)]
        done = subprocess.run(
            [sys.executable, "-m", "bench.reader", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"exit {done.returncode}", done.stderr[-500:])
        told: dict[str, float] = json.loads(done.stdout)
        self.seen = {name: round(told[name], 2) for name in ("bytes", "half_ms", "most_ms")}
        others = Machine.now([one.pid for one in self._family()]).since(around)
        usage = Usage(seconds=told["seconds"], cpu=self._cpu() - before, memory=self._memory(), others=others)
        return usage, int(told["requests"])

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def _cpu(self) -> float:
        times = [one.cpu_times() for one in self._family()]
        return sum(one.user + one.system for one in times)

    def _memory(self) -> float:
        full = [one.memory_full_info() for one in self._family()]
        return sum(getattr(one, "pss", one.uss) for one in full) / MIB


@contextmanager
def served(server: Server, tree: Tree, folder: Path) -> Iterator[Serving]:
    """A server on a free port, once it answers. Raises `Failed`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        (folder / "said.log").open("wb") as log,
        subprocess.Popen(
            server.command(tree, folder, port), stdout=log, stderr=log, cwd=folder, env=clean()
        ) as process,
    ):
        try:
            simple = f"http://127.0.0.1:{port}/{server.simple}"
            _wait(f"{simple}{tree.names.read_text(encoding='utf-8').split()[0]}/")
            yield Serving(process=psutil.Process(process.pid), simple=simple, names=tree.names)
        finally:
            process.terminate()


def _wait(url: str) -> None:
    for _ in range(100):
        time.sleep(0.1)
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            continue
    raise Failed("does not answer")


def vendored(place: Bench) -> Tree:
    """Lock and carry what is served."""
    folder = place.folder / "jobs/serving"
    with loopback(place.recording) as index:
        rows = lock_and_vendor(folder, index, WORKLOADS[WORKLOAD].requirements, place.tools)["artifacts"]
    for filename, row in rows.items():
        (folder / "morgan" / row["project"]).mkdir(parents=True, exist_ok=True)
        os.link(folder / "tree/files" / filename, folder / "morgan" / row["project"] / filename)
        hashed = folder / "morgan" / row["project"] / f"{filename}.hash"
        hashed.write_text(f"sha256={row['sha256']}", encoding="utf-8")
    names = folder / "names.txt"
    names.write_text(
        "".join(f"{name}\n" for name in sorted({row["project"] for row in rows.values()})), encoding="utf-8"
    )
    return Tree(tree=folder / "tree", morgan=folder / "morgan", names=names)


def measure(place: Bench, tree: Tree, servers: Mapping[str, Server]) -> Sequence[Cell]:
    """In turns: in each round each server is started, and read from once in each mode."""
    cells: list[Cell] = []
    for mode in MODES:
        seen: dict[str, dict[str, float]] = {}

        def once(name: str, mode: str = mode, seen: dict[str, dict[str, float]] = seen) -> tuple[Usage, int]:
            with served(servers[name], tree, place.folder / "jobs/serving-server") as serving:
                taken = serving.once(mode)
                seen[name] = serving.seen
                return taken

        turns = {name: lambda name=name, once=once: once(name) for name in servers}
        cells += [replace(cell, more=seen.get(cell.tool, {})) for cell in paired(WORKLOAD, mode, turns, place.rounds)]
    return cells


def main(words: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    place = bench(parser("bench.serving", __doc__, rounds=3).parse_args(words))
    found = servers(place.tools)
    if "nginx" not in found:
        say("nginx is not on this machine: it is left out (apt-get install nginx-light)")
    cells = measure(place, vendored(place), found)
    versions = {OURS: WHEELHOUSE.version(place.tools), "morgan serve": version(place.tools, ["morgan"])}
    if "nginx" in found:
        told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
        versions["nginx"] = told.strip().rpartition("/")[2]
    result = results.made("serving", WORKLOAD, rounds=place.rounds, limit=place.limit, versions=versions, cells=cells)
    say(f"wrote {results.write(result, place.folder)}")


if __name__ == "__main__":
    main()
