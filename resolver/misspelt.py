"""Entries of a spec whose project nothing asks for, though it does ask for one of nearly the same name.

An entry that matches nothing is no fault by itself: a spec may serve many. One that is nearly another's name most
likely is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from packaging.utils import NormalizedName, canonicalize_name

from resolver.notices import Notice, unused_entry
from resolver.spec.model import Spec

_LIKENESS = 0.85
"""Of 1, as `difflib` measures it: ``numpyy`` and ``numpy`` have 0.91."""


def misspelt(spec: Spec, met: Collection[NormalizedName]) -> Iterator[Notice]:
    """A notice for each such entry of ``projects:`` and ``overrides:``; ``met`` are the projects that are locked."""
    overridden = {canonicalize_name(one.requirement.name) for one in spec.overrides}
    overridden |= {one.project for one in spec.metadata_overrides}
    for place, names in (("projects", spec.projects.keys()), ("overrides", overridden)):
        for name in names - set(met):
            near = get_close_matches(name, sorted(set(met) - names), 1, _LIKENESS)
            if near:
                yield unused_entry(place, name, "nothing asks for it", near)
