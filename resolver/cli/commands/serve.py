"""``wheelhouse serve``: the server that every vendored tree carries, run from here."""

from __future__ import annotations

import argparse

from resolver.cli.terminal import Terminal
from resolver.server import main as serve


def run(args: argparse.Namespace, terminal: Terminal) -> int:  # noqa: ARG001  (every command has both)
    """Serve a vendored tree until it is told to stop."""
    options = ["--host", args.host, "--port", str(args.port), *(["--quiet"] if args.quiet else [])]
    return serve([*options, args.directory])
