"""``wheelhouse vendor``: lock -> a directory that serves as an index."""

from __future__ import annotations

import argparse
from pathlib import Path

from resolver.cli.files import lock_path, read_lock_bytes
from resolver.cli.terminal import Terminal


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Fetch, verify and place what the lock names."""
    raise NotImplementedError
