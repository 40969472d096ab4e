"""The program: its commands, and serving where none is named."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Callable, Dict, List

from resolver.server.configuration import print_configuration
from resolver.server.messages import fail
from resolver.server.serving import serve
from resolver.server.tokens import TOKEN_USER, TokensError, new_token
from resolver.server.tree import Tree, TreeError
from resolver.server.uploads import Uploads


def make_token(argv: List[str]) -> int:
    """`server.py token`: print a new token, and keep its digest."""
    parser = argparse.ArgumentParser(
        prog="server.py token",
        description="Make a token. It is printed once; the file keeps a digest of it, and running servers see it at"
        " once. To end a token, remove its line.",
    )
    parser.add_argument(
        "file", metavar="FILE", help="the file of tokens, outside of the tree; made where it is not there"
    )
    parser.add_argument("name", metavar="NAME", help="who or what will use it: it is written into logs")
    parser.add_argument(
        "--upload", metavar="GLOB", action="append", default=[], help="may upload to these projects (may be repeated)"
    )
    parser.add_argument("--read", action="store_true", help="may read, where --private asks for it")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="its last day, by UTC")
    args = parser.parse_args(argv)
    scopes = ["read"] if args.read else []
    scopes += ["upload:{}".format(pattern) for pattern in args.upload]
    if not scopes:
        parser.error("a token that may do nothing is of no use: give --upload, --read or both")
    scopes += ["until:{}".format(args.until)] if args.until is not None else []
    try:
        secret = new_token(args.file, args.name, scopes)
    except TokensError as error:
        return fail(str(error), 2)
    except OSError as error:
        return fail("{}: {}".format(args.file, error), 4)
    sys.stdout.write(secret + "\n")
    sys.stderr.write("keep it: it is not stored; the user is {}\n".format(TOKEN_USER))
    return 0


def yank(argv: List[str], home: str, *, back: bool = False) -> int:
    """`server.py yank` and `server.py unyank`."""
    parser = argparse.ArgumentParser(
        prog="server.py unyank" if back else "server.py yank",
        description="Take back that uploads are yanked."
        if back
        else "Mark uploads as yanked (PEP 592): installers take them only where their exact version is asked for.",
    )
    parser.add_argument("filename", metavar="FILENAME", nargs="+", help="an uploaded file, such as acme-1.0.tar.gz")
    parser.add_argument("--tree", metavar="DIR", default=home, help="the tree (default: where this file lies)")
    if not back:
        parser.add_argument("--reason", metavar="TEXT", default="", help="why, for those who read the page")
    args = parser.parse_args(argv)
    reason = None if back else args.reason
    return _each_upload(args.tree, args.filename, lambda uploads, filename: uploads.yank(filename, reason))


def remove(argv: List[str], home: str) -> int:
    """`server.py remove`."""
    parser = argparse.ArgumentParser(
        prog="server.py remove",
        description="Remove uploads. Whoever has locked one cannot install it any more: to yank it is gentler. Its name"
        " is free then, for other bytes too.",
    )
    parser.add_argument("filename", metavar="FILENAME", nargs="+", help="an uploaded file, such as acme-1.0.tar.gz")
    parser.add_argument("--tree", metavar="DIR", default=home, help="the tree (default: where this file lies)")
    args = parser.parse_args(argv)
    return _each_upload(args.tree, args.filename, Uploads.remove)


def _each_upload(tree: str, filenames: List[str], change: Callable[[Uploads, str], None]) -> int:
    """Change uploads, one after another. Returns the exit code."""
    try:
        uploads = Uploads(Tree(tree))
        for filename in filenames:
            change(uploads, os.path.basename(filename))
    except (TreeError, ValueError) as error:
        return fail(str(error), 2)
    except OSError as error:
        return fail(str(error), 4)
    return 0


COMMANDS: Dict[str, Callable[[List[str], str], int]] = {
    "token": lambda argv, _: make_token(argv),
    "yank": yank,
    "unyank": lambda argv, home: yank(argv, home, back=True),
    "remove": remove,
    "print": print_configuration,
}


def main(argv: List[str], home: str = os.curdir) -> int:
    """Run a command, or serve. ``home``: the tree where none is named. Returns the exit code.

    Raises SystemExit(2) for arguments that it cannot read, as argparse does.
    """
    command = COMMANDS.get(argv[0]) if argv else None
    return command(argv[1:], home) if command else serve(argv, home)
