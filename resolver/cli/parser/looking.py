"""Commands that look at locks."""

from __future__ import annotations

from resolver.cli.parser.base import Commands, Parser, add
from resolver.cli.parser.options import environment, lock


def show(commands: Commands) -> Parser:
    parser = add(commands, "show", "show what each environment gets of each project")
    parser.add_argument("projects", nargs="*", metavar="PROJECT", help="only this project, with its files")
    lock(parser)
    environment(parser, "only this environment (may be repeated)")
    return parser


def why(commands: Commands) -> Parser:
    parser = add(commands, "why", "show what brings a project into the lock")
    lock(parser)
    parser.add_argument("name", metavar="PROJECT", help="a project of the lock")
    environment(parser, "only this environment (may be repeated)")
    return parser


def diff(commands: Commands) -> Parser:
    parser = add(commands, "diff", "show what changed between two locks")
    parser.add_argument("old", metavar="OLD", help="a lock file")
    parser.add_argument("new", metavar="NEW", help="a lock file")
    return parser
