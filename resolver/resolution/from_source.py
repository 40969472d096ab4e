"""Environments that have to build from source what others get as a wheel: an old C library is the usual reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resolver.notices import Notice
from resolver.resolution.candidates import Candidate, Selection
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import Resolution
from resolver.spec.model import Spec

_LOOKED_AT = 50
"""Older releases among which one with a wheel is looked for."""


def from_source(resolutions: Mapping[str, Resolution], catalogue: Catalogue, spec: Spec) -> Iterator[Notice]:
    """A notice for each such environment and project, in no order; ``resolutions`` are by environment.

    None where the release has no wheel at all, or where the spec wants the source.
    """
    for resolution in resolutions.values():
        environment = resolution.environment
        for name, pin in resolution.pins.items():
            chosen, policy = pin.candidate, spec.policy_for(name)
            if chosen.kind != "sdist" or chosen.number is None or policy.sdists != "fallback":
                continue
            selection = catalogue.selection(name, environment, policy)
            if any(rejection.untagged for rejection in selection.rejections(chosen.number)):
                older = _older_wheel(selection, chosen.number)
                yield _notice(environment.name, chosen, older)


def _older_wheel(selection: Selection, number: int) -> Candidate | None:
    """The newest release before one that has a wheel here, whether or not anything admits it."""
    for older in range(number + 1, min(number + 1 + _LOOKED_AT, len(selection.releases))):
        found = selection.candidate(older)
        if found is not None and found.kind == "wheel" and not found.version.is_prerelease:
            return found
    return None


def _notice(environment: str, chosen: Candidate, older: Candidate | None) -> Notice:
    subject = f"{chosen} ({older.version} has a wheel for it)" if older else str(chosen)
    hint = "`sdists: avoid`, in `policy` or `projects`, takes releases that have wheels"
    message = f"{environment} builds {subject} from source; " + (hint if older else "its wheels are for others")
    return Notice(kind="source", project=chosen.name, message=message, environment=environment, subject=subject)
