"""Resolutions of build requirements: each context once, under the rules that the spec has for builds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from packaging.utils import NormalizedName

from resolver.build.model import Asked, Kept
from resolver.candidates import Candidate
from resolver.catalogue import Catalogue
from resolver.environments.model import Environment
from resolver.errors import NoSolution
from resolver.resolution import Resolution, resolve
from resolver.spec.model import Declared, Origin
from resolver.wanted import Rules


class Contexts:
    """``rules`` gives those of an environment; ``kept`` are versions to prefer."""

    def __init__(self, catalogue: Catalogue, rules: Callable[[Environment], Rules], kept: Kept) -> None:
        self._catalogue = catalogue
        self._rules = rules
        self._kept = kept
        self._known: dict[tuple[str, tuple[str, ...], frozenset[NormalizedName]], Resolution | NoSolution] = {}

    def resolve(
        self,
        candidate: Candidate,
        asked: Sequence[Asked],
        environment: Environment,
        wheels: frozenset[NormalizedName] = frozenset(),
    ) -> Resolution:
        """What the build of ``candidate`` installs; of the projects ``wheels`` only wheels. Raises `NoSolution`."""
        texts = tuple(sorted({str(a.requirement) for a in asked}))
        key = (environment.name, texts, wheels)
        if key not in self._known:
            self._known[key] = self._resolve(candidate, asked, environment, wheels)
        found = self._known[key]
        if isinstance(found, NoSolution):
            raise found
        return found

    def _resolve(
        self, candidate: Candidate, asked: Sequence[Asked], environment: Environment, wheels: frozenset[NormalizedName]
    ) -> Resolution | NoSolution:
        place = Origin(file=f"build of {candidate.file.filename}", line=0, path="")
        declared = [Declared(requirement=a.requirement, origin=place) for a in asked]
        rules = self._rules(environment)
        policies = rules.policies
        if wheels:
            never = {name: replace(policies.policy_for(name), sdists="never") for name in wheels}
            policies = replace(policies, projects={**policies.projects, **never})
        context = (environment.name, tuple(sorted({str(a.requirement) for a in asked})))
        rules = replace(rules, policies=policies, preferences=self._kept.get(context, {}))
        try:
            return resolve(declared, environment, self._catalogue, rules)
        except NoSolution as error:
            return error
