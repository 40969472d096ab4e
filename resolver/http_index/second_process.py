"""Starts the process of the assistant, with next to nothing imported, so that it can begin before this one's imports.

On Linux it is a fork of a command that is about to import the same. Else `posix_spawn` starts it, for which nothing is
imported at all, and where the system has none, `subprocess`.
"""

from __future__ import annotations

import _thread
import os
import sys

TYPE_CHECKING = False  # that of `typing` costs as much time as all that there is to do
if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen
    from typing import BinaryIO, TypeVar

    Made = TypeVar("Made")

_PROGRAM = (
    "import gc, sys; gc.disable(); sys.path[:] = {path!r};"  # while it imports: nothing of that is to be collected
    "from resolver.http_index.assistant_main import main; main()"
)
_LONGEST_PAUSE = 0.002  # seconds between two looks whether it has ended
_STANDARD = 3  # descriptors that are standard input, output and error, wherever they lead

_ahead: list[Popen[bytes] | Child] = []


class Child:
    """As much of `subprocess.Popen` as an assistant needs. The process ignores Ctrl-C: it ends with this one.

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
            pause = min(2 * pause, _LONGEST_PAUSE)
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


def start_ahead(*, may_fork: bool) -> None:
    """Start a process that `started` will return. Where that fails, `started` tries again, and raises.

    ``may_fork``: whether this process is ours alone, with nothing in it that a second one might do twice.
    """
    try:
        forked = _undisturbed(_forked) if may_fork and sys.platform == "linux" and _is_alone() else None
        _ahead.append(forked or started())
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


def started() -> Popen[bytes] | Child:
    """The process that was started ahead, or a new one. Raises OSError where there is no Python to start."""
    if _ahead:
        return _ahead.pop()
    if not sys.executable or getattr(sys, "frozen", False):
        raise OSError("no interpreter")
    command = [sys.executable, "-c", _PROGRAM.format(path=sys.path)]
    return _undisturbed(lambda: _spawned(command) or _popen(command))


def _undisturbed(make: Callable[[], Made]) -> Made:
    """Call ``make`` while Ctrl-C is blocked, which the new process inherits."""
    import _signal as signal  # type: ignore[import-not-found]  # noqa: PLC0415  (without `enum`, which is slow to import)

    masked = getattr(signal, "pthread_sigmask", None)
    before = masked(signal.SIG_BLOCK, {signal.SIGINT}) if masked else ()
    try:
        return make()
    finally:
        if masked:
            masked(signal.SIG_SETMASK, before)


class _Pipes:
    """For questions and for answers. ``are_apart``: no end has the number of a standard stream that is closed here."""

    def __init__(self) -> None:
        self.their_in, self.our_in = os.pipe()
        self.our_out, self.their_out = os.pipe()
        self.are_apart = min(self.their_in, self.our_in, self.our_out, self.their_out) >= _STANDARD

    def close_ours(self) -> None:
        os.close(self.our_in)
        os.close(self.our_out)

    def close_theirs(self) -> None:
        os.close(self.their_in)
        os.close(self.their_out)


def _led_to(start: Callable[[_Pipes], int]) -> Child | None:
    """The process that ``start`` starts, at the other ends of new pipes; None if a standard stream is closed here."""
    pipes, pid = _Pipes(), 0
    try:
        if pipes.are_apart:
            pid = start(pipes)
    finally:
        pipes.close_theirs()
        if not pid:
            pipes.close_ours()
    return Child(pid, os.fdopen(pipes.our_in, "wb"), os.fdopen(pipes.our_out, "rb")) if pid else None


def _is_alone() -> bool:
    """Whether there is no other thread, which could hold a lock that a fork would wait for.

    `threading` knows those that it started, and `_thread` those of `resolver.concurrency` too.
    """
    threading = sys.modules.get("threading")
    return _thread._count() == 0 and (threading is None or threading.active_count() == 1)  # noqa: SLF001  (as above)


def _forked() -> Child | None:
    """A fork of this process, after importing what both need; None if a standard stream is closed here."""
    from resolver.http_index.assistant_main import serve  # noqa: PLC0415  (before the fork, and for that alone)

    def fork(pipes: _Pipes) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            pipes.close_ours()
            serve(pipes.their_in, pipes.their_out)
        finally:  # whatever it is: nothing that comes after this is for a second one
            os._exit(1)

    return _led_to(fork)


def _spawned(command: list[str]) -> Child | None:
    """The process of a command; None if the system has no such call, or a standard stream is closed here."""
    if not hasattr(os, "posix_spawn"):
        return None

    def spawn(pipes: _Pipes) -> int:
        actions = [(os.POSIX_SPAWN_DUP2, pipes.their_in, 0), (os.POSIX_SPAWN_DUP2, pipes.their_out, 1)]
        return os.posix_spawn(command[0], command, os.environ, file_actions=actions)

    return _led_to(spawn)


def _popen(command: list[str]) -> Popen[bytes]:
    import subprocess  # noqa: PLC0415  (where nothing faster is to be had)

    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  (ourselves)
