"""Other processes that fetch and parse for this one, so that more than one core is used.

Python runs one thread at a time in a process, so that parsing pages in threads would hold up the search. The first of
them starts at the first question, a second one when the first has much to do. What they read they keep in the cache
that all share. What they cannot do, the caller does itself.
"""

from __future__ import annotations

import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from resolver.errors import IndexFailure, IntegrityError, InvalidMetadata, StorageError, WheelhouseError
from resolver.http_index.cache import Cache
from resolver.http_index.line import WARNING, Line
from resolver.processors import processors

ERRORS: dict[str, Callable[[str], WheelhouseError]] = {
    one.__name__: one for one in (IndexFailure, IntegrityError, InvalidMetadata, StorageError)
}
"""What the assistant may answer instead; each is made of its message alone."""

_MANY = 12
"""Open questions with which one process has enough to do: a lock of ten projects never has as many."""

_HEAD_START = 8
"""Questions that the others answer before a process that is just starting has answered one."""

_MOST = 2
"""Processes, where there is a second processor: this one is busy too, and more of them would wait for it."""


class NoAssistant(Exception):
    """It cannot be started, has ended, or could not answer: the caller has to do the work itself."""


class Assistant:
    """Questions to other processes that have the same ``cache``.

    A question is numbered; its answer is kept until it is asked for. Safe in threads.
    """

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._lines: list[Line] = []
        self._is_gone = False
        self._most = _MOST
        self._heard_next: deque[Line] = deque()
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
        for line in self._lines:
            line.cut()

    def close(self) -> None:
        """Dismiss it, and wait until it is gone."""
        self.dismiss()
        while self._lines:
            self._lines.pop().end()

    def start(self) -> None:
        """Start it ahead of the first question, where one is sure to come."""
        with self._asking:
            self._grow()

    def ask(self, about: str, *question: Any) -> int:  # noqa: ANN401  (whatever marshal can write)
        """Send a question. Returns its number at once; `next_come` knows it as ``about``. Raises `NoAssistant`."""
        with self._asking:
            line = self._line()
            self._asked += 1
            try:
                line.ask(self._asked, *question)
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

    def _line(self) -> Line:
        """To the process that has least to do. Raises `NoAssistant`."""
        if all(line.open >= _MANY for line in self._lines):
            self._grow()
        if self._is_gone or not self._lines:
            raise NoAssistant
        return min(self._lines, key=lambda line: line.open if line.has_spoken else line.open + _HEAD_START)

    def _grow(self) -> None:
        """Start one more process, unless there are enough. Where none can be had there is no assistant."""
        if self._is_gone or len(self._lines) >= self._most:
            return
        if self._lines and not (hasattr(select, "poll") and processors() > 1):
            self._most = 1
            return
        try:
            self._lines.append(Line(self.cache.root, self._lines))
        except OSError:
            self._most, self._is_gone = len(self._lines), not self._lines

    def _listen(self) -> None:
        if self._is_gone or not self._lines:
            raise NoAssistant
        try:
            number, how, value = self._ringing().hear()
        except (EOFError, OSError, ValueError) as error:  # ValueError: it was dismissed meanwhile
            self._is_gone = True
            raise NoAssistant from error
        if number == WARNING:
            self.cache.refused(value)
        else:
            self._answers[number] = how, value
            self._come.append(self._about.pop(number))

    def _ringing(self) -> Line:
        """A line with something to hear, each in its turn; it is waited for."""
        if len(self._lines) == 1:
            return self._lines[0]
        if not self._heard_next:
            by_descriptor = {line.fileno(): line for line in self._lines}
            poll = select.poll()
            for descriptor in by_descriptor:
                poll.register(descriptor, select.POLLIN)
            self._heard_next.extend(by_descriptor[descriptor] for descriptor, _ in poll.poll())
        return self._heard_next.popleft()
