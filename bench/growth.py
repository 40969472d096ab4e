"""How the time of a resolution grows: 1 to 16 environments of a real workload, 10 to 1,000 projects that are made up.

    python -m bench.growth FOLDER [--rounds N]

Warm, without a lock and without the runs that wheelhouse keeps, beside `uv lock`, which knows no list of environments:
its time is that of one lock for all platforms.

A made-up project has 20 releases, each a wheel; each asks for two others and a third on Windows alone, so that every
project is reached and the environments differ. FOLDER/results/growth-environments.json and -projects.json are written.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench import results
from bench.command_line import Bench, bench, parser
from bench.loopback import Loopback, loopback
from bench.peers import TOOLS, WHEELHOUSE, Job, Tool, write_spec
from bench.results import Cell
from bench.rounds import paired, say
from bench.speed import Locking
from bench.workloads import ENVIRONMENTS, MODES, WORKLOADS

COUNTS = (1, 2, 4, 8, 16)
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
SIZES = (10, 30, 100, 300, 1000)
RELEASES = 20
WORKLOAD = "jupyter"
UV = TOOLS["uv lock"]
TYPE = "application/vnd.pypi.simple.v1+json"


class MadeUp(BaseHTTPRequestHandler):
    """A Simple API (PEP 691, with PEP 658 sidecars) of projects ``p0`` to ``p<size - 1>``."""

    protocol_version = "HTTP/1.1"
    size = 0

    def do_GET(self) -> None:
        """Pages that stay fresh for an hour, and METADATA."""
        kind, name = self.path.strip("/").split("/")[:2]
        if kind == "simple":
            body, content_type = json.dumps(self._page(name)).encode(), TYPE
        else:
            project, version = name.split("-")[:2]
            body, content_type = metadata(project, version, self.size), "text/plain"
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: it would be measured."""

    def _page(self, name: str) -> dict[str, object]:
        return page(name, self.size, f"http://{self.headers['Host']}/files")


def page(name: str, size: int, files: str) -> dict[str, object]:
    """The page of a project, of ``size`` that there are (PEP 691); ``files`` is the URL that its files lie below."""
    rows = []
    for release in range(RELEASES):
        filename = f"{name}-1.{release}-py3-none-any.whl"
        sidecar = hashlib.sha256(metadata(name, f"1.{release}", size)).hexdigest()
        rows.append(
            {
                "filename": filename,
                "url": f"{files}/{filename}",
                "hashes": {"sha256": hashlib.sha256(filename.encode()).hexdigest()},
                "requires-python": ">=3.9",
                "size": 1000,
                "upload-time": "2026-01-01T00:00:00Z",
                "yanked": False,
                "core-metadata": {"sha256": sidecar},
            }
        )
    return {"meta": {"api-version": "1.1"}, "name": name, "files": rows}


def metadata(name: str, version: str, size: int) -> bytes:
    """What a release asks for: the next project, and the two below it in a binary tree, one on Windows alone."""
    here = int(name[1:])
    asked = {here + 1: ">=1.1", 2 * here + 1: ">=1.3", 2 * here + 2: '<2 ; sys_platform == "win32"'}
    rows = [f"Requires-Dist: p{number}{limits}\n" for number, limits in asked.items() if number < size]
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{''.join(rows)}".encode()


class FixedIndex(Loopback):
    """An index that is what it is: it is neither steered nor does it count."""

    def _ask(self, what: str, query: dict[str, float]) -> int:  # noqa: ARG002
        return 0


@contextmanager
def made_up(size: int) -> Iterator[Loopback]:
    """An index of ``size`` projects, served by this very process."""
    handler = type("Handler", (MadeUp,), {"size": size})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield FixedIndex(base=f"http://127.0.0.1:{server.server_port}", process=os.getpid())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def environments(count: int) -> dict[str, dict[str, str]]:
    """The first ``count`` of sixteen: four platforms, each with four Pythons."""
    every = {
        f"{name}-{python.replace('.', '')}": {"python": python, "os": one.os, "arch": one.arch, "libc": one.libc}
        for python in PYTHONS
        for name, one in ENVIRONMENTS.items()
    }
    return {name: every[name] for name in list(every)[:count]}


def by_environments(place: Bench) -> list[Cell]:
    """The workload, for more and more environments: each of them is a tool of its own in the rounds."""
    asked = WORKLOADS[WORKLOAD]
    with loopback(place.recording) as index:
        turns = {}
        for count in COUNTS:
            tool = replace(WHEELHOUSE, write=partial(write_spec, environments=environments(count)))
            folder = place.folder / f"jobs/growth-environments-{count}"
            job = Job(folder=folder, index=index.simple, requirements=asked.requirements, moves=asked.moves)
            turns[str(count)] = _recorded(tool, job, index, place)
        rounds = {count: lambda one=one: one.once(MODES["anew"]) for count, one in turns.items()}
        cells = paired(WORKLOAD, "environments", rounds, place.rounds)
    return [replace(cell, workload=cell.tool, tool=WHEELHOUSE.name) for cell in cells]


def by_projects(place: Bench, tools: Sequence[Tool]) -> list[Cell]:
    """Made-up projects, more and more of them, for the four environments of the other measurements."""
    cells: list[Cell] = []
    for size in SIZES:
        with made_up(size) as index:
            turns = {}
            for tool in tools:
                folder = (
                    place.folder / f"jobs/growth-projects-{size}-{tool.packages[0] if tool.packages else tool.name}"
                )
                job = Job(folder=folder, index=index.simple, requirements=["p0"], moves="p1")
                turns[tool.name] = _recorded(tool, job, index, place)
            rounds = {
                name: lambda one=one: one.once(MODES["anew" if one.tool.answers else "warm"])
                for name, one in turns.items()
            }
            cells += paired(str(size), "projects", rounds, place.rounds)
    return cells


def _recorded(tool: Tool, job: Job, index: Loopback, place: Bench) -> Locking:
    locking = Locking(tool=tool, job=job, index=index, place=place)
    say(f"recording {job.folder.name}")
    locking.record({})
    return locking


def main(words: Sequence[str] | None = None) -> None:
    """Measure both."""
    args = parser("bench.growth", __doc__, rounds=3).parse_args(words)
    place = bench(args)
    measured = {"environments": by_environments(place), "projects": by_projects(place, [WHEELHOUSE, UV])}
    versions = {tool.name: tool.version(place.tools) for tool in (WHEELHOUSE, UV)}
    for name, cells in measured.items():
        result = results.made("growth", name, rounds=place.rounds, limit=place.limit, versions=versions, cells=cells)
        say(f"wrote {results.write(result, place.folder)}")


if __name__ == "__main__":
    main()
