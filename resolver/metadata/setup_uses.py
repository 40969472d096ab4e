"""What a setup.py does with its names: which nodes of its syntax tree bind one, change its value, or give it away.

A use counts as reading only where that is known; any other may change the value, or lead to where it can be changed.
Scopes are ignored: variables of one name are taken for one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, TypeGuard

INSTALLERS = {"setuptools", "distutils", "ez_setup"}
SETUPS = {"setuptools.setup", "distutils.core.setup", "numpy.distutils.core.setup"}

MUTATORS = {
    "append", "extend", "insert", "remove", "update", "setdefault", "pop", "add", "clear", "discard", "popitem",
    "reverse", "sort", "__iadd__", "__imul__", "__setitem__", "__delitem__", "__ior__", "__setattr__",
}  # fmt: skip
"""Methods that change their object."""

_READERS = {
    "join", "format", "write", "writelines", "split", "splitlines", "strip", "lstrip", "rstrip", "replace", "partition",
    "startswith", "endswith", "index", "count", "encode", "decode", "lower", "upper", "match", "search", "sub",
    "findall", "group", "read", "readlines",
}  # fmt: skip
"""Methods that change neither their object nor their arguments, and return nothing of them that could be changed."""

_GETTERS = {"get", "keys", "values", "items", "copy"}
"""Methods that change nothing, and return parts of their object."""

_READING = {
    "abs", "all", "any", "bool", "bytes", "float", "format", "hasattr", "int", "isinstance", "issubclass", "len",
    "open", "ord", "print", "range", "repr", "str", "unicode", "xrange", "compile",
}  # fmt: skip
"""Built-in functions for which the same holds of their arguments."""

_PASSING = {
    "dict", "enumerate", "filter", "frozenset", "iter", "list", "map", "max", "min", "next", "object", "reversed",
    "set", "sorted", "sum", "tuple", "zip",
}  # fmt: skip
"""Built-in functions that change none of their arguments, and return parts of them."""

BUILTINS = _READING | _PASSING | {
    "type", "staticmethod", "classmethod", "property", "super", "basestring", "exec", "__file__", "__name__", "__doc__",
}  # fmt: skip
"""Built-in names that mean the same on every machine."""

_READ_BY = {
    "codecs", "distutils.util", "glob", "io", "json", "logging", "os.path", "pathlib", "pkg_resources", "re", "string",
    "sys.exit", "sys.stderr", "sys.stdout", "textwrap", "warnings",
}  # fmt: skip
"""Modules, and parts of them, for which the same holds as for `_READING`."""

_PASSED_BY = {
    "copy", "itertools", "setuptools.Extension", "setuptools.find_namespace_packages", "setuptools.find_packages",
    "distutils.core.Extension", "distutils.extension.Extension",
}  # fmt: skip
"""Others, for which the same holds as for `_PASSING`."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
For = ast.For | ast.AsyncFor
With = ast.With | ast.AsyncWith
Use = Literal["reads", "carries", "leaks"]
EXECUTORS = {"exec", "eval", "execfile"}
_CARRIES = (
    ast.List | ast.Tuple | ast.Set | ast.Dict | ast.Starred | ast.keyword | ast.BoolOp | ast.BinOp | ast.IfExp
    | ast.Lambda | ast.Await | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.arguments
    | ast.withitem
)  # fmt: skip
"""Expressions that hold a value, or may be it, or are made of what it holds."""
_READS = (
    ast.Compare | ast.FormattedValue | ast.UnaryOp | ast.Slice | ast.If | ast.While | ast.Assert | ast.Expr
    | ast.MatchValue | ast.MatchClass | ast.match_case | ast.ExceptHandler
)  # fmt: skip


class Uses:
    """The uses of every name of a module.

    ``binders``    the nodes that bind a name.
    ``leaks``      other nodes that may change its value, or through which something else may.
    ``modules``    what an imported name stands for, by its full path; there may be several imports of one name.
    ``calls``      the calls of a function by its plain name.
    ``unseen``     what may bind or change any name of the module: text that is executed, ``from elsewhere import *``.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.binders: dict[str, list[ast.AST]] = {}
        self.leaks: dict[str, list[ast.AST]] = {}
        self.modules: dict[str, list[str]] = {}
        self.calls: dict[str, list[ast.AST]] = {}
        self.unseen: list[ast.Call | ast.ImportFrom] = []
        self._functions: dict[str, list[ast.AST]] = {}
        self._known: set[tuple[str, ast.AST]] = set()  # leaks
        self._mapped: set[str] = set()  # names that a built-in function is given, which may call them
        self._passed: set[str] = set()  # names of which more is done than that, or to call them
        nodes = list(ast.walk(tree))
        for node in nodes:
            self.parents.update((child, node) for child in ast.iter_child_nodes(node))
        for node in nodes:
            self._note(node)
        for node in nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
                self._note_use(node)

    def givers(self, name: str) -> list[ast.AST]:
        """The nodes that bind a name, or may change its value."""
        return [*self.binders.get(name, ()), *self.leaks.get(name, ())]

    def is_builtin(self, name: str) -> bool:
        """Whether a name is that of a built-in function whose meaning is known, and of nothing else."""
        return name in BUILTINS and name not in self.binders and name not in self.modules

    def dotted(self, node: ast.expr) -> list[str]:
        """The full paths that a name, or a chain of attributes, may stand for; none where its root is not imported."""
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return []
        return [".".join([root, *reversed(path)]) for root in self.modules.get(node.id, ())]

    def is_called_in_sight(self, function: ast.AST) -> bool:
        """Whether every call of ``function`` is in ``calls``, and runs it where it stands."""
        return self._is_plain(function) and function.name not in self._passed | self._mapped

    def arguments_of(self, function: ast.AST) -> list[ast.AST]:
        """What passes a function, or a lambda, its arguments; the whole module where that is not seen."""
        if isinstance(function, ast.Lambda):
            call = self.parents[function]
            call = self.parents[call] if isinstance(call, ast.keyword) else call
            return [call] if self._is_call_of_builtin(call) else [self.tree]
        if self._is_plain(function) and function.name not in self._passed:
            return self.calls.get(function.name, [])
        return [self.tree]

    def _is_plain(self, function: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
        if not isinstance(function, Function) or function.decorator_list or len(self.binders[function.name]) > 1:
            return False
        if isinstance(self.parents[function], ast.ClassDef):
            return False
        return not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))

    def _is_call_of_builtin(self, node: ast.AST) -> TypeGuard[ast.Call]:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and self.is_builtin(node.func.id)

    def is_only_read(self, name: str, binder: ast.AST) -> bool:
        """Whether ``binder`` is all that gives ``name`` a value, and nothing changes it, be it through other names."""
        return self._is_only_read(name, binder, frozenset())

    def _is_only_read(self, name: str, binder: ast.AST, above: frozenset[str]) -> bool:
        if name in above or name in self.modules or self.unseen or self.binders.get(name) != [binder]:
            return False
        return all(self._hands_on(leak, above | {name}) for leak in self.leaks.get(name, ()))

    def _hands_on(self, leak: ast.AST, above: frozenset[str]) -> bool:
        """Whether a statement does no more than to give a value, or parts of it, to variables that are only read."""
        if isinstance(leak, ast.Assign):
            targets = leak.targets
        elif isinstance(leak, For | ast.comprehension):
            targets = [leak.target]
        else:
            return False
        if isinstance(self.parents[leak], ast.ClassDef):
            return False
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        return len(names) == len(targets) and all(self._is_only_read(name, leak, above) for name in names)

    def _note(self, node: ast.AST) -> None:
        for name in _bound(node):
            self.binders.setdefault(name, []).append(self._binder(node))
        if isinstance(node, Function):
            self._functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                self.modules.setdefault(name, []).append(alias.name if alias.asname else name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                dotted = "." * node.level + f"{node.module or ''}.{alias.name}"
                self.modules.setdefault(alias.asname or alias.name, []).append(dotted)
                if alias.name == "*" and dotted.partition(".")[0] not in INSTALLERS:
                    self.unseen.append(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            self.calls.setdefault(node.func.id, []).append(node)
            if node.func.id in EXECUTORS and not _has_namespace(node):
                self.unseen.append(node)

    def _binder(self, node: ast.AST) -> ast.AST:
        """The statement of a target, or of a part of one."""
        while isinstance(node, ast.Name | ast.Tuple | ast.List | ast.Starred | ast.withitem):
            node = self.parents[node]
        return node

    def _note_use(self, name: ast.Name) -> None:
        parent = self.parents[name]
        if self._is_call_of_builtin(parent) and parent.func is not name:
            self._mapped.add(name.id)
            self.calls.setdefault(name.id, []).append(parent)
        elif not (isinstance(parent, ast.Call) and parent.func is name):
            self._passed.add(name.id)
        if not self._is_immutable(name.id):
            for leak in self._leaks_of(name):
                if (name.id, leak) not in self._known:
                    self._known.add((name.id, leak))
                    self.leaks.setdefault(name.id, []).append(leak)

    def _is_immutable(self, name: str) -> bool:
        """Whether nothing but texts, numbers and tuples of them that are written out is bound to a name."""
        return all(
            isinstance(binder, ast.Assign | ast.AugAssign)
            and _is_immutable(binder.value)
            and not any(isinstance(target, ast.Tuple | ast.List) for target in getattr(binder, "targets", ()))
            for binder in self.binders.get(name, ())
        )

    def _leaks_of(self, name: ast.Name) -> Iterator[ast.AST]:
        node: ast.AST = name
        while True:
            node, below = self.parents[node], node
            use = self._use_by_call(node, below) if isinstance(node, ast.Call) else self._use(node, below)
            if use == "leaks":
                yield node
            if use == "reads" or not (use == "carries" or isinstance(node, ast.expr)):
                return

    def _use(self, node: ast.AST, below: ast.AST) -> Use:
        if isinstance(node, ast.Attribute):
            hides = node.attr in MUTATORS or node.attr in self._functions
            parent = self.parents[node]
            return "leaks" if hides and not (isinstance(parent, ast.Call) and parent.func is node) else "carries"
        if isinstance(node, ast.Subscript):
            return "carries" if below is node.value else "reads"
        if isinstance(node, ast.IfExp) and below is node.test:
            return "reads"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            return "reads"
        if isinstance(node, ast.comprehension):
            return "leaks" if below is node.iter or below is node.target else "reads"
        if isinstance(node, _CARRIES):
            return "carries"
        return "reads" if isinstance(node, _READS) else "leaks"

    def _is_of_builtins(self, function: ast.expr) -> bool:
        """Whether it is a built-in function, or a method of a built-in class, or None."""
        if isinstance(function, ast.Attribute) and function.attr not in MUTATORS:
            function = function.value
        return isinstance(function, ast.Constant) or (isinstance(function, ast.Name) and self.is_builtin(function.id))

    def _use_by_call(self, call: ast.Call, below: ast.AST) -> Use:
        """What a call does to what ``below``, its function or an argument, stands for."""
        function = call.func
        if isinstance(function, ast.Name) and self.is_builtin(function.id):
            if function.id in _READING:
                return "reads"
            runs = [keyword.value for keyword in call.keywords if keyword.arg == "key"]
            runs += call.args[:1] if function.id in {"map", "filter"} else []
            passes = function.id in _PASSING and all(map(self._is_of_builtins, runs))
            return "carries" if passes else "leaks"
        dotted = self.dotted(function)
        if dotted:
            if below is function or _are_among(dotted, _READ_BY | SETUPS):
                return "reads"
            return "carries" if _are_among(dotted, _READ_BY | SETUPS | _PASSED_BY) else "leaks"
        if isinstance(function, ast.Attribute) and function.attr not in self._functions:
            if function.attr in _READERS:
                return "reads"
            return "carries" if function.attr in _GETTERS and below is function else "leaks"
        known = isinstance(function, ast.Name) and self.binders.get(function.id) == self._functions.get(function.id)
        return "carries" if below is function and known else "leaks"


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Store):
            yield node.id
    elif isinstance(node, Function | ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        if node.name:
            yield node.name
    elif isinstance(node, ast.MatchMapping):
        if node.rest:
            yield node.rest
    elif isinstance(node, ast.arg):
        yield node.arg


def _is_immutable(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant | ast.JoinedStr) or (
        isinstance(value, ast.Tuple) and all(map(_is_immutable, value.elts))
    )


def _has_namespace(call: ast.Call) -> bool:
    """Whether an ``exec`` has a namespace of its own, and not that of the module."""
    if len(call.args) < 2:
        return any(keyword.arg == "globals" for keyword in call.keywords)
    return isinstance(call.args[1], ast.Name | ast.Dict | ast.Attribute | ast.Subscript) or (
        isinstance(call.args[1], ast.Call) and not isinstance(call.args[1].func, ast.Name)
    )


def _are_among(paths: list[str], known: set[str]) -> bool:
    return all(any(path == one or path.startswith(f"{one}.") for one in known) for path in paths)
