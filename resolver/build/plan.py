"""What every source distribution of a resolution needs to be built, recursively, and where each answer comes from.

A build context is resolved like any other set of requirements, for the environment in which the build runs. Nothing
is run here: where only a backend's hook could tell what it needs, the plan says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.candidates import Candidate
from resolver.catalogue import Catalogue
from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import InvalidMetadata, NoSolution
from resolver.metadata.model import StaticBuild, Unknown
from resolver.metadata.static import static_build
from resolver.notices import Notice
from resolver.resolution import Resolution, Resolved, resolve
from resolver.spec.model import BuildSpec, Declared
from resolver.spec.model import Origin as Place
from resolver.wanted import Rules

SETUPTOOLS = NormalizedName("setuptools")


Provenance = Literal["build-system", "default", "hook", "override"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A build requirement and who asks for it; ``evidence`` names the file that shows a hook's answer unrun."""

    requirement: Requirement
    origin: Provenance
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How one sdist is built for one environment. ``unknown``: what only running its backend could tell."""

    requires: tuple[Asked, ...]
    closure: Mapping[NormalizedName, Resolved]
    unknown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBuild:
    """One sdist: its backend, and a plan for each environment (by name) that builds it."""

    candidate: Candidate
    backend: str
    backend_path: tuple[str, ...]
    environments: dict[str, Planned] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """Every sdist that anything needs, by file name, and what the user should be told."""

    builds: Mapping[str, PlannedBuild]
    notices: tuple[Notice, ...]


Context = tuple[str, tuple[str, ...]]
"""(environment, build requirements in order of text): what a closure is the resolution of."""


def plan(
    resolutions: Iterable[Resolution],
    catalogue: Catalogue,
    rules: Rules,
    build: BuildSpec,
    kept: Mapping[Context, Mapping[NormalizedName, Version]],
) -> BuildPlan:
    """Plan the build of every sdist in ``resolutions`` and in the build closures that they lead to.

    ``rules`` govern the build contexts; ``kept`` holds the versions that an older lock has for them and should stay.
    Raises `NoSolution` where a build requirement cannot be had or a build needs
    itself, and `TransferError`.
    """
    planner = _Planner(catalogue, rules, build, kept)
    for resolution in resolutions:
        planner.visit(resolution.pins, resolution.environment, ())
    return BuildPlan(builds=dict(sorted(planner.builds.items())), notices=tuple(sorted(planner.notices)))


class _Planner:
    def __init__(
        self,
        catalogue: Catalogue,
        rules: Rules,
        build: BuildSpec,
        kept: Mapping[Context, Mapping[NormalizedName, Version]],
    ) -> None:
        self._kept = kept
        self._catalogue = catalogue
        self._rules = rules
        self._build = build
        self._contexts: dict[Context, Resolution] = {}
        self.builds: dict[str, PlannedBuild] = {}
        self.notices: set[Notice] = set()

    def visit(
        self, pins: Mapping[NormalizedName, Resolved], environment: Environment, above: tuple[Candidate, ...]
    ) -> None:
        for pin in pins.values():
            if pin.candidate.kind == "sdist":
                self._visit_sdist(pin, environment, above)

    def _visit_sdist(self, pin: Resolved, environment: Environment, above: tuple[Candidate, ...]) -> None:
        candidate = pin.candidate
        if any(other.file.filename == candidate.file.filename for other in above):
            raise NoSolution(environment.name, _cycle(candidate, above))
        static = self._static(candidate, environment)
        known = self.builds.setdefault(
            candidate.file.filename,
            PlannedBuild(candidate=candidate, backend=static.system.backend, backend_path=static.system.backend_path),
        )
        if environment.name in known.environments:
            return
        asked, unknown = self._asked(candidate, static, environment)
        asked, closure = self._closure(candidate, static, asked, environment)
        if pin.uncertain is not None:
            unknown = f"its run-time requirements: {pin.uncertain}" + (f"; {unknown}" if unknown else "")
        self.visit(closure.pins, environment, (*above, candidate))
        self.notices.update(closure.notices)
        known.environments[environment.name] = Planned(requires=tuple(asked), closure=closure.pins, unknown=unknown)

    def _static(self, candidate: Candidate, environment: Environment) -> StaticBuild:
        try:
            return static_build(self._catalogue.sdist_files(candidate.file))
        except InvalidMetadata as error:
            raise NoSolution(environment.name, f"  {candidate.file.filename} cannot be built: {error}") from error

    def _asked(
        self, candidate: Candidate, static: StaticBuild, environment: Environment
    ) -> tuple[list[Asked], str | None]:
        """Build requirements that hold in ``environment``; an entry in the spec stands for the hook's answer."""
        system = static.system
        asked = [Asked(r, system.origin) for r in _holding(system.requires, environment)]
        stated = self._build.requires.get(candidate.name)
        if stated is not None:
            asked += [Asked(r, "override") for r in _holding(stated, environment)]
            self.notices.add(
                Notice(
                    kind="override",
                    project=candidate.name,
                    environment=environment.name,
                    message=f"the spec states what the build of {candidate} requires",
                )
            )
            return asked, None
        if isinstance(static.hook, Unknown):
            return asked, f"its build requirements: {static.hook.reason}"
        return asked + [Asked(r, "hook", static.evidence) for r in _holding(static.hook, environment)], None

    def _closure(
        self, candidate: Candidate, static: StaticBuild, asked: list[Asked], environment: Environment
    ) -> tuple[list[Asked], Resolution]:
        """Resolve a build context; what an old setuptools adds by itself depends on which one was found."""
        closure = self._resolve(candidate, asked, environment)
        setuptools = closure.pins.get(SETUPTOOLS)
        if setuptools is None or candidate.name in self._build.requires:
            return asked, closure
        added = [
            Asked(requirement, "hook", "setuptools")
            for before, requirements in static.extra_before.items()
            if setuptools.candidate.version < Version(before)
            for requirement in _holding(requirements, environment)
        ]
        if not added:
            return asked, closure
        return [*asked, *added], self._resolve(candidate, [*asked, *added], environment)

    def _resolve(self, candidate: Candidate, asked: Sequence[Asked], environment: Environment) -> Resolution:
        key = (environment.name, tuple(sorted({str(a.requirement) for a in asked})))
        if key not in self._contexts:
            place = Place(file=f"build of {candidate.file.filename}", line=0, path="")
            declared = [Declared(requirement=a.requirement, origin=place) for a in asked]
            rules = replace(self._rules, preferences=self._kept.get(key, {}))
            try:
                self._contexts[key] = resolve(declared, environment, self._catalogue, rules)
            except NoSolution as error:
                raise NoSolution(
                    environment.name,
                    f"  the build requirements of {candidate} cannot be met:\n{error.explanation}",
                ) from error
        return self._contexts[key]


def _holding(requirements: Iterable[Requirement], environment: Environment) -> list[Requirement]:
    return [r for r in requirements if holds(r.marker, environment).value]


def _cycle(candidate: Candidate, above: Sequence[Candidate]) -> str:
    members = [*above[[o.file.filename for o in above].index(candidate.file.filename) :], candidate]
    chain = " needs ".join(str(member) for member in members)
    return (
        f"  the build of {candidate} needs itself: {chain}\n"
        f"      a wheel of one of them breaks the cycle: `projects: {{{candidate.name}: {{sdists: never}}}}`"
    )
