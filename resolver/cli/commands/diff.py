"""``wheelhouse diff``: what changed between two locks."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from resolver.cli.files import read_lock
from resolver.cli.terminal import Terminal
from resolver.lock.describe import describe_diff
from resolver.lock.diff import diff


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the differences; there being some is no failure."""
    found = diff(read_lock(Path(args.old)), read_lock(Path(args.new)))
    terminal.result(describe_diff(found) if found else ["no difference"], asdict(found))
    return 0
