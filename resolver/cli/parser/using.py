"""Commands that serve a tree, and hand on what a lock and a tree know."""

from __future__ import annotations

from resolver.cli.parser.base import Commands, Parser, add
from resolver.cli.parser.options import environment, lock, number

FORMATS = {
    "pylock": "pylock.toml (PEP 751) for pip and uv",
    "requirements": "requirements files with hashes",
    "cyclonedx": "a bill of materials (CycloneDX 1.6); licences with --tree DIR",
    "dot": "the dependency graph, for Graphviz",
    "html": "the dependency graph, as a page for a browser",
    "dockerfile": "Dockerfiles for the Linux environments, installing from a tree",
}
"""What `export` can write."""


def serve(commands: Commands) -> Parser:
    parser = add(commands, "serve", "serve a tree over HTTP until interrupted")
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        metavar="N",
        type=number(0, 65535, "a port"),
        default=8080,
        help="port; 0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        type=number(1, 1024, "a number"),
        default=32,
        help="requests answered at once (default: %(default)s)",
    )
    parser.add_argument(
        "--tokens",
        metavar="FILE",
        help="take uploads from anybody with a token of this file; `python3 DIR/server.py token` makes one",
    )
    parser.add_argument("--private", action="store_true", help="reading needs a token too, one with the scope read")
    parser.add_argument("--read-only", action="store_true", help="take no uploads, and write nothing")
    parser.add_argument(
        "--max-upload",
        metavar="MIB",
        type=number(1, 100_000, "a number"),
        default=1024,
        help="size of the largest file that is taken (default: %(default)s)",
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="serve HTTPS with this certificate (PEM, with its chain)")
    parser.add_argument("--tls-key", metavar="FILE", help="the key, if it is not in the same file")
    parser.add_argument(
        "--log", choices=("common", "json"), default="common", help="form of the access log (default: %(default)s)"
    )
    return parser


def export(commands: Commands) -> Parser:
    parser = add(commands, "export", "write what other tools read, made from the lock")
    told = "".join(f"\n  {name:<13} {text}" for name, text in FORMATS.items())
    parser.description = f"{parser.description}\n\nformats:{told}"
    parser.add_argument("format", metavar="FORMAT", choices=tuple(FORMATS), help="one of the formats above")
    lock(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="the file to write, or the directory for several; without it, and for -, the only file is printed",
    )
    environment(parser, "only this environment (may be repeated)")
    groups = parser.add_mutually_exclusive_group()
    groups.add_argument(
        "--group",
        metavar="NAME",
        action="append",
        help="the spec's own requirements and this group (may be repeated; by default all groups, among which"
        " the installer of a pylock.toml chooses)",
    )
    groups.add_argument("--no-groups", action="store_true", help="only the spec's own requirements")
    parser.add_argument(
        "--tree",
        metavar="DIR|URL",
        help="files are taken from this vendored tree: a directory, or the URL under which it is served",
    )
    parser.add_argument("--base", metavar="IMAGE", help="dockerfile: begin with this image")
    return parser


def licenses(commands: Commands) -> Parser:
    parser = add(commands, "licenses", "show the licences of a tree's files, and check them")
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    environment(parser, "only this environment (may be repeated; by default, all that the tree carries)")
    parser.add_argument("--run-time", action="store_true", help="leave out what only builds use")
    parser.add_argument("--csv", action="store_true", help="print comma-separated values, environments included")
    parser.add_argument(
        "--allow",
        metavar="LICENSE",
        action="append",
        help="exit with 1 unless every licence is one of these: names and patterns, with commas between them, such as"
        " MIT,BSD-*,unknown (may be repeated)",
    )
    parser.add_argument(
        "--fail-on", metavar="LICENSE", action="append", help="exit with 1 if a licence is one of these (as --allow)"
    )
    parser.add_argument(
        "--except",
        dest="excepted",
        metavar="NAME",
        action="append",
        help="exempt this project, which you have reviewed by hand (may be repeated)",
    )
    return parser


def cache(commands: Commands) -> Parser:
    parser = add(commands, "cache", "show what the cache holds, or remove unused parts of it")
    parser.add_argument("--cache-dir", metavar="DIR", help="this cache (default: that of all commands)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--prune",
        metavar="AGE",
        help="remove what no run has used for this long, such as 30d or 12w (by the times of files)",
    )
    what.add_argument("--clear", action="store_true", help="remove all of it; whatever is wanted is fetched again")
    return parser


def completion(commands: Commands) -> Parser:
    parser = add(commands, "completion", "print a completion script")
    parser.add_argument(
        "shell", metavar="SHELL", choices=("bash", "zsh", "tcsh"), help="the shell that will read it: bash, zsh, tcsh"
    )
    return parser
