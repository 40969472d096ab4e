"""What the spec can say in place of metadata that is invalid, as far as its text tells what was meant."""

from __future__ import annotations

from packaging.requirements import Requirement

from resolver.digits import has_too_long_a_number

_READABLE = 200
"""Characters of an invalid text, at most, that are looked at for what was meant."""


def how_to_replace(requirement: str) -> str:
    """How the spec can replace an invalid requirement.

    No line is shown for that of an extra: it would hold wherever its project is asked for.
    """
    text = _meant(requirement)
    entry = ""
    if text and "extra" not in str(Requirement(text).marker):
        quote = "'" if '"' in text else '"'
        entry = f": `overrides: [{quote}{text}{quote}]`"
    return f"an entry in `overrides` can replace it{entry}"


def how_to_state_python(specifiers: str) -> str:
    """How the spec can state the Requires-Python of releases where theirs is invalid."""
    text = _meant(f"python {specifiers}")
    entry = f' as `requires_python: "{Requirement(text).specifier}"`' if text else ""
    return f"an entry in `overrides` can state it{entry}"


def _meant(text: str) -> str:
    if len(text) > _READABLE or has_too_long_a_number(text):
        return ""
    from resolver.spec.meant import meant  # noqa: PLC0415  (metadata is hardly ever invalid)

    return meant(text)
