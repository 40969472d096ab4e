"""Workers do what they are given, with as many threads as can be had."""

from __future__ import annotations

import threading

import pytest

from resolver.concurrency import Workers
from tests.support.events import wait_for


@pytest.mark.parametrize("had", [0, 2, 9])
def test_all_is_done_with_as_many_threads_as_can_be_had(had: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start, started, done = threading.Thread.start, list[str](), list[threading.Thread]()

    def start_a_few(thread: threading.Thread) -> None:
        if len(started) == had:
            raise RuntimeError("can't start new thread")
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_a_few)
    workers, holding = Workers(4), threading.Event()
    for _ in range(20):
        workers.submit(lambda: (had and holding.wait(5), done.append(threading.current_thread())))
    holding.set()
    wait_for(lambda: len(done) == 20)
    workers.close()
    assert (threading.current_thread() in done) == (had == 0)
    assert len(started) == min(had, 4)


def test_nothing_is_done_once_they_are_closed() -> None:
    done: list[int] = []
    workers = Workers(1)
    workers.close()
    workers.submit(lambda: done.append(1))
    assert not done
