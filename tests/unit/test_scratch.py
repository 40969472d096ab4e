"""What a run builds goes with it, and what a run leaves that was killed goes with the next."""

from __future__ import annotations

import _thread
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from resolver import concurrency
from resolver.builder.scratch import Scratch, sweep
from tests.support.events import wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders are locked on POSIX alone")
KILLED = """
import os
from resolver.builder.scratch import Scratch
path = Scratch().path
(path / "file").touch()
print(path, flush=True)
os._exit(1)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_removed_with_all_that_is_in_it(folder: Path) -> None:
    scratch = Scratch()
    (scratch.path / "deep").mkdir()
    (scratch.path / "deep" / "file").touch()
    scratch.remove()
    assert not list(folder.iterdir())


def test_what_a_killed_run_leaves_the_next_removes(folder: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(folder)}
    command = [sys.executable, "-c", KILLED]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    left = Path(done.stdout.strip())
    assert (left / "file").exists()
    scratch = Scratch()
    wait_for(lambda: not left.exists())
    assert scratch.path.is_dir()
    scratch.remove()


def test_what_is_in_use_or_somebody_else_s_stays(folder: Path) -> None:
    first = Scratch()
    place = folder / "elsewhere"
    (place / "kept").mkdir(parents=True)
    link = folder / first.path.name.replace(first.path.name[-8:], "a-link")
    link.symlink_to(place)
    (folder / "wheelhouse-build-another-machine-x").mkdir()
    before = sorted(folder.rglob("*"))
    sweep(folder)
    assert sorted(folder.rglob("*")) == before
    first.remove()


def test_a_folder_that_is_swept_before_it_is_locked_is_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = list[str](), tempfile.mkdtemp

    def swept_at_first(prefix: str) -> str:
        made.append(make(prefix=prefix))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_at_first)
    scratch = Scratch()
    assert (len(made), str(scratch.path)) == (2, made[1])
    scratch.remove()


def test_where_it_takes_long_it_goes_on_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on, remove = threading.Event(), shutil.rmtree
    scratch = Scratch()

    def slow(path: Path, *, ignore_errors: bool) -> None:
        assert may_go_on.wait(20)
        remove(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", slow)
    scratch.remove(0.01)
    assert scratch.path.exists()
    may_go_on.set()
    wait_for(lambda: not scratch.path.exists())


@pytest.mark.parametrize("how", ["refused", "dead before it lives"])
def test_without_a_thread_it_is_removed_all_the_same(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        if how == "refused":
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", none)
    monkeypatch.setattr(concurrency, "_BIRTH", 0.1)
    scratch = Scratch()
    scratch.remove(0)
    assert not scratch.path.exists()
