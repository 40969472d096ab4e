"""Serving, as a command: a site and a server from what a person says."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from typing import Callable, List

from resolver.server.access_log import LOGS, Done
from resolver.server.descriptors import raise_descriptor_limit
from resolver.server.messages import fail, log, write_line
from resolver.server.options import add_serving_options
from resolver.server.site import Site, open_site
from resolver.server.tls import CertificateError, Certificates
from resolver.server.tokens import TokensError
from resolver.server.tree import TreeError
from resolver.server.tree_server import TreeServer

OTHERS = "--port and --host take others"
"""What helps where nobody can listen at an address."""
EPILOG = """\
commands (each with its own --help):
  server.py token FILE NAME ...    make a token: who may upload what, who may read
  server.py yank FILENAME ...      mark an upload as not to be chosen any more; unyank takes that back
  server.py remove FILENAME ...    remove an upload
  server.py print systemd|nginx    a unit, or a configuration, for this tree
"""


def make_site(args: argparse.Namespace) -> Site:
    """The site that arguments ask for. Raises TreeError, TokensError, and OSError where uploads cannot be kept."""
    return open_site(
        args.directory,
        tokens=args.tokens,
        private=args.private,
        read_only=args.read_only,
        max_upload=args.max_upload << 20,
    )


def make_server(site: Site, args: argparse.Namespace) -> TreeServer:
    """The server that arguments ask for. Raises CertificateError, and OSError where the address cannot be had."""
    write = None if args.quiet else _writer(LOGS[args.log])
    tls = Certificates(args.tls_cert, args.tls_key) if args.tls_cert is not None else None
    return TreeServer(site, args.host, args.port, threads=args.threads, write=write, tls=tls)


def _writer(form: Callable[[Done, float], str]) -> Callable[[Done], None]:
    return lambda done: write_line(form(done, time.time()))


def _serving(argv: List[str], home: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Serve a vendored tree to pip, uv and browsers, and take private packages.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", nargs="?", default=home, help="the tree (default: where this file lies)")
    add_serving_options(parser)
    args = parser.parse_args(argv)
    if args.tls_key and not args.tls_cert:
        parser.error("--tls-key needs --tls-cert")
    return args


def serve(argv: List[str], home: str) -> int:
    """Serve the tree that is named, or ``home``, until SIGINT or SIGTERM.

    Returns 0, 2 for bad input, 4 where address or disk cannot be had.
    """
    args = _serving(argv, home)
    raise_descriptor_limit()
    try:
        site = make_site(args)
    except TreeError as error:
        return fail("{}; `wheelhouse vendor` makes one".format(error), 2)
    except TokensError as error:
        return fail(str(error), 2)
    except OSError as error:
        return fail("uploads cannot be kept: {}; --read-only serves without them".format(error), 4)
    try:
        server = make_server(site, args)
    except CertificateError as error:
        return fail(str(error), 2)
    except OSError as error:
        return fail("cannot listen on {}:{}: {}; {}".format(args.host, args.port, error.strerror or error, OTHERS), 4)
    warn_of_clear_tokens(site, server.url)
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: server.shutdown())
    sys.stdout.write("serving {} on {}\n".format(server.site.tree.root, server.url))
    sys.stdout.flush()
    server.serve_forever()
    return 0


def warn_of_clear_tokens(site: Site, url: str) -> None:
    """Tokens that travel through a network in the clear are anybody's."""
    if site.uses_tokens and url.startswith("http://") and not re.match(r"http://(127\.|\[::1\])", url):
        log("warning: tokens travel in the clear: give --tls-cert, or let only a proxy with TLS come here")
