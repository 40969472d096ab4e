"""Has the resolver as one file say what it lacks before it starts: a Python, a place to unpack. Usage: FILE.

Without it, an older Python and a home directory that cannot be written to end in a traceback.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from pathlib import Path

_MAIN = "__main__.py"
_BEGINNING = """\
import os
import sys

if sys.version_info < ({wanted}):
    found = "%d.%d (%s)" % (sys.version_info[0], sys.version_info[1], sys.executable)
    sys.stderr.write("error: wheelhouse wants Python {name} or newer, and this is " + found + "\\n")
    sys.exit(2)

import _bootstrap

try:
    _bootstrap.bootstrap()
except OSError as error:
    if "resolver" in sys.modules:  # it runs: what it could not do is no matter of unpacking
        raise
    place = error.filename or os.environ.get("SHIV_ROOT") or "~/.shiv"
    said = "%s: %s; wheelhouse.pyz unpacks itself into ~/.shiv" % (place, error.strerror)
    sys.stderr.write("error: " + said + ", or into the directory that SHIV_ROOT names\\n")
    sys.exit(4)
"""
"""Runs on every Python from 2.7 on, up to the check."""


def wanted() -> tuple[str, ...]:
    """Major and minor of the oldest Python that the project states."""
    stated = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^requires-python = ">=(\d+)\.(\d+)"$', stated, re.MULTILINE)
    if found is None:
        raise SystemExit("pyproject.toml: requires-python is not what this script reads")
    return found.groups()


def checked(archive: bytes, wanted: tuple[str, ...]) -> bytes:
    """The archive with a ``__main__.py`` of ours; nothing else of it is changed."""
    first, _, _ = archive.partition(b"PK\x03\x04")
    made = io.BytesIO()
    made.write(first)
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(made, "a") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename == _MAIN:
                content = _BEGINNING.format(wanted=", ".join(wanted), name=".".join(wanted)).encode()
            new.writestr(member, content)
    return made.getvalue()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_bytes(checked(path.read_bytes(), wanted()))
