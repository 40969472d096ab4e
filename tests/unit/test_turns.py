"""Of threads that take turns one goes on at a time, until it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

from resolver.http_index.turns import turn, waiting


def run(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_nobody_goes_on_while_another_does() -> None:
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(200):
            with turn():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                threading.Event().wait(0.00001)
                inside[0] -= 1

    run(work, work, work)
    assert most == [1]


def test_who_waits_lets_others_go_on_and_has_the_turn_again_afterwards() -> None:
    other_is_done, waits = threading.Event(), threading.Event()
    held: list[bool] = []

    def patient() -> None:
        with turn():
            with waiting():
                waits.set()
                assert other_is_done.wait(20)
            held.append(not takes_turn(within=0.2))

    def other() -> None:
        assert waits.wait(20)
        with turn():
            other_is_done.set()

    run(patient, other)
    assert held == [True]


def test_without_a_turn_waiting_gives_nothing_away() -> None:
    with turn():
        run(idle)
        assert not takes_turn(within=0.2)
    assert takes_turn()


def test_what_fails_gives_the_turn_back() -> None:
    try:
        with turn(), waiting():
            raise TimeoutError
    except TimeoutError:
        pass
    assert takes_turn()


def idle() -> None:
    with waiting():
        pass


def takes_turn(*, within: float = 20) -> bool:
    """Whether another thread gets the turn, within so many seconds."""
    had = threading.Event()

    def take() -> None:
        with turn():
            had.set()

    threading.Thread(target=take, daemon=True).start()
    return had.wait(within)
