"""``wheelhouse serve``: the server that every vendored tree carries, run from here."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from resolver.cli.terminal import Terminal
from resolver.errors import InputError, StorageError, TransferError
from resolver.server.descriptors import raise_descriptor_limit
from resolver.server.serving import OTHERS, make_server, make_site, warn_of_clear_tokens
from resolver.server.site import Site
from resolver.server.tls import CertificateError
from resolver.server.tokens import TokensError
from resolver.server.tree import TreeError
from resolver.server.tree_server import TreeServer
from resolver.transfer.switch import complete


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Serve a vendored tree until it is told to stop; a step that a killed `unpack` began is completed first."""
    complete(Path(args.directory))
    raise_descriptor_limit()
    server = _server(_site(args), args)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.shutdown())
    terminal.result(
        [f"serving {args.directory} on {server.url}; Ctrl-C ends it"],
        {"directory": args.directory, "url": server.url},
    )
    terminal.finish()  # whoever started this waits for the address
    server.serve_forever()
    return 0


def _site(args: argparse.Namespace) -> Site:
    try:
        return make_site(args)
    except TreeError as error:
        raise InputError(f"{error}; `wheelhouse vendor` makes one") from error
    except TokensError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise StorageError(f"uploads cannot be kept: {error}; --read-only serves without them") from error


def _server(site: Site, args: argparse.Namespace) -> TreeServer:
    if args.tls_key and not args.tls_cert:
        raise InputError("--tls-key needs --tls-cert")
    try:
        server = make_server(site, args)
    except CertificateError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        place = f"{args.host}:{args.port}"
        raise TransferError(f"cannot listen on {place}: {error.strerror}; {OTHERS}") from error
    warn_of_clear_tokens(site, server.url)
    return server
