"""``wheelhouse serve``: the server that every vendored tree carries, run from here."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from resolver.cli.terminal import Terminal
from resolver.errors import InputError, TransferError
from resolver.server import TreeError, TreeServer
from resolver.transfer.switch import settle


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Serve a vendored tree until it is told to stop; a step that a killed `unpack` began is completed first."""
    settle(Path(args.directory))
    try:
        server = TreeServer(args.directory, args.host, args.port, quiet=args.quiet)
    except TreeError as error:
        raise InputError(f"{error}; `wheelhouse vendor` makes one") from error
    except OSError as error:
        place = f"{args.host}:{args.port}"
        raise TransferError(f"cannot listen on {place}: {error.strerror}; --port and --host take others") from error

    def stop(*_: object) -> None:
        server.shutdown()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    terminal.result(
        [f"serving {args.directory} on {server.url}; Ctrl-C ends it"],
        {"directory": args.directory, "url": server.url},
    )
    terminal.finish()  # whoever started this waits for the address
    server.serve_forever()
    return 0
