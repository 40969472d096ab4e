"""What a person should be told of the solution of one search."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain

from packaging.utils import NormalizedName

from resolver.notices import Kind, Notice
from resolver.resolution.candidates import Candidate
from resolver.resolution.prereleases import invited
from resolver.resolution.provider import Provider
from resolver.resolution.wanted import Node, Wanted

_Chosen = Mapping[NormalizedName, Candidate]
_Asked = Callable[[], Sequence[Wanted]]
"""All that the spec and the solution ask for, gathered when it is first wanted: for most solutions nobody does."""


def remarks(chosen: _Chosen, nodes: Collection[Node], roots: Sequence[Wanted], provider: Provider) -> set[Notice]:
    """Notices of a solution, whose ``nodes`` are the ``chosen`` and their extras; ``roots`` are what the spec asks for.

    ``provider`` is who answered the search.
    """
    asked = cache(lambda: [*roots, *chain.from_iterable(provider.get_dependencies(node) for node in nodes)])
    return {
        *_of_demands(chosen, provider),
        *_skipped(chosen, provider),
        *_yanked(chosen, asked, provider),
        *_avoided(chosen, asked, provider),
        *_built(chosen, asked, provider),
        *_digested(chosen, provider),
        *invited(nodes, roots, provider),
    }


def _of_demands(chosen: _Chosen, provider: Provider) -> Iterator[Notice]:
    for asker in (None, *chosen.values()):
        yield from provider.demands.notices.get(asker, ())


def _skipped(chosen: _Chosen, provider: Provider) -> Iterator[Notice]:
    """Each release that would have come before the chosen one, and could not be used."""
    for candidate, reason in provider.demands.unusable.items():
        taken = chosen.get(candidate.name)
        if taken is None or taken.version == candidate.version:
            continue
        if (candidate.version < taken.version) == provider.rules.takes_lowest(candidate.name):
            message = f"passed over {candidate}: {reason}"
            yield _notice("skipped", candidate.name, message, provider, str(candidate))


def _yanked(chosen: _Chosen, asked: _Asked, provider: Provider) -> Iterator[Notice]:
    """Each yanked file that was chosen: because something pins it, or because a lock has had it since before."""
    yanked = {name: candidate for name, candidate in chosen.items() if candidate.file.yanked is not None}
    pinned = {wanted.key[0] for wanted in asked() if wanted.bounds.pins} if yanked else set()
    for name, candidate in yanked.items():
        why = "was taken because it is pinned" if name in pinned else f"stays, and `--update {name}` takes another one"
        message = f"{candidate} is yanked ({candidate.file.yanked or 'no reason given'}); it {why}"
        yield _notice("yanked", name, message, provider)


def _digested(chosen: _Chosen, provider: Provider) -> Iterator[Notice]:
    for name, candidate in chosen.items():
        if candidate.is_digested:
            subject = str(candidate)
            message = f"the index states no sha256 of the file, and the lock has that of the bytes that came: {subject}"
            yield _notice("digest", name, message, provider, subject)


def _avoided(chosen: _Chosen, asked: _Asked, provider: Provider) -> Iterator[Notice]:
    """Each release that would have been chosen if it had a wheel: another one has, and sdists are to be avoided."""
    for name, candidate in chosen.items():
        if candidate.kind == "wheel" and provider.rules.policy(name).sdists == "avoid":
            before = list(_beside(candidate, asked, provider, better=True))
            if before and all(one.kind == "sdist" for one in before):  # else it is the lock's
                subject = str(before[0])
                message = f"passed over {subject}: no wheel of it fits, and the policy is `sdists: avoid`"
                yield _notice("skipped", name, message, provider, subject)


def _built(chosen: _Chosen, asked: _Asked, provider: Provider) -> Iterator[Notice]:
    """Each release that has to be built here though it has wheels for others: an old C library is the usual reason."""
    for name, candidate in chosen.items():
        if candidate.kind != "sdist" or candidate.number is None:
            continue
        policy = provider.rules.policy(name)
        selection = provider.catalogue.selection(name, provider.environment, policy)
        if policy.sdists != "fallback" or not any(one.untagged for one in selection.rejections(candidate.number)):
            continue
        others = (one for one in _beside(candidate, asked, provider, better=False) if one.kind == "wheel")
        other = next(others, None)
        subject = f"{candidate} ({other.version} has a wheel here)" if other is not None else str(candidate)
        hint = "; `sdists: avoid`, in `policy` or `projects`, takes what has one" if other is not None else ""
        said = f"built from source, since the wheels are for other environments: {subject}{hint}"
        yield _notice("source", name, said, provider, subject)


def _beside(chosen: Candidate, asked: _Asked, provider: Provider, *, better: bool) -> Iterator[Candidate]:
    """What the requirements admit of the releases before ``chosen``, by version, or after it; the best first."""
    if chosen.number is None:
        return
    name, is_lowest = chosen.name, provider.rules.takes_lowest(chosen.name)
    stated = (*asked(), *provider.matcher.constraints(name))
    wanted = [one for one in stated if one.key[0] == name and one.exact is None]
    count = len(provider.catalogue.project(name).releases)
    numbers = range(chosen.number + 1, count) if better == is_lowest else range(chosen.number)
    takes_any = chosen.version.is_prerelease or provider.rules.policy(name).prereleases == "allow"
    for found in provider.matcher.admitted(name, wanted, reversed(numbers) if is_lowest else numbers):
        if takes_any or not found.version.is_prerelease:
            yield found


def _notice(kind: Kind, project: NormalizedName, message: str, provider: Provider, subject: str = "") -> Notice:
    environment = provider.environment.name
    return Notice(kind=kind, project=project, message=message, environment=environment, subject=subject)
