"""A line to one process that answers questions: it is started with the line, and ends when the line is cut."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from resolver.http_index.frames import receive, send
from resolver.http_index.second_process import started

if TYPE_CHECKING:
    from collections.abc import Sequence
    from subprocess import Popen

    from resolver.http_index.second_process import Child

WARNING = 0
"""In place of a question's number: a warning of the cache."""

_PATIENCE = 10.0  # seconds that it has to end, before it is killed


class Line:
    """Questions may be asked in one thread and answers heard in another.

    ``root`` is the folder of the cache that both use, None for none; ``beside`` are lines that it has no part in.
    Raises OSError where no process can be had, as in some sandboxes.
    """

    def __init__(self, root: Path | None, beside: Sequence[Line] = ()) -> None:
        self.process: Popen[bytes] | Child = started([line.process for line in beside])
        self._questions = cast("BinaryIO", self.process.stdin)
        answers = self.process.stdout
        # Without a buffer: what waits there would not show to who waits for the descriptor.
        self._answers = cast("BinaryIO", getattr(answers, "raw", answers))
        self._asked = self._heard = 0
        send(self._questions, None if root is None else os.fsencode(root))

    @property
    def open(self) -> int:
        """Questions that wait for an answer."""
        return self._asked - self._heard

    @property
    def has_spoken(self) -> bool:
        """Whether it has answered anything, and so has begun."""
        return self._heard > 0

    def ask(self, *question: Any) -> None:  # noqa: ANN401  (whatever marshal can write)
        """Send a question. Raises OSError where the process is gone."""
        send(self._questions, question)
        self._asked += 1

    def hear(self) -> tuple[int, str, Any]:
        """What it says next: the number of a question, how it is answered, the answer. Raises EOFError and OSError."""
        number, how, value = receive(self._answers)
        self._heard += number != WARNING
        return number, how, value

    def fileno(self) -> int:
        """What can be waited for until there is something to hear."""
        return self._answers.fileno()

    def cut(self) -> None:
        """Have the process end; its work under way is given up."""
        for stream in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                cast("BinaryIO", stream).close()

    def end(self) -> None:
        """Wait until the process is gone, after `cut`."""
        from subprocess import TimeoutExpired  # noqa: PLC0415  (it is loaded by now, by `packaging` if nobody else)

        try:
            self.process.wait(_PATIENCE)
        except TimeoutExpired:
            self.process.kill()
            self.process.wait()
