"""Backends that take too much, hang, kill, outlive or lie: each fails with its reason, and leaves nothing."""

# ruff: noqa: E501
# A backend is a row.

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resolver.errors import BuildFailed
from resolver.sandbox.model import Limits
from resolver.sandbox.runner import Sandbox
from resolver.sandbox.watch import LOG
from tests.support import hostile
from tests.support.events import wait_for
from tests.support.sandbox_users import MODES, ask

SMALL = Limits(seconds=4, memory=256 << 20, processes=24, disk=32 << 20, files=3000, answer=1 << 20)

LIMITED = [
    ("sleeps for ever", "time.sleep(1000)", "longer than 1.5 s"),
    (
        "ignores the signals that can be ignored",
        "for n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\ntime.sleep(1000)",
        "longer than 1.5 s",
    ),
    ("stops itself", "os.kill(os.getpid(), signal.SIGSTOP)", "longer than 1.5 s"),
    ("stops the worker", "os.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(1000)", "longer than 1.5 s"),
    ("prints for ever", "while True: sys.stdout.write('x' * 65536)", "longer than 1.5 s"),
    ("takes memory", "found = []\nwhile True: found.append(bytearray(1 << 20))", "MemoryError"),
    (
        "takes memory in many processes",
        "for n in range(8):\n    if os.fork() == 0:\n        found = bytearray(os.urandom(1 << 20)) * 60\n        time.sleep(1000)\ntime.sleep(1000)",
        "more than 256 MiB of memory",
    ),
    (
        "takes shared memory",
        "for n in range(8):\n    if os.fork() == 0:\n        m = mmap.mmap(-1, 60 << 20)\n        m.write(b'x' * (60 << 20))\n        time.sleep(1000)\ntime.sleep(1000)",
        "more than 256 MiB of memory",
    ),
    (
        "bombs with forks",
        "while True:\n    try: os.fork()\n    except OSError: pass",
        "longer than 1.5 s|more than 24 processes",
    ),
    (
        "writes a huge file",
        "with open('/build/x', 'wb') as f:\n    while True: f.write(bytes(1 << 20))",
        "No space left|too large",
    ),
    (
        "writes huge files",
        "for n in range(100):\n    with open('/build/%d' % n, 'wb') as f: f.write(bytes(4 << 20))",
        "No space left",
    ),
    (
        "fills /dev/shm",
        "with open('/dev/shm/x', 'wb') as f:\n    while True: f.write(bytes(1 << 20))",
        "No space left|too large",
    ),
    (
        "fills /tmp",
        "with open('/tmp/x', 'wb') as f:\n    while True: f.write(bytes(1 << 20))",
        "No space left|too large",
    ),
    (
        "writes many files",
        "n = 0\nwhile True:\n    n += 1\n    open('/build/%d' % n, 'w').close()",
        "more than 3000 files|No space left",
    ),
    ("opens many files", "found = []\nwhile True: found.append(open('/dev/null'))", "Too many open files"),
    ("answers for ever", "return ['x' * (2 << 20)]", "answer is larger than 1 MiB"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "body", "reason"), LIMITED, ids=[row[0] for row in LIMITED])
def test_a_backend_is_ended_that(tmp_path: Path, mode: str, name: str, body: str, reason: str) -> None:
    started = time.monotonic()
    limits = dataclasses.replace(SMALL, seconds=1.5) if "longer than" in reason else SMALL
    found = ask(mode, tmp_path, hostile.backend(body), limits)
    assert any(part in found["reason"] for part in reason.split("|")), found
    assert time.monotonic() - started < 8
    assert len(found["log"]) <= LOG
    assert "Traceback" not in found["reason"]


LYING = [
    ("kills everything", "os.kill(-1, signal.SIGKILL)", "without an answer"),
    ("kills the worker", "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(1000)", "without an answer"),
    ("kills itself", "os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
    ("crashes", "ctypes.string_at(0)", "killed by SIGSEGV"),
    ("ends without an answer", "os._exit(0)", "makes no sense"),
    ("exits", "raise SystemExit('nothing to see')", "nothing to see"),
    ("exits with a status", "raise SystemExit(3)", "status 3"),
    ("fails", "raise RuntimeError('no luck')", "RuntimeError: no luck"),
    ("recurses", "return get_requires_for_build_wheel()", "RecursionError|killed by SIGSEGV"),
    ("answers with numbers", "return [1, 2]", "makes no sense"),
    ("answers with a string", "return 'setuptools'", "makes no sense"),
    ("answers with nothing", "return None", "makes no sense"),
    ("answers with a set", "return {'a'}", "not JSON serializable"),
    ("answers with half a letter", "return ['\\ud800']", "makes no sense"),
    ("answers with a null byte", "return ['\\0']", "makes no sense"),
]


@pytest.mark.parametrize(("name", "body", "reason"), LYING, ids=[row[0] for row in LYING])
def test_a_backend_gives_no_answer_that(tmp_path: Path, name: str, body: str, reason: str) -> None:
    found = ask("ourselves", tmp_path, hostile.backend(body), SMALL)
    assert any(part in found["reason"] for part in reason.split("|")), found


DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in range(64):
            try: os.close(n)
            except OSError: pass
        for n in range(1, 65):
            try: signal.signal(n, signal.SIG_IGN)
            except (OSError, ValueError): pass
        libc.prctl(15, MARK, 0, 0, 0)
        while True: time.sleep(1)
    os._exit(0)
for _ in range(200):
    if b'MARK' in b''.join(open('/proc/%s/comm' % n, 'rb').read() for n in os.listdir('/proc') if n.isdigit()):
        return ['done']
    time.sleep(0.05)
return []
"""


@pytest.mark.parametrize("mode", MODES)
def test_a_daemon_ends_with_its_sandbox(tmp_path: Path, mode: str) -> None:
    mark = f"left{os.getpid()}"
    code = DAEMON.replace("b'MARK'", f"b'{mark}'").replace("MARK", f"b'{mark}'")
    assert ask(mode, tmp_path, hostile.backend(code)) == {"requires": ["done"]}
    assert mark not in _programs()


def test_a_sandbox_ends_soon_after_nobody_wants_its_answer(tmp_path: Path) -> None:
    mark = f"gone{os.getpid()}"
    archive = hostile.sdist(
        tmp_path / "p-1.tar.gz", hostile.backend(f"libc.prctl(15, b'{mark}', 0, 0, 0)\ntime.sleep(1000)")
    )
    with pytest.raises(BuildFailed, match="nobody waits for it any more"):
        Sandbox().run(hostile.job(tmp_path, archive), is_unwanted=lambda: mark in _programs())
    assert mark not in _programs()


def test_a_sandbox_ends_with_its_caller(tmp_path: Path) -> None:
    mark = f"late{os.getpid()}"
    (tmp_path / "hostile.py").write_text(hostile.backend(f"libc.prctl(15, b'{mark}', 0, 0, 0)\ntime.sleep(1000)"))
    (tmp_path / "limits.json").write_text("{}")
    command = [sys.executable, "-m", "tests.support.sandbox_driver", str(tmp_path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        wait_for(lambda: mark in _programs())
        process.kill()
    wait_for(lambda: mark not in _programs())


def _programs() -> set[str]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            found.add(path.read_text().strip())
        except OSError:
            continue
    return found


def test_a_backend_cannot_write_the_answer_itself(tmp_path: Path) -> None:
    """Nor through the descriptors that it may have, nor through those of the worker."""
    body = r"""
    forged = json.dumps({"requires": ["forged"]}).encode() + b"\n"
    places = list(range(3, 256)) + ["/proc/%d/fd/%d" % (pid, n) for pid in (1, 2) for n in range(3, 64)]
    for place in places:
        try:
            os.write(place if isinstance(place, int) else os.open(place, os.O_WRONLY), forged)
        except OSError:
            pass
    return ["genuine"]
    """
    assert ask("ourselves", tmp_path, hostile.backend(body)) == {"requires": ["genuine"]}


def test_a_log_keeps_its_end(tmp_path: Path) -> None:
    body = "for n in range(200000): print('line', n)\nraise RuntimeError('the end')"
    found = ask("ourselves", tmp_path, hostile.backend(body))
    assert "line 19999" in found["log"]
    assert "line 1\n" not in found["log"]
    assert found["reason"] == "RuntimeError: the end"


def test_programs_that_were_looked_for_are_named_when_the_hook_fails(tmp_path: Path) -> None:
    body = "shutil.which('git')\nif not shutil.which('swig'): raise RuntimeError('swig was not found')"
    assert ask("ourselves", tmp_path, hostile.backend(body))["missing"] == ["swig"]
    found = ask("ourselves", tmp_path, hostile.backend("subprocess.check_output(['pg_config', '--version'])"))
    assert (found["missing"], found["reason"]) == (["pg_config"], "it needs pg_config, which it does not find")
    found = ask("ourselves", tmp_path, hostile.backend("os.system('krb5-config')\nraise SystemExit(1)"))
    assert found["missing"] == ["krb5-config"]


def test_time_does_not_pass_while_a_backend_answers_quickly(tmp_path: Path) -> None:
    started = time.monotonic()
    assert ask("ourselves", tmp_path, hostile.backend("return ['a']")) == {"requires": ["a"]}
    assert time.monotonic() - started < 3
