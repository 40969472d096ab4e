"""The pyproject.toml of an sdist as data. What its tables mean is for others to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resolver.errors import InvalidMetadata
from resolver.metadata.model import SdistFiles
from resolver.toml import tomllib


def read_toml(files: SdistFiles) -> dict[str, Any]:
    """The pyproject.toml of an sdist, or nothing where it has none. Raises `InvalidMetadata`."""
    content = files.files.get("pyproject.toml")
    if content is None:
        return {}
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also: not UTF-8, an integer or a nesting beyond all limits
        raise InvalidMetadata(f"pyproject.toml is not TOML: {error}") from error


def strings_in(table: Mapping[str, Any], key: str, place: str = "") -> list[str]:
    """The list of strings at ``key``, or an empty one. Raises `InvalidMetadata`, which calls it ``place``."""
    listed = table.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise InvalidMetadata(f"pyproject.toml: {place or key} is not a list of strings")
    return listed
