"""Workers do what they are given, with as many threads as can be had."""

from __future__ import annotations

import _thread
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from resolver import concurrency
from resolver.concurrency import Memo, Workers, each
from tests.support.events import wait_for


def threads_that_can_be_had(count: int, how: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let no more than ``count`` threads be started; ``how`` others fail. Returns those that were, as they are."""
    start, started = _thread.start_new_thread, list[int]()

    def start_a_few(run: Callable[[], object], arguments: tuple[()]) -> int:
        if len(started) < count:
            started.append(start(run, arguments))
        elif how == "refused":
            raise RuntimeError("can't start new thread")
        return 0

    monkeypatch.setattr(_thread, "start_new_thread", start_a_few)
    monkeypatch.setattr(concurrency, "_BIRTH", 0.3 if count < 9 else 5)
    return started


FAILURES = pytest.mark.parametrize("how", ["refused", "dead before they live"])


@pytest.mark.parametrize("had", [0, 2, 9])
@FAILURES
def test_all_is_done_with_as_many_threads_as_can_be_had(had: int, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started, done = threads_that_can_be_had(had, how, monkeypatch), list[int]()
    workers, holding = Workers(4), threading.Event()

    def work() -> None:
        if had:
            holding.wait(5)
        done.append(threading.get_ident())

    for _ in range(20):
        workers.submit(work)
    holding.set()
    wait_for(lambda: len(done) == 20)
    workers.close()
    assert (threading.get_ident() in done) == (had == 0)
    assert len(started) == min(had, 4)


def test_what_runs_is_waited_for_as_long_as_is_said() -> None:
    workers, begun, holding, done = Workers(2), threading.Event(), threading.Event(), list[int]()

    def work() -> None:
        begun.set()
        holding.wait(30)
        done.append(1)

    workers.submit(work)
    assert begun.wait(30)
    workers.close(0.01)
    assert not done
    threading.Timer(0.05, holding.set).start()
    workers.close(30)
    assert done


@pytest.mark.parametrize("had", [0, 1, 9])
@FAILURES
def test_each_item_has_its_answer_with_as_many_threads_as_can_be_had(
    had: int, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, together = threads_that_can_be_had(had, how, monkeypatch), threading.Barrier(min(had, 3) + 1)

    def work(item: int) -> int:
        together.wait(5)  # is broken, and raises, where fewer are at it
        return item * item

    assert each(work, range(8), at_once=4) == [0, 1, 4, 9, 16, 25, 36, 49]
    assert len(started) == min(had, 3)
    assert each(work, [], at_once=4) == []


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError(), ValueError("no")])
def test_whatever_a_helper_raises_is_raised(error: BaseException) -> None:
    caller, has_failed = threading.get_ident(), threading.Event()

    def work(_: int) -> None:
        if threading.get_ident() == caller:
            assert has_failed.wait(30)
        else:
            has_failed.set()
            raise error

    with pytest.raises(type(error)) as raised:
        each(work, range(2), at_once=2)
    assert raised.value is error


def test_no_process_is_forked_beside_a_thread() -> None:
    """In a process that has no other threads."""
    program = (
        "import threading; from resolver.concurrency import Workers, started\n"
        "from resolver.http_index.second_process import _is_alone\n"
        "for start in (started, Workers(1).submit):\n"
        "    holding = threading.Event(); print(_is_alone())\n"
        "    start(lambda: holding.wait(30)); print(_is_alone())\n"
        "    holding.set()\n"
        "    while not _is_alone() and start is started: pass\n"
    )
    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, timeout=60).stdout
    assert said.split() == [b"True", b"False"] * 2


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
