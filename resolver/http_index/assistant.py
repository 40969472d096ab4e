"""A second process that fetches and parses for this one, so that more than one core is used.

Python runs one thread at a time in a process, so that parsing pages in threads would hold up the search. The assistant
starts at the first question, and keeps what it reads in the cache that both share. It may fork once more (see `twins`),
which makes no difference here. What it cannot do, the caller does itself.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from resolver.errors import IndexFailure, IntegrityError, InvalidMetadata, StorageError, WheelhouseError
from resolver.http_index.cache import Cache
from resolver.http_index.frames import receive, send
from resolver.http_index.second_process import started

if TYPE_CHECKING:
    from subprocess import Popen

    from resolver.http_index.second_process import Child

ERRORS: dict[str, Callable[[str], WheelhouseError]] = {
    one.__name__: one for one in (IndexFailure, IntegrityError, InvalidMetadata, StorageError)
}
"""The errors that the assistant may answer with; each is made from its message alone."""

_PATIENCE = 10.0  # seconds that it has to end, before it is killed


class NoAssistant(Exception):
    """The assistant cannot be started, has ended, or could not answer: the caller has to do the work itself."""


class Assistant:
    """Questions to another process that has the same ``cache``.

    A question is numbered; its answer is kept until it is asked for. Safe in threads.
    """

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._process: Popen[bytes] | Child | None = None
        self._is_gone = False
        self._asked = 0
        self._answers: dict[int, tuple[str, Any]] = {}
        self._about: dict[int, str] = {}
        self._come: deque[str] = deque()
        self._asking = threading.Lock()
        self._listening = threading.Lock()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def dismiss(self) -> None:
        """Have it end; its work under way is given up."""
        self._is_gone = True
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    cast("BinaryIO", stream).close()

    def close(self) -> None:
        """Dismiss it, and wait until it is gone."""
        self.dismiss()
        process, self._process = self._process, None
        if process is None:
            return
        from subprocess import TimeoutExpired  # noqa: PLC0415  (it is loaded by now, by `packaging` if nobody else)

        try:
            process.wait(_PATIENCE)
        except TimeoutExpired:
            process.kill()
            process.wait()

    def start(self, *, over_tls: bool) -> None:
        """Start it before the first question, which is sure to come. ``over_tls``: it will most likely need TLS."""
        with self._asking, suppress(NoAssistant):
            self._running(over_tls=over_tls)

    def ask(self, about: str, *question: Any) -> int:  # noqa: ANN401  (whatever marshal can write)
        """Send a question. Returns its number at once; `next_come` knows it as ``about``. Raises `NoAssistant`."""
        with self._asking:
            self._asked += 1
            try:
                send(cast("BinaryIO", self._running().stdin), (self._asked, *question))
            except OSError as error:
                self._is_gone = True
                raise NoAssistant from error
            self._about[self._asked] = about
            return self._asked

    def answer(self, number: int) -> Any:  # noqa: ANN401  (as above)
        """Wait for the answer to a question; each is given once. Raises `NoAssistant`, and the error that it is."""
        with self._listening:
            while number not in self._answers:
                self._listen()
            how, value = self._answers.pop(number)
        if how == "answer":
            return value
        raise ERRORS[how](value) if how in ERRORS else NoAssistant

    def next_come(self) -> str | None:
        """Wait for one more answer, and return what it is about. None if no question is open."""
        with self._listening, suppress(NoAssistant):
            while not self._come and self._about:
                self._listen()
        return self._come.popleft() if self._come else None

    def _listen(self) -> None:
        if self._is_gone or self._process is None:
            raise NoAssistant
        try:
            number, how, value = receive(cast("BinaryIO", self._process.stdout))
        except (EOFError, OSError) as error:
            self._is_gone = True
            raise NoAssistant from error
        if how == "warning":
            self.cache.refused(value)
        else:
            self._answers[number] = how, value
            self._come.append(self._about.pop(number))

    def _running(self, *, over_tls: bool = False) -> Popen[bytes] | Child:
        if self._process is None and not self._is_gone:
            try:
                self._process = started()
                root = self.cache.root
                folder = None if root is None else os.fsencode(root)
                send(cast("BinaryIO", self._process.stdin), (folder, over_tls))
            except OSError:  # no process can be had, as in some sandboxes
                self._is_gone = True
        if self._process is None:
            raise NoAssistant
        return self._process
