"""The program of the assistant: answers questions from standard input, in threads, until that ends."""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from resolver.concurrency import Workers
from resolver.errors import WheelhouseError
from resolver.http_index.assistant import ERRORS
from resolver.http_index.cache import Cache
from resolver.http_index.frames import receive, send
from resolver.http_index.frugal import take_little_memory
from resolver.http_index.reader import Reader
from resolver.http_index.transport import CONNECTIONS, Transport
from resolver.http_index.turns import turn
from resolver.http_index.twins import Twins
from resolver.metadata import core  # noqa: F401  (whoever asks has it too: what is imported here is imported once)
from resolver.simple.rows import file_of

if TYPE_CHECKING:
    from resolver.metadata.model import SdistFiles

_NEEDED_HERE = (
    "resolver.http_index.wire",
    "resolver.http_index.lazy_wheel",
    "resolver.simple.from_json",
    "encodings.idna",  # of `socket`, which asks for it when a host is first looked up
)
"""What only this process needs for the first questions. It is imported before the process may become two."""


class _Desk:
    """Sends answers to the process that asks, one at a time."""

    def __init__(self, answers: int, twins: Twins) -> None:
        self._stream = os.fdopen(answers, "wb")
        self._twins = twins
        self._lock = threading.Lock()

    def tell(self, number: int, how: str, value: Any) -> None:  # noqa: ANN401  (whatever marshal can write)
        with self._lock, self._twins.telling:
            try:
                send(self._stream, (number, how, value))
            except OSError:  # nobody wants to know any more
                os._exit(0)

    def warn(self, message: str) -> None:
        """Pass on a warning of the cache."""
        self.tell(0, "warning", message)

    def answer(self, number: int, work: Callable[[], Any]) -> None:
        """Do the work and send its result. After an unexpected error, the process that asks does the work itself."""
        try:
            with turn():
                found = work()
            self.tell(number, "answer", found)
        except WheelhouseError as error:
            how = type(error).__name__
            self.tell(number, how if how in ERRORS else "unknown", str(error))
        except Exception:  # noqa: BLE001  (it happens there again, and is told there)
            self.tell(number, "unknown", "")


def main() -> NoReturn:
    """Serve what comes on standard input, on standard output."""
    serve(0, os.dup(1))


def serve(questions_from: int, answers_to: int) -> NoReturn:
    """Answer until nobody asks, and end this process. Both are descriptors."""
    os.dup2(2, 1)  # whatever writes to standard output would write among the answers, or to the user's
    take_little_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for needed_here in _NEEDED_HERE:
        importlib.import_module(needed_here)
    gc.freeze()  # what is imported stays, and a twin shares it
    gc.set_threshold(200_000, 20, 20)  # a page is thousands of objects, and no cycle among them
    gc.enable()
    questions, twins = os.fdopen(questions_from, "rb", buffering=0), Twins()
    with suppress(EOFError):  # threads may be waiting for servers: all that they write is atomic
        root, over_tls = receive(questions)
        if over_tls:
            _read_authorities()
        twins.split()
        desk = _Desk(answers_to, twins)
        cache = Cache(None if root is None else Path(os.fsdecode(root)), warn=desk.warn)
        # With its twin as many as uv has under way; threads are started as they are needed.
        workers, readers = Workers(CONNECTIONS), dict[tuple[str, str], Reader]()
        while True:
            number, index, url, kind, what = _taken(questions, twins)
            if (index, url) not in readers:
                readers[index, url] = Reader(index, url, Transport(index, url), cache)
            workers.submit(_errand(desk, number, readers[index, url], kind, what))
    twins.end()


def _read_authorities() -> None:
    """Read the trusted certificates early: it takes longer than reading a page. Whoever needs them reports errors."""
    from resolver.http_index.authorities import UnusableAuthorities, context  # noqa: PLC0415  (not over http)

    with suppress(UnusableAuthorities):
        context()


def _taken(questions: BinaryIO, twins: Twins) -> Any:  # noqa: ANN401  (as above)
    """The next question. Of twins, the less busy one gets it, since it waits for a turn first. Raises EOFError."""
    while twins.are_two:
        select.select([questions], [], [])
        with turn(), twins.asking:
            if select.select([questions], [], [], 0)[0]:
                return receive(questions)
    return receive(questions)


def _errand(
    desk: _Desk,
    number: int,
    reader: Reader,
    kind: str,
    what: Any,  # noqa: ANN401  (as above)
) -> Callable[[], None]:
    """Answers with what `Reader` gives: `tell` for a page, `metadata`, or the files and members of an sdist."""
    if kind == "page":
        return lambda: desk.answer(number, lambda: reader.tell(what))
    if kind == "metadata":
        return lambda: desk.answer(number, lambda: reader.metadata(file_of(what)))
    return lambda: desk.answer(number, lambda: _parts(reader.sdist_files(file_of(what))))


def _parts(sdist: SdistFiles) -> tuple[dict[str, bytes], tuple[str, ...]]:
    return dict(sdist.files), tuple(sdist.members)
