"""One job into a new sandbox; `answer` reads what comes out of it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyproject_hooks

from resolver.sandbox import bubblewrap, mounts, watch
from resolver.sandbox.answer import read_answer
from resolver.sandbox.bubblewrap import Bubblewrap
from resolver.sandbox.model import ENVIRONMENT, Job, JobAnswer, Limits
from resolver.sandbox.tools import Tools, locate

_FIRST_UID, _UIDS = 0x70000000, 0x0FFFFFFF
"""Uids that nobody has, neither accounts nor containers."""

_COUNTS_BY_NAMESPACE = (5, 14)
"""The Linux from which RLIMIT_NPROC counts the processes of a user namespace, not all of the user."""


class Sandbox:
    """Runs build backends with no network and no view of the host. Raises `NoSandbox` where this machine has none.

    Safe to be used from several threads: each run is a sandbox of its own.
    """

    def __init__(self, find: Callable[[], Bubblewrap] = bubblewrap.find) -> None:
        self._bubblewrap = find()

    def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> JobAnswer:
        """The backend's answer; a wheel is written into the folder ``into``.

        Raises `BuildFailed`, also soon after it ``is_unwanted``, when it is ended.
        """
        if job.ask == "wheel" and into is None:
            raise ValueError("a wheel needs a folder to be written into")
        outcome = self._outcome(job, locate(job.tools) if job.tools else Tools(), is_unwanted)
        with outcome.answer as stream:
            return read_answer(job, outcome, stream, into)

    def _outcome(self, job: Job, tools: Tools, is_unwanted: Callable[[], bool]) -> watch.Outcome:
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
                is_unwanted=is_unwanted,
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
