"""Workers do what they are given, with as many threads as can be had."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable

import pytest

from resolver import concurrency
from resolver.concurrency import Memo, Workers, each
from tests.support.events import wait_for


def threads_that_can_be_had(count: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no more than ``count`` threads be started. Returns the names of those that were, as they are."""
    start, started = threading.Thread.start, list[str]()

    def start_a_few(thread: threading.Thread) -> None:
        if len(started) == count:
            raise RuntimeError("can't start new thread")
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_a_few)
    return started


@pytest.mark.parametrize("had", [0, 2, 9])
def test_all_is_done_with_as_many_threads_as_can_be_had(had: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started, done = threads_that_can_be_had(had, monkeypatch), list[threading.Thread]()
    workers, holding = Workers(4), threading.Event()

    def work() -> None:
        if had:
            holding.wait(5)
        done.append(threading.current_thread())

    for _ in range(20):
        workers.submit(work)
    holding.set()
    wait_for(lambda: len(done) == 20)
    workers.close()
    assert (threading.current_thread() in done) == (had == 0)
    assert len(started) == min(had, 4)


@pytest.mark.parametrize("had", [0, 1, 9])
@pytest.mark.parametrize("how", ["refused", "dead before they live"])
def test_each_item_has_its_answer_with_as_many_threads_as_can_be_had(
    had: int, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started, together = _thread.start_new_thread, list[int](), threading.Barrier(min(had, 3) + 1)

    def start_a_few(run: Callable[[], object], arguments: tuple[()]) -> int:
        if len(started) < had:
            started.append(start(run, arguments))
        elif how == "refused":
            raise RuntimeError("can't start new thread")
        return 0

    def work(item: int) -> int:
        together.wait(5)  # is broken, and raises, where fewer are at it
        return item * item

    monkeypatch.setattr(_thread, "start_new_thread", start_a_few)
    monkeypatch.setattr(concurrency, "_BIRTH", 0.3 if had < 9 else 5)
    assert each(work, range(8), at_once=4) == [0, 1, 4, 9, 16, 25, 36, 49]
    assert len(started) == min(had, 3)
    assert each(work, [], at_once=4) == []


def test_the_first_error_is_raised_and_what_has_not_begun_is_left() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        each(work, range(100), at_once=1)
    assert begun == [0]


def test_nothing_is_done_once_they_are_closed() -> None:
    done: list[int] = []
    workers = Workers(1)
    workers.close()
    workers.submit(lambda: done.append(1))
    assert not done


def test_an_answer_is_worked_out_once_for_all_who_ask() -> None:
    memo: Memo[str, int] = Memo(Workers(4))
    asked, holding, found = list[str](), threading.Event(), list[int]()

    def work() -> int:
        asked.append(threading.current_thread().name)
        holding.wait(5)
        return 7

    threads = [threading.Thread(target=lambda: found.append(memo.ask("a", work))) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_for(lambda: asked)
    holding.set()
    for thread in threads:
        thread.join(5)
    assert (found, len(asked), memo.ask("a", lambda: 8)) == ([7, 7, 7], 1, 7)


def test_an_error_is_raised_whenever_it_is_asked_for() -> None:
    memo: Memo[str, int] = Memo(Workers(1))

    def work() -> int:
        raise ValueError("a")

    memo.hint("a", work)
    for _ in range(2):
        with pytest.raises(ValueError, match="a"):
            memo.ask("a", work)


def test_whoever_asks_overtakes_hints_that_still_queue() -> None:
    workers, holding, come = Workers(1), threading.Event(), list[str]()
    memo: Memo[str, str] = Memo(workers)
    begun = list[str]()

    def held() -> str:
        begun.append("b")
        holding.wait(5)
        return "late"

    memo.hint("b", held, lambda: come.append("b"))
    memo.hint("a", lambda: "worker", lambda: come.append("a"))
    memo.hint("a", lambda: "worker again", lambda: come.append("a too"))
    wait_for(lambda: begun)
    assert memo.ask("a", lambda: "here") == "here"
    assert come == ["a", "a too"]
    holding.set()
    assert memo.ask("b", lambda: "here") == "late"
    memo.hint("b", held, lambda: come.append("b again"))
    wait_for(lambda: come[2:] == ["b", "b again"] or come[2:] == ["b again", "b"])
    workers.close(5)
    assert begun == ["b"]
