"""How many releases of a project a search tries, where only backends can tell what these require.

Most backends need some megabytes. Where they need gigabytes (torch with CUDA, to state a requirement), a search that
tries release after release would fetch and unpack them for each: it would not end, and nothing would say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from packaging.utils import NormalizedName

from resolver.environments.model import Environment
from resolver.errors import ResolutionLimit
from resolver.recipe import Recipe
from resolver.resolution.candidates import Candidate

MOST = 2 << 30
"""Bytes of build requirements, over the releases of a project that one environment tries in vain."""

_SHOWN = 6
"""Platforms that a message names, at most."""


class Patience:
    """Counts the bytes that asking backends takes. The first release of a project is always asked.

    ``tags_of`` gives the tags of each wheel of a release.
    """

    def __init__(self, tags_of: Callable[[Candidate], Iterable[str]]) -> None:
        self._tags_of = tags_of
        self._asked: dict[tuple[NormalizedName, str], list[Candidate]] = {}
        self._sizes: dict[Candidate, int] = {}

    def begin(self, candidate: Candidate, environment: Environment) -> None:
        """A search asks ``candidate``. Raises `ResolutionLimit` where too much was spent on other releases."""
        asked = self._asked.setdefault((candidate.name, environment.name), [])
        if candidate not in asked:
            spent = sum(self._sizes.get(other, 0) for other in asked)
            if spent > MOST:
                raise ResolutionLimit(_given_up(candidate, environment, asked, spent, self._platforms(asked[0])))
            asked.append(candidate)

    def spend(self, candidate: Candidate, recipe: Recipe) -> None:
        """To ask ``candidate`` takes ``recipe``, for any environment."""
        self._sizes[candidate] = max(recipe.size, self._sizes.get(candidate, 0))

    def _platforms(self, candidate: Candidate) -> str:
        """What the wheels of a release are for: most often an environment is only a little too old for them."""
        found = {platform for tags in self._tags_of(candidate) for platform in tags.split("-")[2].split(".")}
        shown = ", ".join(sorted(found)[:_SHOWN])
        return (
            f" (those of {candidate.version} are for {shown}{', ...' if len(found) > _SHOWN else ''})" if found else ""
        )


def _given_up(
    candidate: Candidate, environment: Environment, asked: Sequence[Candidate], spent: int, platforms: str
) -> str:
    name = candidate.name
    versions = ", ".join(str(other.version) for other in asked)
    return (
        f"gave up on {environment.name}: no wheel of {name} fits it{platforms}, only backends can tell what its source "
        f"distributions ask for, and each is asked with gigabytes of build requirements "
        f"({spent / 1e9:.1f} GB so far). {versions} did not lead to a solution, and {candidate.version} "
        f"would be next\n"
        f"choose a release that fits (`constraints: [{name}=={candidate.version}]`), state what releases ask for "
        f"(`overrides: [{{project: {name}, versions: ..., dependencies: [...]}}]`), keep to wheels "
        f"(`projects: {{{name}: {{sdists: never}}}}`), or leave it out of {environment.name} by a marker; then "
        f"resolve again"
    )
