"""A Python as `resolver.sandbox` knows one, which is not on this machine."""

from __future__ import annotations

from pathlib import Path

from resolver.sandbox.model import Interpreter

PYTHON = Interpreter(
    executable=Path("/opt/python/bin/python3.12"),
    version="3.12.1",
    implementation="cpython",
    freethreaded=False,
    prefix=Path("/opt/python"),
    stdlib=Path("/opt/python/lib/python3.12"),
)
