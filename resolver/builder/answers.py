"""The `Hooks` port on this machine: its Pythons, its sandbox, and a memory of every answer.

An answer is kept for ever under a digest of all that it may depend on: the sdist, its build environment, the Python
and the kind of machine that ran it. An answer that may depend on programs of this very machine is not kept. A backend
that gave up by itself may do better on another machine: that it did is kept for this one, until this one changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from resolver.build.hooks import Answering
from resolver.environments.model import Environment
from resolver.errors import BackendUnavailable, BuildFailed, NoSandbox
from resolver.metadata.model import Host
from resolver.recipe import Recipe
from resolver.records import record

if TYPE_CHECKING:
    from resolver.builder.builds import Builder
    from resolver.builder.ports import Locates, Remembers, Runs
    from resolver.sandbox.model import Interpreter
    from resolver.sandbox.traces import Traces

REVISION = "3"
"""Part of every key. Raise it when the sandbox changes so that answers may differ, or when failures are worded anew."""


@record
class _Seat:
    """An interpreter, and itself as an environment."""

    interpreter: Interpreter
    environment: Environment


class HostHooks:
    """Implements `resolver.build.hooks.Hooks`. Close it, or use it as a context manager.

    ``refusal``: why there was no sandbox when one was needed. ``were_asked``: whether the machine had any part in it.
    ``sandbox`` makes the sandbox when the first hook is run; ``find`` looks for Pythons when the first is needed, for
    all of this machine without one, and ``look`` for what would show that they are others.
    """

    def __init__(
        self,
        sandbox: Callable[[], Runs],
        files: Locates,
        memory: Remembers,
        *,
        find: Callable[[], Sequence[Interpreter]] | None = None,
        look: Callable[[], Traces | None] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._make_sandbox = sandbox
        self._files = files
        self._memory = memory
        self._find = find or self._known_pythons
        self._look = look or _traces
        self._tell = tell
        self.refusal: NoSandbox | None = None
        self.were_asked = False
        self._seen: Traces | None = None
        self._is_forgetful = False
        self._seats: dict[str, _Seat] = {}
        self._made: Builder | None = None

    def __enter__(self) -> HostHooks:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was built on the way to the answers."""
        if self._made is not None:
            self._made.close()

    def host(self, target: Environment) -> Answering:
        """The Python of this machine that is nearest to ``target``. Raises `NoSandbox` where there is none."""
        from resolver.sandbox.interpreters import host_environment, nearest  # noqa: PLC0415  (most often none is asked)

        self.were_asked = True
        interpreter = nearest(self._interpreters, target)
        environment = host_environment(interpreter)
        self._seats[environment.name] = _Seat(interpreter=interpreter, environment=environment)
        return Answering(environment=environment, host=_host(environment, target))

    def begin_requires(self, recipe: Recipe, host: Environment) -> None:
        """Begin to ask the backend, unless its answer is remembered; an error is raised by `requires` alone."""
        seat = self._seats[host.name]
        if not self._is_remembered("requires", recipe, seat):
            with suppress(NoSandbox):
                self._builder.begin_requires(recipe, seat.interpreter)

    def requires(self, recipe: Recipe, host: Environment) -> tuple[str, ...]:
        """The answer of ``get_requires_for_build_wheel``, remembered or asked for. Raises `BuildFailed`."""
        seat = self._seats[host.name]
        content = self._remembered(
            "requires", recipe, seat, lambda: json.dumps(self._builder.requires(recipe, seat.interpreter)).encode()
        )
        return tuple(json.loads(content))

    def metadata(self, recipe: Recipe, host: Environment) -> bytes:
        """METADATA as the backend computes it, remembered or asked for. Raises `BuildFailed`."""
        seat = self._seats[host.name]
        return self._remembered("metadata", recipe, seat, lambda: self._builder.metadata(recipe, seat.interpreter))

    @property
    def standing(self) -> str | None:
        """What a later run has to see of this machine to be given the same answers, as `traces` tells it.

        None where one was not of those that are remembered, or where it would not show.
        """
        from resolver.sandbox.interpreters import would_show  # noqa: PLC0415  (as above)

        if self._is_forgetful or self._seen is None or not would_show(self._seen, self._interpreters):
            return None
        return self._seen.text

    @cached_property
    def _interpreters(self) -> Sequence[Interpreter]:
        self._seen = self._look()  # before they are found: what comes meanwhile will show as something new
        return self._find()

    def _known_pythons(self) -> Sequence[Interpreter]:
        from resolver.builder.known_pythons import known_pythons  # noqa: PLC0415  (as above)

        return known_pythons(self._memory)

    @property
    def _builder(self) -> Builder:
        if self._made is None:
            if self.refusal is not None:
                raise self.refusal
            from resolver.builder.builds import Builder  # noqa: PLC0415  (most often nothing is built)

            try:
                sandbox = self._make_sandbox()
            except NoSandbox as error:
                self.refusal = error
                raise
            self._made = Builder(sandbox, self._files, tell=self._tell)
        return self._made

    def _is_remembered(self, ask: str, recipe: Recipe, seat: _Seat) -> bool:
        if not recipe.is_portable:
            return False
        kinds = [ask, _failure(ask, self._seen)] if self._seen else [ask]
        return any(self._memory.answer(_key(kind, recipe, seat.environment)) is not None for kind in kinds)

    def _remembered(self, ask: str, recipe: Recipe, seat: _Seat, run: Callable[[], bytes]) -> bytes:
        if not recipe.is_portable:
            self._is_forgetful = True
            return self._run(run)
        key = _key(ask, recipe, seat.environment)
        found = self._memory.answer(key)
        if found is None:
            found = self._answered(_failure(ask, self._seen), recipe, seat, run) if self._seen else self._run(run)
            self._memory.add_answer(key, found)
        return found

    def _answered(self, failure: str, recipe: Recipe, seat: _Seat, run: Callable[[], bytes]) -> bytes:
        """Ask for an answer that is not remembered, unless it is remembered, under ``failure``, that there is none."""
        key = _key(failure, recipe, seat.environment)
        known = self._memory.answer(key)
        if known is not None:
            raise _load_failure(known)
        try:
            return self._run(run)
        except BuildFailed as error:
            if error.lasting:
                self._memory.add_answer(key, _dump_failure(error))
            raise

    def _run(self, run: Callable[[], bytes]) -> bytes:
        try:
            return run()
        except BuildFailed as error:
            self._is_forgetful |= not error.lasting
            if isinstance(error, NoSandbox):
                self.refusal = error
            raise


def _traces() -> Traces | None:
    from resolver.sandbox.traces import traces  # noqa: PLC0415  (as above)

    return traces()


def _failure(ask: str, seen: Traces) -> str:
    """The question under which it is remembered that a backend gave up, on a machine that looks like this."""
    return f"no {ask} {seen.text}"


def _dump_failure(error: BuildFailed) -> bytes:
    kind = "unavailable" if isinstance(error, BackendUnavailable) else ""
    return json.dumps({"kind": kind, "reason": error.reason, "missing": error.missing, "log": error.log}).encode()


def _load_failure(content: bytes) -> BuildFailed:
    found = json.loads(content)
    error = BackendUnavailable if found["kind"] else BuildFailed
    return error(found["reason"], missing=tuple(found["missing"]), log=found["log"], lasting=True)


def _key(ask: str, recipe: Recipe, environment: Environment) -> str:
    """What an answer is remembered under. ``environment`` is a machine's own: its name has the Python's patch level."""
    machine = json.dumps([environment.name, dict(environment.declared)], sort_keys=True)
    return hashlib.sha256("\n".join([REVISION, ask, recipe.digest, machine]).encode()).hexdigest()


def _host(environment: Environment, target: Environment) -> Host:
    """What a lock says of the machine: its kind, and nothing that tells one machine of a kind from another."""
    from resolver.sandbox.interpreters import differences  # noqa: PLC0415  (as above)

    declared, markers = environment.declared, environment.markers
    pypy = "pypy" if markers["implementation_name"] == "pypy" else ""
    libc = declared.get("libc", "").partition(" ")[0]
    return Host(
        python=pypy + markers["python_version"] + ("t" if declared["python"].endswith("t") else ""),
        os=declared["os"].partition(" ")[0],
        arch=declared["arch"],
        libc=libc or None,
        differs=differences(environment, target),
    )
