"""Every error that this package raises on purpose.

::

    WheelhouseError
    ├── InputError              what the user gave is wrong                          exit 2
    │   ├── SpecError           every problem of a spec, each with its place
    │   ├── LockError           a lock that cannot be read or does not keep its contract
    │   └── InvalidDirectURL    a direct URL that cannot be locked to one archive's bytes
    ├── CheckFailed             a check that was asked for did not hold              exit 1
    │   └── BundleRefused       a bundle that must not be unpacked
    ├── ResolutionError                                                              exit 3
    │   ├── NoSolution          proved: no set of candidates satisfies the requirements
    │   ├── ResolutionLimit     gave up at a limit; a solution may exist
    │   └── LockIncomplete      locked, but for builds that the lock cannot carry out
    ├── TransferError                                                                exit 4
    │   ├── IndexFailure         an index does not answer, or answers nonsense
    │   │   ├── ProjectNotFound
    │   │   └── Unreached           no answer at all: what is wrong is between us and the host
    │   ├── DirectFailure       what a direct URL leads to cannot be had, or is not what was promised
    │   ├── IntegrityError      bytes are not what a hash promised
    │   └── StorageError        the disk refused
    ├── InvalidMetadata         a distribution's metadata breaks its specification (callers turn it
    │                           into a rejection of that candidate; it never ends a run by itself)
    └── BuildFailed             a hook or a build gave no answer (callers turn it into a reason of
        │                       that sdist; it never ends a run by itself)
        ├── BackendUnavailable  the backend cannot even be imported in its build environment
        └── NotRun              nothing was run: its build environment is not known, or cannot be had
            └── NoSandbox       nothing here can run it safely

Anything else that escapes is a bug of ours.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Literal, TypeVar

from resolver.records import record


class WheelhouseError(Exception):
    """Root of the tree; ``str()`` is a complete message for a person."""


Error = TypeVar("Error", bound=WheelhouseError)


def again(error: Error) -> Error:
    """A remembered error, to be raised once more: its traceback would grow each time, and hold all that it went by."""
    return error.with_traceback(None)


class InputError(WheelhouseError):
    """What the user gave (spec, option, file) is wrong."""


@record
class Problem:
    """One thing that is wrong with an input file.

    ``path`` is a dotted path inside the document (``environments.linux.python``);
    ``line`` is 1-based, 0 where it is not known; ``hint`` says what to do.
    """

    file: str
    line: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f" at {self.path}" if self.path else ""
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{place}{where}: {self.message}{hint}"


class SpecError(InputError):
    """All the problems of a spec at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class LockError(InputError):
    """A lock file that cannot be read or does not keep its contract."""


class InvalidDirectURL(InputError):
    """The ``url`` of ``project @ url`` cannot be locked: ``reason`` names the project and why.

    ``place``: where the spec asks for it, once that is known.
    """

    def __init__(self, url: str, reason: str, place: str = "") -> None:
        self.url = url
        self.reason = reason
        self.place = place
        super().__init__(url, reason, place)

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason

    def at(self, place: str) -> InvalidDirectURL:
        """The same with its place."""
        return InvalidDirectURL(self.url, self.reason, place)


class CheckFailed(WheelhouseError):
    """A check that the user asked for did not hold."""


Refusal = Literal[
    "older", "serial", "expired", "clock", "stream", "base", "unsigned", "untrusted", "signature", "tampered",
    "malformed", "incomplete", "names",
]  # fmt: skip
"""Why a bundle is refused: docs/transfer.md lists what each word means and what to do."""


class BundleRefused(CheckFailed):
    """A bundle that must not be unpacked, so nothing was changed."""

    def __init__(self, why: Refusal, message: str) -> None:
        self.why = why
        super().__init__(message)


class ResolutionError(WheelhouseError):
    """The requirements could not be resolved."""


class NoSolution(ResolutionError):
    """No set of candidates satisfies the requirements; ``explanation`` says why, line by line."""

    def __init__(self, environment: str, explanation: str) -> None:
        self.environment = environment
        self.explanation = explanation
        super().__init__(environment, explanation)

    def __str__(self) -> str:
        return f"no solution for environment {self.environment}\n{self.explanation}"

    @classmethod
    def joined(cls, failures: Sequence[NoSolution]) -> NoSolution:
        """Failures of several environments as one; those with the same explanation share it."""
        by_explanation: dict[str, list[str]] = {}
        for failure in failures:
            by_explanation.setdefault(failure.explanation, []).append(failure.environment)
        parts = [cls(", ".join(names), text) for text, names in by_explanation.items()]
        rest = "".join(f"\n{part}" for part in parts[1:])
        return cls(parts[0].environment, parts[0].explanation + rest)


class ResolutionLimit(ResolutionError):
    """The search was stopped at a limit; a solution may still exist."""


class LockIncomplete(ResolutionError):
    """Builds that a lock cannot carry out: facts that nobody could tell, or sdists that cannot be built.

    ``missing`` has one entry for each sdist and reason, of several lines perhaps.
    """

    def __init__(self, missing: tuple[str, ...], hint: str) -> None:
        self.missing = missing
        self.hint = hint
        super().__init__(missing, hint)

    def __str__(self) -> str:
        return "\n".join(["the lock is incomplete:", *self.missing, self.hint])


class TransferError(WheelhouseError):
    """Bytes could not be had or could not be kept."""


class IndexFailure(TransferError):
    """An index does not answer, or its answer breaks the Simple API."""


class ProjectNotFound(IndexFailure):
    """The index has no such project."""

    def __init__(self, project: str, index: str) -> None:
        self.project = project
        self.index = index
        super().__init__(project, index)

    def __str__(self) -> str:
        return f"index {self.index!r} has no project {self.project!r}"


class Unreached(IndexFailure):
    """Nothing answered for ``url``, which is shown without secrets: ``reason`` says why, and holds for its whole host.

    ``called``: what messages call who should have answered; ``tries``: how often it was asked, 0 for not any more.
    """

    def __init__(self, called: str, url: str, tries: int, reason: str) -> None:
        self.called = called
        self.url = url
        self.tries = tries
        self.reason = reason
        super().__init__(called, url, tries, reason)

    def __str__(self) -> str:
        if self.tries == 0:
            return f"{self.called}: {self.url} was not asked for, since its host does not answer: {self.reason}"
        tries = f" ({self.tries} tries)" if self.tries > 1 else ""
        return f"{self.called}: {self.url} cannot be had{tries}: {self.reason}"


class DirectFailure(TransferError):
    """What the ``url`` of ``project @ url`` leads to cannot be had, or is not what was promised: ``reason`` names it.

    ``place``: where the spec asks for it, once that is known.
    """

    def __init__(self, project: str, url: str, reason: str, place: str = "") -> None:
        self.project = project
        self.url = url
        self.reason = reason
        self.place = place
        super().__init__(project, url, reason, place)

    def __str__(self) -> str:
        return f"{self.place}: {self.project}: {self.reason}" if self.place else f"{self.project}: {self.reason}"

    def at(self, place: str) -> DirectFailure:
        """The same with its place."""
        return DirectFailure(self.project, self.url, self.reason, place)


class IntegrityError(TransferError):
    """Bytes do not have the digest or the size that was promised."""


class StorageError(TransferError):
    """The file system refused an operation."""


def is_full(error: OSError) -> bool:
    """Whether the disk, or what of it this user may have, is full."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows knows no quotas


class InvalidMetadata(WheelhouseError):
    """A distribution's metadata breaks the core metadata or packaging specifications."""


class BuildFailed(WheelhouseError):
    """A build backend gave no answer: ``reason`` in one line.

    ``missing``: programs that it looked for and no index has (``pg_config``); ``wants_module``: whether it ended for
    want of a Python module; ``log``: the end of what it printed; ``lasting``: whether it gave up by itself, and would
    again where everything is as it was. ``outcome``: what came of asking it.
    """

    outcome = "it failed when it was run"

    def __init__(
        self,
        reason: str,
        *,
        missing: tuple[str, ...] = (),
        wants_module: bool = False,
        log: str = "",
        lasting: bool = False,
    ) -> None:
        self.reason = reason
        self.missing = missing
        self.wants_module = wants_module
        self.log = log
        self.lasting = lasting
        super().__init__(reason)


class BackendUnavailable(BuildFailed):
    """The backend cannot be imported: Python or the build requirements rule it out, whatever the machine."""


class NotRun(BuildFailed):
    """Nothing was run: what the build environment needs is not known, or cannot be had."""

    outcome = "it was not asked"


class NoSandbox(NotRun):
    """Nothing on this machine can run a backend safely. `HOW_TO_GET_A_SANDBOX` says what to do."""


HOW_TO_GET_BUBBLEWRAP = (
    "on Linux, install bubblewrap (`apt install bubblewrap`, `dnf install bubblewrap`) and allow user namespaces"
)
HOW_TO_GET_A_SANDBOX = (
    f"a sandbox would find out: {HOW_TO_GET_BUBBLEWRAP}; elsewhere, run `wheelhouse resolve` on a Linux machine"
)
