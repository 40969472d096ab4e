"""``wheelhouse completion``: completion scripts, made from the parser by shtab."""

from __future__ import annotations

import argparse

from resolver.cli.parser import build_parser
from resolver.cli.terminal import Terminal


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the script."""
    import shtab

    script: str = shtab.complete(build_parser(), shell=args.shell)
    terminal.result([script], {"script": script})
    return 0
