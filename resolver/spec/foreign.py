"""Files of other tools that people name where a spec includes files, by their names. Read as requirements they make no
sense."""

from __future__ import annotations

import posixpath
import re

_HINTS = (
    (
        r"(?!requirements).*\.lock|pylock(\..*)?\.toml",
        "it is a lock; include what it was made from, and give it to `resolve --prefer`",
    ),
    (r".*\.ya?ml|.*\.json", "put the projects that it names into the spec, or into a requirements file"),
    (r"(pixi|hatch)\.toml", "put what it takes from an index of Python into the spec, or into a requirements file"),
    (r".*\.py", "put what it requires into the spec, a pyproject.toml or a requirements file"),
    (r"Pipfile", "`pipenv requirements` makes one of it; `resolve --prefer Pipfile.lock` begins with its versions"),
)


def help_for(path: str) -> str | None:
    """What helps who wants a file of another tool to be included; None for one that can be."""
    name = posixpath.basename(path)
    return next((hint for pattern, hint in _HINTS if re.fullmatch(pattern, name)), None)
