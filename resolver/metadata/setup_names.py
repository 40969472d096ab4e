"""Which names a node of a setup.py's syntax tree binds, or may change the values of."""

from __future__ import annotations

import ast
from collections.abc import Iterable

MUTATORS = {
    "append", "extend", "insert", "remove", "update", "setdefault", "pop", "add", "clear", "discard", "popitem",
}  # fmt: skip
"""Methods that change their object."""

_HARMLESS = {
    "setup", "join", "format", "write", "writelines", "split", "splitlines", "strip", "replace", "startswith",
    "endswith", "get", "keys", "values", "items", "sort", "index", "count", "copy", "encode", "decode", "lower",
    "upper", "compile", "match", "search", "sub", "findall", "group",
}  # fmt: skip
"""Other methods, and ``setup()`` itself, that change none of their arguments."""

FUNCTIONS = {
    "abs", "all", "any", "bool", "bytes", "dict", "enumerate", "filter", "float", "format", "frozenset",
    "hasattr", "int", "isinstance", "iter", "len", "list", "map", "max", "min", "next", "object", "open", "ord",
    "print", "range", "repr", "reversed", "set", "sorted", "str", "sum", "tuple", "type", "zip", "staticmethod",
    "classmethod", "property", "unicode", "basestring", "xrange", "__file__", "__name__", "__doc__",
}  # fmt: skip
"""Built-in names that mean the same on every machine, and change none of their arguments."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
For = ast.For | ast.AsyncFor
With = ast.With | ast.AsyncWith


def given_names(node: ast.AST) -> set[str]:
    """The names that ``node`` binds, or whose values it may change, be it through another name for them."""
    if isinstance(node, ast.Assign):
        return {name for target in node.targets for name in _names(target)} | _aliases(node.value)
    if isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
        return _names(node.target) | (_aliases(node.value) if node.value is not None else set())
    if isinstance(node, For | ast.comprehension):
        return _names(node.target) | (set() if isinstance(node.iter, ast.Name) else _aliases(node.iter))
    if isinstance(node, With):
        return {name for item in node.items if item.optional_vars for name in _names(item.optional_vars)}
    if isinstance(node, ast.ClassDef):
        return {node.name}
    if isinstance(node, Function):
        return {node.name, *_names_passed(node.args.defaults), *_names_passed(node.args.kw_defaults)}
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return {node.name} if node.name else set()
    if isinstance(node, ast.MatchMapping):
        return {node.rest} if node.rest else set()
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, ast.Delete):
        return {name for target in node.targets for name in _names(target)}
    return _changed_by(node) if isinstance(node, ast.Call) else set()


def _changed_by(call: ast.Call) -> set[str]:
    function = call.func
    if isinstance(function, ast.Attribute):
        changed = _names(function.value) if function.attr in MUTATORS else set()
        return changed if function.attr in _HARMLESS | MUTATORS else changed | _arguments(call)
    harmless = isinstance(function, ast.Name) and (function.id in FUNCTIONS or function.id in _HARMLESS)
    return _names_passed(arg for arg in call.args if is_mutator(arg)) if harmless else _arguments(call)


def _arguments(call: ast.Call) -> set[str]:
    return _names_passed([*call.args, *(keyword.value for keyword in call.keywords)])


def _names_passed(values: Iterable[ast.expr | None]) -> set[str]:
    return {name for value in values if value is not None for name in _aliases(value)}


def is_mutator(value: ast.expr) -> bool:
    """``r.append``, which changes ``r`` wherever it is called."""
    return isinstance(value, ast.Attribute) and value.attr in MUTATORS


def _aliases(value: ast.expr) -> set[str]:
    """The names whose objects an expression passes on as they are, so that they could be changed through it."""
    if isinstance(value, ast.Name):
        return {value.id}
    if is_mutator(value):
        return _names(value)
    if isinstance(value, ast.List | ast.Tuple | ast.IfExp | ast.BoolOp | ast.Dict | ast.Starred | ast.Subscript):
        inner = [child for child in ast.iter_child_nodes(value) if isinstance(child, ast.expr)]
        return {name for child in inner for name in _aliases(child)}
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        return _arguments(value)
    return set()


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
