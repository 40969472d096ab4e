"""Entries of a spec that are most likely misspelt, because nothing can match them.

An entry whose project nothing asks for is no fault by itself: a spec may serve many. One that is nearly the name of a
project that is asked for most likely is; and so is a marker with a value that no machine has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from packaging.utils import NormalizedName, canonicalize_name

from resolver.notices import Notice, unused_entry
from resolver.spec.model import Spec

_LIKENESS = 0.85
"""Of 1, as `difflib` measures it: ``numpyy`` and ``numpy`` have 0.91."""


def misspelt(spec: Spec, met: Collection[NormalizedName]) -> Iterator[Notice]:
    """A notice for each such entry of ``projects:`` and ``overrides:``; ``met`` are the projects that are locked."""
    from difflib import get_close_matches  # noqa: PLC0415  (few specs have such entries)

    overridden = {canonicalize_name(one.requirement.name) for one in spec.overrides}
    overridden |= {one.project for one in spec.metadata_overrides}
    for place, names in (("projects", spec.projects.keys()), ("overrides", overridden)):
        for name in names - set(met):
            near = get_close_matches(name, sorted(set(met) - names), 1, _LIKENESS)
            if near:
                yield unused_entry(place, name, "nothing asks for it", near)


def misspelt_markers(spec: Spec) -> Iterator[Notice]:
    """A notice for each requirement, constraint and override whose marker has a value that cannot be."""
    stated = (*spec.declared(), *spec.constraints, *spec.overrides)
    marked = [one for one in stated if one.requirement.marker is not None]
    if not marked:
        return
    from resolver.spec.marker_values import never_met  # noqa: PLC0415  (only where there are markers)

    for one in marked:
        assert one.requirement.marker is not None
        for what, likely in never_met(one.requirement.marker):
            message = f"`{one.requirement}` ({one.origin}): {what}; did you mean {likely}?"
            yield Notice(kind="unused", project=canonicalize_name(one.requirement.name), message=message)
