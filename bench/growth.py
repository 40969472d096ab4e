"""How the time of a resolution grows: 1 to 16 environments of a real workload, 10 to 1,000 projects that are made up.

    python bench/growth.py FOLDER [--rounds N]

Warm, without a lock and without the runs that wheelhouse keeps, beside `uv lock`, which knows no list of environments:
its time is that of one lock for all platforms. Medians go to FOLDER/growth.md and a plot to FOLDER/growth.svg.

A made-up project has 20 releases, each a wheel; each asks for two others, one of them on Windows alone, so that every
project is reached and the environments differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from peers import ENVIRONMENTS, TOOLS, Job, Tool
from speed import WORKLOADS, index, timed

COUNTS = (1, 2, 4, 8, 16)
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
SIZES = (10, 30, 100, 300, 1000)
RELEASES = 20
TYPE = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, kw_only=True)
class Point:
    """Median seconds of ``tool`` for ``size`` of ``what``; ``error`` where it failed."""

    what: str
    size: int
    tool: str
    seconds: float
    error: str = ""


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
            body, content_type = self._metadata(*name.split("-")[:2]), "text/plain"
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: it would be measured."""

    def _page(self, name: str) -> dict[str, object]:
        files = []
        for release in range(RELEASES):
            filename = f"{name}-1.{release}-py3-none-any.whl"
            sidecar = hashlib.sha256(self._metadata(name, f"1.{release}")).hexdigest()
            files.append(
                {
                    "filename": filename,
                    "url": f"http://127.0.0.1:{self.server.server_port}/files/{filename}",
                    "hashes": {"sha256": hashlib.sha256(filename.encode()).hexdigest()},
                    "requires-python": ">=3.9",
                    "size": 1000,
                    "upload-time": "2026-01-01T00:00:00Z",
                    "yanked": False,
                    "core-metadata": {"sha256": sidecar},
                }
            )
        return {"meta": {"api-version": "1.1"}, "name": name, "files": files}

    def _metadata(self, name: str, version: str) -> bytes:
        here = int(name[1:])
        asked = {here + 1: ">=1.1", 2 * here + 1: ">=1.3", 2 * here + 2: '<2 ; sys_platform == "win32"'}
        rows = [f"Requires-Dist: p{number}{limits}\n" for number, limits in asked.items() if number < self.size]
        return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{''.join(rows)}".encode()


@contextmanager
def made_up(size: int) -> Iterator[str]:
    """An index of ``size`` projects; its URL."""
    handler = type("Handler", (MadeUp,), {"size": size})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_spec(job: Job, count: int) -> None:
    """A spec with the first ``count`` of 16 environments: four platforms, each with four Pythons."""
    rows = [
        f"  {name}-{python.replace('.', '')}: "
        f"{{python: '{python}', os: {system}, arch: {arch}{f', libc: {libc}' if libc else ''}}}"
        for python in PYTHONS
        for name, (system, arch, libc, _) in ENVIRONMENTS.items()
    ]
    wanted = [f"  - '{requirement}'" for requirement in job.requirements]
    head = ["version: 1", "indexes:", f"  - {{name: replay, url: '{job.index}'}}", "environments:"]
    text = "\n".join([*head, *rows[:count], "requirements:", *wanted]) + "\n"
    (job.folder / "spec.yaml").write_text(text, encoding="utf-8")


def measured(what: str, size: int, tool: Tool, job: Job, rounds: int) -> Point:
    """The median of ``rounds``, after a run that fills the cache and is not counted."""
    programs = tool.programs(job.folder.parents[1])
    commands = tool.commands(job, programs)["warm"]
    seconds: list[float] = []
    for round_ in range(rounds + 1):
        for lock in job.folder.glob(tool.lock):
            lock.unlink()
        if tool.answers:
            for kept in (job.cache / tool.answers).rglob("*"):
                if kept.is_file():
                    kept.unlink()
        took, _, error = timed(commands, job, tool.variables(job))
        if error:
            return Point(what=what, size=size, tool=tool.name, seconds=0, error=error)
        if round_:
            seconds.append(took)
    point = Point(what=what, size=size, tool=tool.name, seconds=statistics.median(seconds))
    print(f"{what} {size} {tool.name} {point.seconds:.3f}", file=sys.stderr, flush=True)
    return point


def by_environments(folder: Path, wheelhouse: Tool, rounds: int) -> list[Point]:
    """jupyter, for more and more environments."""
    requirements, project = WORKLOADS["jupyter"]
    found = []
    place = folder / "jobs/growth-environments"
    place.mkdir(parents=True, exist_ok=True)
    with index(folder / "index", 0, record=True) as url:
        job = Job(folder=place, index=url, requirements=requirements, project=project)
        write_spec(job, max(COUNTS))
        measured("recorded", max(COUNTS), wheelhouse, job, 1)
    with index(folder / "index", 0, record=False) as url:
        job = Job(folder=place, index=url, requirements=requirements, project=project)
        for count in COUNTS:
            write_spec(job, count)
            found.append(measured("environments", count, wheelhouse, job, rounds))
    return found


def by_projects(folder: Path, tools: list[Tool], rounds: int) -> list[Point]:
    """Made-up projects, more and more of them, for the four environments of the other benchmarks."""
    found = []
    for size in SIZES:
        with made_up(size) as url:
            for tool in tools:
                place = folder / f"jobs/growth-{size}-{tool.name.replace(' ', '-')}"
                place.mkdir(parents=True, exist_ok=True)
                job = Job(folder=place, index=url, requirements=["p0"], project="p1")
                tool.write(job)
                found.append(measured("projects", size, tool, job, rounds))
    return found


def table(found: list[Point]) -> str:
    """A row for each size, a column for each tool."""
    names = list(dict.fromkeys(point.tool for point in found))
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for what, size in dict.fromkeys((point.what, point.size) for point in found):
        cells = []
        for name in names:
            here = [p for p in found if (p.what, p.size, p.tool) == (what, size, name)]
            cells.append(f"{here[0].seconds:.3f} s" if here and not here[0].error else "-")
        lines.append(f"| {size} {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def plot(found: list[Point], path: Path) -> None:
    """Two panels, both logarithmic."""
    import matplotlib as mpl  # noqa: PLC0415  (only where something was measured)

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(1, 2, figsize=(9, 4))
    for panel, what in zip(panels, ("environments", "projects"), strict=True):
        for name in dict.fromkeys(point.tool for point in found):
            here = [p for p in found if (p.what, p.tool, p.error) == (what, name, "")]
            if here:
                panel.plot([p.size for p in here], [p.seconds for p in here], marker="o", label=name)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlabel(what)
        panel.set_ylabel("seconds")
        panel.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    folder = args.folder.resolve()
    tools = [tool for tool in TOOLS if tool.name in {"wheelhouse", "uv lock"}]
    wheelhouse = next(tool for tool in tools if tool.answers)
    found = by_environments(folder, wheelhouse, args.rounds) + by_projects(folder, tools, args.rounds)
    for point in found:
        if point.error:
            print(f"{point.what} {point.size} {point.tool}: {point.error}", file=sys.stderr)
    (folder / "growth.json").write_text(json.dumps([vars(point) for point in found], indent=1), encoding="utf-8")
    (folder / "growth.md").write_text(table(found), encoding="utf-8")
    plot(found, folder / "growth.svg")
    print(table(found))


if __name__ == "__main__":
    main()
