"""Runs bubblewrap within bounds: wall time, memory, disk, files, processes and the size of the answer.

When `run` returns or raises, every process of the sandbox is dead.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from resolver.errors import BuildFailed
from resolver.records import record
from resolver.sandbox import usage
from resolver.sandbox.model import UNWANTED, Limits

LOG = 1 << 20  # bytes, counted from the last, that are kept of what a job prints
_CHUNK = 1 << 16
_INTERVAL = 0.1  # seconds between two looks at what is used
_GRACE = 10.0  # seconds for the pipes, and for process 1, to end after the worker


@record
class Outcome:
    """How it ended. ``exceeded`` names the limit for which it was killed; ``answer`` is to be closed by the caller."""

    status: int
    exceeded: str
    log: str
    answer: IO[bytes]


class Pipe:
    """Two descriptors, each closed once."""

    def __init__(self) -> None:
        self.read, self.write = os.pipe()
        self._open = {self.read, self.write}

    def close(self, *descriptors: int) -> None:
        """Close these ends; without arguments, both."""
        for descriptor in descriptors or (self.read, self.write):
            if descriptor in self._open:
                self._open.remove(descriptor)
                os.close(descriptor)


def run(
    command: Sequence[str],
    *,
    stdin: bytes,
    info: Pipe,
    answer: Pipe,
    inherited: Sequence[int],
    limits: Limits,
    disk: str,
    is_unwanted: Callable[[], bool],
) -> Outcome:
    """Run bubblewrap; ``info`` is its ``--info-fd``, ``disk`` the sandbox's writable folder as seen from inside.

    Raises `BuildFailed` once ``is_unwanted``, which is asked ten times a second.
    """
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's, in the end
    try:
        process = _started(command, stdin, (info.write, answer.write, *inherited))
        # From here on nothing opens a descriptor: if none were left, nobody would end the process.
        watch = _Watch(process, info, answer, kept, limits=limits, disk=disk)
        try:
            info.close(info.write)
            answer.close(answer.write)
            watch.until_end(is_unwanted)
        finally:
            watch.end()
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    log = watch.log.decode("utf-8", "replace")
    return Outcome(status=process.returncode, exceeded=watch.exceeded, log=log, answer=kept)


def _started(command: Sequence[str], stdin: bytes, inherited: Sequence[int]) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        # No environment: that of process 1 can be read inside.
        return subprocess.Popen(  # noqa: S603 - bubblewrap
            command,
            env={},
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=inherited,
            start_new_session=True,
        )


class _Watch:
    """One run: drains its pipes, measures it, and kills it where it goes too far. Its answer goes into ``kept``."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        info: Pipe,
        answer: Pipe,
        kept: IO[bytes],
        *,
        limits: Limits,
        disk: str,
    ) -> None:
        self.exceeded = ""
        self.log = bytearray()
        self._process = process
        self._kept = kept
        self._limits = limits
        self._disk = disk
        self._info = b""
        self._written = 0
        self._first: int | None = None
        self._handle: int | None = None
        self._pipes = {info.read: self._take_info, answer.read: self._take_answer}
        self._selector = selectors.PollSelector()
        assert process.stdout is not None
        self._pipes[process.stdout.fileno()] = self._take_log
        for descriptor in self._pipes:
            self._selector.register(descriptor, selectors.EVENT_READ)

    def until_end(self, is_unwanted: Callable[[], bool]) -> None:
        """Return when the worker has ended and its pipes are drained, or when a limit was exceeded."""
        deadline = time.monotonic() + self._limits.seconds
        measured = ended = 0.0
        while not self.exceeded and (self._pipes or not ended):
            now = time.monotonic()
            if now >= deadline:
                self.exceeded = "" if ended else "seconds"
                return
            if now - measured >= _INTERVAL:
                if is_unwanted():
                    raise BuildFailed(UNWANTED)
                measured = now
                self._measure()
            if not ended and self._process.poll() is not None:
                ended, deadline = now, now + _GRACE
                self._kill()  # what the backend left behind holds the pipes open
            self._drain(min(_INTERVAL, deadline - now) if self._pipes else _INTERVAL / 10)

    def end(self) -> None:
        """Kill what is left, and wait until it is dead."""
        try:
            self._kill()
            self._process.kill()
            self._process.wait()
            if self._handle is not None:
                death = select.poll()
                death.register(self._handle, select.POLLIN)
                death.poll(_GRACE * 1000)
        finally:
            self._selector.close()
            if self._process.stdout is not None:
                self._process.stdout.close()
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None

    def _kill(self) -> None:
        """End the sandbox's process 1: with it the kernel ends all the others."""
        if self._handle is None:
            return
        # It may be dead already, or another user's: then its parent's death ends it.
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _drain(self, seconds: float) -> None:
        for key, _ in self._selector.select(max(seconds, 0)):
            chunk = os.read(key.fd, _CHUNK)
            if chunk:
                self._pipes[key.fd](chunk)
            else:
                self._selector.unregister(key.fd)
                del self._pipes[key.fd]

    def _take_log(self, chunk: bytes) -> None:
        self.log += chunk
        if len(self.log) > LOG:
            del self.log[:-LOG]

    def _take_answer(self, chunk: bytes) -> None:
        self._written += len(chunk)
        if self._written > self._limits.answer:
            self.exceeded = "answer"
            return
        self._kept.write(chunk)

    def _take_info(self, chunk: bytes) -> None:
        """bubblewrap tells the number of the sandbox's process 1, which is its child."""
        self._info += chunk
        if self._first is not None or len(self._info) > _CHUNK:
            return
        try:
            first = int(json.loads(self._info)["child-pid"])
            handle = os.pidfd_open(first)
        except (ValueError, KeyError, TypeError, OSError):
            return
        if usage.parent(first) == self._process.pid:
            self._first, self._handle = first, handle
        else:
            os.close(handle)

    def _measure(self) -> None:
        if self._first is None:
            return
        used = usage.measure(self._first, Path(self._disk))
        limits = self._limits
        # bubblewrap's process 1 is one more.
        for name, value, limit in (
            ("memory", used.memory, limits.memory),
            ("processes", used.processes, limits.processes + 1),
            ("disk", used.disk, limits.disk),
            ("files", used.files, limits.files),
        ):
            if value > limit and not self.exceeded:
                self.exceeded = name
