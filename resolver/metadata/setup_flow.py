"""What flows into a value of a setup.py, and whether any of it depends on the machine.

The analysis ignores order and scope, so it sees more flows than there are. It goes by a list of what is known to be the
same on every machine; anything else counts as depending on the machine, and so does a change of which it is not seen
when it happens, where the file looks at the machine at all.
What it cannot see is code that stands elsewhere. Text that is executed may have set any variable, which is not stated
then, but is taken to be the same everywhere, and to add no keyword to a dict of them. A module that is imported is
taken to leave setuptools as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from types import UnionType

from resolver.metadata.setup_uses import BUILTINS, INSTALLERS, For, Function, Uses, With

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

_SEPARATORS = {"os.sep", "os.path.sep"}
"""What a path may be made of, and what tells systems apart where it is compared."""

_EXCEPTIONS = ("Error", "Exception", "Exit", "Warning")

_EVERYWHERE = {"os", "sys", "io", "codecs", "pathlib", "glob", "platform", "subprocess", "shutil", "time", "urllib"}
"""Other modules that can be imported on every machine."""

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_NOT_FOLLOWED = ast.Attribute | ast.Yield | ast.YieldFrom | ast.Raise  # a bound method, a generator's value
_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))  # Python 3.10 has no ``except*``


class Flow:
    """The parsed module, by what flows into its names.

    ``spreads``  the names of dicts that are passed to ``setup()`` as ``**keywords``, for whoever finds them to fill in.
    """

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self.spreads: set[str] = set()

    def looks_at(self, starts: Iterable[ast.AST], key: str) -> str:
        """The first thing of the machine that flows into ``starts``, for the keyword ``key``; empty where none does."""
        todo = list(starts)
        seen: set[int] = set()
        names: set[str] = set()
        climbed: dict[ast.AST, ast.AST] = {}
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
                    if name in self.uses.binders and names.isdisjoint(self.uses.binders):
                        todo += self._unseen(climbed)
                    names.add(name)
                    todo += self._behind(name, key, climbed)
        return ""

    def _parts(self, top: ast.AST) -> Iterator[ast.AST]:
        """Every node below ``top``; a chain of attributes on an imported module is one node."""
        todo = [top]
        while todo:
            node = todo.pop()
            yield node
            if not (isinstance(node, ast.Attribute) and self.uses.dotted(node)):
                todo += ast.iter_child_nodes(node)

    def _reason(self, node: ast.AST) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ELSEWHERE.match(node.value):
            return f"the path {node.value!r}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            return next((f"whether {name} can be imported" for name in _imported(node) if not _is_at_hand(name)), "")
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            return ""
        if not isinstance(node, ast.Attribute | ast.Name):
            return ""
        if isinstance(self.uses.parents[node], ast.Compare):
            compared = set(self.uses.dotted(node))
            if compared == {"setuptools"}:
                return ""  # whether it is None, after an import in a try
            if compared & _SEPARATORS:
                return min(compared)
        return self._unpure(node)

    def _unpure(self, node: ast.Attribute | ast.Name) -> str:
        return next((name for name in self.uses.dotted(node) if not _is_pure(name)), "") or self._unknown(node)

    def _unknown(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Name) or node.id in self.uses.binders or node.id in self.uses.modules:
            return ""
        return "" if node.id in BUILTINS or node.id.endswith(_EXCEPTIONS) else node.id

    def _behind(self, name: str, key: str, climbed: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
        for giver in self.uses.givers(name):
            if isinstance(giver, ast.arg):
                yield from self.uses.arguments_of(self.uses.parents[self.uses.parents[giver]])
                continue
            parts = concerning(giver, name, self.spreads, key)
            if parts:
                yield from parts
                yield from self._led_to(giver, name)
                yield from self.control(giver, climbed)

    def _unseen(self, climbed: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
        """What may have bound any name."""
        for node in self.uses.unseen:
            yield from node.args if isinstance(node, ast.Call) else [node]
            if isinstance(node, ast.Call) and any(isinstance(arg, ast.Constant) for arg in node.args):
                yield self.uses.tree  # a text that stands here is about the names that stand here
            yield from self.control(node, climbed)

    def _led_to(self, giver: ast.AST, name: str) -> Iterator[ast.AST]:
        """From where a value can be changed that a statement gives away; the whole module where that is not seen."""
        if isinstance(giver, ast.Return):
            yield from self._calls_of(self._function_around(giver))
        elif isinstance(giver, Function | ast.ClassDef):
            yield from self._calls_of(giver) if giver.name != name else ()
        elif isinstance(giver, _NOT_FOLLOWED) or isinstance(self.uses.parents[giver], ast.ClassDef):
            yield self.uses.tree

    def _function_around(self, node: ast.AST) -> ast.AST:
        while node in self.uses.parents and not isinstance(node, Function):
            node = self.uses.parents[node]
        return node

    def _calls_of(self, function: ast.AST) -> list[ast.AST]:
        """Where a function is run; the whole module where that is not seen."""
        if isinstance(function, Function) and self.uses.is_called_in_sight(function):
            return self.uses.calls.get(function.name, [])
        return [self.uses.tree]

    def control(self, node: ast.AST, climbed: dict[ast.AST, ast.AST] | None = None) -> Iterator[ast.AST]:
        """What decides whether ``node`` runs, whoever calls the functions around it.

        ``climbed`` has what was met before, each with the part of it through which it was: above, nothing is new then.
        """
        climbed = {} if climbed is None else climbed
        todo = [node]
        while todo:
            child = todo.pop()
            while child in self.uses.parents:
                child, inner = self.uses.parents[child], child
                if child in climbed:
                    yield from _more_conditions(child, inner, climbed)
                    break
                climbed[child] = inner
                yield from _conditions(child, inner)
                yield from self._jumps(child)
                if self._runs_later(child):
                    yield self.uses.tree
                elif isinstance(child, Function):
                    calls = self._calls_of(child)
                    yield from calls if calls == [self.uses.tree] else ()
                    todo += calls

    def _runs_later(self, node: ast.AST) -> bool:
        if isinstance(node, ast.GeneratorExp):
            return not isinstance(self.uses.parents[node], ast.Call | ast.comprehension | For)
        return isinstance(node, ast.Lambda)

    def _jumps(self, block: ast.AST) -> Iterator[ast.AST]:
        """Conditions on which a function or a loop ends before its end."""
        jumps: type | UnionType = ast.Return | ast.Raise | ast.Assert
        if isinstance(block, For | ast.While):
            jumps = ast.Break | ast.Continue
        elif not isinstance(block, Function):
            return
        climbed: dict[ast.AST, ast.AST] = {block: block}
        for jump in ast.walk(block):
            if isinstance(jump, ast.Assert):
                yield jump.test
            inner: ast.AST = jump
            while isinstance(jump, jumps) and inner is not block:
                outer = self.uses.parents[inner]
                if outer in climbed:
                    yield from _more_conditions(outer, inner, climbed) if outer is not block else ()
                    break
                climbed[outer] = inner
                yield from _conditions(outer, inner)
                inner = outer


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


def _more_conditions(node: ast.AST, inner: ast.AST, climbed: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """Those that are new where ``node`` is met through another part of it; of a ``try``, all parts are met then."""
    if not isinstance(node, _TRIES):
        yield from _conditions(node, inner)
    elif climbed[node] not in {inner, node}:
        climbed[node] = node
        yield from node.body


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
    """The values that a dict has for ``key``, and keys that may be it; all of it where it is not written out."""
    if isinstance(value, ast.Dict):
        members = zip(value.keys, value.values, strict=True)
        found = [(name, part) for name, part in members if name is None or _may_be(name, key)]
        unsure = [name for name, _ in found if name is not None and not isinstance(name, ast.Constant)]
        return [*(part for _, part in found), *unsure]
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
    return (known and dotted != "pathlib.Path.home") or (parts[0] in _MODULES and not _EVERYWHERE.intersection(parts))
