"""Parsers that raise where argparse would exit, and help that fits the terminal."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from typing import NoReturn, TypeAlias


class UsageError(Exception):
    """Arguments that no command takes; ``usage`` says what it does take."""

    def __init__(self, message: str, usage: str) -> None:
        self.usage = usage
        super().__init__(message)


class Formatter(argparse.RawDescriptionHelpFormatter):
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


class _Once(argparse.Action):
    """Stores a value. Argparse would forget the first of two without a word."""

    _stored_in: argparse.Namespace | None = None

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        if option is not None and self._stored_in is namespace:
            parser.error(f"{option}: is given twice, and only one can hold")
        self._stored_in = namespace
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """Raises where argparse would print and exit, so that ``--json`` holds for bad arguments too.

    ``summary``: what the command does, in a line of the list of commands.
    """

    summary = ""

    def error(self, message: str) -> NoReturn:
        usage = self.format_usage().strip()
        raise UsageError(_plain(message), f"{usage}\n`{self.prog} --help` says more")

    def options(self) -> list[str]:
        """The options that may be given here, or behind a command."""
        return [name for action in self._actions for name in action.option_strings]

    def refuse(self, rest: Sequence[str]) -> NoReturn:
        """Raise `UsageError` for arguments that nothing here takes, with an option that was probably meant."""
        names = self.options()
        options = [name for name in names if name.startswith("--")]
        hint = ""
        if rest[0].startswith("-"):
            from difflib import get_close_matches

            option = rest[0].partition("=")[0]
            near = get_close_matches(option, options, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            hint = "; it belongs behind the command" if option in names else hint
        else:
            looks_so = any(mark in rest[0] for mark in "./\\")
            named = next((name for name in ("--spec", "--lock") if name in options and looks_so), None)
            hint = f"; a file is given by an option, such as {named} FILE" if named else ""
        self.error(f"unrecognized arguments: {' '.join(rest)}{hint}")

    def refuse_empty(self, args: argparse.Namespace) -> None:
        """Raise `UsageError` for an argument that is empty: of a variable that was never set, it would be no option."""
        for action in self._actions:
            value = getattr(args, action.dest, None)
            if "" in (value if isinstance(value, list) else [value]) and action.default != "":
                self.error(f"{'/'.join(action.option_strings) or action.metavar}: is empty")


_MEANT = {
    "bundle": "pack",
    "check": "resolve --check, for a lock, and verify, for a tree",
    "clean": "cache --clear, for what is kept between runs",
    "compile": "resolve",
    "download": "vendor",
    "explain": "why",
    "fetch": "vendor",
    "install": "vendor, which makes the index that pip and uv install from",
    "list": "show",
    "lock": "resolve",
    "merge": "combine",
    "mirror": "vendor",
    "prune": "cache --prune",
    "purge": "cache --clear",
    "sbom": "export cyclonedx",
    "sync": "vendor",
    "tree": "show and why",
    "update": "resolve --update",
    "upgrade": "resolve --update",
}
"""What other tools call it, and which command does it here."""


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001  (the type has no public name)
"""What `add` adds to."""


class Program(Parser):
    """The parser above those of the commands, whose help lists them by what they are for."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog, description=description, epilog=epilog, allow_abbrev=False, formatter_class=Formatter
        )
        self.sections: list[tuple[str, Sequence[Parser]]] = []

    def options(self) -> list[str]:
        of_commands = (name for _, parsers in self.sections for parser in parsers for name in parser.options())
        return [*super().options(), *dict.fromkeys(of_commands)]

    def format_help(self) -> str:
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        formatter.add_text(self.description)
        for title, parsers in self.sections:
            formatter.start_section(title)
            formatter.add_arguments(_Listed(parser) for parser in parsers)
            formatter.end_section()
        formatter.start_section("options")
        formatter.add_arguments(action for action in self._actions if action.option_strings)
        formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()


class _Listed(argparse.Action):
    """A command as a line of help."""

    def __init__(self, parser: Parser) -> None:
        super().__init__([], parser.prog.rpartition(" ")[2], help=parser.summary)

    def __call__(self, *_: object) -> NoReturn:
        raise NotImplementedError


def add(commands: Commands, name: str, text: str) -> Parser:
    """The parser of a command, with the options that all have. ``text``: what the command does."""
    parser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False, formatter_class=Formatter
    )
    parser.summary = text
    parser.register("action", None, _Once)
    parser.set_defaults(parser=parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print results and errors only")
    parser.add_argument("--json", action="store_true", help="print one JSON document for machines")
    return parser


def _plain(message: str) -> str:
    """Argparse's words for a choice that does not exist, in ours, with one that is near."""
    found = re.fullmatch(r"argument (.*): invalid choice: '(.*)' \(choose from (.*)\)", message)
    if found is None:
        return message.removeprefix("argument ")
    from difflib import get_close_matches

    if found[1] == "COMMAND" and found[2] in _MEANT:
        return f"{found[1]}: there is no {found[2]!r}; that is done by {_MEANT[found[2]]}"
    choices = re.findall(r"[\w-]+", found[3])
    near = get_close_matches(found[2], choices, n=1)
    told = f"did you mean {near[0]}?" if near else f"choose from {', '.join(choices)}"
    return f"{found[1]}: there is no {found[2]!r}; {told}"
