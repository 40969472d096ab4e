"""Pythons as `resolver.sandbox` knows them, which are not on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from resolver.sandbox.model import Interpreter

PYTHON = Interpreter(
    executable=Path("/opt/python/bin/python3.12"),
    version="3.12.1",
    implementation="cpython",
    freethreaded=False,
    prefix=Path("/opt/python"),
    stdlib=Path("/opt/python/lib/python3.12"),
)


def python(
    version: str,
    implementation: Literal["cpython", "pypy"] = "cpython",
    *,
    freethreaded: bool = False,
    place: str = "a",
) -> Interpreter:
    return Interpreter(
        executable=Path(f"/{place}/{implementation}-{version}{'t' if freethreaded else ''}"),
        version=version,
        implementation=implementation,
        freethreaded=freethreaded,
        prefix=Path("/opt"),
        stdlib=Path("/opt/lib"),
    )
