"""The programs that actions of the rules run, `rules/private/tools`, as modules."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

RULES = Path(__file__).parents[2] / "rules/private"
TOOLS = RULES / "tools"


@cache
def program(name: str) -> Any:
    """``rules/private/tools/<name>.py``; under a name of its own, for `build` is also that of a distribution."""
    library("failure")
    return _executed(f"wheelhouse_program_{name}", TOOLS / f"{name}.py")


@cache
def library(name: str) -> Any:
    """A module of ``wheelhouse_tools``."""
    sys.path.insert(0, str(TOOLS))
    try:
        return importlib.import_module(f"wheelhouse_tools.{name}")
    finally:
        sys.path.remove(str(TOOLS))


def _executed(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(TOOLS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOOLS))
    return module
