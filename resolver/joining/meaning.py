"""Whether one file means what its modules mean: names, and what is done when they are imported."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator, Mapping

from resolver.joining.heads import ENTRY, CannotJoin, Module, foreign_imports, in_order, read_modules
from resolver.records import record

_OWN = re.compile(r"__\w+__")  # what Python gives each module, or asks of it
_OF_EVERY_MODULE = {"__file__", "__name__", "__conditional_annotations__"}  # the last from Python 3.14 on
_ASKING = {"globals", "eval", "exec"}
_PYTHONS = set(dir(builtins))


def check(package: str, texts: Mapping[str, str]) -> None:
    """Raise `CannotJoin` where the one file would mean something else than the modules do."""
    modules = read_modules(package, texts)
    ordered = in_order(modules)
    foreign_imports(ordered)
    if modules["__init__"].body.strip():
        raise CannotJoin("__init__: has more than a docstring, which nobody would run")
    scopes = {module.name: _scope(module) for module in ordered}
    for module in ordered:
        _check_statements(package, module)
        _check_names(module, scopes)
    _check_apart(ordered, scopes)


@record
class _Scope:
    """Names that are a module's: those it binds, those among them that functions bind again, those it expects."""

    bound: frozenset[str]
    changing: frozenset[str]
    used: frozenset[str]


def _scope(module: Module) -> _Scope:
    bound, changing, used = set(), set(), set()
    top = symtable.symtable(module.body, module.name, "exec")
    for table in _tables(top):
        for symbol in table.get_symbols():
            own = table is top or symbol.is_declared_global()
            if own and (symbol.is_assigned() or symbol.is_imported()):
                bound.add(symbol.get_name())
                changing |= set() if table is top else {symbol.get_name()}
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                used.add(symbol.get_name())
    return _Scope(bound=frozenset(bound), changing=frozenset(changing), used=frozenset(used))


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _tables(inner)


def _check_statements(package: str, module: Module) -> None:
    """Imports below the head, and names that are each module's own."""
    tree = ast.parse(module.body)
    root = package.partition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            sources = [node.module or ""]
            if node.level or any(alias.name == "*" for alias in node.names):
                raise CannotJoin(f"{module.name}: {ast.unparse(node)}: is relative, or has a star")
        elif isinstance(node, ast.Import):
            sources = [alias.name for alias in node.names]
        else:
            sources = []
        if any(source.partition(".")[0] == root for source in sources):
            raise CannotJoin(f"{module.name}: {ast.unparse(node)}: what is ours is imported at the top alone")
        if sources and node in tree.body:
            raise CannotJoin(f"{module.name}: {ast.unparse(node)}: stands behind other code, and would come before it")
        mine = ("__file__", "__name__") if module.name == ENTRY else ()
        if isinstance(node, ast.Name) and (_OWN.fullmatch(node.id) or node.id in _ASKING) and node.id not in mine:
            raise CannotJoin(f"{module.name}: {node.id}: is another in one file")


def _check_names(module: Module, scopes: Mapping[str, _Scope]) -> None:
    """Every name is the module's own, or comes by an import from where it is made, or is Python's."""
    scope = scopes[module.name]
    for sibling, names in module.siblings.items():
        absent = sorted(names - scopes[sibling].bound)
        if absent:
            raise CannotJoin(f"{module.name}: imports {absent[0]} from {sibling}, which does not define it")
        moving = sorted(names & scopes[sibling].changing)
        if moving:
            raise CannotJoin(f"{module.name}: imports {moving[0]}, which {sibling} changes: importers keep what it was")
    brought = {*(name for name, _ in module.imported), *(name for names in module.siblings.values() for name in names)}
    twice = sorted(scope.bound & brought)
    if twice:
        raise CannotJoin(f"{module.name}: {twice[0]} is imported and bound again")
    hidden = sorted((scope.bound | brought) & _PYTHONS)
    if hidden:
        raise CannotJoin(f"{module.name}: {hidden[0]} would hide Python's own from all other modules")
    unknown = sorted(scope.used - scope.bound - brought - _PYTHONS - _OF_EVERY_MODULE)
    if unknown:
        raise CannotJoin(f"{module.name}: uses {unknown[0]}, which it neither defines nor imports")


def _check_apart(ordered: list[Module], scopes: Mapping[str, _Scope]) -> None:
    """No name is bound by two modules, or bound by one and imported from elsewhere by another."""
    makers: dict[str, str] = {}
    for module in ordered:
        for name in sorted(scopes[module.name].bound):
            if name in makers:
                raise CannotJoin(f"{name}: is defined by {makers[name]} and by {module.name}")
            makers[name] = module.name
    for module in ordered:
        for name in sorted(makers.keys() & {name for name, _ in module.imported}):
            raise CannotJoin(f"{name}: is defined by {makers[name]} and imported from elsewhere by {module.name}")
