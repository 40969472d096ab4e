"""A process is watched, and ended whatever happens to whoever watches it. Bounds are tested on real sandboxes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from resolver.sandbox import watch
from resolver.sandbox.model import Limits

resource = pytest.importorskip("resource", reason="bounds on descriptors, as POSIX has them")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is for Linux alone")


def test_where_no_descriptor_is_left_the_process_is_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
    started: list[subprocess.Popen[bytes]] = []

    def start_the_last(*given: object, **named: object) -> subprocess.Popen[bytes]:
        started.append(popen(*given, **named))
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # those of standard streams are taken
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", start_the_last)
    info, answer = watch.Pipe(), watch.Pipe()
    try:
        outcome = watch.run(
            ["sleep", "60"],
            stdin=b"",
            info=info,
            answer=answer,
            inherited=(),
            limits=Limits(seconds=0.2),
            disk="/",
            is_unwanted=lambda: False,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        info.close()
        answer.close()
        left = [process for process in started if process.poll() is None]
        for process in left:
            process.kill()
            process.wait()
    outcome.answer.close()
    assert not left
    assert outcome.exceeded == "seconds"
