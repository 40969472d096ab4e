"""Starts the process of the assistant, with next to nothing imported: it can be under way before this one has begun.

Where the system has `posix_spawn` nothing is imported at all; elsewhere `subprocess` does it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # that of `typing` costs as much time as all that there is to do
if TYPE_CHECKING:
    from subprocess import Popen
    from typing import BinaryIO

_PROGRAM = (
    "import gc, sys; gc.disable(); sys.path[:] = {path!r};"  # while it imports: nothing of that is to be collected
    "from resolver.http_index.assistant_main import main; main()"
)
_FRUGAL = {"MALLOC_ARENA_MAX": "2"}  # else glibc keeps the memory of long pages for each thread that had one
_STANDARD = 3  # descriptors that are standard input, output and error, wherever they lead

_ahead: list[Popen[bytes] | Spawned] = []


class Spawned:
    """A process as `subprocess.Popen` has it, as far as an assistant is concerned. It ignores Ctrl-C: it ends with us.

    ``stdin`` and ``stdout`` are ours to write and to read; ``returncode`` is there once it was waited for.
    """

    def __init__(self, pid: int, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, once it has. Raises `subprocess.TimeoutExpired` after ``timeout`` seconds."""
        import time  # noqa: PLC0415  (at the end of a run)

        begun, pause = time.monotonic(), 0.0005
        while (code := self._poll(0 if timeout is None else os.WNOHANG)) is None:
            if timeout is not None and time.monotonic() - begun > timeout:
                from subprocess import TimeoutExpired  # noqa: PLC0415  (hardly ever)

                raise TimeoutExpired("assistant", timeout)
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return code

    def kill(self) -> None:
        """Let it end at once."""
        if self._poll(os.WNOHANG) is None:
            os.kill(self.pid, 9)

    def _poll(self, how: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, how)
            except ChildProcessError:  # whoever started us lets no child be waited for
                pid, status = self.pid, 0
            if pid == self.pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def start_ahead() -> None:
    """Start one that `started` will return. Where there can be none, `started` will say so."""
    try:
        _ahead.append(started())
    except OSError:
        return


def end_ahead() -> None:
    """End what was started ahead and nobody took."""
    while _ahead:
        process = _ahead.pop()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def started() -> Popen[bytes] | Spawned:
    """The process that was started ahead, or a new one. Raises OSError where there is no Python to start."""
    if _ahead:
        return _ahead.pop()
    if not sys.executable or getattr(sys, "frozen", False):
        raise OSError("no interpreter")
    command = [sys.executable, "-c", _PROGRAM.format(path=sys.path)]
    variables = {**_FRUGAL, **os.environ}

    import _signal as signal  # type: ignore[import-not-found]  # noqa: PLC0415  (without `enum`, which is slow to import)

    masked = getattr(signal, "pthread_sigmask", None)  # what is started while Ctrl-C is held back is not told of it
    before = masked(signal.SIG_BLOCK, {signal.SIGINT}) if masked else ()
    try:
        return (_spawned(command, variables) if hasattr(os, "posix_spawn") else None) or _popen(command, variables)
    finally:
        if masked:
            masked(signal.SIG_SETMASK, before)


def _spawned(command: list[str], variables: dict[str, str]) -> Spawned | None:
    """None where a standard stream of ours is closed, whose number a pipe would get."""
    pipes = [*os.pipe(), *os.pipe()]
    theirs_in, ours_in, ours_out, theirs_out = pipes
    if min(pipes) < _STANDARD:
        for one in pipes:
            os.close(one)
        return None
    actions = [(os.POSIX_SPAWN_DUP2, theirs_in, 0), (os.POSIX_SPAWN_DUP2, theirs_out, 1)]
    try:
        pid = os.posix_spawn(command[0], command, variables, file_actions=actions)
    except OSError:
        os.close(ours_in)
        os.close(ours_out)
        raise
    finally:
        os.close(theirs_in)
        os.close(theirs_out)
    return Spawned(pid, os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb"))


def _popen(command: list[str], variables: dict[str, str]) -> Popen[bytes]:
    import subprocess  # noqa: PLC0415  (where nothing faster is to be had)

    return subprocess.Popen(  # noqa: S603  (ourselves)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables
    )
