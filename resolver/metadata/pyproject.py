"""The pyproject.toml of an sdist as data. What its tables mean is for others to say."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from resolver.errors import InvalidMetadata
from resolver.metadata.model import SdistFiles

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(files: SdistFiles) -> dict[str, Any]:
    """The pyproject.toml of an sdist, or nothing where it has none. Raises `InvalidMetadata`."""
    content = files.files.get("pyproject.toml")
    if content is None:
        return {}
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also: not UTF-8, an integer or a nesting beyond all limits
        raise InvalidMetadata(f"pyproject.toml is not TOML: {error}") from error


def table_in(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The table that lies at ``keys``; an empty one where there is none, or something else."""
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, dict) else {}
    return data


def strings_in(table: Mapping[str, Any], key: str, place: str = "") -> list[str]:
    """The list of strings at ``key``, or an empty one. Raises `InvalidMetadata`, which calls it ``place``."""
    listed = table.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise InvalidMetadata(f"pyproject.toml: {place or key} is not a list of strings")
    return listed
