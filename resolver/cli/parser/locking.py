"""Commands that declare and lock."""

from __future__ import annotations

from resolver.cli.parser.base import Commands, Parser, add
from resolver.cli.parser.options import lock


def init(commands: Commands) -> Parser:
    parser = add(commands, "init", "write a commented starter spec")
    parser.add_argument("--spec", metavar="FILE", default="spec.yaml", help="the file to write (default: %(default)s)")
    parser.add_argument("--schema", action="store_true", help="only print the path of the JSON Schema for editors")
    parser.add_argument(
        "include", metavar="FILE", nargs="*", help="pyproject.toml, setup.cfg or requirements files to include"
    )
    return parser


def resolve(commands: Commands) -> Parser:
    parser = add(commands, "resolve", "lock the spec for all its environments")
    parser.add_argument("--spec", metavar="FILE", default="spec.yaml", help="the spec (default: %(default)s)")
    lock(parser, "default: lock.json beside the spec")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--update",
        metavar="NAME",
        nargs="*",
        default=None,
        help="take the newest releases of these projects, or of all if none is named; NAME==VERSION takes that one; by"
        " default versions in the lock stay",
    )
    mode.add_argument(
        "--check", action="store_true", help="only check whether the lock is current (no network); exit with 1 if not"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be locked and what would change; write no lock"
    )
    parser.add_argument(
        "--prefer",
        metavar="FILE",
        action="append",
        help="begin with the versions of this pylock.toml, uv.lock, poetry.lock, pdm.lock, Pipfile.lock or requirements"
        " file, where the spec allows them and no lock holds others (may be repeated)",
    )
    parser.add_argument("--cache-dir", metavar="DIR", help="cache downloads here")
    return parser


def combine(commands: Commands) -> Parser:
    parser = add(commands, "combine", "make one lock of several, for one tree")
    parser.add_argument(
        "locks",
        metavar="LOCK",
        nargs="+",
        help="a lock, or NAME=LOCK: its environments become NAME-ENVIRONMENT; web/lock.json and web.lock.json are"
        " called web",
    )
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the combined lock")
    parser.add_argument(
        "--check", action="store_true", help="only check whether FILE is what they make; exit with 1 if not"
    )
    return parser
