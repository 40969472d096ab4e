"""What setuptools wrote beside setup.py when the sdist was made: ``*.egg-info``.

Only a folder of this very release counts: sdists carry stale ones, and those of projects that they test with.
"""

from __future__ import annotations

from collections.abc import Mapping

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.core import parse_pkg_info
from resolver.metadata.extras import extra_and_marker, with_marker

_END = ".egg-info/PKG-INFO"


def egg_info(files: Mapping[str, bytes], project: NormalizedName, version: Version) -> str | None:
    """The path of the release's own ``.egg-info`` that lies nearest to the top, or None."""
    for path in sorted((path for path in files if path.endswith(_END)), key=lambda path: (path.count("/"), path)):
        try:
            found = parse_pkg_info(files[path]).metadata
        except InvalidMetadata:
            continue
        if (found.name, found.version) == (project, version):
            return path.removesuffix("/PKG-INFO")
    return None


def requires_txt(content: bytes, path: str) -> tuple[list[str], frozenset[NormalizedName]]:
    """A requires.txt with its sections ``[extra]``, ``[:marker]`` and ``[extra:marker]``, as Requires-Dist and extras.

    A line that breaks PEP 508 is passed on as one that does. Raises `InvalidMetadata` for the name of an extra.
    """
    texts: list[str] = []
    extras: set[NormalizedName] = set()
    marker = ""
    for line in (raw.strip() for raw in content.decode("utf-8", "replace").splitlines()):
        if line.startswith("[") and line.endswith("]"):
            extra, marker = extra_and_marker(line[1:-1], path)
            extras.update([extra] if extra else [])
        elif line and not line.startswith("#"):
            texts.append(with_marker(line, marker))
    return texts, frozenset(extras)
