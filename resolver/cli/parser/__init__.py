"""The arguments of every command. Imports nothing of the library: help and completion must be quick."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from resolver.cli.parser import carrying, locking, looking, using
from resolver.cli.parser.base import Parser, Program, UsageError

__all__ = ["UsageError", "build_parser", "parse"]

EPILOG = """\
a first run:
  wheelhouse init requirements.txt   then look through spec.yaml
  wheelhouse resolve                 spec.yaml -> lock.json
  wheelhouse vendor tree             all that lock.json names, as an index
  wheelhouse verify tree --build     the proof: installs and builds, no network
  wheelhouse pack tree tree.tar      one file, to be carried
  wheelhouse unpack tree.tar tree    on the other side

exit codes:
    0  done
    1  a check failed: a stale lock, files that could not be vendored, a tree
       that is damaged, a bundle that is refused, a licence that is not allowed
    2  bad input: spec, lock, option
    3  no solution, or builds that the lock cannot carry out
    4  network, disk or memory
   70  a bug of wheelhouse
  130  interrupted
  143  terminated

environment:
  WHEELHOUSE_CACHE_DIR             where downloads are cached
  WHEELHOUSE_INDEX_<NAME>_USERNAME, WHEELHOUSE_INDEX_<NAME>_PASSWORD
                                   credentials of an index (netrc and keyring
                                   are asked too)
  WHEELHOUSE_TRACEBACK             set to anything: errors show a traceback
  NO_COLOR, HTTPS_PROXY, REQUESTS_CA_BUNDLE
                                   as everywhere

`wheelhouse COMMAND --help` shows the options of a command.
"""

SECTIONS = (
    ("declare and lock", (locking.init, locking.resolve, locking.combine)),
    ("look at a lock", (looking.show, looking.why, looking.diff)),
    ("make a tree and check it", (carrying.vendor, carrying.verify)),
    ("carry it", (carrying.pack, carrying.unpack, carrying.repair, carrying.key)),
    ("use it", (using.serve, using.export, using.licenses)),
    ("your machine", (using.cache, using.completion)),
)
"""The commands, by what they are for, in the order in which they are met."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command line. Raises `UsageError`, and SystemExit for ``--help``."""
    parser = build_parser()
    args, rest = parser.parse_known_args(argv)
    chosen: Parser = args.parser or parser
    if rest:
        chosen.refuse(rest)
    chosen.refuse_empty(args)
    return args


def build_parser() -> Program:
    """The parser of the ``wheelhouse`` command; ``args.command`` is the chosen command's name."""
    program = Program(
        prog="wheelhouse",
        description="One spec in, one cross-platform lock out, every Python package carried offline.",
        epilog=EPILOG,
    )
    program.set_defaults(parser=None, print_help=program.print_help)
    program.add_argument("--version", action="store_true", help="print the version and exit")
    commands = program.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", prog=program.prog, parser_class=Parser
    )
    program.sections = [(title, [command(commands) for command in members]) for title, members in SECTIONS]
    return program
