"""docs/api.md from the docstrings and attributes of the public .bzl files.

    python scripts/api_docs.py [--check]

A .bzl file reads as Python: names are followed through `load` and re-export to what defines them. Exit code 1: the page
is out of date (`--check`); 2: something public has no doc.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = ("extensions", "repositories", "defs", "providers")
TARGETS = "rules/private/hub/targets.bzl"
HEAD = """\
# The Bazel rules: reference

Made from the source by `python scripts/api_docs.py`. [BUILD.md](../BUILD.md) is the guide.
"""


class Undocumented(Exception):
    """``str()`` names the file and what lacks a doc there."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A global name of a .bzl file: the statement or the expression that gives it its value."""

    file: Path
    node: ast.AST


def page(root: Path) -> str:
    """The whole reference, as Markdown. Raises `Undocumented`."""
    parts = [HEAD]
    for name in PUBLIC:
        parts += _public_file(root, root / "rules" / f"{name}.bzl")
    return "\n".join([*parts, *_targets(root)])


def _public_file(root: Path, file: Path) -> Iterator[str]:
    module = _parsed(file)
    yield f"## {file.name}\n"
    yield _markdown(_docstring(file, module)) + "\n"
    names = [name for name in _globals(module) if not name.startswith("_")]
    loaded = {name for statement in module.body for name in _loaded(statement)}
    for name in names:
        if name not in loaded:
            yield from _symbol(name, find(root, file, name), root)


def find(root: Path, file: Path, name: str) -> Definition:
    """What ``name`` is in ``file``, through re-exports. Raises `KeyError`."""
    module = _parsed(file)
    for statement in module.body:
        if name in (names := _loaded(statement)):
            label, original = names[name]
            return find(root, _path(root, file, label), original)
    node = _globals(module)[name]
    if isinstance(node, ast.Name):
        return find(root, file, node.id)
    return Definition(file, node)


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def _globals(module: ast.Module) -> dict[str, ast.AST]:
    found: dict[str, ast.AST] = {}
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef):
            found[statement.name] = statement
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = statement.value
    return found


def _loaded(statement: ast.stmt) -> dict[str, tuple[str, str]]:
    """Name here -> (label, name there)."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and _callee(call) == "load"):
        return {}
    label, *same = (ast.literal_eval(argument) for argument in call.args)
    renamed = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    return {here: (label, there) for here, there in {**{name: name for name in same}, **renamed}.items()}


def _path(root: Path, file: Path, label: str) -> Path:
    package, _, name = label.rpartition(":")
    return (root / package.lstrip("/") if package.startswith("//") else file.parent) / name


def _callee(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


# --- what a name is -------------------------------------------------------------------------------------------------


def _symbol(name: str, found: Definition, root: Path) -> Iterator[str]:
    node = found.node
    if isinstance(node, ast.FunctionDef):
        yield f"### {name}({_signature(node)})\n"
        yield from _function(found.file, node)
    elif _callee(node) == "module_extension":
        yield f"### {name}\n"
        yield _doc(found, node, name) + "\n"
        for tag, value in _entries(found, _keyword(node, "tag_classes"), root):
            yield f"#### {name}.{tag}\n"
            yield _doc(found, value, f"{name}.{tag}") + "\n"
            yield from _attributes(found, _keyword(value, "attrs"), root)
    elif _callee(node) == "provider":
        yield f"### {name}\n"
        yield _doc(found, node, name) + "\n"
        rows = [(field, _text(value)) for field, value in _entries(found, _keyword(node, "fields"), root)]
        yield from _table(("field", "what it is"), rows)
    else:
        yield f"### {name}\n"
        yield _doc(found, node, name) + "\n"
        yield from _attributes(found, _keyword(node, "attrs"), root)


def _signature(node: ast.FunctionDef) -> str:
    first_default = len(node.args.args) - len(node.args.defaults)
    words = [
        argument.arg + ("" if place < first_default else f" = {ast.unparse(node.args.defaults[place - first_default])}")
        for place, argument in enumerate(node.args.args)
    ]
    return ", ".join(words + ([f"**{node.args.kwarg.arg}"] if node.args.kwarg else []))


def _function(file: Path, node: ast.FunctionDef) -> Iterator[str]:
    text, _, rest = _docstring(file, node).partition("\nArgs:\n")
    arguments, _, returns = rest.partition("\nReturns:\n")
    yield _markdown(text) + "\n"
    yield from _table(("argument", "what it is"), _items(arguments))
    if returns.strip():
        yield f"Returns: {_joined(returns)}\n"


def _items(text: str) -> list[tuple[str, str]]:
    """Of a section of a docstring: `name: what it is`, with further lines indented more."""
    found = re.findall(r"^  (\*{0,2}\w+): (.*(?:\n    .*)*)", text, re.MULTILINE)
    return [(name, _joined(said)) for name, said in found]


def _attributes(found: Definition, node: ast.AST | None, root: Path) -> Iterator[str]:
    rows = []
    for name, value in sorted(_entries(found, node, root), key=lambda row: (row[0] != "name", row[0])):
        if name.startswith("_"):
            continue
        default = _keyword(value, "default")
        rows.append((name, _callee(value), _default(value, default), _doc(found, value, f"attribute {name}")))
    yield from _table(("attribute", "type", "default", "what it is"), rows)


def _default(value: ast.AST, default: ast.AST | None) -> str:
    mandatory = _keyword(value, "mandatory")
    if isinstance(mandatory, ast.Constant) and mandatory.value:
        return "*required*"
    return f"`{ast.unparse(default)}`" if default is not None else ""


def _entries(found: Definition, node: ast.AST | None, root: Path) -> list[tuple[str, ast.AST]]:
    """Key -> value of a dict display, of `dict(other, key = value)`, or of a name that stands for one."""
    if isinstance(node, ast.Name):
        there = find(root, found.file, node.id)
        return _entries(there, there.node, root)
    if isinstance(node, ast.Dict):
        return [(str(ast.literal_eval(key)), value) for key, value in zip(node.keys, node.values, strict=True) if key]
    if isinstance(node, ast.Call) and _callee(node) == "dict":
        above = [row for argument in node.args for row in _entries(found, argument, root)]
        return above + [(str(word.arg), word.value) for word in node.keywords]
    return []


def _keyword(node: ast.AST, name: str) -> ast.AST | None:
    words = node.keywords if isinstance(node, ast.Call) else []
    return next((word.value for word in words if word.arg == name), None)


def _doc(found: Definition, node: ast.AST, name: str) -> str:
    doc = _keyword(node, "doc")
    if doc is None:
        raise Undocumented(f"{found.file}: {name} has no doc")
    return _joined(_text(doc))


def _text(node: ast.AST) -> str:
    return str(ast.literal_eval(node))


def _docstring(file: Path, node: ast.Module | ast.FunctionDef) -> str:
    text = ast.get_docstring(node, clean=False)
    if not text:
        raise Undocumented(f"{file}: {getattr(node, 'name', 'the file')} has no docstring")
    # `clean` would take the indentation of code for that of the docstring.
    return re.sub(r"^ {4}", "", text, flags=re.MULTILINE) if isinstance(node, ast.FunctionDef) else text


# --- targets of a lock's repository ---------------------------------------------------------------------------------


def _targets(root: Path) -> Iterator[str]:
    """What the generated BUILD files make: the docs of the macros that they call."""
    file = root / TARGETS
    functions = _globals(_parsed(file))
    yield "## Targets of a lock's repository\n"
    for title, name in (("@pypi//", "hub_targets"), ("@pypi//PROJECT", "project_targets")):
        function = functions[name]
        assert isinstance(function, ast.FunctionDef)
        yield f"### {title}\n"
        yield _markdown(_docstring(file, function).partition("\nArgs:\n")[0]) + "\n"


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


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        lines = [head, ("---",) * len(head), *((f"`{name}`", *cells) for name, *cells in rows)]
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
