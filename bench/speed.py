"""How long a lock takes, beside other tools, from an index on the loopback that replays recorded answers.

    python bench/speed.py FOLDER [--workload NAME ...] [--tool NAME ...] [--mode NAME ...] [--latency MS] [--rounds N]

The first run of a workload records what the tools ask of PyPI below FOLDER/index; measured runs see the recording
alone. Rounds are paired: each tool runs once in each. Medians go to FOLDER/table.md and a plot to FOLDER/plot.svg;
nobody edits the figures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distlib.index import DEFAULT_INDEX

sys.path.insert(0, str(Path(__file__).parent))

from peers import MODES, TOOLS, Job, Tool, clean

PORT = 50381
SIMPLE = DEFAULT_INDEX.removesuffix("pypi") + "simple/"
TIMEOUT = 900
WORKLOADS = {
    "black": (["black"], "click"),
    "trio": (["trio"], "attrs"),
    "jupyter": (["jupyter"], "tornado"),
    "web": (
        ["django", "celery[redis]", "gunicorn", "psycopg[binary]", "pillow", "requests", "boto3", "sentry-sdk"],
        "kombu",
    ),
    "ml": (["transformers[torch]", "datasets", "accelerate"], "filelock"),
    "boto3-trap": (["boto3", "urllib3<1.25.4"], "six"),
    "airflow": (["apache-airflow[all]"], "attrs"),
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """Of one tool, workload and mode: seconds, MiB at the peak of one process, requests; or why there is none."""

    tool: str
    workload: str
    mode: str
    seconds: float = 0
    memory: float = 0
    requests: int = 0
    error: str = ""


@contextmanager
def index(folder: Path, latency: float, *, record: bool, bandwidth: float = 0) -> Iterator[str]:
    """The loopback index; its URL. ``latency`` in ms, ``bandwidth`` in MB/s (0: what the loopback gives)."""
    script = Path(__file__).with_name("replay.py")
    options = ["--record", SIMPLE] if record else ["--latency", str(latency), "--bandwidth", str(bandwidth)]
    process = subprocess.Popen([sys.executable, script, folder, str(PORT), *options])
    try:
        for _ in range(100):
            time.sleep(0.1)
            try:
                stats()
                break
            except OSError:
                continue
        yield f"http://127.0.0.1:{PORT}/simple/"
    finally:
        process.terminate()
        process.wait()


def stats() -> dict[str, int]:
    """Requests and bytes since this was last asked."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/stats", timeout=10) as response:
        told: dict[str, int] = json.load(response)
        return told


def timed(commands: list[list[str]], job: Job, variables: dict[str, str]) -> tuple[float, float, str]:
    """Seconds of all, MiB at the peak of one, and what a failure said."""
    seconds, peak = 0.0, 0
    launch = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")), str(job.folder / "usage")]
    with (job.folder / "said.log").open("wb") as log:
        for command in commands:
            environment = {**clean(), **variables}
            try:
                done = subprocess.run(
                    [*launch, *command],
                    cwd=job.folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    timeout=TIMEOUT,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return 0, 0, f"takes longer than {TIMEOUT} s"
            if done.returncode:
                said = (job.folder / "said.log").read_text(errors="replace")[-300:]
                return 0, 0, f"exit code {done.returncode}: {said}"
            took, kib = (job.folder / "usage").read_text().split()
            seconds, peak = seconds + float(took), max(peak, int(kib))
    return seconds, peak / 1024, ""


def measure(tool: Tool, workload: str, mode: str, job: Job, programs: Path) -> Run:
    """One run. For a warm or a no-op run what it needs is there, from the run that recorded."""
    commands = tool.commands(job, programs).get(mode)
    if commands is None:
        return Run(tool=tool.name, workload=workload, mode=mode, error="has no such mode")
    if mode == "cold":
        shutil.rmtree(job.cache, ignore_errors=True)
    if mode == "anew":
        shutil.rmtree(job.cache / tool.answers, ignore_errors=True)
    if mode in {"cold", "warm", "anew"}:
        for lock in job.folder.glob(tool.lock):
            lock.unlink()
    stats()
    seconds, memory, error = timed(commands, job, tool.variables(job))
    asked = stats()["requests"]
    return Run(
        tool=tool.name, workload=workload, mode=mode, seconds=seconds, memory=memory, requests=asked, error=error
    )


def jobs(folder: Path, workload: str, url: str, tools: list[Tool]) -> dict[str, Job]:
    """A job for each tool, its project written."""
    requirements, project = WORKLOADS[workload]
    made = {}
    for tool in tools:
        place = folder / "jobs" / f"{workload}-{tool.name.replace(' ', '-')}"
        place.mkdir(parents=True, exist_ok=True)
        made[tool.name] = Job(folder=place, index=url, requirements=requirements, project=project)
        tool.write(made[tool.name])
    return made


def workload_runs(
    folder: Path, workload: str, tools: list[Tool], modes: list[str], args: argparse.Namespace
) -> list[Run]:
    """Record, then measure in paired rounds."""
    recording = folder / "index"
    runs: list[Run] = []
    with index(recording, 0, record=True) as url:
        made = jobs(folder, workload, url, tools)
        for tool in tools:
            for mode in modes:
                run = measure(tool, workload, mode, made[tool.name], tool.programs(folder))
                print(f"recorded {workload} {mode} {tool.name} {run.error}", file=sys.stderr, flush=True)
    with index(recording, args.latency, record=False):
        for mode in modes:
            for round_ in range(args.rounds):
                for tool in tools:
                    run = measure(tool, workload, mode, made[tool.name], tool.programs(folder))
                    runs.append(run)
                    print(f"{round_} {workload} {mode} {tool.name} {run.seconds:.3f} {run.error}", file=sys.stderr)
    return runs


def table(runs: list[Run], versions: dict[str, str], latency: float) -> str:
    """Medians as Markdown, a row for each workload and mode, a column for each tool: seconds, MiB, requests."""
    names = list(dict.fromkeys(run.tool for run in runs))
    head = "| workload | mode | " + " | ".join(f"{name} {versions[name]}" for name in names) + " |"
    lines = [f"Latency of the index: {latency:g} ms. Seconds, MiB, requests.\n", head, "|---" * (len(names) + 2) + "|"]
    for workload, mode in dict.fromkeys((run.workload, run.mode) for run in runs):
        cells = []
        for name in names:
            found = [r for r in runs if (r.tool, r.workload, r.mode) == (name, workload, mode)]
            good = [run for run in found if not run.error]
            cells.append(_cell(good) if good else "-")
        lines.append(f"| {workload} | {mode} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(runs: list[Run]) -> str:
    seconds = statistics.median(run.seconds for run in runs)
    memory = statistics.median(run.memory for run in runs)
    asked = statistics.median(run.requests for run in runs)
    return f"{seconds:.3f} s, {memory:.0f}, {asked:.0f}"


def plot(runs: list[Run], path: Path) -> None:
    """Bars of the medians, a panel for each mode, logarithmic."""
    import matplotlib as mpl  # noqa: PLC0415  (only where something was measured)

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    modes = list(dict.fromkeys(run.mode for run in runs))
    workloads = list(dict.fromkeys(run.workload for run in runs))
    names = list(dict.fromkeys(run.tool for run in runs))
    figure, panels = plt.subplots(1, len(modes), figsize=(4 * len(modes), 4), squeeze=False)
    for panel, mode in zip(panels[0], modes, strict=True):
        for place, name in enumerate(names):
            heights = []
            for workload in workloads:
                good = [r.seconds for r in runs if (r.tool, r.workload, r.mode, r.error) == (name, workload, mode, "")]
                heights.append(statistics.median(good) if good else 0)
            offsets = [number + place / (len(names) + 1) for number in range(len(workloads))]
            panel.bar(offsets, heights, 1 / (len(names) + 1), label=name)
        panel.set_title(mode)
        panel.set_yscale("log")
        panel.set_ylabel("seconds")
        panel.set_xticks([number + 0.3 for number in range(len(workloads))], workloads, rotation=30)
    panels[0][0].legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workload", nargs="*", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--tool", nargs="*", choices=[tool.name for tool in TOOLS], default=[t.name for t in TOOLS])
    parser.add_argument("--mode", nargs="*", choices=MODES, default=list(MODES))
    parser.add_argument("--latency", type=float, default=0, metavar="MS")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tools = [tool for tool in TOOLS if tool.name in args.tool]
    versions = {tool.name: tool.version(tool.programs(folder)) for tool in tools}
    runs = [run for name in args.workload for run in workload_runs(folder, name, tools, args.mode, args)]
    (folder / "runs.json").write_text(json.dumps([vars(run) for run in runs], indent=1), encoding="utf-8")
    text = table(runs, versions, args.latency)
    (folder / "table.md").write_text(text, encoding="utf-8")
    plot(runs, folder / "plot.svg")
    print(text)


if __name__ == "__main__":
    main()
