"""Requirements under a condition, as Requires-Dist writes them: those of an extra, and those with one more marker."""

from __future__ import annotations

from packaging.markers import InvalidMarker, Marker
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from resolver.errors import InvalidMetadata
from resolver.metadata.requirements import NoRequirement, read_requirement
from resolver.setup_cfg import extra_in_metadata


def extra_name(text: str, place: str) -> NormalizedName:
    """The normalized name of an extra. Raises `InvalidMetadata`."""
    try:
        return canonicalize_name(text.strip(), validate=True)
    except InvalidName:
        raise InvalidMetadata(f"{place}: {text!r} is not a name of an extra") from None


def extra_marker(name: NormalizedName) -> str:
    """The marker of what an extra requires."""
    return f'extra == "{name}"'


def extra_and_marker(key: str, place: str) -> tuple[NormalizedName | None, str]:
    """What setuptools' keys ``extra``, ``:marker`` and ``extra:marker`` mean: the extra, and the marker of both.

    Raises `InvalidMetadata`.
    """
    extra, _, condition = key.partition(":")
    if not extra:
        return None, condition
    name = extra_name(extra_in_metadata(extra), place)
    return name, _both(condition, extra_marker(name))


def with_marker(text: str, marker: str) -> str:
    """A requirement that holds under one more condition; what does not parse stays so, to be reported."""
    if not marker:
        return text
    try:
        requirement = read_requirement(text)
        own = str(requirement.marker) if requirement.marker is not None else ""
        requirement.marker = Marker(_both(own, f"({marker})" if own else marker))
        return str(requirement)
    except (NoRequirement, InvalidMarker, RecursionError):  # the last is of markers that are nested together
        return f"{text} ; {marker}" if ";" not in text else f"{text} and ({marker})"


def _both(left: str, right: str) -> str:
    """The marker that holds where both do; an empty one always does."""
    return f"({left}) and {right}" if left and right else left or right
