"""How fast a locked set of files is carried: `wheelhouse vendor` beside plain downloaders and tools that mirror.

    python bench/vendoring.py FOLDER [--tool NAME ...] [--mode NAME ...] [--rounds N] [--latency MS] [--bandwidth MB]

The set is that of jupyter and the web application for four environments, some 160 files, from the loopback index of
`bench/speed.py`. wheelhouse hashes what comes, extracts METADATA, asks the index what has become of each file since it
was locked, has all of it on the disk before the manifest names it, and writes the pages; `curl --parallel` and sixteen
threads write files and nothing else: their throughput is the ceiling. `pip download` and Morgan choose by themselves,
pip for this machine alone and Morgan for the same four environments, so their files differ: "right" counts those of
the lock. The modes: `first` with no cache and no tree, `cached` into a new tree with a full cache, `again` with nothing
left to do, beside a `sha256sum` of the same files, and `unchanged` once such a run has read the whole tree. Rounds are
paired. Medians go to FOLDER/vendoring.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from peers import ENVIRONMENTS, PYTHON, TOOLS, Job, Tool, clean
from speed import WORKLOADS, index, timed

REQUIREMENTS = [*WORKLOADS["jupyter"][0], *WORKLOADS["web"][0]]
MODES = ("first", "cached", "again", "unchanged")
THREADS = 16
ARCHIVES = (".whl", ".tar.gz", ".zip")
Artifacts = Mapping[str, Mapping[str, object]]
_FULL_VERSION = ".".join(map(str, sys.version_info[:3]))
_MORGAN_MARKERS: Mapping[str, tuple[str, str, str]] = {
    "linux": ("posix", "linux", "Linux"),
    "arm": ("posix", "linux", "Linux"),
    "mac": ("posix", "darwin", "Darwin"),
    "windows": ("nt", "win32", "Windows"),
}
_DOWNLOADER = f"""
import http.client, sys, threading, queue, os
from urllib.parse import urlsplit
waiting = queue.SimpleQueue()
for line in open(sys.argv[1]):
    waiting.put(line.split())
def work():
    connection = None
    while True:
        try: url, name = waiting.get_nowait()
        except queue.Empty: return
        parts = urlsplit(url)
        connection = connection or http.client.HTTPConnection(parts.netloc)
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        with open(os.path.join(sys.argv[2], name), "wb") as stream:
            while chunk := answer.read(1 << 20): stream.write(chunk)
threads = [threading.Thread(target=work) for _ in range({THREADS})]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
"""


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """``commands`` by job; ``files`` is where its files come to lie, below the job's folder. ``chooses`` by itself."""

    name: str
    commands: Callable[[Job], list[list[str]]]
    files: str
    modes: Sequence[str] = ("first",)
    chooses: bool = False


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Of one round: seconds, MiB at the peak of one process, files, their bytes, and how many the lock has."""

    tool: str
    mode: str
    seconds: float
    memory: float
    files: int
    size: int
    right: int
    error: str = ""


NAMES = (
    f"{THREADS} threads, nothing else",
    "curl --parallel",
    "wheelhouse vendor",
    "pip download (this machine)",
    "Morgan (four environments)",
    "sha256sum",
)


def carriers(folder: Path, artifacts: Artifacts, urls: Mapping[str, str], names: Sequence[str]) -> list[Carrier]:
    """Those of ``names``, with what each needs written below ``folder``."""
    (folder / "urls.txt").write_text("".join(f"{urls[name]} {name}\n" for name in artifacts), encoding="utf-8")
    config = "".join(f'url = "{urls[name]}"\noutput = "files/{name}"\n' for name in artifacts)
    (folder / "curl.txt").write_text(config, encoding="utf-8")
    (folder / "names.txt").write_text("".join(f"tree/files/{name}\n" for name in artifacts), encoding="utf-8")
    wheelhouse = str(Path(sys.executable).with_name("wheelhouse"))
    curl = shutil.which("curl") or "/usr/bin/curl"
    made: Mapping[str, Callable[[], Carrier]] = {
        NAMES[0]: lambda: Carrier(
            name=NAMES[0],
            commands=lambda _: [[sys.executable, "-c", _DOWNLOADER, str(folder / "urls.txt"), "files"]],
            files="files",
        ),
        NAMES[1]: lambda: Carrier(
            name=NAMES[1],
            commands=lambda _: [
                [curl, "-sS", "--parallel", "--parallel-max", str(THREADS), "-K", str(folder / "curl.txt")]
            ],
            files="files",
        ),
        NAMES[2]: lambda: Carrier(
            name=NAMES[2],
            commands=lambda _: [[wheelhouse, "vendor", "--quiet", "--lock", str(folder / "lock.json"), "tree"]],
            files="tree/files",
            modes=MODES,
        ),
        NAMES[3]: lambda: Carrier(
            name=NAMES[3],
            commands=lambda job: [[*_pip(folder), "-i", job.index, "-d", "files", *REQUIREMENTS]],
            files="files",
            chooses=True,
        ),
        NAMES[4]: lambda: Carrier(
            name=NAMES[4],
            commands=lambda job: [
                [str(_program(folder, "morgan", "morgan")), "-i", "files", "-I", job.index, "mirror"]
            ],
            files="files",
            chooses=True,
        ),
        NAMES[5]: lambda: Carrier(
            name=NAMES[5],
            commands=lambda _: [["/bin/sh", "-c", f"xargs sha256sum <{folder / 'names.txt'}"]],
            files="tree/files",
            modes=("again",),
        ),
    }
    return [made[name]() for name in NAMES if name in names]


def _pip(folder: Path) -> list[str]:
    return [str(_program(folder, "pip", "pip")), "--isolated", "download", "-q", "--no-cache-dir"]


def _program(folder: Path, tool: str, package: str) -> Path:
    """A tool in a virtual environment of its own, at the newest release."""
    made = Tool(
        name=tool, packages=(package,), write=lambda _: None, commands=lambda _, __: {}, lock="", variables=lambda _: {}
    )
    return made.programs(folder.parent) / tool


def _morgan_config() -> str:
    lines = []
    for name, (system, platform, title) in _MORGAN_MARKERS.items():
        machine = {"windows": "AMD64"}.get(name, ENVIRONMENTS[name][1])
        lines += [f"[env.{name}]", f"os_name = {system}", f"sys_platform = {platform}", f"platform_machine = {machine}"]
        lines += ["platform_python_implementation = CPython", f"platform_system = {title}"]
        lines += [
            f"python_version = {PYTHON}",
            f"python_full_version = {_FULL_VERSION}",
            "implementation_name = cpython",
        ]
    lines.append("[requirements]")
    for text in REQUIREMENTS:
        name, _, extra = text.removesuffix("]").partition("[")
        lines.append(f"{name} = [{extra}]" if extra else f"{name} =")
    return "\n".join(lines) + "\n"


def carried(carrier: Carrier, mode: str, job: Job, artifacts: Artifacts) -> Carried:
    """One run; what its mode needs is there from the runs before it."""
    if mode == "first":
        shutil.rmtree(job.folder, ignore_errors=True)
    if mode == "cached":
        shutil.rmtree(job.folder / "tree")
    if mode == "unchanged":
        time.sleep(2.5)  # what changed later than two seconds ago is read again
        timed(carrier.commands(job), job, {"WHEELHOUSE_CACHE_DIR": str(job.cache)})
    (job.folder / "files").mkdir(parents=True, exist_ok=True)
    (job.folder / "files/morgan.ini").write_text(_morgan_config(), encoding="utf-8")
    seconds, memory, error = timed(carrier.commands(job), job, {"WHEELHOUSE_CACHE_DIR": str(job.cache)})
    found = {p.name: p for p in (job.folder / carrier.files).rglob("*") if p.name.endswith(ARCHIVES)}
    right = sum(name in artifacts and _sha256(path) == artifacts[name]["sha256"] for name, path in found.items())
    return Carried(
        tool=carrier.name,
        mode=mode,
        seconds=seconds,
        memory=memory,
        files=len(found),
        size=sum(path.stat().st_size for path in found.values()),
        right=right,
        error=error,
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def table(rounds: Sequence[Carried], wanted: int) -> str:
    """Medians as Markdown, a row for each tool and mode."""
    lines = [f"| carried by | mode | seconds | MB/s | peak MiB | files | right, of {wanted} |", "|---" * 7 + "|"]
    for mode, name in sorted({(one.mode, one.tool) for one in rounds}, key=_place):
        good = [one for one in rounds if (one.mode, one.tool, one.error) == (mode, name, "")]
        if not good:
            lines.append(f"| {name} | {mode} | - | - | - | - | - |")
            continue
        seconds = statistics.median(one.seconds for one in good)
        memory = statistics.median(one.memory for one in good)
        last = good[-1]
        rate = last.size / seconds / 1e6
        lines.append(f"| {name} | {mode} | {seconds:.2f} | {rate:.0f} | {memory:.0f} | {last.files} | {last.right} |")
    return "\n".join(lines) + "\n"


def _place(row: tuple[str, str]) -> tuple[int, int]:
    return MODES.index(row[0]), NAMES.index(row[1])


def rounds(
    measured: Sequence[Carrier], modes: Sequence[str], job: Job, artifacts: Artifacts, count: int
) -> list[Carried]:
    """Paired: every tool runs in every round. What a mode needs is made even where nobody wants its time."""
    found: list[Carried] = []
    for _ in range(count):
        for carrier in sorted(measured, key=lambda one: "first" not in one.modes):
            place = job.folder / ("vendored" if "again" in carrier.modes else "round")
            run = replace(job, folder=place)
            for mode in carrier.modes:
                if mode in modes or (mode == "first" and len(carrier.modes) > 1):
                    one = carried(carrier, mode, run, artifacts)
                    print(one, file=sys.stderr, flush=True)
                    found += [one] if mode in modes else []
    return found


def lock_and_record(folder: Path, url: str) -> tuple[Artifacts, dict[str, str]]:
    """The lock's files, and where each is; all of it is recorded on the way."""
    job = Job(folder=folder, index=url, requirements=REQUIREMENTS, project="six")
    next(tool for tool in TOOLS if tool.answers).write(job)
    command = str(Path(sys.executable).with_name("wheelhouse"))
    for words in (["resolve"], ["vendor", "recorded"]):
        variables = {**clean(), "WHEELHOUSE_CACHE_DIR": str(job.cache)}
        subprocess.run([command, *words, "--quiet"], cwd=folder, check=True, env=variables)
    lock = json.loads((folder / "lock.json").read_text(encoding="utf-8"))
    bases = {name: entry.get("files", entry["url"]) for name, entry in lock["indexes"].items()}
    rows: Artifacts = lock["artifacts"]
    return rows, {name: str(one.get("url") or f"{bases[str(one['index'])]}{one['path']}") for name, one in rows.items()}


def main() -> None:
    """Lock and record where that was not done yet, then measure in paired rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tool", nargs="*", choices=NAMES, default=list(NAMES))
    parser.add_argument("--mode", nargs="*", choices=MODES, default=list(MODES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0, metavar="MS")
    parser.add_argument("--bandwidth", type=float, default=0, metavar="MB", help="a second (default: the loopback's)")
    args = parser.parse_args()
    root = args.folder.resolve()
    folder = root / "vendoring"
    folder.mkdir(parents=True, exist_ok=True)
    with index(root / "index", 0, record=True) as url:
        artifacts, urls = lock_and_record(folder, url)
        measured = carriers(folder, artifacts, urls, args.tool)
        job = Job(folder=folder, index=url, requirements=(), project="")
        for carrier in measured:
            if carrier.chooses:  # other files: these are recorded too
                carried(carrier, "first", replace(job, folder=folder / "round"), artifacts)
    with index(root / "index", args.latency, record=False, bandwidth=args.bandwidth):
        found = rounds(measured, args.mode, job, artifacts, args.rounds)
    (folder / "vendoring.json").write_text(json.dumps([vars(one) for one in found], indent=1), encoding="utf-8")
    bandwidth = f"{args.bandwidth:g} MB/s" if args.bandwidth else "that of the loopback"
    text = f"Latency {args.latency:g} ms, bandwidth {bandwidth}.\n\n{table(found, len(artifacts))}"
    (root / "vendoring.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
