"""docs/reference/ from what it describes: the schemas of spec and lock, and the parser of the command line.

    python scripts/reference_docs.py [--check]

Exit code 1: a page is out of date (`--check`); 2: something in a schema or a command has no description.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from resolver.cli.parser import build_parser

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
MADE = "Made from the source by `python scripts/reference_docs.py`."
Node = Mapping[str, Any]


class Undescribed(Exception):
    """Something that a user meets has no description."""


def pages() -> dict[str, str]:
    """File name -> Markdown of every page. Raises `Undescribed`."""
    return {
        "spec.md": schema_page("The spec: reference", _schema("spec"), "[The guide](../spec.md) explains it."),
        "lock.md": schema_page("The lock: reference", _schema("lock"), "[The guide](../lock.md) explains it."),
        "cli.md": command_page(build_parser()),
    }


def _schema(name: str) -> Node:
    found: Node = json.loads((ROOT / "resolver" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


# --- schemas --------------------------------------------------------------------------------------------------------


def schema_page(title: str, schema: Node, guide: str) -> str:
    """A section for each object of a JSON Schema, named by its path, with a table of its keys."""
    head = f"# {title}\n\n{MADE} {guide}\n\n{_text(schema)}\n"
    sections = _Sections(schema)
    return "\n".join([head, *sections.write("", schema)])


class _Sections:
    """Objects are described where they are first met; where one is met again, a link leads there."""

    def __init__(self, schema: Node) -> None:
        self._defs = schema.get("$defs", {})
        self._places: dict[str, str] = {}

    def write(self, path: str, node: Node) -> Iterator[str]:
        """The table of an object, then the sections of the objects in it."""
        inner: list[tuple[str, Node]] = []
        yield "| key | value | what it is |\n|---|---|---|"
        for key, given in node["properties"].items():
            below = f"{path}.{key}" if path else key
            value = self._value(below, given, inner)
            yield f"| `{key}` | {value} | {_must(key, node)}{_cell(self._described(below, given))} |"
        yield ""
        for place, found in inner:
            yield f"## `{place}`\n\n{_text(found)}\n".replace("\n\n\n", "\n")
            yield from self.write(place, found)

    def _described(self, path: str, given: Node) -> str:
        node = self._resolved(given)
        parts = [_text(node)]
        if "default" in node:
            parts.append(f"Default: {_code(node['default'])}.")
        if "examples" in node:
            parts.append(f"Example: {_code(node['examples'][0])}.")
        if not parts[0]:
            raise Undescribed(path)
        return " ".join(part for part in parts if part)

    def _resolved(self, node: Node) -> Node:
        if "$ref" not in node:
            return node
        return {**self._resolved(self._defs[node["$ref"].rpartition("/")[2]]), **node}

    def _value(self, path: str, given: Node, inner: list[tuple[str, Node]]) -> str:
        """What may stand there, in words; objects with keys of their own are put into ``inner``."""
        node = self._resolved(given)
        if "properties" in node:
            return self._place(path, given, node, inner)
        for many in ("anyOf", "oneOf"):
            if many in node:
                return " or ".join(dict.fromkeys(self._value(path, one, inner) for one in node[many]))
        if "const" in node:
            return _code(node["const"])
        if "enum" in node:
            return ", ".join(_code(one) for one in node["enum"])
        if node.get("type") == "array":
            return f"list of {self._value(f'{path}[]', node['items'], inner)}"
        if isinstance(node.get("additionalProperties"), Mapping):
            return f"mapping to {self._value(f'{path}.*', node['additionalProperties'], inner)}"
        return _TYPES.get(str(node.get("type")), "text")

    def _place(self, path: str, given: Node, node: Node, inner: list[tuple[str, Node]]) -> str:
        known = str(given.get("$ref", path))
        if known not in self._places:
            taken = sum(place.partition(" ")[0] == path for place in self._places.values())
            self._places[known] = f"{path} ({node.get('title', taken + 1)})" if taken else path
            inner.append((self._places[known], node))
        place = self._places[known]
        return f"[`{place}`](#{_anchor(place)})"


_TYPES = {"integer": "number", "boolean": "`true`, `false`", "object": "mapping", "string": "text"}


def _must(key: str, node: Node) -> str:
    return "**Required.** " if key in node.get("required", ()) else ""


def _text(node: Node) -> str:
    return str(node.get("description", ""))


def _code(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=1 << 20, sort_keys=False, allow_unicode=True)
    return "`" + text.removesuffix("...\n").strip() + "`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _anchor(heading: str) -> str:
    """As GitHub and the site make it: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# --- the command line -----------------------------------------------------------------------------------------------


def command_page(parser: argparse.ArgumentParser) -> str:
    """Every command with its arguments."""
    parts = [f"# The command line: reference\n\n{MADE} [The guide](../cli.md) has exit codes and surroundings.\n"]
    for name, command in _commands(parser).items():
        parts += _command(f"{parser.prog} {name}", command)
    return "\n".join(parts)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]  # noqa: SLF001  (no public way)
    return dict(found[0].choices) if found else {}


def _command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    below = _commands(parser)
    yield f"## {name}\n\n{parser.description}\n"
    if below:
        for inner, command in below.items():
            yield from _command(f"{name} {inner}", command)
        return
    yield "| argument | what it is |\n|---|---|"
    for action in parser._actions:  # noqa: SLF001  (no public way)
        if isinstance(action, argparse._HelpAction):  # noqa: SLF001
            continue
        if not action.help:
            raise Undescribed(f"{name} {action.dest}")
        yield f"| `{_usage(action)}` | {_cell(_help(action))} |"
    yield ""


def _usage(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    takes = "" if action.nargs == 0 else f" {value}"
    if action.nargs == "*":
        takes = f" [{value} ...]"
    names = action.option_strings
    return (f"{', '.join(names)}{takes}" if names else takes.strip()).replace("|", "\\|")


def _help(action: argparse.Action) -> str:
    text = (action.help or "") % {"default": action.default, "prog": "wheelhouse"}
    first = text.partition(" ")[0]
    return (text[0].upper() + text[1:] if first.isalpha() else text) + ("" if text.endswith(".") else ".")


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them."""
    try:
        made = pages()
    except Undescribed as error:
        print(f"error: {error}: has no description", file=sys.stderr)
        return 2
    stale = [name for name, text in made.items() if not _has(FOLDER / name, text)]
    if "--check" in arguments:
        for name in stale:
            print(f"docs/reference/{name} is out of date: python scripts/reference_docs.py", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(made[name], encoding="utf-8")
    return 0


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
