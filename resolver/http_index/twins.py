"""A process that forks into two, which share the questions, the stream of answers, and what was imported.

Only on Linux, and where there is a second processor to use. Elsewhere the process stays alone.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import NoReturn

from resolver.processors import processors


class ProcessLock:
    """A lock between processes: a byte in a pipe. The process that has read it holds the lock."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.write(self._write, b".")

    def __enter__(self) -> None:
        os.read(self._read, 1)

    def __exit__(self, *exception: object) -> None:
        os.write(self._write, b".")


class Twins:
    """This process and its twin, once `split` was called; ``asking`` and ``telling`` are locks between them.

    ``are_two``: whether there is one.
    """

    def __init__(self) -> None:
        self.asking: AbstractContextManager[None] = nullcontext()
        self.telling: AbstractContextManager[None] = nullcontext()
        self.are_two = False
        self._twin = 0

    def split(self) -> None:
        """Fork. Call it before any thread is started. When one of the two ends, in whatever way, the other ends too."""
        if sys.platform != "linux" or processors() < 2:
            return
        self.asking, self.telling = ProcessLock(), ProcessLock()
        ours, theirs = socket.socketpair()
        try:
            self._twin = os.fork()
        except OSError:  # no more processes can be had
            return
        if not self._twin:
            ours, theirs = theirs, ours
        theirs.close()
        self.are_two = True
        threading.Thread(target=self._follow, args=[ours], daemon=True).start()

    def end(self) -> NoReturn:
        """End this process, after the twin, so that whoever waits for this one has waited for both."""
        if self._twin:
            with suppress(ChildProcessError):  # another thread has waited for it
                os.waitpid(self._twin, 0)
        os._exit(0)

    def _follow(self, twin: socket.socket) -> None:
        """End when the twin ends: else somebody would wait for answers that do not come."""
        twin.recv(1)
        self.end()
