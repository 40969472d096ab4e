"""Modules, split behind their imports, and the order in which they stand in one file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from resolver.records import field, record

ENTRY = "__main__"
"""The module that comes last: `__file__` and `__name__` are of the one file there, as they are of the module here."""
_DOCSTRING = re.compile(r'"""(?:[^"\\]|"(?!""))*"""\n')
_IMPORTS = re.compile(r"(?:\n|(?:from|import) [^(\n]*(?:\([^)]*\))?[^(\n]*\n)*")


class CannotJoin(Exception):
    """Modules whose one file would mean something else than they do; ``str()`` names the module and the reason."""


@record
class Module:
    """A module, split behind its imports.

    ``siblings``: module of the package -> what is imported from it. ``imported``: name -> what it stands for, as
    ``("os", "")`` for ``import os`` and ``("os", "path")`` for ``from os import path``.
    """

    name: str
    docstring: str
    futures: frozenset[str] = frozenset()
    siblings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    imported: frozenset[tuple[str, tuple[str, str]]] = frozenset()
    body: str


@record
class Imports:
    """What modules import that are not of their package; ``sources``: of ``from`` -> the names."""

    futures: frozenset[str]
    plain: frozenset[str]
    sources: Mapping[str, frozenset[str]]


def read_modules(package: str, texts: Mapping[str, str]) -> dict[str, Module]:
    """``texts``: module -> source. Raises `CannotJoin`."""
    for needed in ("__init__", ENTRY):
        if needed not in texts:
            raise CannotJoin(f"{needed}: is missing")
    return {name: _module(package, name, texts) for name in sorted(texts)}


def _module(package: str, name: str, texts: Mapping[str, str]) -> Module:
    text = texts[name]
    documented = _DOCSTRING.match(text)
    if documented is None:
        raise CannotJoin(f"{name}: does not begin with a docstring, without backslashes")
    end = _end_of_head(text, documented.end())
    head = _Head(package, name, texts)
    for node in ast.parse(text[documented.end() : end]).body:
        head.take(node)
    return Module(
        name=name,
        docstring=documented[0][3:-4],
        futures=frozenset(head.futures),
        siblings=head.siblings,
        plain=frozenset(head.plain),
        imported=frozenset(head.imported),
        body=text[end:],
    )


class _Head:
    """The imports of the module ``name``, gathered one by one into the fields of `Module`."""

    def __init__(self, package: str, name: str, texts: Mapping[str, str]) -> None:
        self._package = package
        self._name = name
        self._texts = texts
        self.futures = set[str]()
        self.siblings = dict[str, frozenset[str]]()
        self.plain = set[str]()
        self.imported = set[tuple[str, tuple[str, str]]]()

    def take(self, node: ast.stmt) -> None:
        """Add a statement of the head. Raises `CannotJoin`."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                _check_foreign(self._package, self._name, alias)
                self.plain.add(alias.name)
                root = alias.name.partition(".")[0]
                self.imported.add((root, (root, "")))
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            self._take_from(node, node.module)
        else:
            raise CannotJoin(f"{self._name}: {ast.unparse(node)}: only absolute imports may stand among the imports")

    def _take_from(self, node: ast.ImportFrom, source: str) -> None:
        if source == "__future__":
            self.futures.update(alias.name for alias in node.names)
        elif source == self._package or source.startswith(f"{self._package}."):
            sibling = source.removeprefix(f"{self._package}.")
            if sibling not in self._texts:
                raise CannotJoin(f"{self._name}: {ast.unparse(node)}: imports from no module of {self._package}")
            self.siblings[sibling] = self.siblings.get(sibling, frozenset()) | _named(self._name, node)
        else:
            for alias in node.names:
                _check_foreign(self._package, self._name, alias, source)
            self.imported |= {(one, (source, one)) for one in _named(self._name, node)}


def _end_of_head(text: str, start: int) -> int:
    """Where the imports end that follow the docstring, as ruff writes them: on a line, or in parentheses on several."""
    found = _IMPORTS.match(text, start)
    assert found  # if only the empty string
    return found.end()


def _check_foreign(package: str, name: str, alias: ast.alias, source: str = "") -> None:
    root = package.partition(".")[0]
    if (source or alias.name).partition(".")[0] == root:
        told = f"of {root} only `from {package}.MODULE import NAME` can go"
        raise CannotJoin(f"{name}: imports {source or alias.name}: {told}")
    if not source and alias.asname:
        raise CannotJoin(f"{name}: import {alias.name} as {alias.asname}: a second name is not kept")


def _named(name: str, node: ast.ImportFrom) -> frozenset[str]:
    if any(alias.name == "*" or alias.asname for alias in node.names):
        raise CannotJoin(f"{name}: {ast.unparse(node)}: imports have neither a star nor a second name")
    return frozenset(alias.name for alias in node.names)


def in_order(modules: Mapping[str, Module]) -> list[Module]:
    """All but `__init__`, each behind those that it imports."""
    found: dict[str, Module] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise CannotJoin(f"{' -> '.join((*above, name))}: these import each other")
        if name not in found:
            for sibling in sorted(modules[name].siblings):
                visit(sibling, (*above, name))
            found[name] = modules[name]

    visit(ENTRY, ())
    unused = sorted(modules.keys() - found.keys() - {"__init__"})
    if unused:
        raise CannotJoin(f"{unused[0]}: is imported by no module that {ENTRY} needs")
    return list(found.values())


def foreign_imports(modules: Iterable[Module]) -> Imports:
    """The imports of all together. Raises `CannotJoin` where one name means two things."""
    meanings: dict[str, tuple[str, str]] = {}
    futures, plain = set[frozenset[str]](), set[str]()
    for module in modules:
        futures.add(module.futures)
        plain |= module.plain
        for name, meaning in sorted(module.imported):
            if meanings.setdefault(name, meaning) != meaning:
                raise CannotJoin(f"{module.name}: imports a {name} that is not the one imported before it")
    if len(futures) > 1:
        raise CannotJoin("the modules have not the same `from __future__ import`")
    sources: dict[str, frozenset[str]] = {}
    for source, name in meanings.values():
        if name:
            sources[source] = sources.get(source, frozenset()) | {name}
    return Imports(futures=frozenset().union(*futures), plain=frozenset(plain), sources=sources)
