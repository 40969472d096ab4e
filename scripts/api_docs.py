"""docs/api.md from the docstrings and attributes of the public .bzl files.

    python scripts/api_docs.py [--check]

Exit code 1: the page is out of date (`--check`); 2: something public has no doc, or is written as `bzl_source` cannot
follow it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bzl_source import (
    Definition,
    Undocumented,
    callee,
    definitions,
    docstring,
    find,
    keyword,
    parsed,
    public_names,
    resolved,
    source,
)

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = ("extensions", "repositories", "defs", "providers")
TARGETS = "rules/private/hub/targets.bzl"
IMPLICIT = {"bool": "False", "int": "0", "label": "None", "output": "None", "string": '""'}
HEAD = """\
# The Bazel rules: reference

Made from the source by `python scripts/api_docs.py`. [BUILD.md](../BUILD.md) is the guide.
"""


def page(root: Path) -> str:
    """The whole reference, as Markdown. Raises `Undocumented`."""
    parts = [HEAD]
    for name in PUBLIC:
        parts += _public_file(root, root / "rules" / f"{name}.bzl")
    return "\n".join([*parts, *_targets(root)])


def _public_file(root: Path, file: Path) -> Iterator[str]:
    doc, names = docstring(file, parsed(file)), public_names(file)
    yield f"## {file.name}\n"
    if not all(f'"{name}"' in doc for name in names):  # else its own example loads them
        quoted = ", ".join(f'"{name}"' for name in sorted(names))
        yield f'```starlark\nload("@rules_wheelhouse//rules:{file.name}", {quoted})\n```\n'
    yield _markdown(doc) + "\n"
    for name in names:
        yield from _symbol(name, find(root, file, name), root)


# --- what a name is -------------------------------------------------------------------------------------------------


def _symbol(name: str, found: Definition, root: Path, level: str = "###") -> Iterator[str]:
    if isinstance(found.node, ast.FunctionDef):
        yield f"{level} {name}({', '.join(_arguments(found.node).values())})\n"
        yield from _function(found.file, found.node)
        return
    yield f"{level} {name}\n"
    yield _doc(found, name) + "\n"
    yield from _attributes(name, _entries(found, "attrs", root))
    fields = _entries(found, "fields", root)
    yield from _table(("field", "what it is"), [(field, _said(value, f"{name}.{field}")) for field, value in fields])
    for tag, value in _entries(found, "tag_classes", root):
        yield from _symbol(f"{name}.{tag}", value, root, level + "#")


def _arguments(node: ast.FunctionDef) -> dict[str, str]:
    """Name -> how it stands in the signature."""
    given = node.args
    bare = [""] * (len(given.args) - len(given.defaults))
    defaults = bare + [f" = {source(default)}" for default in given.defaults]
    named = {word.arg: word.arg + default for word, default in zip(given.args, defaults, strict=True)}
    rest = f"**{given.kwarg.arg}" if given.kwarg else ""
    return {**named, rest: rest} if rest else named


def _function(file: Path, node: ast.FunctionDef) -> Iterator[str]:
    text, _, rest = docstring(file, node).partition("\nArgs:\n")
    arguments, _, returns = rest.partition("\nReturns:\n")
    said = _items(arguments)
    for name in _arguments(node):
        if name not in said:
            raise Undocumented(f"{file}: {node.name}: the argument {name} has no doc")
    yield _markdown(text) + "\n"
    yield from _table(("argument", "what it is"), said.items())
    if returns.strip():
        yield f"Returns: {_joined(returns)}\n"


def _items(text: str) -> dict[str, str]:
    """Of a section of a docstring: `name: what it is`, with further lines indented more."""
    found = re.findall(r"^  (\*{0,2}\w+): (.*(?:\n    .*)*)", text, re.MULTILINE)
    return {name: _joined(said) for name, said in found}


def _attributes(owner: str, entries: list[tuple[str, Definition]]) -> Iterator[str]:
    public = [entry for entry in entries if not entry[0].startswith("_")]
    rows = [
        (name, callee(value.node), _default(value.node), _doc(value, f"{owner}.{name}"))
        for name, value in sorted(public, key=lambda entry: (entry[0] != "name", entry[0]))
    ]
    yield from _table(("attribute", "type", "default", "what it is"), rows)


def _default(node: ast.AST) -> str:
    mandatory = keyword(node, "mandatory")
    if isinstance(mandatory, ast.Constant) and mandatory.value:
        return "*required*"
    default, kind = keyword(node, "default"), callee(node)
    return f"`{source(default) if default else IMPLICIT.get(kind, '{}' if kind.endswith('_dict') else '[]')}`"


def _entries(found: Definition, argument: str, root: Path) -> list[tuple[str, Definition]]:
    node = keyword(found.node, argument)
    return resolved(Definition(found.file, node), root) if node else []


def _doc(found: Definition, name: str) -> str:
    return _said(Definition(found.file, keyword(found.node, "doc") or ast.Constant("")), name)


def _said(found: Definition, name: str) -> str:
    text = _joined(str(ast.literal_eval(found.node)))
    if not text:
        raise Undocumented(f"{found.file}: {name} has no doc")
    return text


# --- targets of a lock's repository ---------------------------------------------------------------------------------


def _targets(root: Path) -> Iterator[str]:
    """What the generated BUILD files make: the docs of the macros that they call."""
    file = root / TARGETS
    functions = definitions(parsed(file))
    yield "## Targets of a lock's repository\n"
    for title, name in (("@pypi//", "hub_targets"), ("@pypi//PROJECT", "project_targets")):
        function = functions[name]
        assert isinstance(function, ast.FunctionDef)
        yield f"### {title}\n"
        yield _markdown(docstring(file, function).partition("\nArgs:\n")[0]) + "\n"


# --- Markdown -------------------------------------------------------------------------------------------------------


def _markdown(text: str) -> str:
    """A docstring: what is indented is code of Starlark."""
    parts = []
    for block in re.split(r"\n\s*\n(?=\S)", text.strip("\n")):
        prose, _, code = block.partition("\n\n    ")
        parts.append(prose)
        if code:
            parts.append("```starlark\n" + re.sub(r"^ {4}", "", code, flags=re.MULTILINE) + "\n```")
    return "\n\n".join(parts).strip()


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    if body := [(f"`{name}`", *cells) for name, *cells in rows]:
        lines = [head, ("---",) * len(head), *body]
        yield "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _joined(text: str) -> str:
    return " ".join(text.split())


def main(arguments: list[str]) -> int:
    """The exit code; the page is written, or with ``--check`` compared."""
    target = ROOT / "docs" / "api.md"
    try:
        text = page(ROOT)
    except Undocumented as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if arguments != ["--check"]:
        target.write_text(text, encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != text:
        print("error: docs/api.md is out of date: python scripts/api_docs.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
