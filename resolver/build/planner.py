"""How sdists are built for an environment, and what that takes, down to the last sdist of the last closure.

Nothing is run here: what only a backend can tell is asked of `Backends`, and where there is none, the plan says so.
Where the spec leaves the choice open, a wheel breaks a cycle. What cannot be built is marked with the reason, and the
rest is planned all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from packaging.utils import NormalizedName

from resolver.build.asking import Asking, Backends, holding
from resolver.build.closures import added_by_older_setuptools, doubt, without_backend
from resolver.build.contexts import Contexts
from resolver.build.model import Earlier, Planned, PlannedBuild, PlannedRequirement
from resolver.environments.model import Environment
from resolver.errors import BuildFailed, InvalidMetadata, NoSolution, NotRun, WheelhouseError
from resolver.metadata.model import StaticBuild
from resolver.notices import Notice
from resolver.recipe import Recipe
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import Resolution, Resolved
from resolver.spec.model import BuildSpec, Spec


class Planner:
    """Plans builds; ``builds`` and ``notices`` grow with each.

    ``spec_of`` gives what the spec says of builds for an environment. ``backends`` None: nothing can be run.
    ``earlier`` answers stand where nothing can be run now.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        contexts: Contexts,
        spec: Spec,
        spec_of: Callable[[Environment], BuildSpec],
        backends: Backends | None,
        *,
        earlier: Earlier,
    ) -> None:
        self._catalogue = catalogue
        self._contexts = contexts
        self._spec = spec
        self._spec_of = spec_of
        self._asking = Asking(spec_of, backends, earlier)
        self._notices: set[Notice] = set()
        self.builds: dict[str, PlannedBuild] = {}

    @property
    def notices(self) -> set[Notice]:
        """What the user should be told of the builds."""
        return self._notices | self._asking.notices

    def visit(self, resolutions: Iterable[Resolution], above: tuple[Candidate, ...] = ()) -> None:
        """Plan every sdist of ``resolutions``; ``above`` are those whose builds lead here."""
        sdists = [
            (pin, resolution.environment)
            for resolution in resolutions
            for pin in resolution.pins.values()
            if pin.candidate.kind == "sdist"
        ]
        self._begin(sdists)
        for pin, environment in sdists:
            self.plan(pin.candidate, environment, above, pin)

    def _begin(self, sdists: Iterable[tuple[Resolved, Environment]]) -> None:
        """Begin ahead of time what is slow in planning these. Errors are left to `plan`, which meets them in its order.

        The largest come first, since they take longest: nothing should wait for one that was begun last.
        """
        with suppress(WheelhouseError):
            for pin, environment in sorted(sdists, key=lambda one: -(one[0].candidate.file.size or 0)):
                static = self._static(pin.candidate)
                if isinstance(static, StaticBuild):
                    self._asking.begin(pin.candidate, static, environment)

    def plan(
        self,
        candidate: Candidate,
        environment: Environment,
        above: tuple[Candidate, ...] = (),
        pin: Resolved | None = None,
    ) -> Planned:
        """How ``candidate`` is built; ``pin`` says where its run-time requirements come from."""
        static = self._static(candidate)
        system = static.system if isinstance(static, StaticBuild) else None
        known = self.builds.setdefault(
            candidate.file.filename,
            PlannedBuild(
                candidate=candidate,
                backend=system.backend if system else "",
                backend_path=system.backend_path if system else (),
            ),
        )
        if environment.name not in known.environments:
            if isinstance(static, StaticBuild):
                planned = self._planned(candidate, static, environment, above)
            else:
                planned = Planned(requires=(), closure={}, unbuildable=static)
            known.environments[environment.name] = planned if pin is None else _with_pin(planned, pin)
        return known.environments[environment.name]

    def bootstrap(self, candidate: Candidate, environment: Environment) -> Recipe:
        """The recipe for running the hook that names further build requirements. Raises `NotRun`."""
        static, closure = self._bootstrapping(candidate, environment)
        self.visit([closure], (candidate,))
        return self._recipe(candidate, static, closure.pins, environment, self._programs(candidate, environment))

    def ready(self, candidate: Candidate, environment: Environment) -> Recipe | None:
        """As `bootstrap`; None where other builds would have to be planned for it."""
        try:
            static, closure = self._bootstrapping(candidate, environment)
        except NotRun:
            return None
        if any(pin.candidate.kind == "sdist" for pin in closure.pins.values()):
            return None
        return self._recipe(candidate, static, closure.pins, environment, self._programs(candidate, environment))

    def recipe(self, candidate: Candidate, environment: Environment, above: tuple[Candidate, ...] = ()) -> Recipe:
        """The recipe for building ``candidate``, which those ``above`` need. Raises `NotRun` where the plan has a gap.

        Of two plans that need each other, the one that was made first need not know of the cycle: it is found here.
        """
        if candidate in above:
            raise NotRun(f"{_cycle_in_short(candidate, above)}: a cycle")
        static = self._static(candidate)
        planned = self.plan(candidate, environment)
        if isinstance(static, str) or planned.unbuildable or planned.unknown:
            raise NotRun(str(planned.unbuildable or planned.unknown))
        return self._recipe(candidate, static, planned.closure, environment, planned.system, above=above)

    def _bootstrapping(self, candidate: Candidate, environment: Environment) -> tuple[StaticBuild, Resolution]:
        """What the files of an sdist say, and the closure of what they ask for. Raises `NotRun`."""
        static = self._static(candidate)
        if isinstance(static, str):
            raise NotRun(static)
        asked = [PlannedRequirement(r, static.system.origin) for r in holding(static.system.requires, environment)]
        try:
            return static, self._closure(candidate, asked, environment, ())
        except NoSolution as error:
            raise NotRun(_unmet(candidate, error)) from error

    def _programs(self, candidate: Candidate, environment: Environment) -> tuple[str, ...]:
        return self._spec_of(environment).system.get(candidate.name, ())

    def _recipe(
        self,
        candidate: Candidate,
        static: StaticBuild,
        pins: Mapping[NormalizedName, Resolved],
        environment: Environment,
        system: tuple[str, ...],
        *,
        above: tuple[Candidate, ...] = (),
    ) -> Recipe:
        parts = [pin.candidate for pin in pins.values()]
        return Recipe(
            file=candidate.file,
            backend=static.system.backend,
            backend_path=static.system.backend_path,
            parts=tuple(
                p.file if p.kind == "wheel" else self._nested(p, environment, (*above, candidate)) for p in parts
            ),
            system=system,
        )

    def _nested(self, candidate: Candidate, environment: Environment, above: tuple[Candidate, ...]) -> Recipe:
        try:
            return self.recipe(candidate, environment, above)
        except BuildFailed as error:
            raise NotRun(f"{candidate.file.filename}, which it needs: {error}", missing=error.missing) from error

    def _static(self, candidate: Candidate) -> StaticBuild | str:
        try:
            return self._catalogue.static_build(candidate)
        except InvalidMetadata as error:
            return f"it cannot be built: {error}"

    def _planned(
        self, candidate: Candidate, static: StaticBuild, environment: Environment, above: tuple[Candidate, ...]
    ) -> Planned:
        question = self._asking.question(candidate, static, environment)
        asked = question.asked
        try:
            closure = self._closure(candidate, asked, environment, above)
            older = added_by_older_setuptools(static, closure, environment)
            if older:
                asked = (*asked, *older)
                closure = self._closure(candidate, asked, environment, above)
        except NoSolution as error:
            return Planned(requires=asked, closure={}, system=question.system, unbuildable=_unmet(candidate, error))
        self.visit([closure], (*above, candidate))
        self._notices.update(closure.notices)
        return Planned(
            requires=asked,
            closure=closure.pins,
            system=question.system,
            answered=question.answered,
            unknown=question.unknown or doubt(question, closure, environment),
            unbuildable=without_backend(static.system, closure) or question.unbuildable,
        )

    def _closure(
        self,
        candidate: Candidate,
        asked: Sequence[PlannedRequirement],
        environment: Environment,
        above: tuple[Candidate, ...],
    ) -> Resolution:
        """Resolve a build context in which no sdist comes back whose build leads here. Raises `NoSolution`."""
        chain = (*above, candidate)
        files = {member.file.filename for member in chain}
        wheels: frozenset[NormalizedName] = frozenset()
        while True:
            try:
                closure = self._contexts.resolve(candidate, asked, environment, wheels)
            except NoSolution as error:
                if not wheels:
                    raise
                name = min(wheels)
                member = next(m for m in chain if m.name == name)
                raise NoSolution(environment.name, f"{self._cycle(member, chain)}\n{error.explanation}") from error
            again = [pin.candidate for pin in closure.pins.values() if pin.candidate.file.filename in files]
            if not again:
                return closure
            strict = [member for member in again if self._from_source_alone(member.name)]
            if strict:
                raise NoSolution(environment.name, self._cycle(strict[0], chain))
            for member in again:
                message = f"{_cycle_in_short(member, chain)}: a wheel breaks the cycle"
                notice = Notice(kind="bootstrap", project=member.name, environment=environment.name, message=message)
                self._notices.add(notice)
            wheels |= {member.name for member in again}

    def _from_source_alone(self, name: NormalizedName) -> bool:
        """Whether the spec wants this very project from source; under a general policy a wheel may break a cycle."""
        own = self._spec.projects.get(name)
        return own is not None and own.sdists == "always" and self._spec.general_policy_for(name).sdists != "always"

    def _cycle(self, candidate: Candidate, chain: Sequence[Candidate]) -> str:
        members = _members(candidate, chain)
        listed = [member.name for member in members if member.index is not None]
        with_wheels = [name for name in listed if self._catalogue.has_wheels(name)]
        remedy = "none of them has a wheel, which would break it"
        if with_wheels:
            remedy = f"a wheel of one of them breaks it: `projects: {{{with_wheels[0]}: {{sdists: never}}}}`"
        return f"  {_cycle_in_short(candidate, chain)}: a cycle\n      {remedy}"


def _with_pin(planned: Planned, pin: Resolved) -> Planned:
    """The plan with what the resolution knows of the sdist's run-time requirements."""
    unknown = planned.unknown
    if pin.uncertain is not None:
        more = f"; {unknown}" if unknown and unknown not in pin.uncertain else ""
        unknown = f"its run-time requirements: {pin.uncertain}{more}"
    return replace(planned, metadata=pin.evidence, answered=planned.answered or pin.answered, unknown=unknown)


def _unmet(candidate: Candidate, error: NoSolution) -> str:
    return f"the build requirements of {candidate} cannot be met:\n{error.explanation}"


def _members(candidate: Candidate, chain: Sequence[Candidate]) -> Sequence[Candidate]:
    """The cycle, from ``candidate`` on."""
    return chain[[member.file.filename for member in chain].index(candidate.file.filename) :]


def _cycle_in_short(candidate: Candidate, chain: Sequence[Candidate]) -> str:
    return f"the build of {' needs '.join(str(member) for member in (*_members(candidate, chain), candidate))}"
