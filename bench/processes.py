"""One run of commands: seconds, CPU time, memory of all its processes, and what others took of the machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.peers import clean
from bench.results import LIMIT

LAUNCH = Path(__file__).with_name("launch.py")
MIB = 1 << 20
_MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes of one unit of ``ru_maxrss``."""
_SHARE_OF_SAMPLING = 20
"""Sampling takes at most one part in so many of one core."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """``seconds`` on the wall; ``cpu`` seconds of all its processes; ``memory`` in MiB at the peak of all of them
    together; ``others``: CPU seconds that neither it nor the measurement took."""

    seconds: float
    cpu: float
    memory: float
    others: float = 0


class Failed(Exception):
    """A run that did not end well; ``reason`` is short, and the same on every machine; ``said``: its last words."""

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__(f"{reason}\n{said}" if said else reason)
        self.reason = reason


def run(
    commands: Sequence[Sequence[str]],
    folder: Path,
    variables: Mapping[str, str],
    limit: float,
    *helpers: int,
    accepted: Collection[int] = (0,),
) -> Usage:
    """Run ``commands`` one after the other; ``limit`` in seconds holds for all of them, ``accepted`` are exit codes.

    ``helpers`` are processes whose CPU time is neither the commands' nor that of others. What is said goes to
    said.log in ``folder``. Raises `Failed`.
    """
    before = Machine.now(helpers)
    seconds = cpu = memory = 0.0
    said = folder / "said.log"
    with said.open("wb") as log:
        for command in commands:
            reason, one = _run(command, folder, {**clean(), **variables}, limit - seconds, log.fileno())
            if reason not in {"", *(f"exit {code}" for code in accepted)}:
                raise Failed(reason, said.read_text(encoding="utf-8", errors="replace")[-500:])
            seconds, cpu, memory = seconds + one.seconds, cpu + one.cpu, max(memory, one.memory)
    return Usage(seconds=seconds, cpu=cpu, memory=memory, others=Machine.now(helpers).since(before))


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], limit: float, log: int
) -> tuple[str, Usage]:
    """What it took, behind why it failed, if it did."""
    answer = folder / "usage"
    answer.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", LAUNCH, answer, *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    with _Sampler(process.pid) as sampler:
        try:
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            return LIMIT, Usage(seconds=limit, cpu=0, memory=0)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if not answer.exists():
        return "did not start", Usage(seconds=0, cpu=0, memory=0)
    seconds, cpu, most = (float(figure) for figure in answer.read_text(encoding="ascii").split())
    usage = Usage(seconds=seconds, cpu=cpu, memory=max(most * _MAXRSS, sampler.peak) / MIB)
    return f"exit {process.returncode}" if process.returncode else "", usage


class _Sampler:
    """Looks again and again at what the descendants of a process have in memory together; ``peak`` in bytes.

    Only where there are several: what one process has at its peak the kernel tells exactly.
    """

    def __init__(self, launcher: int) -> None:
        self._launcher = launcher
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.peak = 0

    def __enter__(self) -> _Sampler:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        pause = 0.005
        while not self._done.wait(pause):
            begun = time.thread_time()
            self.peak = max(self.peak, _together(self._launcher))
            pause = max(pause, _SHARE_OF_SAMPLING * (time.thread_time() - begun))


def _together(launcher: int) -> int:
    """Bytes of all descendants, shared pages divided among those who share them; 0 where there are fewer than two."""
    try:
        processes = psutil.Process(launcher).children(recursive=True)
    except psutil.Error:
        return 0
    return sum(map(_memory, processes)) if len(processes) > 1 else 0


def _memory(process: psutil.Process) -> int:
    try:
        try:
            full = process.memory_full_info()
            return int(getattr(full, "pss", full.uss))
        except psutil.AccessDenied:
            return int(process.memory_info().rss)
    except psutil.Error:
        return 0


@dataclass(frozen=True, kw_only=True)
class Machine:
    """CPU seconds since some moment: of the whole machine, and of the measurement with all that it runs."""

    busy: float
    ours: float

    @classmethod
    def now(cls, helpers: Sequence[int]) -> Machine:
        whole = psutil.cpu_times()
        idle = whole.idle + getattr(whole, "iowait", 0) + getattr(whole, "steal", 0)
        guest = getattr(whole, "guest", 0) + getattr(whole, "guest_nice", 0)  # counted as user time already
        times = [psutil.Process(helper).cpu_times() for helper in helpers]
        return cls(
            busy=sum(whole) - idle - guest,
            ours=sum(os.times()[:4]) + sum(one.user + one.system for one in times),
        )

    def since(self, before: Machine) -> float:
        """CPU seconds of others, as far as the clock of the machine is fine enough to tell."""
        return max(0.0, (self.busy - before.busy) - (self.ours - before.ours))
