"""The entry point. A run that has nothing to work out is answered before the library is imported."""

from __future__ import annotations

import os
import sys

from resolver.cli import unchanged_lock

TYPE_CHECKING = False  # that of `typing` costs as much time as everything here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def program() -> NoReturn:
    """`main` as a process, and its end.

    What a run has read is not taken apart object by object, which takes a fifth of a resolution: the system takes all
    of it back at once.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see ``wheelhouse --help``). Raises SystemExit for ``--help`` alone."""
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        return _run(given, may_fork=argv is None)
    except KeyboardInterrupt as error:  # before the command has begun, or after its end
        if os.environ.get("WHEELHOUSE_TRACEBACK"):
            raise
        from resolver.cli.failures import failed, finished
        from resolver.cli.terminal import Terminal

        terminal = Terminal(as_json="--json" in given)
        return finished(terminal, failed(error, terminal))


def _run(given: Sequence[str], *, may_fork: bool) -> int:
    try:
        if _is_answered(given):
            return 0
    except OSError as error:  # of standard output
        from resolver.cli.failures import unwritten

        return unwritten(error)
    import gc

    from resolver.cli.ahead import Ahead

    gc.set_threshold(1_000_000, 20, 20)  # what a run imports and reads lives as long as it does
    with Ahead(given, may_fork=may_fork):
        from resolver.cli.dispatch import dispatch

        return dispatch(given)


def _is_answered(given: Sequence[str]) -> bool:
    """Whether there was an answer at once. Raises OSError where it cannot be written."""
    said = unchanged_lock.answer(given)
    if said is None and given[:1] == ["vendor"]:
        from resolver.cli import unchanged_tree

        said = unchanged_tree.answer(given)
    if said is not None:
        print(said, flush=True)
        return True
    from resolver.cli.repeated_run import repeat

    return repeat(given)
