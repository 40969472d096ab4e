"""Every name that the rules use without defining or loading it is one that Bazel 9 still has.

Starlark has the syntax of Python, as far as the rules go, so that the parser of Python reads it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT / "rules", ROOT / "tests/golden/hub")
    for path in folder.rglob("*")
    if path.suffix in {".bzl", ".bazel"}
)

# fmt: off
BUILTIN = {
    "False", "None", "True", "any", "all", "bool", "dict", "dir", "enumerate", "fail", "getattr", "hasattr", "hash",
    "int", "len", "list", "max", "min", "print", "range", "repr", "reversed", "sorted", "str", "tuple", "type", "zip",
}
OF_BAZEL = {
    "DefaultInfo", "Label", "OutputGroupInfo", "attr", "config", "config_common", "depset", "json", "load",
    "module_extension", "native", "platform_common", "provider", "repository_rule", "rule", "select", "struct",
    "tag_class", "toolchain_type", "transition",
}
"""Neither CcInfo, cc_common, PyInfo nor any rule of a language: in 9 they have to be loaded."""
OF_BUILD_FILES = {
    "alias", "config_setting", "constraint_setting", "constraint_value", "exports_files", "filegroup", "glob",
    "label_flag", "package",
}
# fmt: on
NATIVE = {"alias", "config_setting", "constraint_setting", "constraint_value", "filegroup", "package_name", "platform"}
OF_WORKSPACE = {"existing_rule"}
"""What a WORKSPACE alone reaches, which 9 does not have."""


def names_used(text: str) -> tuple[set[str], set[str]]:
    """(names that are neither defined nor loaded, attributes of ``native``)."""
    bound: set[str] = set()
    used: set[str] = set()
    native: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "load":
            bound |= {str(argument.value) for argument in node.args[1:] if isinstance(argument, ast.Constant)}
            bound |= {keyword.arg for keyword in node.keywords if keyword.arg}
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name):
            (bound if isinstance(node.ctx, ast.Store) else used).add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "native":
            native.add(node.attr)
    return used - bound, native


@pytest.mark.parametrize("path", FILES)
def test_nothing_is_used_that_bazel_9_has_not(path: str) -> None:
    used, native = names_used((ROOT / path).read_text(encoding="utf-8"))
    known = BUILTIN | OF_BAZEL | (OF_BUILD_FILES if path.endswith(".bazel") else set())
    assert used <= known, "load it from the rule set that has it"
    assert native <= NATIVE | (OF_WORKSPACE if path == "rules/repositories.bzl" else set())


def test_a_name_that_is_gone_is_found() -> None:
    text = 'load(":a.bzl", "b", c = "d")\ndef f(x):\n    y = PyInfo(b, c, x)\n    native.py_library(y)\n'
    used, native = names_used(text)
    assert used == {"PyInfo", "load", "native"}
    assert native == {"py_library"}
