"""One job into a new sandbox, its answer out of it.

What comes out is untrusted: it is checked for its form, and says nothing but what the backend wants it to say.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pyproject_hooks

from resolver.errors import BackendUnavailable, BuildFailed, NoSandbox
from resolver.sandbox import bubblewrap, diagnosis, mounts, watch
from resolver.sandbox.bubblewrap import Bubblewrap
from resolver.sandbox.model import ENVIRONMENT, Answer, Job, Limits
from resolver.sandbox.tools import Tools, locate
from resolver.sandbox.worker import READY

_HEADER = 1 << 20
_FIRST_UID, _UIDS = 0x70000000, 0x0FFFFFFF
"""Uids that nobody has, neither accounts nor containers."""

_BY_ITSELF = frozenset({"unavailable", "hook", "unsupported"})
"""Kinds of failures that hang on nothing that comes and goes, as the space on a disk does."""

_COUNTS_BY_NAMESPACE = (5, 14)
"""The Linux from which RLIMIT_NPROC counts the processes of a user namespace, not all of the user."""


class Sandbox:
    """Runs build backends with no network and no view of the host. Raises `NoSandbox` where this machine has none.

    Safe to be used from several threads: each run is a sandbox of its own.
    """

    def __init__(self, find: Callable[[], Bubblewrap] = bubblewrap.find) -> None:
        self._bubblewrap = find()

    def run(self, job: Job, into: Path | None = None) -> Answer:
        """The backend's answer; a wheel is written into the folder ``into``. Raises `BuildFailed`."""
        if job.ask == "wheel" and into is None:
            raise ValueError("a wheel needs a folder to be written into")
        outcome = self._outcome(job, locate(job.tools) if job.tools else Tools())
        with outcome.answer as stream:
            if outcome.exceeded:
                raise _failed(diagnosis.exceeded(outcome.exceeded, job.limits), outcome)
            return _answer(job, outcome, stream, into)

    def _outcome(self, job: Job, tools: Tools) -> watch.Outcome:
        with ExitStack() as stack:

            def data(content: bytes) -> int:
                descriptor = bubblewrap.memory_file(content)
                stack.callback(os.close, descriptor)
                inherited.append(descriptor)
                return descriptor

            inherited: list[int] = []
            info, answer = watch.Pipe(), watch.Pipe()
            stack.callback(info.close)
            stack.callback(answer.close)
            uid = _FIRST_UID + secrets.randbelow(_UIDS) if self._bubblewrap.privileged else bubblewrap.UID
            arguments = self._arguments(job, tools, uid, info.write, data)
            given = data("\0".join([*arguments, ""]).encode("utf-8", "surrogateescape"))
            python = [mounts.python_of(job.interpreter), "-I", "-S", mounts.WORKER]
            return watch.run(
                # By a descriptor, for process 1's arguments can be read inside.
                [self._bubblewrap.path, "--args", str(given), "--", *python],
                stdin=json.dumps(self._asked(job, uid, answer.write)).encode(),
                info=info,
                answer=answer,
                inherited=inherited,
                limits=job.limits,
                disk=mounts.BUILD,
            )

    def _arguments(self, job: Job, tools: Tools, uid: int, info: int, data: Callable[[bytes], int]) -> list[str]:
        hooks, worker = Path(pyproject_hooks.__file__).parent, Path(__file__).with_name("worker.py")
        machine = os.uname().machine
        return [
            *self._bubblewrap.arguments(uid=uid, disk=job.limits.disk, data=data, machine=machine),
            *mounts.of_job(job, worker, hooks, tools),
            *("--info-fd", str(info)),
            *bubblewrap.CLOSING,
        ]

    def _asked(self, job: Job, uid: int, answer: int) -> dict[str, Any]:
        """What the worker reads on its standard input."""
        return {
            "ask": job.ask,
            "sdist": mounts.SDIST if job.sdist is not None else None,
            "backend": job.backend,
            "backend_path": list(job.backend_path),
            "python": f"{ENVIRONMENT}/bin/python",
            "hooks": mounts.HOOKS,
            "home": f"{mounts.BUILD}/home",
            "temporary": f"{mounts.BUILD}/tmp",  # noqa: S108 - inside
            "work": f"{mounts.BUILD}/work",
            "answer": answer,
            "uid": uid if self._bubblewrap.privileged else None,
            "limits": _rlimits(job.limits, privileged=self._bubblewrap.privileged),
        }


def _rlimits(limits: Limits, *, privileged: bool) -> dict[str, int]:
    found = {
        "RLIMIT_AS": limits.memory,
        "RLIMIT_FSIZE": limits.disk,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 4096,
        "RLIMIT_MEMLOCK": 8 << 20,
        "RLIMIT_RTPRIO": 0,
        "RLIMIT_NICE": 0,
    }
    release = tuple(int("".join(filter(str.isdigit, part)) or 0) for part in os.uname().release.split(".")[:2])
    if privileged or release >= _COUNTS_BY_NAMESPACE:
        found["RLIMIT_NPROC"] = limits.processes
    return found


def _answer(job: Job, outcome: watch.Outcome, stream: IO[bytes], into: Path | None) -> Answer:
    if stream.readline(len(READY)) != READY:
        raise _unstarted(outcome)
    header = _header(stream)
    if header is None:
        raise _failed(f"the backend ended without an answer (status {outcome.status})", outcome)
    if "failure" in header:
        raise _told(header, outcome)
    try:
        if job.ask == "requires":
            return Answer(requires=_strings(header["requires"]))
        if job.ask == "installed":
            return Answer(installed=_pairs(header["installed"]))
        if job.ask == "metadata":
            content = stream.read()
            _expect(_size(header) == len(content), "as many bytes as were announced")
            return Answer(metadata=content)
        assert into is not None
        return Answer(wheel=_keep(_wheel_name(header["wheel"]), _size(header), stream, into))
    except (KeyError, _Nonsense) as error:
        raise _failed(f"the backend's answer makes no sense: {error}", outcome) from error


class _Nonsense(Exception):
    """What an answer is not."""


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise _Nonsense(f"{what} was expected")


def _header(stream: IO[bytes]) -> dict[str, Any] | None:
    line = stream.readline(_HEADER)
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _strings(value: object) -> tuple[str, ...]:
    _expect(isinstance(value, list), "a list")
    assert isinstance(value, list)
    _expect(all(isinstance(each, str) and _is_text(each) for each in value), "a list of strings")
    return tuple(value)


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    _expect(isinstance(value, list), "a list")
    assert isinstance(value, list)
    pairs = [_strings(each) for each in value]
    _expect(all(len(pair) == 2 for pair in pairs), "a list of pairs")
    return tuple((name, version) for name, version in pairs)


def _is_text(value: str) -> bool:
    """Whether it can be written down: JSON may hold half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _size(header: dict[str, Any]) -> int:
    size = header["size"]
    _expect(type(size) is int and size >= 0, "a size")
    assert isinstance(size, int)
    return size


def _wheel_name(value: object) -> str:
    _expect(isinstance(value, str), "the name of a wheel")
    assert isinstance(value, str)
    plain = value.endswith(".whl") and value.isascii() and value.isprintable() and not set(value) & set("/\\: ")
    _expect(plain and len(value) < 256 and not value.startswith("."), "the plain name of a wheel")
    return value


def _keep(name: str, size: int, stream: IO[bytes], into: Path) -> str:
    partial = into / f".{name}.partial"
    try:
        with partial.open("wb") as target:
            shutil.copyfileobj(stream, target)
        _expect(partial.stat().st_size == size, "as many bytes as were announced")
        partial.replace(into / name)
    finally:
        partial.unlink(missing_ok=True)
    return name


def _failed(reason: str, outcome: watch.Outcome, missing: tuple[str, ...] = ()) -> BuildFailed:
    return BuildFailed(reason, missing=missing, log=outcome.log)


def _unstarted(outcome: watch.Outcome) -> NoSandbox:
    """The worker did not say that it is ready: nothing of the sdist has been run, and the log is not the sdist's."""
    last = outcome.log.strip().rpartition("\n")[2].removeprefix("bwrap: ")
    return NoSandbox(f"the sandbox could not be set up: {last or f'status {outcome.status}'}", log=outcome.log)


def _told(header: dict[str, Any], outcome: watch.Outcome) -> BuildFailed:
    kind, text = (found if isinstance(found := header.get(key), str) else "" for key in ("failure", "text"))
    missing = header.get("missing")
    candidates = [each for each in missing if isinstance(each, str)] if isinstance(missing, list) else []
    found = diagnosis.diagnose(kind, text, outcome.log, candidates)
    error = BackendUnavailable if kind == "unavailable" else BuildFailed
    by_itself = kind in _BY_ITSELF or (kind == "status" and not text.startswith("-"))
    by_itself = by_itself and not diagnosis.is_short(f"{text}\n{outcome.log}")
    return error(found.reason, missing=found.missing, log=outcome.log, lasting=by_itself)
