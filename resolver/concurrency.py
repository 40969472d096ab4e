"""Answers that are worked out once: ahead, by a worker, or by the caller who wants them first.

`concurrent.futures.ThreadPoolExecutor` joins its threads when the interpreter exits, so that after Ctrl-C a program
would wait for the slowest server; and it fails where no thread can be had, as under a bound on processes or memory.
These workers are daemons: what they were reading is thrown away with them, and all that they write is atomic.
"""

from __future__ import annotations

import _thread
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

_BIRTH = 5.0  # seconds after which a thread that has done nothing is not waited for


class Workers:
    """At most ``count`` daemon threads, started as work arrives that none of them is free for."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = 0
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._ends: list[threading.Lock] = []
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[], object]) -> None:
        """Have a thread do ``work``, which must not raise. Where no thread can be had, it is done here and now.

        Does nothing once closed.
        """
        with self._lock:
            if self._closed:
                return
            if self._free <= 0 and len(self._ends) < self._count:
                self._start_thread()
            if self._ends:
                self._free -= 1
                self._queue.put(work)
                return
        work()

    def close(self, patience: float = 0) -> None:
        """Drop the work that has not begun, and wait ``patience`` seconds for the rest."""
        with self._lock:
            self._closed = True
            for _ in self._ends:
                self._queue.put(None)
        deadline = time.monotonic() + patience
        for end in self._ends if patience else ():
            if end.acquire(timeout=max(0, deadline - time.monotonic())):
                end.release()

    def _start_thread(self) -> None:
        end = started(self._run)
        if end is None:  # those that there are have to do
            self._count = len(self._ends)
        else:
            self._ends.append(end)
            self._free += 1

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            if not self._closed:
                work()
            with self._lock:
                self._free += 1


def each(work: Callable[[T], V], items: Iterable[T], *, at_once: int) -> list[V]:
    """What ``work`` gives for every item, in their order, by at most ``at_once`` threads, of which the caller is one.

    Raises the first error, whatever it is, and begins no more then; Ctrl-C waits for nothing.
    """
    given = list(items)
    waiting, found, failed = deque(range(len(given))), dict[int, V](), dict[int, BaseException]()

    def take_turns(kept: type[BaseException]) -> None:
        with suppress(IndexError):  # nothing is left
            while True:
                number = waiting.popleft()
                try:
                    found[number] = work(given[number])
                except kept as error:
                    failed[number] = error
                    waiting.clear()

    def help_out() -> None:
        take_turns(BaseException)  # the caller raises it: nobody else would know of it

    ends = list[threading.Lock]()
    try:
        wanted = min(at_once, len(given)) - 1
        while waiting and len(ends) < wanted and (end := started(help_out)) is not None:
            ends.append(end)
        take_turns(Exception)
        for end in ends:
            end.acquire()
    finally:
        waiting.clear()
    if failed:
        raise failed[min(failed)]
    return [found[number] for number in range(len(given))]


def started(target: Callable[[], object]) -> threading.Lock | None:
    """Have a daemon thread do ``target``. Returns a lock that is free once it has; None where no thread can be had.

    ``target`` is never begun then. `threading.Thread.start` waits for ever where memory is short, for a thread that
    died of that before it lived.
    """
    turn, begun, end = threading.Lock(), threading.Lock(), threading.Lock()
    begun.acquire()
    end.acquire()

    def run() -> None:
        if turn.acquire(blocking=False):
            begun.release()
            try:
                target()
            finally:
                end.release()

    try:
        _thread.start_new_thread(run, ())
    except (RuntimeError, MemoryError):  # a bound on processes or memory
        return None
    is_lost = not begun.acquire(timeout=_BIRTH) and turn.acquire(blocking=False)
    return None if is_lost else end


class Arrivals:
    """Tells one thread, one by one, what others were asked for and have brought."""

    def __init__(self) -> None:
        self._come: SimpleQueue[str] = SimpleQueue()
        self._expected = 0

    def expect(self, what: str) -> Callable[[], None]:
        """A function to be called, in any thread, once ``what`` has come."""
        self._expected += 1
        return lambda: self._come.put(what)

    def next(self) -> str | None:
        """Wait for one more; None where nothing is expected."""
        if not self._expected:
            return None
        self._expected -= 1
        return self._come.get()


class Memo(Generic[K, V]):
    """Answers by key. An error is an answer too: it is raised at every `ask`, and by no `hint`.

    Of an answer that is there nothing else is kept: there are thousands, and a future takes more than most of them.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._found: dict[K, V] = {}
        self._failed: dict[K, BaseException] = {}
        self._under_way: set[K] = set()
        self._hinted: dict[K, list[Callable[[], object]]] = {}
        self._changed = threading.Condition()

    def ask(self, key: K, work: Callable[[], V]) -> V:
        """The answer: remembered, awaited from the worker that is at it, or worked out here and now."""
        if key not in self._found:
            with self._changed:
                while key in self._under_way:
                    self._changed.wait()
                is_new = self._take(key)
            if is_new:
                self._work(key, work)
            if key in self._failed:
                raise self._failed[key]
        return self._found[key]

    def hint(self, key: K, work: Callable[[], V], come: Callable[[], object] = lambda: None) -> None:
        """Have the answer worked out ahead, unless somebody has asked already; ``come`` is called once it is there."""
        with self._changed:
            is_known = self._is_known(key)
            is_new = not is_known and key not in self._under_way and key not in self._hinted
            if not is_known:
                self._hinted.setdefault(key, []).append(come)
        if is_known:
            come()
        elif is_new:
            self._workers.submit(lambda: self._work_ahead(key, work))

    def _is_known(self, key: K) -> bool:
        return key in self._found or key in self._failed

    def _take(self, key: K) -> bool:
        """Whether it is for the caller, who holds the lock, to work the answer out."""
        if self._is_known(key) or key in self._under_way:
            return False
        self._under_way.add(key)
        return True

    def _work_ahead(self, key: K, work: Callable[[], V]) -> None:
        """A caller who wants it before a worker comes to it overtakes the hint."""
        with self._changed:
            is_new = self._take(key)
        if is_new:
            self._work(key, work)

    def _work(self, key: K, work: Callable[[], V]) -> None:
        try:
            self._found[key] = work()
        except BaseException as error:  # noqa: BLE001  (kept for whoever asks, KeyboardInterrupt included)
            self._failed[key] = error
        with self._changed:
            self._under_way.remove(key)
            told = self._hinted.pop(key, ())
            self._changed.notify_all()
        for come in told:
            come()
