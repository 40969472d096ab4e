"""Starlark of ``rules/`` in an interpreter without Bazel (starlark-rust), for the files that are plain logic.

It is the standard dialect, which Bazel 4 knows, with ``json`` and ``struct``. What only Bazel has (``rule``,
``provider``) is not there; such files are tested by real Bazels.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path

import starlark

ROOT = Path(__file__).parents[2]
_GLOBALS = starlark.Globals.extended_by([starlark.LibraryExtension.Json, starlark.LibraryExtension.StructType])
_FAILED = re.compile(r"^error: fail: (.*)\n +--> ", re.MULTILINE | re.DOTALL)


class Failed(Exception):
    """What ``fail`` was told."""


class Module:
    """A loaded file. Values go in and out as JSON would take them; a tuple is a list."""

    def __init__(self, path: str) -> None:
        self._module = _loaded(path)

    def call(self, function: str, *args: object, **kwargs: object) -> object:
        """The value of a call. Raises `Failed` where it calls ``fail``."""
        try:
            return self._module.call(function, *args, **kwargs)
        except starlark.StarlarkError as error:
            found = _FAILED.search(str(error))
            if found is None:
                raise
            raise Failed(found[1]) from None


@cache
def _loaded(path: str) -> starlark.FrozenModule:
    ast = starlark.parse(path, (ROOT / path).read_text(encoding="utf-8"), starlark.Dialect.standard())
    module = starlark.Module()
    # A path relative to a package means another thing in every file, so that each has a loader of its own.
    loader = starlark.FileLoader(lambda label: _loaded(path_of(label, posixpath.dirname(path))))
    starlark.eval(module, ast, _GLOBALS, loader)
    return module.freeze()


def path_of(label: str, package: str) -> str:
    """The file that a label in a ``load`` means, for a file of ``package``."""
    absolute = label.removeprefix("@rules_wheelhouse")
    if absolute.startswith(":"):
        absolute = f"//{package}{absolute}"
    assert absolute.startswith("//"), f"load({label!r}): only files of this repository are here"
    return absolute.removeprefix("//").replace(":", "/")


def evaluated(text: str, names: dict[str, object]) -> dict[str, object]:
    """Runs a text without loads and gives back the values of ``names``, which it may assign anew."""
    module = starlark.Module()
    for name, value in names.items():
        module[name] = value
    starlark.eval(module, starlark.parse("generated.bzl", text, starlark.Dialect.standard()), _GLOBALS)
    return {name: module[name] for name in names}
