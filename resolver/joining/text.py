"""The text of the one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from resolver.joining.heads import Module, foreign_imports, in_order, read_modules

_WIDTH = 120


def joined(package: str, texts: Mapping[str, str], header: str) -> str:
    """The one file. ``texts``: module -> source; ``header``: comments above all. Raises `CannotJoin`.

    A module is a docstring, imports and the rest, in this order. `__init__` has its docstring alone, which becomes
    that of the file; the other docstrings become comments. Modules stand behind those that they import, `__main__` at
    the end.
    """
    modules = read_modules(package, texts)
    ordered = in_order(modules)
    parts = [f'{header}"""{modules["__init__"].docstring}"""\n', _imports(ordered)]
    return "\n".join(parts) + "".join(map(_section, ordered))


def _imports(ordered: list[Module]) -> str:
    """What all modules import from elsewhere, once and sorted."""
    imports = foreign_imports(ordered)
    future = f"{_from('__future__', imports.futures)}\n" if imports.futures else ""
    plain = "".join(f"import {name}\n" for name in sorted(imports.plain))
    return future + plain + "".join(_from(source, names) for source, names in sorted(imports.sources.items()))


def _from(source: str, names: Iterable[str]) -> str:
    given = sorted(names)
    line = f"from {source} import {', '.join(given)}\n"
    lines = "".join(f"    {name},\n" for name in given)
    return line if len(line) <= _WIDTH else f"from {source} import (\n{lines})\n"


def _section(module: Module) -> str:
    comment = "".join(f"# {line}".rstrip() + "\n" for line in module.docstring.strip().splitlines())
    return f"\n\n# {f' {module.name}.py':->{_WIDTH - 2}}\n{comment}\n\n{module.body.strip()}\n"
