"""Asks backends by running them: puts together what each question takes, from locked files alone.

A hook runs on this machine, whichever environment its answer is for. So its build environment is resolved for a Python
of this machine, and from wheels wherever there are any: the answer is the same, and comes sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from resolver.build.hooks import Hooks, HostPython
from resolver.build.patience import Patience
from resolver.environments.model import Environment
from resolver.errors import BuildFailed, InvalidMetadata, NotRun, again
from resolver.metadata.core import parse_core
from resolver.metadata.model import CoreMetadata, Host
from resolver.metadata.requirements import NoRequirement, read_requirement
from resolver.recipe import Recipe
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.wanted import Rules
from resolver.spec.model import BuildSpec, Policy, Spec

if TYPE_CHECKING:
    from resolver.build.contexts import Contexts
    from resolver.build.planner import Planner

T = TypeVar("T")
RulesOf = Callable[[BuildSpec], Rules]

_Key = tuple[str, ...]
"""A question: what is asked, which planner answers it, and the URL of the sdist."""


class _TakesAnAnswer(Exception):
    """A question cannot be begun ahead: it needs another answer first, and the order of questions decides on cycles."""


class Interview:
    """Implements `asking.Backends` and `catalogue.Dynamic`. Every question is asked once.

    ``rules_of`` gives the rules of build contexts under what the spec says of builds.
    """

    def __init__(self, hooks: Hooks, catalogue: Catalogue, spec: Spec, rules_of: RulesOf) -> None:
        self._hooks = hooks
        self._catalogue = catalogue
        self._spec = spec
        self._rules_of = rules_of
        self._pythons: dict[str, HostPython | BuildFailed] = {}
        self._planners: dict[tuple[str, str], Planner] = {}
        self._contexts: list[Contexts] = []
        self._requires: dict[_Key, tuple[Requirement, ...] | BuildFailed] = {}
        self._metadata: dict[_Key, CoreMetadata | BuildFailed] = {}
        self._begun: dict[_Key, Recipe | None] = {}
        self._is_ahead = False
        self._asking: list[tuple[str, Candidate]] = []
        self._patience = Patience(catalogue.wheel_tags)

    @property
    def names(self) -> frozenset[NormalizedName]:
        """The sdists that were built or asked, and the projects that this asked for or installed."""
        return frozenset(name for contexts in self._contexts for name in contexts.names)

    def differences(self, environment: Environment) -> frozenset[str]:
        """In what the Python that answers for ``environment``, or this machine, differs from it. Raises `NoSandbox`."""
        return frozenset(self._python(environment).host.differs)

    def begin_requires(self, candidate: Candidate, environment: Environment) -> None:
        """Begin to ask ahead of time, where nothing else has to be built or asked first. It changes no answer.

        Raises what resolving the build environment raises.
        """
        try:
            python = self._python(environment)
        except BuildFailed:
            return
        key = self._key("requires", candidate, environment, python)
        if key in self._requires or key in self._begun:
            return
        self._begun[key] = None
        recipe = self._begun[key] = self._ready(candidate, environment, python)
        if recipe is not None:
            self._hooks.begin_requires(recipe, python.environment)

    def requires(self, candidate: Candidate, environment: Environment) -> tuple[tuple[Requirement, ...], Host]:
        """What ``get_requires_for_build_wheel`` answers, and who ran it. Raises `BuildFailed`."""
        python = self._python(environment)
        key = self._key("requires", candidate, environment, python)
        begun = self._begun.get(key)
        ask = partial(self._ask_requires, candidate, environment, python, begun)
        answer = self._once(self._requires, key, candidate, ask)
        return answer, python.host

    def metadata(self, candidate: Candidate, environment: Environment) -> tuple[CoreMetadata, Host]:
        """The metadata that the backend computes, and who ran it.

        Raises `BuildFailed`, and `ResolutionLimit` where a search has gone through too many releases (see `patience`).
        """
        python = self._python(environment)
        self._patience.begin(candidate, environment)
        key = self._key("metadata", candidate, environment, python)
        ask = partial(self._ask_metadata, candidate, environment, python)
        answer = self._once(self._metadata, key, candidate, ask)
        return answer, python.host

    def _ready(self, candidate: Candidate, environment: Environment, python: HostPython) -> Recipe | None:
        """The recipe for `_ask_requires`, or None where something has to be answered or built for it first."""
        self._is_ahead = True
        try:
            return self._planner(environment, python).ready(candidate, python.environment)
        except _TakesAnAnswer:
            return None
        finally:
            self._is_ahead = False

    def _ask_requires(
        self, candidate: Candidate, environment: Environment, python: HostPython, begun: Recipe | None
    ) -> tuple[Requirement, ...]:
        recipe = begun or self._planner(environment, python).bootstrap(candidate, python.environment)
        self._patience.spend(candidate, recipe)
        return tuple(_requirement(text) for text in self._hooks.requires(recipe, python.environment))

    def _ask_metadata(self, candidate: Candidate, environment: Environment, python: HostPython) -> CoreMetadata:
        recipe = self._planner(environment, python).recipe(candidate, python.environment)
        self._patience.spend(candidate, recipe)
        try:
            found = parse_core(self._hooks.metadata(recipe, python.environment))
        except InvalidMetadata as error:
            raise BuildFailed(f"its backend computes metadata that is invalid: {error}") from error
        if found.name != candidate.name or found.version != candidate.version:
            raise BuildFailed(f"its backend calls it {found.name} {found.version}")
        return found

    def _once(self, known: dict[_Key, T | BuildFailed], key: _Key, candidate: Candidate, ask: Callable[[], T]) -> T:
        if key not in known:
            if self._is_ahead:
                raise _TakesAnAnswer
            known[key] = self._guarded(key[0], candidate, ask)
        found = known[key]
        if isinstance(found, BuildFailed):
            raise again(found)
        return found

    def _guarded(self, what: str, candidate: Candidate, ask: Callable[[], T]) -> T | BuildFailed:
        """The answer, or the failure: also where this question led to itself, which only a wheel could end."""
        if (what, candidate) in self._asking:
            members = [member for _, member in self._asking] + [candidate]
            return NotRun(f"asking its backend leads back to it: {' needs '.join(map(str, members))}")
        self._asking.append((what, candidate))
        try:
            return ask()
        except BuildFailed as error:
            return error
        finally:
            self._asking.pop()

    def _python(self, environment: Environment) -> HostPython:
        if environment.name not in self._pythons:
            try:
                self._pythons[environment.name] = self._hooks.host(environment)
            except BuildFailed as error:
                self._pythons[environment.name] = error
        found = self._pythons[environment.name]
        if isinstance(found, BuildFailed):
            raise again(found)
        return found

    def _key(self, ask: str, candidate: Candidate, environment: Environment, python: HostPython) -> _Key:
        return (ask, *self._planner_key(environment, python), candidate.file.url)

    def _planner_key(self, environment: Environment, python: HostPython) -> tuple[str, str]:
        return python.environment.name, repr(self._build(environment))

    def _planner(self, environment: Environment, python: HostPython) -> Planner:
        """The planner of a host's build environments under what the spec says for ``environment``."""
        key = self._planner_key(environment, python)
        if key not in self._planners:
            from resolver.build.contexts import Contexts  # noqa: PLC0415  (most often no backend is asked)
            from resolver.build.planner import Planner  # noqa: PLC0415  (as above)

            build = self._build(environment)
            rules = self._rules_of(build)
            rules = replace(rules, policies=rules.policies.with_policies(_wheels_first))
            contexts = Contexts(self._catalogue, lambda _: rules, {})
            self._contexts.append(contexts)
            self._planners[key] = Planner(self._catalogue, contexts, rules.policies, lambda _: build, self, earlier={})
        return self._planners[key]

    def _build(self, environment: Environment) -> BuildSpec:
        return self._spec.build.for_environment(environment.name, environment.declaration)


def _wheels_first(policy: Policy) -> Policy:
    return replace(policy, sdists="fallback") if policy.sdists == "always" else policy


def _requirement(text: str) -> Requirement:
    try:
        return read_requirement(text)
    except NoRequirement as error:
        raise BuildFailed(f"its backend asks for {text[:60]!r}, which is no requirement: {error}") from error
