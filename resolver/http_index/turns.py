"""Threads that take turns: one goes on until it has to wait for the network, and then another.

Python runs one thread at a time anyway. By itself it changes threads whenever a file is opened or a block unpacked,
which costs as much as the work in between.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_turn = threading.Lock()
_mine = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for the turn, and keep it in this block."""
    with _turn:
        _mine.held = True
        try:
            yield
        finally:
            _mine.held = False


@contextmanager
def waiting() -> Iterator[None]:
    """Let others have the turn in this block, and get it back at the end. Does nothing in a thread without `turn`."""
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    _turn.release()
    try:
        yield
    finally:
        _turn.acquire()
        _mine.held = True
