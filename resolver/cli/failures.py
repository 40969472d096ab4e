"""How a command ends that could not do its work: the exit code, the words for a person, the fields for a machine."""

from __future__ import annotations

import errno
import os
import sys

from resolver.cli.signals import Terminated
from resolver.cli.terminal import Terminal
from resolver.errors import (
    BundleRefused,
    CheckFailed,
    InputError,
    LockIncomplete,
    NoSolution,
    ResolutionError,
    SpecError,
    TransferError,
    WheelhouseError,
)

EXIT_CODES: tuple[tuple[type[WheelhouseError], int], ...] = (
    (CheckFailed, 1),
    (InputError, 2),
    (ResolutionError, 3),
    (TransferError, 4),
)
DISK = 4
"""And memory: something of the machine, worth another try."""
BUG = 70
"""EX_SOFTWARE of sysexits.h"""
INTERRUPTED = 130
TERMINATED = 143
"""As shells count: 128 and the number of the signal."""


def failed(error: BaseException, terminal: Terminal) -> int:
    """Tell the user of ``error``. Returns the exit code."""
    if isinstance(error, WheelhouseError):
        terminal.error(str(error), {"error": type(error).__name__, "message": str(error), **_fields(error)})
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), BUG)
    if isinstance(error, KeyboardInterrupt):
        how, code = ("terminated", TERMINATED) if isinstance(error, Terminated) else ("interrupted", INTERRUPTED)
        message = f"{how}; nothing is half written, and a rerun continues"
        terminal.error(message, {"error": how.capitalize(), "message": message}, prefix="")
        return code
    if isinstance(error, BrokenPipeError):  # whoever read our output has gone (`| head`): that is no error of ours
        terminal.mute()
        return 0
    if isinstance(error, OSError) and error.strerror:  # a full disk, most often: what else is expected has an error
        message = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        if error.errno in {errno.EMFILE, errno.ENFILE}:  # whichever file was one too many
            message = "there are too many open files; see what bounds them (`ulimit -n`), and run it again"
        terminal.error(message, {"error": "StorageError", "message": message})
        return DISK
    if isinstance(error, MemoryError):
        message = "there is too little memory; see what bounds it (`ulimit -v`), and run it again"
        terminal.error(message, {"error": "OutOfMemory", "message": message})
        return DISK
    message = (
        f"this is a bug of wheelhouse: {type(error).__name__}: {error}; "
        "run it again with WHEELHOUSE_TRACEBACK=1 and report what it prints"
    )
    terminal.error(message, {"error": "Bug", "message": message})
    return BUG


def finished(terminal: Terminal, code: int) -> int:
    """Print what is still held back. Returns ``code``, or another where the output could not be written."""
    try:
        terminal.finish()
    except OSError as error:
        return unwritten(error, terminal) or code
    return code


def unwritten(error: OSError, terminal: Terminal | None = None) -> int:
    """Tell the user that standard output could not be written. Returns the exit code."""
    # The stream is flushed again, by a new terminal and when the interpreter exits, and must not fail at that.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    terminal = terminal or Terminal()
    terminal.mute()
    return failed(error, terminal)


def _fields(error: WheelhouseError) -> dict[str, object]:
    """What an error carries besides its message."""
    from dataclasses import asdict

    if isinstance(error, SpecError):
        return {"problems": [asdict(problem) for problem in error.problems]}
    if isinstance(error, NoSolution):
        return {"environment": error.environment, "explanation": error.explanation}
    if isinstance(error, LockIncomplete):
        return {"missing": list(error.missing)}
    if isinstance(error, BundleRefused):
        return {"why": error.why}
    failures = getattr(error, "failures", None)  # of vendoring, which nothing else should have to import
    return {"failures": [asdict(failure) for failure in failures]} if failures else {}
