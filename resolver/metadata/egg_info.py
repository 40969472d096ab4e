"""What setuptools wrote beside setup.py when the sdist was made: ``*.egg-info``.

Only a folder that is of the very release counts: sdists carry stale ones, and those of projects that they test with.
"""

from __future__ import annotations

from collections.abc import Mapping

from packaging.markers import InvalidMarker, Marker
from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.core import parse_pkg_info
from resolver.metadata.requirements import NoRequirement, read_requirement

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

    A line that breaks PEP 508 is handed on so that it still does. Raises `InvalidMetadata`.
    """
    texts: list[str] = []
    extras: set[NormalizedName] = set()
    marker = ""
    for line in (raw.strip() for raw in content.decode("utf-8", "replace").splitlines()):
        if line.startswith("[") and line.endswith("]"):
            extra, _, condition = line[1:-1].partition(":")
            named = extra_name(extra, path) if extra else None
            extras.update([named] if named else [])
            marker = joined(condition, of_extra(named) if named else "")
        elif line and not line.startswith("#"):
            texts.append(with_marker(line, marker))
    return texts, frozenset(extras)


def extra_name(text: str, place: str) -> NormalizedName:
    """The normalized name of an extra. Raises `InvalidMetadata`."""
    try:
        return canonicalize_name(text.strip(), validate=True)
    except InvalidName:
        raise InvalidMetadata(f"{place}: {text!r} is not a name of an extra") from None


def of_extra(name: NormalizedName) -> str:
    """The marker of what an extra requires."""
    return f'extra == "{name}"'


def joined(left: str, right: str) -> str:
    """The marker that both must hold; an empty one always does."""
    return f"({left}) and {right}" if left and right else left or right


def with_marker(text: str, marker: str) -> str:
    """A requirement that holds under one more condition; what does not parse stays so, to be reported."""
    if not marker:
        return text
    try:
        requirement = read_requirement(text)
        own = str(requirement.marker) if requirement.marker is not None else ""
        requirement.marker = Marker(joined(own, f"({marker})" if own else marker))
        return str(requirement)
    except (NoRequirement, InvalidMarker, RecursionError):  # the last is of markers that are nested together
        return f"{text} ; {marker}" if ";" not in text else f"{text} and ({marker})"
