"""How long a lock takes, beside other tools, from an index on the loopback that replays recorded answers.

    python -m bench.speed FOLDER [--workload NAME ...] [--tool NAME ...] [--mode NAME ...] [--rounds N]

Before a workload is measured each tool locks it once, while the index records what it asks of PyPI; measured runs see
the recording alone. Tools take turns in a balanced order. FOLDER/results/locks-WORKLOAD.json is written;
`python -m bench.publish FOLDER` makes the tables and plots of docs/ from it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench import processes, results
from bench.command_line import Bench, bench, parser
from bench.loopback import Loopback, loopback
from bench.peers import TOOLS, Commands, Job, Tool
from bench.processes import Failed, Usage
from bench.results import Cell
from bench.rounds import paired, say
from bench.spent import put_aside
from bench.workloads import MODES, WORKLOADS, Mode, pick

NO_LOCK = "no lock"
"""The failure of a tool in modes that begin with its caches or its lock, where it could make none."""
FRESH = 300.0
"""Seconds for which a tool's pages are as good as new: half of what the index promises."""


@dataclass(kw_only=True)
class Locking:
    """A tool at work on a job. ``failure``: why it cannot be measured."""

    tool: Tool
    job: Job
    index: Loopback
    place: Bench
    failure: str = ""
    _fresh_until: float = field(default=0.0)

    def record(self, modes: Mapping[str, Mode]) -> None:
        """Run once all that asks for something new, while the index records.

        Where it cannot do the first of them it is asked for nothing else: the others would take as long, or more.
        """
        put_aside(self.job.folder, self.place.spent)
        self.job.folder.mkdir(parents=True)
        self.tool.write(self.job)
        self._record("cold", MODES["cold"])
        for name, mode in sorted(modes.items(), key=lambda item: not item[1].metadata):  # what spoils caches is last
            if mode.ask == "update" or not mode.metadata:
                self._record(name, mode)

    def can(self, mode: Mode) -> bool:
        """Whether the tool has such a mode."""
        return mode.ask in self._commands and (bool(self.tool.answers) or not mode.special)

    def once(self, mode: Mode) -> tuple[Usage, int]:
        """A measured run, in the state that ``mode`` wants. Raises `Failed`."""
        if mode.cached and time.monotonic() > self._fresh_until:
            self._lock_again()
        self._prepare(mode)
        self.index.steer(latency=mode.latency, metadata=mode.metadata)
        taken = self._run(mode)
        requests = self.index.requests()
        self._left_by(mode)
        return taken, requests

    def _record(self, name: str, mode: Mode) -> None:
        if self.failure or not self.can(mode):
            return
        self.index.steer(record=True, metadata=mode.metadata)
        self._prepare(mode)
        begun = time.monotonic()
        try:
            self._run(mode)
        except Failed as failure:
            say(f"{self.tool.name} {name}: {failure}")
            self.failure = failure.reason if name == "cold" else ""
        else:
            say(f"recorded {name} {self.tool.name}: {time.monotonic() - begun:.1f} s")
        self._left_by(mode)

    def _left_by(self, mode: Mode) -> None:
        """A run that had nothing leaves new caches; those from an index without metadata are no use to other modes."""
        if not mode.metadata:
            self._prepare(MODES["cold"])
            self._fresh_until = 0.0
        elif not mode.cached:
            self._fresh_until = time.monotonic() + FRESH

    def _lock_again(self) -> None:
        """So that caches and lock are there, and the pages new. Raises `Failed`."""
        self.index.steer()
        self._prepare(MODES["warm"])
        self._run(MODES["warm"])
        self._fresh_until = time.monotonic() + FRESH

    def _prepare(self, mode: Mode) -> None:
        if not mode.cached:
            put_aside(self.job.cache, self.place.spent)
        if self.tool.answers and not mode.answers:
            shutil.rmtree(self.job.cache / self.tool.answers, ignore_errors=True)
        if not mode.locked:
            for lock in self.job.folder.glob(self.tool.lock):
                lock.unlink()

    def _run(self, mode: Mode) -> Usage:
        commands = self._commands[mode.ask]
        return processes.run(
            commands,
            self.job.folder,
            self.tool.variables(self.job),
            self.place.limit,
            self.index.process,
            accepted=self.tool.accepted,
        )

    @property
    def _commands(self) -> Commands:
        return self.tool.commands(self.job, self.tool.programs(self.place.tools))


def measure(place: Bench, index: Loopback, workload: str, tools: list[Tool], modes: Mapping[str, Mode]) -> list[Cell]:
    """Record, then measure mode by mode."""
    asked = WORKLOADS[workload]
    working = []
    for tool in tools:
        folder = place.folder / "jobs" / f"{workload}-{_plain(tool.name)}"
        job = Job(folder=folder, index=index.simple, requirements=asked.requirements, moves=asked.moves)
        working.append(Locking(tool=tool, job=job, index=index, place=place))
    for locking in working:
        say(f"recording {workload} with {locking.tool.name}")
        locking.record(modes)
    cells: list[Cell] = []
    for name, mode in modes.items():
        able = [locking for locking in working if locking.can(mode)]
        cells += [
            Cell(
                workload=workload,
                mode=name,
                tool=locking.tool.name,
                failure=NO_LOCK if mode.cached else locking.failure,
            )
            for locking in able
            if locking.failure
        ]
        turns = {
            locking.tool.name: lambda locking=locking, mode=mode: locking.once(mode)
            for locking in able
            if not locking.failure
        }
        cells += paired(workload, name, turns, place.rounds)
    return cells


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def main(words: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    line = parser("bench.speed", __doc__, WORKLOADS, rounds=3)
    line.add_argument("--tool", nargs="+", choices=list(TOOLS), metavar="NAME", help=f"of {', '.join(TOOLS)}")
    line.add_argument("--mode", nargs="+", choices=list(MODES), metavar="NAME", help=_about_modes())
    args = line.parse_args(words)
    place = bench(args)
    modes = {name: MODES[name] for name in pick(args.mode, MODES)}
    with loopback(place.recording) as index:
        for workload in args.workload:
            too_much = () if args.tool else WORKLOADS[workload].too_much_for
            tools = [TOOLS[name] for name in pick(args.tool, TOOLS) if name not in too_much]
            cells = measure(place, index, workload, tools, modes)
            versions = {tool.name: tool.version(place.tools) for tool in tools}
            result = results.made(
                "locks", workload, rounds=place.rounds, limit=place.limit, versions=versions, cells=cells
            )
            say(f"wrote {results.write(result, place.folder)}")


def _about_modes() -> str:
    return "; ".join(f"{name}: {mode.about}" for name, mode in MODES.items())


if __name__ == "__main__":
    main()
