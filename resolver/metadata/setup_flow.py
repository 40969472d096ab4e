"""What flows into a value of a setup.py, and whether any of it depends on the machine.

The analysis ignores order and scope, so it sees more flows than there are and misses none that the syntax tree shows.
It goes by a list of what is known to be the same on every machine; anything else counts as depending on the machine.
What it cannot see is code that rebinds names without the tree showing it: ``exec`` of another file is taken to set new
names, but none that the tree binds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from resolver.metadata.setup_names import FUNCTIONS, For, Function, With, given_names

INSTALLERS = {"setuptools", "distutils", "ez_setup"}
_MODULES = {
    "re", "json", "textwrap", "itertools", "functools", "collections", "string", "operator", "typing", "copy", "ast",
    "configparser", "ConfigParser", "__future__", "warnings", "contextlib", "logging", "traceback",
}  # fmt: skip
"""Modules all of which is the same on every machine."""

_PURE = {
    "os.sep", "os.getcwd", "os.listdir", "os.walk", "os.chdir", "os.curdir", "os.pardir", "io.open",
    "codecs.open", "pathlib.Path", "pathlib.PurePath", "glob.glob", "distutils.util.convert_path", "sys.exit",
    "sys.stderr", "sys.stdout", "sys.path.insert", "sys.path.append", "pkg_resources.parse_requirements",
    "setuptools.find_packages", "setuptools.find_namespace_packages", "setuptools.Command",
    "setuptools.Extension", "setuptools.setup", "distutils.core.setup", "distutils.core.Extension",
    "os.path.abspath", "os.path.basename", "os.path.dirname", "os.path.exists", "os.path.isdir", "os.path.isfile",
    "os.path.join", "os.path.normpath", "os.path.realpath", "os.path.relpath", "os.path.sep", "os.path.split",
    "os.path.splitext",
}  # fmt: skip
"""What is the same on every machine of modules that are not; attributes of these are too."""

_ELSEWHERE = re.compile(r"/\w|~|[A-Za-z]:[\\/]")
"""How a path begins that leads out of the sdist."""

_EVERYWHERE = {"os", "sys", "io", "codecs", "pathlib", "glob", "platform", "subprocess", "shutil", "time", "urllib"}
"""Other modules that can be imported on every machine."""

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))  # Python 3.10 has no ``except*``


class Flow:
    """The parsed module, by name.

    ``givers``   the nodes that bind a name, or may change its value.
    ``modules``  what an imported name stands for, by its full path; there may be several imports of one name.
    ``called``   the calls of a function by its plain name.
    ``spreads``  the names of dicts that are passed to ``setup()`` as ``**keywords``, for whoever finds them to fill in.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self.givers: dict[str, list[ast.AST]] = {}
        self.modules: dict[str, list[str]] = {}
        self.called: dict[str, list[ast.AST]] = {}
        self.spreads: set[str] = set()
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        for node in ast.walk(tree):
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        for name in given_names(node):
            self.givers.setdefault(name, []).append(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                self.modules.setdefault(name, []).append(alias.name if alias.asname else name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                dotted = "." * node.level + f"{node.module or ''}.{alias.name}"
                self.modules.setdefault(alias.asname or alias.name, []).append(dotted)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            self.called.setdefault(node.func.id, []).append(node)

    def dotted(self, node: ast.expr) -> list[str]:
        """The full paths that a name, or a chain of attributes, may stand for; none where its root is not imported."""
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return []
        return [".".join([root, *reversed(path)]) for root in self.modules.get(node.id, ())]

    def looks_at(self, starts: Iterable[ast.AST], key: str) -> str:
        """The first thing of the machine that flows into ``starts``, for the keyword ``key``; empty where none does."""
        todo = list(starts)
        seen: set[int] = set()
        names: set[str] = set()
        while todo:
            for node in self._parts(todo.pop()):
                if id(node) in seen:
                    continue
                seen.add(id(node))
                reason = self._reason(node)
                if reason:
                    return reason
                name = node.id if isinstance(node, ast.Name) else ""
                if name and name not in names:
                    names.add(name)
                    todo += self._behind(name, key)
        return ""

    def _parts(self, top: ast.AST) -> Iterator[ast.AST]:
        """Every node below ``top``; a chain of attributes on an imported module is one node."""
        todo = [top]
        while todo:
            node = todo.pop()
            yield node
            if not (isinstance(node, ast.Attribute) and self.dotted(node)):
                todo += ast.iter_child_nodes(node)

    def _reason(self, node: ast.AST) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ELSEWHERE.match(node.value):
            return f"the path {node.value!r}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            return next((f"whether {name} can be imported" for name in _imported(node) if not _is_at_hand(name)), "")
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            return ""
        if isinstance(node, ast.Name) and isinstance(self.parents.get(node), ast.Compare):
            return "" if set(self.dotted(node)) == {"setuptools"} else self._unpure(node)
        return self._unpure(node) if isinstance(node, ast.Attribute | ast.Name) else ""

    def _unpure(self, node: ast.Attribute | ast.Name) -> str:
        return next((name for name in self.dotted(node) if not _is_pure(name)), "") or self._unknown(node)

    def _unknown(self, node: ast.expr) -> str:
        known = not isinstance(node, ast.Name) or node.id in self.givers or node.id in self.modules
        return "" if known or (isinstance(node, ast.Name) and _is_builtin(node.id)) else ast.unparse(node)

    def _behind(self, name: str, key: str) -> Iterator[ast.AST]:
        for giver in self.givers.get(name, ()):
            if isinstance(giver, ast.arg):
                function = self.parents[self.parents[giver]]
                yield from self.called.get(getattr(function, "name", ""), ())
                continue
            parts = concerning(giver, name, self.spreads, key)
            if parts:
                yield from parts
                yield from self.control(giver)

    def control(self, node: ast.AST) -> Iterator[ast.AST]:
        """Conditions under which ``node`` runs, whoever calls the functions around it."""
        functions: set[str] = set()
        todo = [node]
        while todo:
            child = todo.pop()
            while child in self.parents:
                child, inner = self.parents[child], child
                yield from _conditions(child, inner)
                if isinstance(child, Function) and child.name not in functions:
                    functions.add(child.name)
                    todo += self.called.get(child.name, ())


def _conditions(node: ast.AST, inner: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield node.test
    elif isinstance(node, For):
        yield node.iter
    elif isinstance(node, _TRIES):
        yield from (part for part in node.body if part is not inner)
    elif isinstance(node, With):
        yield from (item.context_expr for item in node.items)
    elif isinstance(node, ast.BoolOp):
        yield from (value for value in node.values if value is not inner)
    elif isinstance(node, _Comprehension):
        yield from node.generators
    elif isinstance(node, ast.Match):
        yield node.subject
        yield from (part for case in node.cases for part in (case.pattern, case.guard) if part is not None)


def _whole(giver: ast.AST) -> list[ast.AST]:
    """The parts of a statement that decide what it binds names to: its block is not among them."""
    if isinstance(giver, For):
        return [giver.iter, giver.target]
    if isinstance(giver, With):
        return [*giver.items]
    return [] if isinstance(giver, ast.ExceptHandler) else [giver]


def concerning(giver: ast.AST, name: str, spreads: Collection[str], key: str) -> list[ast.AST]:
    """The parts of a statement, a giver of ``name``, that matter for the keyword ``key``.

    ``spreads`` as in `Flow`: where a statement fills one of them for another keyword, it does not matter.
    """
    if isinstance(giver, ast.Assign) and len(giver.targets) == 1:
        return _of_target(giver.targets[0], name, spreads, key, giver)
    if isinstance(giver, ast.AugAssign):
        return _of_target(giver.target, name, spreads, key, giver)
    if isinstance(giver, ast.Call) and isinstance(giver.func, ast.Attribute):
        receiver = giver.func.value
        if isinstance(receiver, ast.Subscript) and _root(receiver) in spreads:
            return [giver] if _may_be(receiver.slice, key) else []
        if giver.func.attr == "update" and isinstance(receiver, ast.Name) and receiver.id in spreads:
            return [part for arg in giver.args for part in values_for(arg, key)] + _keywords(giver, key)
    return _whole(giver)


def _of_target(
    target: ast.expr, name: str, spreads: Collection[str], key: str, giver: ast.Assign | ast.AugAssign
) -> list[ast.AST]:
    root = _root(target)
    if root in spreads and isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        return [giver] if _may_be(target.slice, key) else []
    if root in spreads and isinstance(target, ast.Name) and (root == name or name not in spreads):
        return values_for(giver.value, key)
    return [giver]


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _may_be(index: ast.expr, key: str) -> bool:
    return not isinstance(index, ast.Constant) or index.value == key


def values_for(value: ast.expr, key: str) -> list[ast.AST]:
    """The values that a dict has for ``key``; the whole expression where the dict is not written out."""
    if isinstance(value, ast.Dict):
        members = zip(value.keys, value.values, strict=True)
        return [part for name, part in members if name is None or _may_be(name, key)]
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict" and not value.args:
        return _keywords(value, key)
    return [value]


def _keywords(call: ast.Call, key: str) -> list[ast.AST]:
    return [keyword.value for keyword in call.keywords if keyword.arg in {None, key}]


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return ["." * node.level + (node.module or "")]


def _is_at_hand(module: str) -> bool:
    top = module.partition(".")[0]
    return top in INSTALLERS or top in _MODULES or top in _EVERYWHERE


def _is_pure(dotted: str) -> bool:
    parts = dotted.split(".")
    known = any(".".join(parts[:count]) in _PURE for count in range(1, len(parts) + 1))
    return (known and dotted != "pathlib.Path.home") or parts[0] in _MODULES


def _is_builtin(name: str) -> bool:
    return name in FUNCTIONS or name.endswith(("Error", "Exception", "Exit", "Warning"))
