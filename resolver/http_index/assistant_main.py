"""The program of the assistant: answers questions from standard input, in threads, until that ends."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resolver.errors import WheelhouseError
from resolver.http_index.assistant import ERRORS
from resolver.http_index.cache import Cache
from resolver.http_index.concurrency import WORKERS, Workers
from resolver.http_index.frames import receive, send
from resolver.http_index.reader import Reader
from resolver.http_index.transport import Transport
from resolver.simple.rows import file_of


class _Desk:
    """Answers go to the stream that was standard output, where nothing else may be written from here on."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def tell(self, number: int, how: str, value: Any) -> None:  # noqa: ANN401  (whatever marshal can write)
        with self._lock:
            try:
                send(self._stream, (number, how, value))
            except OSError:  # nobody wants to know any more
                os._exit(0)

    def warn(self, message: str) -> None:
        self.tell(0, "warning", message)

    def answer(self, number: int, work: Callable[[], Any]) -> None:
        """Do the work and tell what came of it. What we do not expect is left to whoever asked."""
        try:
            self.tell(number, "answer", work())
        except WheelhouseError as error:
            how = type(error).__name__
            self.tell(number, how if how in ERRORS else "unknown", str(error))
        except Exception:  # noqa: BLE001  (it happens there again, and is told there)
            self.tell(number, "unknown", "")


def main() -> None:
    """Answer until nobody asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    importlib.import_module("resolver.http_index.wire")  # which the first question will need
    gc.set_threshold(200_000, 20, 20)  # a page is thousands of objects, and no cycle among them
    desk, questions = _Desk(), sys.stdin.buffer
    try:
        root = receive(questions)
        cache = Cache(
            None if root is None else Path(os.fsdecode(root)), warn=lambda text: desk.tell(0, "warning", text)
        )
        workers, readers = Workers(WORKERS), dict[tuple[str, str], Reader]()
        while True:
            number, index, url, kind, what = receive(questions)
            if (index, url) not in readers:
                readers[index, url] = Reader(index, url, Transport(index, url), cache)
            workers.submit(_errand(desk, number, readers[index, url], kind, what))
    except EOFError:
        os._exit(0)  # threads may be waiting for servers: all that they write is atomic


def _errand(desk: _Desk, number: int, reader: Reader, kind: str, what: Any) -> Callable[[], None]:  # noqa: ANN401
    if kind == "page":
        return lambda: desk.answer(number, lambda: reader.tell(what))
    return lambda: desk.answer(number, lambda: reader.metadata(file_of(what)))
