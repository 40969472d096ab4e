"""Parses, dispatches, and turns however a command ends into a message and an exit code. No work is done here."""

from __future__ import annotations

import os

from resolver.cli.plain_words import understood

TYPE_CHECKING = False  # that of `typing` costs as much time as a run that is repeated
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from resolver.cli.parser import UsageError
    from resolver.cli.plain_words import Resolve
    from resolver.cli.terminal import Terminal


def dispatch(given: Sequence[str]) -> int:
    """Run one command and return its exit code. Raises SystemExit for ``--help`` alone."""
    command = understood(given)
    return _run(command) if command is not None else _parsed(given)


def _parsed(given: Sequence[str]) -> int:
    from resolver.cli.parser import UsageError, parse

    try:
        args = parse(given)
    except UsageError as error:
        return _usage_error(error, as_json="--json" in given)
    if args.version:
        return _print_version()
    if args.command is None:
        args.print_help()
        return 2
    return _run(args)


def _run(args: argparse.Namespace | Resolve) -> int:
    from resolver.cli.failures import failed, finished
    from resolver.cli.signals import terminable
    from resolver.cli.terminal import Terminal

    terminal = Terminal(quiet=args.quiet, as_json=args.json)
    try:
        with terminable():
            code = _dispatch(args, terminal)
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("WHEELHOUSE_TRACEBACK") and not isinstance(error, BrokenPipeError):
            raise
        code = failed(error, terminal)
    return finished(terminal, code)


def _dispatch(args: argparse.Namespace | Resolve, terminal: Terminal) -> int:
    import importlib

    command = importlib.import_module(f"resolver.cli.commands.{args.command}")
    code: int = command.run(args, terminal)
    return code


def _usage_error(error: UsageError, *, as_json: bool) -> int:
    from resolver.cli.failures import failed, finished
    from resolver.cli.terminal import Terminal
    from resolver.errors import InputError

    terminal = Terminal(as_json=as_json)
    return finished(terminal, failed(InputError(f"{error}\n{error.usage}"), terminal))


def _print_version() -> int:
    from importlib.metadata import version

    from resolver.cli.failures import finished, unwritten
    from resolver.cli.terminal import Terminal

    terminal = Terminal()
    try:
        terminal.result([f"wheelhouse {version('rules-wheelhouse')}"], {})
    except OSError as error:  # where standard output has no buffer
        return unwritten(error, terminal)
    return finished(terminal, 0)
