"""Pre-releases that the spec does not ask for, though there are final releases: who asked, and how to do without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from resolver.notices import Notice
from resolver.resolution.candidates import Candidate
from resolver.resolution.provider import Provider
from resolver.resolution.wanted import Node, Wanted


def invited(nodes: Iterable[Node], roots: Sequence[Wanted], provider: Provider) -> Iterator[Notice]:
    """A notice for each pre-release among ``nodes`` that is there since a dependency's specifier names one."""
    everyone = list(nodes)
    for node in everyone:
        candidate = node.candidate
        policy = provider.rules.policy(candidate.name)
        if node.extra or not candidate.version.is_prerelease or policy.prereleases != "if-necessary":
            continue
        asked = [(other, w) for other in everyone for w in provider.demands.of(other) if w.key[0] == candidate.name]
        own = [w for w in (*roots, *provider.matcher.constraints(candidate.name)) if w.key[0] == candidate.name]
        inviting = next(((other, w) for other, w in asked if w.bounds.invites), None)
        if inviting is None or any(w.bounds.invites or w.url for w in own):
            continue
        if _has_final(candidate, [*own, *(w for _, w in asked)], provider):
            asker, wanted = inviting
            yield Notice(
                kind="prerelease",
                project=candidate.name,
                message=f"{candidate} is a pre-release, since {asker} asks for {wanted}; "
                f"`projects: {{{candidate.name}: {{prereleases: never}}}}` takes a final release",
                environment=provider.environment.name,
            )


def _has_final(candidate: Candidate, wanted: Sequence[Wanted], provider: Provider) -> bool:
    """Whether a final release meets the same requirements; what it asks for itself nobody has tried."""
    numbers = range(len(provider.catalogue.project(candidate.name).releases))
    admitted = provider.matcher.admitted(candidate.name, wanted, numbers)
    return any(not one.version.is_prerelease for one in admitted)
