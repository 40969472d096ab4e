"""What a person sees: results on standard output, everything else on standard error.

On a terminal there are bars, and tables with colours; elsewhere plain lines. ``--quiet`` leaves results and errors,
``--json`` leaves exactly one document on standard output, whatever happens. Names and texts come from indexes and
archives: no control character of theirs reaches a terminal.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, Union

if TYPE_CHECKING:
    from rich.console import Console

    from resolver.cli.bars import Bar
    from resolver.cli.tables import Table

Line = Union[str, "Table"]

_REFUSED = ((0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069))
_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for first, last in _REFUSED for code in range(first, last + 1)}


class Terminal:
    """The one place that writes to the user. `finish` must be called last."""

    def __init__(
        self, *, quiet: bool = False, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.quiet = quiet
        self.as_json = as_json
        self._out = _lenient(out or sys.stdout)
        self._err = _lenient(err or sys.stderr)
        self._document: dict[str, object] = {}
        self._muted = False
        self._drawing: Console | None = None

    def result(self, lines: Sequence[Line], document: Mapping[str, object]) -> None:
        """The outcome: ``lines`` for a person, or ``document`` under ``--json``, where it is held until the end."""
        self._document.update(document)
        if self.as_json:
            return
        for line in lines:
            self._write(line)

    def note(self, text: str) -> None:
        """Tell something on the side; silent under ``--quiet`` and ``--json``."""
        if not (self.quiet or self.as_json):
            self._say(text)

    def warn(self, text: str) -> None:
        """Tell something that a person should know; silent under ``--quiet`` alone."""
        if not self.quiet:
            self._say(f"warning: {text}")

    def error(self, message: str, document: Mapping[str, object], *, prefix: str = "error: ") -> None:
        """Tell why the command failed: on standard error and, under ``--json``, in the document too."""
        self._document.update(document)
        with suppress(OSError):
            self._out.flush()  # the result that came before it stays before it
        self._say(prefix + message)

    def mute(self) -> None:
        """Print no document at the end."""
        self._muted = True

    def finish(self) -> None:
        """Print the document of ``--json`` and flush. Raises OSError where standard output cannot be written."""
        if self.as_json and not self._muted:
            import json

            self.mute()  # one document, however often this is called
            self._out.write(json.dumps(self._document, indent=2, sort_keys=True) + "\n")
        self._out.flush()

    @contextmanager
    def progress(self, text: str, *, unit: str = "steps") -> Iterator[Bar]:
        """A bar on a terminal, now and then a line elsewhere, nothing under ``--quiet`` and ``--json``."""
        from resolver.cli import bars

        if self.quiet or self.as_json:
            yield bars.Silent()
        elif _is_live(self._err):
            self._drawing = self._console(self._err)
            try:
                with bars.drawn(self._drawing, text, unit) as bar:
                    yield bar
            finally:
                self._drawing = None
        else:
            self.note(text)
            yield bars.Plain(self.note, text)

    def _write(self, line: Line) -> None:
        if not isinstance(line, str) and _is_live(self._out):
            line.draw(self._console(self._out))
        else:
            self._out.write(plain([line]))

    def _say(self, text: str) -> None:
        with suppress(OSError):  # nobody listens; there is nowhere left to say so
            if self._drawing is not None:  # above the bar, not through it
                self._drawing.print(clean(text), soft_wrap=True)
            else:
                self._err.write(f"{clean(text)}\n")  # at once: several threads tell things
                self._err.flush()

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console

        plain = bool(os.environ.get("NO_COLOR"))
        return Console(file=stream, color_system=None if plain else "auto", highlight=False, markup=False, emoji=False)


def plain(lines: Sequence[Line]) -> str:
    """What lines look like where nothing can be drawn."""
    rows = (row for line in lines for row in ([line] if isinstance(line, str) else line.plain()))
    return "".join(f"{clean(row)}\n" for row in rows)


def clean(text: str) -> str:
    """``text`` without control characters and without marks that turn the direction of writing."""
    return text.translate(_CONTROL)


def _is_live(stream: TextIO) -> bool:
    """Whether lines can be drawn anew."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _lenient(stream: TextIO | None) -> TextIO:
    """A stream that writes what its encoding has not as well as it can. None is a stream that the caller closed."""
    if stream is None:
        stream = io.StringIO()
    codecs.register_error("wheelhouse", _similar)
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="wheelhouse")
    return stream


def _similar(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    alike = {"→": "->", "…": "...", "\N{REPLACEMENT CHARACTER}": "?"}
    text = error.object[error.start : error.end]
    return "".join(alike.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text), error.end
