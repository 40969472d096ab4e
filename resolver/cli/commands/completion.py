"""``wheelhouse completion``: completion scripts, made from the parser by shtab."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from resolver.cli.parser import build_parser
from resolver.cli.terminal import Terminal

FILES = ("FILE", "OLD", "NEW", "PATH", "OUT", "BUNDLE", "OTHER", "KEY", "LOCK")
FOLDERS = ("DIR", "DIR|URL", "LOGS")
"""What arguments are called whose values are files, or folders."""


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the script."""
    import shtab

    parser = build_parser()
    _complete_paths(parser, {**dict.fromkeys(FILES, shtab.FILE), **dict.fromkeys(FOLDERS, shtab.DIRECTORY)})
    script: str = shtab.complete(parser, shell=args.shell)
    terminal.result(script.split("\n"), {"shell": args.shell, "script": script})
    return 0


def _complete_paths(parser: argparse.ArgumentParser, kinds: Mapping[str, object]) -> None:
    """Tell shtab which arguments are paths; they are known by their metavar."""
    for action in parser._actions:  # noqa: SLF001  (argparse offers no other way to walk a parser)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in action.choices.values():
                _complete_paths(inner, kinds)
        elif isinstance(action.metavar, str) and action.metavar in kinds:
            action.complete = kinds[action.metavar]  # type: ignore[attr-defined]
