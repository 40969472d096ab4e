"""The command line as a user runs it, in this process: a spec written to a folder, `wheelhouse resolve`, the lock."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from resolver.cli.main import main
from resolver.lock.codec import loads
from resolver.lock.model import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``said`` is everything that was printed, on both streams; ``lock`` is None where none was written."""

    code: int
    said: str
    lock: Lock | None

    def pins(self, environment: str) -> dict[str, str]:
        """Project -> version."""
        assert self.lock is not None, self.said
        return {name: pin.version for name, pin in self.lock.resolutions[environment].items()}

    def files(self, environment: str) -> list[str]:
        """The artifacts that an environment installs."""
        assert self.lock is not None, self.said
        return [pin.artifact for pin in self.lock.resolutions[environment].values()]


def run(*arguments: str) -> tuple[int, str]:
    """The exit code of a command, and everything that it printed."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue() + err.getvalue()


def resolve(folder: Path, spec: Mapping[str, object], cache: Path) -> Outcome:
    """Resolve ``spec``, written to ``folder`` as JSON, which is YAML too; downloads are kept in ``cache``."""
    (folder / "spec.yaml").write_text(json.dumps({"version": 1, **spec}, indent=1), encoding="utf-8")
    code, said = run("resolve", "--spec", str(folder / "spec.yaml"), "--cache-dir", str(cache))
    path = folder / "lock.json"
    return Outcome(
        code=code,
        said=said,
        lock=loads(path.read_text(encoding="utf-8")) if path.exists() else None,
    )


def unlike(names: list[str], patterns: str) -> list[str]:
    """The patterns, apart by blanks, that do not hold: one that no name matches, or a ``!`` one that a name does."""
    return [
        pattern
        for pattern in patterns.split()
        if any(fnmatchcase(name, pattern.lstrip("!")) for name in names) == pattern.startswith("!")
    ]
