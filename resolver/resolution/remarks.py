"""What a person should be told of the solution of one search."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from packaging.utils import NormalizedName

from resolver.notices import Notice
from resolver.resolution.candidates import Candidate
from resolver.resolution.prereleases import invited
from resolver.resolution.provider import Provider
from resolver.resolution.wanted import Node, Wanted

_Chosen = Mapping[NormalizedName, Candidate]


def remarks(chosen: _Chosen, nodes: Collection[Node], roots: Sequence[Wanted], provider: Provider) -> set[Notice]:
    """Notices of a solution, whose ``nodes`` are the ``chosen`` and their extras; ``roots`` are what the spec asks for.

    ``provider`` is who answered the search.
    """
    asked = [*roots, *chain.from_iterable(provider.get_dependencies(node) for node in nodes)]
    return {
        *_of_demands(chosen, provider),
        *_skipped(chosen, provider),
        *_yanked(chosen, asked, provider),
        *_avoided(chosen, asked, provider),
        *invited(nodes, roots, provider),
    }


def _of_demands(chosen: _Chosen, provider: Provider) -> Iterator[Notice]:
    for asker in (None, *chosen.values()):
        yield from provider.demands.notices.get(asker, ())


def _skipped(chosen: _Chosen, provider: Provider) -> Iterator[Notice]:
    """Each newer release that could not be used."""
    for candidate, reason in provider.demands.unusable.items():
        taken = chosen.get(candidate.name)
        if taken is not None and taken.version < candidate.version:
            message = f"{candidate} was passed over: {reason}"
            yield Notice(kind="skipped", project=candidate.name, environment=provider.environment.name, message=message)


def _yanked(chosen: _Chosen, asked: Sequence[Wanted], provider: Provider) -> Iterator[Notice]:
    """Each yanked file that was chosen: because something pins it, or because a lock has had it since before."""
    yanked = {name: candidate for name, candidate in chosen.items() if candidate.file.yanked is not None}
    pinned = {wanted.key[0] for wanted in asked if wanted.bounds.pins} if yanked else set()
    for name, candidate in yanked.items():
        why = "was taken because it is pinned" if name in pinned else f"stays, and `--update {name}` takes another one"
        message = f"{candidate} is yanked ({candidate.file.yanked or 'no reason given'}); it {why}"
        yield Notice(kind="yanked", project=name, environment=provider.environment.name, message=message)


def _avoided(chosen: _Chosen, asked: Sequence[Wanted], provider: Provider) -> Iterator[Notice]:
    """Each release that would have been chosen if it had a wheel: another one has, and sdists are to be avoided."""
    rules = provider.rules
    for name in (name for name in chosen if rules.policy(name).sdists == "avoid" and chosen[name].kind == "wheel"):
        wanted = [one for one in asked if one.key[0] == name and one.exact is None]
        fitting = provider.matcher.matches((name, ""), wanted)
        sdist = next((one for one in fitting if one.kind == "sdist"), None)
        if sdist is not None and (sdist.version < chosen[name].version) == rules.takes_lowest(name):
            message = f"passed over {sdist}: no wheel of it fits, and the policy is `sdists: avoid`"
            environment = provider.environment.name
            yield Notice(kind="skipped", project=name, environment=environment, message=message, subject=str(sdist))
