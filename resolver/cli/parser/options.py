"""Options that several commands have, and the values that options take."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def number(least: int, most: int, what: str) -> Callable[[str], int]:
    """A reader of whole numbers for argparse, which puts the option's name before the message."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not {what} from {least} to {most}")
        return number

    return read


def serial(text: str) -> int | str:
    return text if text == "auto" else number(0, (1 << 63) - 1, "auto, or a number")(text)


def lock(parser: argparse.ArgumentParser, default: str = "default: lock.json") -> None:
    parser.add_argument("--lock", metavar="FILE", default=None, help=f"the lock ({default})")


def environment(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("-e", "--environment", metavar="NAME", action="append", help=text)


def trusted_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trusted-root",
        metavar="FILE",
        help="check attestations by this trusted_root.json of Sigstore (default: that of the public Sigstore)",
    )


def passphrase_file(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--passphrase-file", metavar="FILE", help="the passphrase of the key is the first line of FILE")
