"""Hooks in a real sandbox, asked by a real command: programs of the spec, a command that is ended, no sandbox."""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.sandbox.interpreters import find
from resolver.sandbox.runner import Sandbox
from resolver.sandbox.usage import descendants
from tests.support.archives import sdist, wheel
from tests.support.command_line import resolve
from tests.support.desk import COMMAND, environment
from tests.support.self_building import self_building

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
HERE = {"python": PYTHON, "os": "linux", "arch": platform.machine(), "libc": "glibc 2.17"}
SETUP = b"from setuptools import setup\nsetup(name='s', version='1.0')\n"
NONE = "there is no sandbox on this machine: bubblewrap is not installed"


def spec(folder: Path, files: dict[str, bytes], environments: dict[str, object], **more: object) -> dict[str, object]:
    """A spec that wants ``s`` from an index of ``files``."""
    (folder / "wheels").mkdir()
    for name, content in files.items():
        (folder / "wheels" / name).write_bytes(content)
    index = {"name": "local", "url": "wheels/"}
    return {"environments": environments, "requirements": ["s"], "indexes": [index], **more}


@pytest.mark.usefixtures("sandbox")
def test_a_program_of_the_spec_may_be_a_script_of_the_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pg_config is on most systems."""
    tool = tmp_path / "bin" / "s-config"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\nset -e\nuname >/dev/null\necho "version=$(printf 9 | sed s/9/10/)" | cut -d = -f 2\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent), prepend=":")
    hook = "import subprocess\nassert subprocess.check_output(['s-config']) == b'10\\n'"
    files = {"s-1.0.tar.gz": self_building("s", hook=hook)}
    stated = spec(tmp_path, files, {"here": HERE}, build={"system": {"s": ["s-config"]}})
    outcome = resolve(tmp_path, stated, tmp_path / "cache")
    assert outcome.code == 0, outcome.said
    assert outcome.lock is not None
    assert outcome.lock.builds["s-1.0.tar.gz"].environments["here"].system == ("s-config",)
    tool.write_text("#!/bin/sh\necho 11\n")
    (tmp_path / "lock.json").unlink()
    assert resolve(tmp_path, stated, tmp_path / "cache").code == 3, "its answer is of today, not of the cache"


@pytest.fixture
def waiting(tmp_path: Path, sandbox: Sandbox) -> Iterator[subprocess.Popen[str]]:
    """A command whose hook runs, and would for an hour; it keeps what is temporary in ``temporary``."""
    files = {"s-1.0.tar.gz": self_building("s", hook="import time; time.sleep(3600)")}
    (tmp_path / "spec.yaml").write_text(json.dumps({"version": 1, **spec(tmp_path, files, {"here": HERE})}))
    (tmp_path / "temporary").mkdir()
    process = subprocess.Popen(
        [*COMMAND, "resolve"],
        cwd=tmp_path,
        env=environment(tmp_path, {"TMPDIR": str(tmp_path / "temporary")}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    try:
        while not any((tmp_path / "temporary").glob("*/environments/[!.]*")) or len(descendants(process.pid)) < 4:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "code", "told"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")]
)
def test_a_command_that_is_ended_leaves_nothing(
    number: int, code: int, told: str, waiting: subprocess.Popen[str], tmp_path: Path
) -> None:
    below = descendants(waiting.pid)[1:]
    waiting.send_signal(number)
    out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, out) == (code, ""), err
    assert err.splitlines()[-1] == f"{told}; nothing is half written, and a rerun continues"
    assert [path.name for path in (tmp_path / "temporary").iterdir()] == []
    assert [pid for pid in below if Path(f"/proc/{pid}/root").exists()] == []
    assert not (tmp_path / "lock.json").exists()


def without_a_sandbox(
    folder: Path, monkeypatch: pytest.MonkeyPatch, setuptools: str, environments: dict[str, object]
) -> dict[str, object]:
    """The spec of two sdists with a setup.py, whose answer is `setuptools` and `wheel`."""
    find()  # while there is a PATH
    monkeypatch.setenv("PATH", str(folder))
    toml = f'[build-system]\nrequires = ["setuptools=={setuptools}"]\nbuild-backend = "setuptools.build_meta"\n'
    files = {
        f"setuptools-{setuptools}-py3-none-any.whl": wheel("setuptools", setuptools),
        "wheel-0.45.1-py3-none-any.whl": wheel("wheel", "0.45.1"),
        "s-1.0.tar.gz": sdist("s", "1.0", {"setup.py": SETUP, "pyproject.toml": toml.encode()}),
        "t-1.0.tar.gz": sdist("t", "1.0", {"setup.py": SETUP, "pyproject.toml": toml.encode()}),
    }
    return {**spec(folder, files, environments), "requirements": ["s", "t"]}


def test_without_a_sandbox_it_tells_which_setup_py_was_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = without_a_sandbox(tmp_path, monkeypatch, "80.9.0", {"here": HERE})
    outcome = resolve(tmp_path, stated, tmp_path / "cache")
    assert outcome.code == 0, outcome.said
    assert f"sandbox: the setup.py of s 1.0, t 1.0 was not run ({NONE})" in outcome.said
    assert outcome.said.count("apt install bubblewrap") == 1
    assert "`build: requires:`" in outcome.said


@pytest.mark.usefixtures("sandbox")
def test_without_a_sandbox_a_lock_keeps_its_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody on another system adds a requirement to a lock that was made where there is a sandbox."""
    files = {"s-1.0.tar.gz": self_building("s", answer=("t>=1",)), "t-1.0-py3-none-any.whl": wheel("t", "1.0")}
    stated = spec(tmp_path, files, {"here": HERE})
    before = resolve(tmp_path, stated, tmp_path / "cache")
    assert (before.code, before.lock is not None) == (0, True), before.said
    monkeypatch.setenv("PATH", str(tmp_path))
    after = resolve(tmp_path, {**stated, "requirements": ["s", "t"]}, tmp_path / "cache of theirs")
    assert (after.code, after.lock is not None) == (0, True), after.said
    assert before.lock is not None
    assert after.lock is not None
    assert after.lock.builds == before.lock.builds
    assert (
        f"sandbox: the backend of s 1.0 was not asked ({NONE}): the build requirements of the older lock are kept"
        in after.said
    )
    (tmp_path / "lock.json").unlink()
    assert resolve(tmp_path, stated, tmp_path / "cache of theirs").code == 3


def test_without_a_sandbox_it_fails_where_files_do_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds of numpy 1.25 for Python 3.12: it asks for a setuptools that this Python cannot import."""
    modern = {**HERE, "python": "3.12"}
    stated = without_a_sandbox(tmp_path, monkeypatch, "59.2.0", {"modern": modern})
    outcome = resolve(tmp_path, stated, tmp_path / "cache")
    assert outcome.code == 3, outcome.said
    assert "s-1.0.tar.gz for modern:" in outcome.said
    assert "Python 3.12 imports no setuptools before 66.1, its build gets 59.2.0" in outcome.said
    assert "`build: requires:`" in outcome.said
    answered = {**stated, "build": {"requires": {"s": [], "t": []}}}
    assert resolve(tmp_path, answered, tmp_path / "cache").code == 0
