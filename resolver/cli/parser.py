"""The arguments of every command. Imports nothing of the library: help and completion must be quick."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from typing import NoReturn

EPILOG = """\
exit codes:
    0  done
    1  a check failed: a stale lock, files that could not be vendored, a tree that does not prove itself, a bundle
       that is refused, a licence that is not allowed
    2  bad input: spec, lock, option
    3  no solution, or builds that the lock cannot carry out
    4  network or disk
   70  a bug of wheelhouse
  130  interrupted
  143  terminated

environment:
  WHEELHOUSE_CACHE_DIR                         where downloads are cached
  WHEELHOUSE_INDEX_<NAME>_USERNAME, _PASSWORD  credentials of an index (netrc and keyring are asked too)
  WHEELHOUSE_TRACEBACK                         set to anything: errors show where in the program they arose
  NO_COLOR, HTTPS_PROXY, REQUESTS_CA_BUNDLE    as everywhere

a first run:
  wheelhouse init requirements.txt    then look through spec.yaml
  wheelhouse resolve                  spec.yaml -> lock.json
  wheelhouse vendor tree              everything that lock.json names, as an index for pip and uv
  wheelhouse verify tree --build      the proof: installs and builds with no network
  wheelhouse pack tree tree.tar       one file, to be carried; `wheelhouse unpack tree.tar tree` on the other side
"""


FORMATS = {
    "pylock": "pylock.toml (PEP 751) for pip and uv",
    "requirements": "requirements files with hashes",
    "cyclonedx": "a bill of materials (CycloneDX 1.6), with licences if --tree is a directory",
    "dot": "the dependency graph, for Graphviz",
    "html": "the dependency graph, as a page for a browser",
    "dockerfile": "images of the Linux environments, installed from a tree beside them",
}
"""What `export` can write."""


class UsageError(Exception):
    """Arguments that no command takes; ``usage`` says what it does take."""

    def __init__(self, message: str, usage: str) -> None:
        self.usage = usage
        super().__init__(message)


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would print and exit, so that ``--json`` holds for bad arguments too."""

    def error(self, message: str) -> NoReturn:
        usage = self.format_usage().strip()
        raise UsageError(message + _hint(message), f"{usage}\n`{self.prog} --help` says more")


def _hint(message: str) -> str:
    """The choice that is near to one that does not exist."""
    found = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
    if found is None:
        return ""
    from difflib import get_close_matches

    near = get_close_matches(found[1], re.findall(r"[\w-]+", found[2]), n=1)
    return f"; did you mean {near[0]}?" if near else ""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal, up to a width that reads well.

    Argparse makes one for every argument; by itself it would load shutil, and the compressors with that, for the width.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=_width() - 2)


def _width() -> int:
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (ValueError, OSError):  # no number, no terminal
        columns = 80
    return max(40, min(columns, 110))


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command line. Raises `UsageError`, and SystemExit for ``--help``."""
    parser = build_parser()
    args, rest = parser.parse_known_args(argv)
    if rest:
        chosen: argparse.ArgumentParser = args.parser or parser
        hint = "; a file is given by an option, such as --spec FILE" if not rest[0].startswith("-") else ""
        chosen.error(f"unrecognized arguments: {' '.join(rest)}{hint}")
    return args


def build_parser() -> argparse.ArgumentParser:
    """The parser of the ``wheelhouse`` command; ``args.command`` is the chosen command's name."""
    parser = _Parser(
        prog="wheelhouse",
        allow_abbrev=False,
        description="One spec in, one cross-platform lock out, every Python package carried offline.",
        epilog=EPILOG,
        formatter_class=_Formatter,
    )
    parser.set_defaults(parser=None, print_help=parser.print_help)
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", prog=parser.prog)
    common = _common()
    _init(commands, common)
    _resolve(commands, common)
    _vendor(commands, common)
    _verify(commands, common)
    _pack(commands, common)
    _unpack(commands, common)
    _repair(commands, common)
    _key(commands, common)
    _serve(commands, common)
    _why(commands, common)
    _diff(commands, common)
    _show(commands, common)
    _export(commands, common)
    _licenses(commands, common)
    _completion(commands, common)
    return parser


Commands = argparse._SubParsersAction  # noqa: SLF001  (argparse gives the type no public name)


def _common() -> _Parser:
    common = _Parser(add_help=False, formatter_class=_Formatter)
    common.add_argument("-q", "--quiet", action="store_true", help="print results and errors only")
    common.add_argument("--json", action="store_true", help="print one JSON document for machines")
    return common


def _add(commands: Commands[_Parser], name: str, text: str, parents: list[_Parser]) -> _Parser:
    description = text[0].upper() + text[1:] + "."
    parser = commands.add_parser(
        name, help=text, description=description, parents=parents, allow_abbrev=False, formatter_class=_Formatter
    )
    parser.set_defaults(parser=parser)
    return parser


def _number(least: int, most: int, what: str) -> Callable[[str], int]:
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


def _spec_and_lock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spec", metavar="FILE", default="spec.yaml", help="the spec (default: %(default)s)")
    _lock(parser, "default: lock.json beside the spec")


def _lock(parser: argparse.ArgumentParser, default: str = "default: lock.json") -> None:
    parser.add_argument("--lock", metavar="FILE", default=None, help=f"the lock ({default})")


def _environment(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("-e", "--environment", metavar="NAME", action="append", help=text)


def _trusted_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trusted-root",
        metavar="FILE",
        help="whom attestations are checked by: a trusted_root.json of Sigstore (default: that of the public Sigstore)",
    )


def _init(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "init", "write a commented starter spec", [common])
    parser.add_argument("--spec", metavar="FILE", default="spec.yaml", help="the file to write (default: %(default)s)")
    parser.add_argument("include", metavar="FILE", nargs="*", help="pyproject.toml or requirements files to include")


def _resolve(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "resolve", "lock the spec for all its environments", [common])
    _spec_and_lock(parser)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--update",
        metavar="NAME",
        nargs="*",
        default=None,
        help="take the newest of these projects, or of all where none is named; without it, versions in the lock stay",
    )
    mode.add_argument(
        "--check", action="store_true", help="only tell whether the lock is current (no network); exit 1 if not"
    )
    parser.add_argument(
        "--prefer",
        metavar="FILE",
        action="append",
        help="begin with the versions of this pylock.toml, uv.lock, poetry.lock, pdm.lock, Pipfile.lock or requirements"
        " file, where the spec allows them and no lock holds others (may be repeated)",
    )
    parser.add_argument("--cache-dir", metavar="DIR", help="cache downloads here")


def _vendor(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(
        commands, "vendor", "fetch every artifact of the lock into a directory that serves as an index", [common]
    )
    _lock(parser)
    parser.add_argument("directory", metavar="DIR", help="the vendored tree; made where it is not there")
    _environment(parser, "only the files of this environment (may be repeated)")
    parser.add_argument(
        "--from",
        dest="carried",
        metavar="DIR",
        help="take every file from this directory or vendored tree, and none from the network",
    )
    parser.add_argument(
        "--view",
        choices=("bazel", "nix"),
        help="the same files, linked under the names by which another tool looks for them: views/bazel is a"
        " --repository_cache of Bazel, views/nix one of Nix's hashed-mirrors with a script that fills a store",
    )
    parser.add_argument(
        "--check-index",
        action="store_true",
        help="ask the indexes about every file: what was yanked, has vanished or was replaced since it was locked;"
        " without it they are asked about files that have to be fetched",
    )
    _trusted_root(parser)
    parser.add_argument(
        "--no-attestations", action="store_true", help="check and carry no attestations, whatever the spec asks"
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_number(1, 64, "a number"),
        default=8,
        help="downloads at once (default: %(default)s)",
    )
    parser.add_argument("--cache-dir", metavar="DIR", help="take files from and keep files in this cache")


def _verify(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(
        commands, "verify", "check every byte of a vendored tree, and replay its installations offline", [common]
    )
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    _environment(parser, "replay this environment, and fail if this machine cannot run it (may be repeated)")
    parser.add_argument("--build", action="store_true", help="also build every source distribution, with no network")
    parser.add_argument(
        "--attestations", action="store_true", help="fail where this machine cannot check attestations that it carries"
    )
    _trusted_root(parser)
    parser.add_argument(
        "--trusted-keys", metavar="FILE", help="fail unless one of these keys has signed what is there (see unpack)"
    )


def _pack(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(
        commands, "pack", "write a vendored tree, or what is new in it, to one file that can be carried", [common]
    )
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    parser.add_argument("output", metavar="OUT", help="the bundle, a tar file; - for standard output")
    parser.add_argument("--since", metavar="OLD", help="only what a tree of this older lock does not have")
    parser.add_argument(
        "--stream",
        metavar="NAME",
        default="default",
        help="the line of trees that it belongs to (default: %(default)s)",
    )
    parser.add_argument("--sign", metavar="KEY", action="append", help="sign with this private key (may be repeated)")
    _passphrase_file(parser)
    parser.add_argument(
        "--serial",
        metavar="N",
        type=_serial,
        help="its number, which grows from bundle to bundle; auto, and what is signed: the time in milliseconds",
    )
    parser.add_argument("--expires", metavar="AGE", help="it holds for so long: 30d, 12h, a date, never")
    parser.add_argument(
        "--volume-size", metavar="SIZE", help="several files, each smaller than this: 4G for sticks with FAT32"
    )
    parser.add_argument(
        "--portable", action="store_true", help="fail if a name in it would break on Windows, FAT or exFAT"
    )


def _serial(text: str) -> int | str:
    return text if text == "auto" else _number(0, (1 << 63) - 1, "auto, or a number")(text)


def _passphrase_file(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--passphrase-file", metavar="FILE", help="the passphrase of the key is the first line of FILE")


def _unpack(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "unpack", "make a vendored tree what a bundle says, if it may be trusted", [common])
    parser.add_argument(
        "bundle", metavar="BUNDLE", nargs="+", help="the bundle, or its volumes wherever they lie; - for standard input"
    )
    parser.add_argument("directory", metavar="DIR", help="the vendored tree; made where it is not there")
    parser.add_argument(
        "--trusted-keys",
        metavar="FILE",
        help="keys whose signatures count, as OpenSSH's allowed_signers; the tree remembers them",
    )
    parser.add_argument(
        "--trust", metavar="FINGERPRINT", action="append", help="the key with this fingerprint counts too, from now on"
    )
    parser.add_argument(
        "--threshold", metavar="N", type=_number(1, 16, "a number"), help="how many of them have to sign (default: 1)"
    )
    parser.add_argument(
        "--stream", metavar="NAME", help="the stream that the tree follows (default: that of its first)"
    )
    parser.add_argument("--allow-older", action="store_true", help="take a bundle that is older than what is there")
    parser.add_argument("--allow-expired", action="store_true", help="take a bundle that has expired")
    parser.add_argument("--check", action="store_true", help="read and judge all of it, and change nothing")


def _repair(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "repair", "bring the damaged and missing files of a vendored tree, and no others", [common])
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="OTHER",
        action="append",
        help="a vendored tree, a folder of files or a bundle that has them (may be repeated); without it, the indexes",
    )
    _lock(parser, "where files come from without --from; default: the tree's own")
    parser.add_argument("--cache-dir", metavar="DIR", help="take files from this cache, too")


def _key(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "key", "make a key that signs bundles, or show its public half", [common])
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = _add(actions, "new", "make a key", [common])
    new.add_argument("file", metavar="FILE", help="the private key; its public half goes to FILE.pub")
    new.add_argument("--comment", metavar="TEXT", default="", help="whose it is; shown wherever the key is")
    protection = new.add_mutually_exclusive_group()
    protection.add_argument("--passphrase", action="store_true", help="ask for a passphrase that protects it")
    _passphrase_file(protection)
    show = _add(actions, "show", "print the line by which others trust a key", [common])
    show.add_argument("file", metavar="FILE", help="the private key, or its public half")
    show.add_argument("--stream", metavar="NAME", default="*", help="trust it for this stream alone")


def _serve(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "serve", "serve a vendored tree over HTTP until interrupted", [common])
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        metavar="N",
        type=_number(0, 65535, "a port"),
        default=8080,
        help="port; 0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        type=_number(1, 1024, "a number"),
        default=32,
        help="answers at once (default: %(default)s)",
    )
    parser.add_argument(
        "--tokens",
        metavar="FILE",
        help="take uploads from who has a token of this file; `python3 DIR/server.py token` makes one",
    )
    parser.add_argument("--private", action="store_true", help="reading needs a token too, with the scope read")
    parser.add_argument("--read-only", action="store_true", help="take no uploads, and write nothing")
    parser.add_argument(
        "--max-upload",
        metavar="MIB",
        type=_number(1, 100_000, "a number"),
        default=1024,
        help="size of the largest file that is taken (default: %(default)s)",
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="serve HTTPS with this certificate (PEM, with its chain)")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, where that is not in the same file")
    parser.add_argument(
        "--log", choices=("common", "json"), default="common", help="form of the access log (default: %(default)s)"
    )


def _why(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "why", "show what brings a project into the lock", [common])
    _lock(parser)
    parser.add_argument("name", metavar="NAME", help="a project")
    _environment(parser, "only this environment (may be repeated)")


def _diff(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "diff", "show what changed between two locks", [common])
    parser.add_argument("old", metavar="OLD", help="a lock file")
    parser.add_argument("new", metavar="NEW", help="a lock file")


def _show(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "show", "show which file each environment gets of each project", [common])
    _lock(parser)
    _environment(parser, "only this environment (may be repeated)")


def _export(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "export", "write what other tools read, made from the lock", [common])
    told = "".join(f"\n  {name:<13} {text}" for name, text in FORMATS.items())
    parser.description = f"{parser.description}\n\nformats:{told}"
    parser.add_argument("format", metavar="FORMAT", choices=tuple(FORMATS), help="one of the formats above")
    _lock(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="the file to write, or the directory for several; without it the only file is printed",
    )
    _environment(parser, "only this environment (may be repeated)")
    groups = parser.add_mutually_exclusive_group()
    groups.add_argument(
        "--group",
        metavar="NAME",
        action="append",
        help="the spec's own requirements and this group (may be repeated); without it all groups, among which the"
        " installer of a pylock.toml chooses",
    )
    groups.add_argument("--no-groups", action="store_true", help="the spec's own requirements alone")
    parser.add_argument(
        "--tree",
        metavar="DIR|URL",
        help="files are taken from this vendored tree: a directory, or the URL under which it is served",
    )
    parser.add_argument("--base", metavar="IMAGE", help="dockerfile: begin with this image")


def _licenses(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(
        commands, "licenses", "show the licences of a vendored tree's files, and check that they are allowed", [common]
    )
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    _environment(parser, "only this environment (may be repeated); by default all that the tree carries")
    parser.add_argument("--run-time", action="store_true", help="leave out what builds alone use")
    parser.add_argument("--csv", action="store_true", help="print comma-separated values, environments included")
    parser.add_argument(
        "--allow",
        metavar="LICENSE",
        action="append",
        help="exit with 1 unless every licence is one of these: names and patterns, with commas between them, such as"
        " MIT,BSD-*,unknown (may be repeated)",
    )
    parser.add_argument(
        "--fail-on", metavar="LICENSE", action="append", help="exit with 1 where a licence is one of these (as --allow)"
    )
    parser.add_argument(
        "--except",
        dest="excepted",
        metavar="NAME",
        action="append",
        help="a project that was looked through by hand, and is not checked (may be repeated)",
    )


def _completion(commands: Commands[_Parser], common: _Parser) -> None:
    parser = _add(commands, "completion", "print a completion script", [common])
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell that will read it")
