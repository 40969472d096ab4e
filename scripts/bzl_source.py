"""Public .bzl files, read as Python: names are followed through `load` and re-export to what defines them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path


class Undocumented(Exception):
    """``str()`` names the file and what lacks a doc there."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A name or a key in a .bzl file: the statement or the expression that gives it its value."""

    file: Path
    node: ast.AST


def public_names(file: Path) -> list[str]:
    """What others can load from a file and is meant for them."""
    return [name for name in definitions(parsed(file)) if not name.startswith("_")]


def find(root: Path, file: Path, name: str) -> Definition:
    """What ``name`` is in ``file``, through re-exports. Raises `KeyError`."""
    module = parsed(file)
    for statement in module.body:
        if name in (names := _loaded(statement)):
            label, original = names[name]
            return find(root, _path(root, file, label), original)
    node = definitions(module)[name]
    if isinstance(node, ast.Name):
        return find(root, file, node.id)
    return Definition(file, node)


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def definitions(module: ast.Module) -> dict[str, ast.AST]:
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
    if not (isinstance(call, ast.Call) and callee(call) == "load"):
        return {}
    label, *same = (ast.literal_eval(argument) for argument in call.args)
    renamed = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    return {here: (label, there) for here, there in {**{name: name for name in same}, **renamed}.items()}


def _path(root: Path, file: Path, label: str) -> Path:
    package, _, name = label.rpartition(":")
    return (root / package.lstrip("/") if package.startswith("//") else file.parent) / name


def callee(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def resolved(found: Definition, root: Path) -> list[tuple[str, Definition]]:
    """Key -> value of a dict display, of `dict(other, key = value)`, or of a name that stands for one."""
    file, node = found.file, found.node
    if isinstance(node, ast.Name):
        return resolved(find(root, file, node.id), root)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [(str(ast.literal_eval(key)), Definition(file, value)) for key, value in pairs if key]
    if isinstance(node, ast.Call) and callee(node) == "dict":
        above = [row for argument in node.args for row in resolved(Definition(file, argument), root)]
        return above + [(str(word.arg), Definition(file, word.value)) for word in node.keywords]
    raise Undocumented(f"{file}: {source(node)} is no dict that this program can follow")


def keyword(node: ast.AST, name: str) -> ast.AST | None:
    words = node.keywords if isinstance(node, ast.Call) else []
    return next((word.value for word in words if word.arg == name), None)


def docstring(file: Path, node: ast.Module | ast.FunctionDef) -> str:
    text = ast.get_docstring(node, clean=False)
    if not text:
        raise Undocumented(f"{file}: {getattr(node, 'name', 'the file')} has no docstring")
    # `clean` would take the indentation of code for that of the docstring.
    return re.sub(r"^ {4}", "", text, flags=re.MULTILINE) if isinstance(node, ast.FunctionDef) else text


def source(node: ast.AST) -> str:
    """As Starlark is formatted, which quotes with `"`."""
    return re.sub(r"'([^'\"]*)'", r'"\1"', ast.unparse(node))
