"""How fast a locked set of files is carried: `wheelhouse vendor` beside plain downloaders and tools that mirror.

    python bench/vendoring.py FOLDER [--rounds N]

The set is that of jupyter and the web application for four environments, some 160 files, from the loopback index of
`bench/speed.py`. wheelhouse hashes every file twice (what came, what lies in the tree), extracts METADATA and writes
the pages; `curl --parallel` and sixteen threads write files and nothing else: their throughput is the ceiling.
`pip download` and Morgan choose by themselves, pip for this machine alone and Morgan for the same four environments,
so their files differ: "right" counts those of the lock. Every round begins with no cache and no tree. Medians go to
FOLDER/vendoring.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from peers import ENVIRONMENTS, PYTHON, TOOLS, Job, Tool, clean
from speed import WORKLOADS, index, timed

REQUIREMENTS = [*WORKLOADS["jupyter"][0], *WORKLOADS["web"][0]]
THREADS = 16
ARCHIVES = (".whl", ".tar.gz", ".zip")
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
    """``commands`` by job; ``files`` is where its files come to lie, below the job's folder."""

    name: str
    commands: Callable[[Job], list[list[str]]]
    files: str


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Of one round: seconds, MiB at the peak of one process, files, their bytes, and how many the lock has."""

    tool: str
    seconds: float
    memory: float
    files: int
    size: int
    right: int
    error: str = ""


def carriers(folder: Path, artifacts: Mapping[str, Mapping[str, object]], urls: Mapping[str, str]) -> list[Carrier]:
    """Who is measured, with what each needs written below ``folder``."""
    (folder / "urls.txt").write_text("".join(f"{urls[name]} {name}\n" for name in artifacts), encoding="utf-8")
    config = "".join(f'url = "{urls[name]}"\noutput = "files/{name}"\n' for name in artifacts)
    (folder / "curl.txt").write_text(config, encoding="utf-8")
    wheelhouse = str(Path(sys.executable).with_name("wheelhouse"))
    curl = shutil.which("curl") or "/usr/bin/curl"
    pip = str(_program(folder, "pip", "pip"))
    morgan = str(_program(folder, "morgan", "morgan"))
    lock = str(folder / "lock.json")
    return [
        Carrier(
            name=f"{THREADS} threads, nothing else",
            commands=lambda _: [[sys.executable, "-c", _DOWNLOADER, str(folder / "urls.txt"), "files"]],
            files="files",
        ),
        Carrier(
            name="curl --parallel",
            commands=lambda _: [
                [curl, "-sS", "--parallel", "--parallel-max", str(THREADS), "-K", str(folder / "curl.txt")]
            ],
            files="files",
        ),
        Carrier(
            name="wheelhouse vendor",
            commands=lambda _: [[wheelhouse, "vendor", "--quiet", "--lock", lock, "tree"]],
            files="tree/files",
        ),
        Carrier(
            name="pip download (this machine)",
            commands=lambda job: [
                [pip, "--isolated", "download", "-q", "--no-cache-dir", "-i", job.index, "-d", "files", *REQUIREMENTS]
            ],
            files="files",
        ),
        Carrier(
            name="Morgan (four environments)",
            commands=lambda job: [[morgan, "-i", "files", "-I", job.index, "mirror"]],
            files="files",
        ),
    ]


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


def carried(carrier: Carrier, job: Job, artifacts: Mapping[str, Mapping[str, object]]) -> Carried:
    """One round, from nothing."""
    shutil.rmtree(job.folder, ignore_errors=True)
    (job.folder / "files").mkdir(parents=True)
    (job.folder / "files/morgan.ini").write_text(_morgan_config(), encoding="utf-8")
    seconds, memory, error = timed(carrier.commands(job), job, {"WHEELHOUSE_CACHE_DIR": str(job.cache)})
    found = {p.name: p for p in (job.folder / carrier.files).rglob("*") if p.name.endswith(ARCHIVES)}
    right = sum(name in artifacts and _sha256(path) == artifacts[name]["sha256"] for name, path in found.items())
    return Carried(
        tool=carrier.name,
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
    """Medians as Markdown, a row for each tool."""
    lines = [f"| carried by | seconds | MB/s | peak MiB | files | right, of {wanted} |", "|---" * 6 + "|"]
    for name in dict.fromkeys(one.tool for one in rounds):
        good = [one for one in rounds if one.tool == name and not one.error]
        if not good:
            lines.append(f"| {name} | - | - | - | - | - |")
            continue
        seconds = statistics.median(one.seconds for one in good)
        memory = statistics.median(one.memory for one in good)
        last = good[-1]
        rate = last.size / seconds / 1e6
        lines.append(f"| {name} | {seconds:.2f} | {rate:.0f} | {memory:.0f} | {last.files} | {last.right} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Lock and record where that was not done yet, then measure in paired rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    root = args.folder.resolve()
    folder = root / "vendoring"
    folder.mkdir(parents=True, exist_ok=True)
    wheelhouse = next(tool for tool in TOOLS if tool.answers)
    with index(root / "index", 0, record=True) as url:
        job = Job(folder=folder, index=url, requirements=REQUIREMENTS, project="six")
        wheelhouse.write(job)
        command = str(Path(sys.executable).with_name("wheelhouse"))
        for words in (["resolve"], ["vendor", "recorded"]):
            variables = {**clean(), "WHEELHOUSE_CACHE_DIR": str(job.cache)}
            subprocess.run([command, *words, "--quiet"], cwd=folder, check=True, env=variables)
        lock = json.loads((folder / "lock.json").read_text(encoding="utf-8"))
        artifacts = lock["artifacts"]
        bases = {name: entry.get("files", entry["url"]) for name, entry in lock["indexes"].items()}
        urls = {name: one.get("url") or bases[one["index"]] + one["path"] for name, one in artifacts.items()}
        measured = carriers(folder, artifacts, urls)
        for carrier in measured[3:]:  # they choose other files: these are recorded too
            carried(carrier, Job(folder=folder / "round", index=url, requirements=(), project=""), artifacts)
    found: list[Carried] = []
    with index(root / "index", 0, record=False) as url:
        for _ in range(args.rounds):
            for carrier in measured:
                job = Job(folder=folder / "round", index=url, requirements=(), project="")
                found.append(carried(carrier, job, artifacts))
                print(found[-1], file=sys.stderr, flush=True)
    (folder / "vendoring.json").write_text(json.dumps([vars(one) for one in found], indent=1), encoding="utf-8")
    text = table(found, len(artifacts))
    (root / "vendoring.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
