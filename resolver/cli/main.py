"""The entry point: parse, dispatch, turn errors into messages and exit codes. No work is done here."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from resolver.cli.parser import build_parser
from resolver.cli.terminal import Terminal
from resolver.errors import CheckFailed, InputError, ResolutionError, TransferError, WheelhouseError

EXIT_CODES: tuple[tuple[type[WheelhouseError], int], ...] = (
    (CheckFailed, 1),
    (InputError, 2),
    (ResolutionError, 3),
    (TransferError, 4),
)
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see ``wheelhouse --help``)."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.version:
        print(_version())
        return 0
    if args.command is None:
        parser.print_help()
        return 2
    terminal = Terminal(quiet=getattr(args, "quiet", False), as_json=getattr(args, "json", False))
    try:
        command = importlib.import_module(f"resolver.cli.commands.{args.command}")
        code: int = command.run(args, terminal)
        sys.stdout.flush()
        return code
    except WheelhouseError as error:
        terminal.error(error)
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 4)
    except KeyboardInterrupt:
        terminal.note("interrupted; nothing is half written, and a rerun continues")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _version() -> str:
    from importlib.metadata import version

    return f"wheelhouse {version('rules-wheelhouse')}"
