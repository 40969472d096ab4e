"""How long the build closures of every sdist take, beside uv asked for each set of build requirements.

    python -m bench.builds FOLDER [--workload NAME ...] [--rounds N]

wheelhouse locks a workload with `sdists: always` for four environments: the run-time resolution, how each sdist is
built, and the closure of each build, down to the backends that build themselves. The lock tells the distinct sets of
build requirements, and for which environments each is asked. The peer runs `uv pip compile` once for each set: `each`
for one environment of it alone, `every` for each environment that asks for it, which is what wheelhouse answers. uv
gets the sets as a present: it neither looks for them nor builds, and takes wheels.

All is warm, and no run of wheelhouse is repeated. FOLDER/results/builds-WORKLOAD.json is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import processes, results
from bench.command_line import Bench, bench, parser
from bench.loopback import Loopback, loopback
from bench.peers import EACH, EVERY, TOOLS, WHEELHOUSE, Job, uv_compile
from bench.processes import Failed, Usage
from bench.results import Cell
from bench.rounds import paired, say
from bench.speed import Locking
from bench.workloads import ENVIRONMENTS, MODES, WORKLOADS

SETS: Mapping[str, Sequence[str]] = {
    "web": ("policy: {sdists: always}", "projects: {psycopg-binary: {sdists: never}}"),  # it has none
    "jupyter": ("policy: {sdists: always}",),
}
"""Workload -> what its spec says of sdists."""
UV = TOOLS["uv pip compile x4"]
INCOMPLETE = 3
"""The exit code where a lock was written, and some sdist cannot be built from what the index has: it says why."""
SOURCES_LIMIT = 1800.0
"""Seconds for the first lock of a workload from sources alone: its backends run."""


@dataclass(frozen=True, kw_only=True)
class BuildSet:
    """Build requirements that some sdist has in each of ``environments``."""

    requirements: Sequence[str]
    environments: Sequence[str]


def build_sets(lock: Mapping[str, Any]) -> list[BuildSet]:
    """The distinct sets of build requirements of a lock, sorted; an empty one asks for nothing and is left out."""
    found: dict[tuple[str, ...], set[str]] = {}
    for build in lock["builds"].values():
        for environment, planned in build["environments"].items():
            asked = tuple(sorted({one["requirement"] for one in planned["requires"]}))
            if asked and "unbuildable" not in planned:
                found.setdefault(asked, set()).add(environment)
    return [BuildSet(requirements=asked, environments=sorted(names)) for asked, names in sorted(found.items())]


def compiles(uv: str, index: str, folder: Path, sets: Sequence[BuildSet], *, every: bool) -> list[list[str]]:
    """A run of uv for each set, or for each environment of each set; what it reads is written to ``folder``."""
    commands = []
    for number, one in enumerate(sets):
        (folder / f"{number}.in").write_text("\n".join(one.requirements) + "\n", encoding="utf-8")
        for name in one.environments if every else one.environments[:1]:
            platform = ENVIRONMENTS[name].uv
            commands.append(uv_compile(uv, index, f"{number}.in", platform, f"{number}-{name}.txt"))
    return commands


def measure(place: Bench, index: Loopback, workload: str) -> list[Cell]:
    """Lock, which records; take the sets from the lock; then measure in turns."""
    asked = WORKLOADS[workload]
    folder = place.folder / "jobs" / f"builds-{workload}"
    job = Job(
        folder=folder / "wheelhouse",
        index=index.simple,
        requirements=asked.requirements,
        moves=asked.moves,
        policy=SETS[workload],
    )
    tool = replace(WHEELHOUSE, accepted=(0, INCOMPLETE))
    locking = Locking(tool=tool, job=job, index=index, place=replace(place, limit=SOURCES_LIMIT))
    locking.record({})
    if locking.failure:
        raise Failed(locking.failure)
    lock = json.loads((job.folder / "lock.json").read_text(encoding="utf-8"))
    sets = build_sets(lock)
    programs = UV.programs(place.tools)
    loops = {}
    for name, every in ((EACH, False), (EVERY, True)):
        place_of_loop = folder / ("every" if every else "each")
        place_of_loop.mkdir(parents=True, exist_ok=True)
        commands = compiles(str(programs / "uv"), index.simple, place_of_loop, sets, every=every)
        loops[name] = _loop(commands, place_of_loop, folder / "uv-cache", index)
        index.steer(record=True)
        loops[name]()
        say(f"{workload}: {len(sets)} sets, {len(commands)} runs: {name}")
    cells = paired(workload, "builds", {WHEELHOUSE.name: lambda: locking.once(MODES["anew"]), **loops}, place.rounds)
    counts = {"sdists": len(lock["builds"]), "sets": len(sets), "runs": sum(len(one.environments) for one in sets)}
    return [replace(cell, more=counts) for cell in cells]


def _loop(
    commands: Sequence[Sequence[str]], folder: Path, cache: Path, index: Loopback
) -> Callable[[], tuple[Usage, int]]:
    def once() -> tuple[Usage, int]:
        for written in folder.glob("*.txt"):
            written.unlink()
        taken = processes.run(commands, folder, {"UV_CACHE_DIR": str(cache)}, SOURCES_LIMIT, index.process)
        return taken, index.requests()

    return once


def main(words: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    args = parser("bench.builds", __doc__, SETS, rounds=3).parse_args(words)
    place = bench(args)
    with loopback(place.recording) as index:
        for workload in args.workload:
            cells = measure(place, index, workload)
            versions = {WHEELHOUSE.name: WHEELHOUSE.version(place.tools), "uv": UV.version(place.tools)}
            result = results.made(
                "builds", workload, rounds=place.rounds, limit=place.limit, versions=versions, cells=cells
            )
            say(f"wrote {results.write(result, place.folder)}")


if __name__ == "__main__":
    main()
