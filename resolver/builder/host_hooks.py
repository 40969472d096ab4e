"""The `Hooks` port on this machine: its Pythons, its sandbox, and a memory of every answer.

An answer is kept for ever under a digest of all that it may depend on: the sdist, its build environment, the Python
and the kind of machine that ran it. An answer that may depend on programs of this very machine is not kept. Where a
backend gave up, that is kept for this machine only, and until it changes: on another one it may do better.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from resolver.build.hooks import HostPython
from resolver.environments.model import Environment
from resolver.errors import BackendUnavailable, BuildFailed, NoSandbox, again
from resolver.metadata.model import Host
from resolver.recipe import Recipe

if TYPE_CHECKING:
    from resolver.builder.builds import Builder
    from resolver.builder.ports import Locates, Remembers, Runs
    from resolver.sandbox.model import Interpreter
    from resolver.sandbox.traces import Traces

REVISION = "4"
"""Part of every key. Raise it when the sandbox changes so that answers may differ."""

FAILURES = "1"
"""Part of the key of each failure. Raise it when failures are worded anew, or when more is kept of them."""

_LOG = 64 << 10
"""Characters from the last that are kept of what a backend printed."""


class HostHooks:
    """Implements `resolver.build.hooks.Hooks`. Close it, or use it as a context manager.

    ``sandbox`` makes the sandbox when the first hook is run. ``find`` finds the Pythons when the first is needed, by
    default all of this machine; ``look`` gives the traces by which a later run can tell whether they have changed.
    ``refusal``: why there was no sandbox when one was needed. ``were_asked``: whether a Python of this machine was
    chosen for anything, so that the answers may depend on the machine.
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
        self._hosts: dict[str, Interpreter] = {}
        self._recalled: dict[str, bytes | BuildFailed | None] = {}
        self._made: Builder | None = None

    def __enter__(self) -> HostHooks:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        self.close(at_once=kind is not None and issubclass(kind, KeyboardInterrupt))

    def close(self, *, at_once: bool = False) -> None:
        """Remove what was built on the way to the answers; ``at_once`` as in `Builder.close`."""
        if self._made is not None:
            self._made.close(at_once=at_once)

    def host(self, target: Environment) -> HostPython:
        """The Python of this machine that is nearest to ``target``. Raises `NoSandbox` where there is none."""
        from resolver.sandbox.interpreters import host_environment, nearest  # noqa: PLC0415  (most often none is asked)

        self.were_asked = True
        interpreter = nearest(self._interpreters, target)
        environment = host_environment(interpreter)
        self._hosts[environment.name] = interpreter
        return HostPython(environment=environment, host=_host(environment, target))

    def begin_requires(self, recipe: Recipe, host: Environment) -> None:
        """Begin to ask the backend, unless its answer is remembered; an error is raised by `requires` alone."""
        if self._recall("requires", recipe, host) is None:
            with suppress(NoSandbox):
                self._builder.begin_requires(recipe, self._hosts[host.name])

    def requires(self, recipe: Recipe, host: Environment) -> tuple[str, ...]:
        """The answer of ``get_requires_for_build_wheel``, remembered or asked for. Raises `BuildFailed`."""

        def run() -> bytes:
            return json.dumps(self._builder.requires(recipe, self._hosts[host.name])).encode()

        return tuple(json.loads(self._answer("requires", recipe, host, run)))

    def metadata(self, recipe: Recipe, host: Environment) -> bytes:
        """METADATA as the backend computes it, remembered or asked for. Raises `BuildFailed`."""
        return self._answer("metadata", recipe, host, lambda: self._builder.metadata(recipe, self._hosts[host.name]))

    @property
    def standing(self) -> str | None:
        """What a later run has to see of this machine for the answers to be the same, as `traces` has it.

        None where an answer was not remembered, or where a change of the Pythons would not show.
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
                raise again(self.refusal)
            from resolver.builder.builds import Builder  # noqa: PLC0415  (most often nothing is built)

            try:
                sandbox = self._make_sandbox()
            except NoSandbox as error:
                self.refusal = error
                raise
            self._made = Builder(sandbox, self._files, tell=self._tell)
        return self._made

    def _answer(self, ask: str, recipe: Recipe, host: Environment, run: Callable[[], bytes]) -> bytes:
        found = self._recall(ask, recipe, host)
        if found is None:
            found = self._asked(ask, recipe, host, run)
        if isinstance(found, BuildFailed):
            raise again(found)
        return found

    def _recall(self, ask: str, recipe: Recipe, host: Environment) -> bytes | BuildFailed | None:
        """The answer, or the failure, that is remembered, if any; it is looked up once."""
        if not recipe.is_portable:
            return None
        key = _key(ask, recipe, host)
        if key not in self._recalled:
            content = self._memory.answer(key)
            self._recalled[key] = self._recalled_failure(ask, recipe, host) if content is None else content
        return self._recalled[key]

    def _recalled_failure(self, ask: str, recipe: Recipe, host: Environment) -> BuildFailed | None:
        if self._seen is None:
            return None
        content = self._memory.answer(_failure_key(ask, recipe, host, self._seen))
        return None if content is None else _load_failure(content)

    def _asked(self, ask: str, recipe: Recipe, host: Environment, run: Callable[[], bytes]) -> bytes:
        """What the backend answers now; it is remembered where it may be. Raises `BuildFailed`."""
        self._is_forgetful |= not recipe.is_portable
        try:
            found = run()
        except BuildFailed as error:
            self._is_forgetful |= not error.lasting
            if isinstance(error, NoSandbox):
                self.refusal = error
            if error.lasting and recipe.is_portable and self._seen is not None:
                self._memory.add_answer(_failure_key(ask, recipe, host, self._seen), _dump_failure(error))
            raise
        if recipe.is_portable:
            key = _key(ask, recipe, host)
            self._memory.add_answer(key, found)
            self._recalled[key] = found
        return found


def _traces() -> Traces | None:
    from resolver.sandbox.traces import traces  # noqa: PLC0415  (as above)

    return traces()


def _dump_failure(error: BuildFailed) -> bytes:
    kind = "unavailable" if isinstance(error, BackendUnavailable) else ""
    found = {"kind": kind, "reason": error.reason, "missing": error.missing, "wants_module": error.wants_module}
    return json.dumps({**found, "log": error.log[-_LOG:]}).encode()


def _load_failure(content: bytes) -> BuildFailed:
    found = json.loads(content)
    error = BackendUnavailable if found["kind"] else BuildFailed
    missing, wants_module = tuple(found["missing"]), found["wants_module"]
    return error(found["reason"], missing=missing, wants_module=wants_module, log=found["log"], lasting=True)


def _key(ask: str, recipe: Recipe, environment: Environment) -> str:
    """What an answer is remembered under. ``environment`` is a machine's own: its name has the Python's patch level."""
    machine = json.dumps([environment.name, dict(environment.declared)], sort_keys=True)
    return hashlib.sha256("\n".join([REVISION, ask, recipe.digest, machine]).encode()).hexdigest()


def _failure_key(ask: str, recipe: Recipe, environment: Environment, seen: Traces) -> str:
    """What a failure is remembered under: it holds for a machine that looks like this one."""
    return _key(f"no {ask} {FAILURES} {seen.text}", recipe, environment)


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
