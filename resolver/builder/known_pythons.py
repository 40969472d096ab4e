"""The Pythons of this machine, each started only when it is new: a dozen take longer to start than most locks take."""

from __future__ import annotations

import hashlib
import json
import os

from resolver.builder.ports import Remembers
from resolver.sandbox.interpreters import FACTS, ask, find
from resolver.sandbox.model import Interpreter


def known_pythons(memory: Remembers) -> tuple[Interpreter, ...]:
    """As `resolver.sandbox.interpreters.find`; what a Python said holds for as long as its file is the same."""

    def remembered(executable: str) -> str:
        key = _key(executable)
        kept = memory.answer(key) if key else None
        if kept is not None:
            return kept.decode("utf-8", "surrogateescape")
        said = ask(executable)
        if key and said:
            memory.add_answer(key, said.encode("utf-8", "surrogateescape"))
        return said

    return find(remembered)


def _key(executable: str) -> str:
    """A digest of the file, without reading it, and of the question; nothing where the file cannot be looked at."""
    try:
        status = os.stat(executable)  # noqa: PTH116  (a path that may be no text)
    except OSError:
        return ""
    identity = [FACTS, executable, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()
