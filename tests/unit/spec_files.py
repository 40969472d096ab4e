"""Specs in memory, for the tests of ``resolver.spec``."""

from __future__ import annotations

from collections.abc import Mapping

from resolver.errors import Problem, SpecError
from resolver.spec.load import load
from resolver.spec.model import Spec

HEAD = 'version: 1\nenvironments: {e: {python: "3.12", os: windows, arch: amd64}}\n'
"""Two lines that make any spec complete; what a test adds begins on line 3."""


def loaded(text: str | bytes, files: Mapping[str, str | bytes] | None = None, path: str = "spec.yaml") -> Spec:
    """Load a spec from a dictionary of files instead of a disk."""
    contents = {path.rpartition("/")[2]: text, **(files or {})}

    def read(name: str) -> bytes:
        if name not in contents:
            raise FileNotFoundError(name)
        content = contents[name]
        return content.encode() if isinstance(content, str) else content

    return load(path, read)


def problems(text: str | bytes, files: Mapping[str, str | bytes] | None = None) -> tuple[Problem, ...]:
    """The problems of a spec, none where it loads."""
    try:
        loaded(text, files)
    except SpecError as error:
        return error.problems
    return ()


def told(text: str | bytes, files: Mapping[str, str | bytes] | None = None) -> list[str]:
    """The problems as ``file:line path: message | hint``."""
    return [f"{p.file}:{p.line} {p.path}: {p.message} | {p.hint}" for p in problems(text, files)]
