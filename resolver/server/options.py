"""The options of serving, for whoever serves or writes down how to."""

from __future__ import annotations

import argparse
import re
from typing import Callable

from resolver.server.access_log import LOGS
from resolver.server.limits import MAX_UPLOAD


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A reader of a whole number for argparse."""

    def read(text: str) -> int:
        if not re.match(r"[0-9]{1,9}\Z", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError("{!r} is no number from {} to {}".format(text, least, most))
        return int(text)

    return read


def add_serving_options(parser: argparse.ArgumentParser) -> None:
    """Add them; `server.py print systemd` knows them too."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=whole_number(0, 65535), default=8080, help="port; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--threads", type=whole_number(1, 1024), default=32, help="requests answered at once (default: %(default)s)"
    )
    parser.add_argument("--tokens", metavar="FILE", help="take uploads from anybody with a token of this file")
    parser.add_argument("--private", action="store_true", help="reading needs a token too, one with the scope read")
    parser.add_argument("--read-only", action="store_true", help="take no uploads, and write nothing")
    parser.add_argument(
        "--max-upload",
        metavar="MIB",
        type=whole_number(1, 100_000),
        default=MAX_UPLOAD >> 20,
        help="size of the largest file that is taken (default: %(default)s)",
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="serve HTTPS with this certificate (PEM, with its chain)")
    parser.add_argument("--tls-key", metavar="FILE", help="the key, if it is not in the same file")
    parser.add_argument(
        "--log", choices=sorted(LOGS), default="common", help="form of the access log (default: %(default)s)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no access log")
