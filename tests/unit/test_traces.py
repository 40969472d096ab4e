"""What shows of the Pythons and the sandbox of a machine: whatever comes, goes or changes among them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from findpython.providers import ALL_PROVIDERS
from findpython.utils import PYTHON_IMPLEMENTATIONS

from resolver.sandbox.interpreters import find, would_show
from resolver.sandbox.traces import FOLLOWED, NAMES, traces
from tests.support.pythons import python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing shows on Windows, and no sandbox is there")


def text() -> str:
    seen = traces()
    assert seen is not None
    return seen.text


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with a folder ``bin`` on PATH and nothing else; a Python and a bubblewrap are in it."""
    for variable in ("ASDF_DATA_DIR", "PYENV_ROOT", "RYE_PY_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    for name in ("python3.12", "bwrap"):
        (tmp_path / "bin" / name).touch(0o755)
    return tmp_path


def add(place: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).touch()

    return change


def lead_elsewhere(home: Path) -> None:
    (home / "other").write_bytes(b"")
    (home / "bin/python3.12").unlink()
    (home / "bin/python3.12").symlink_to(home / "other")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a new Python on PATH": add("bin/python3.13"),
    "another implementation": add("bin/PyPy3"),
    "a new Python of pyenv": add(".pyenv/versions/3.13.0/bin/python3.13"),
    "a new Python of asdf": add(".asdf/installs/python/3.13.0/bin/python"),
    "a new Python of rye": add(".rye/py/cpython@3.13.0/install/bin/python3"),
    "a new Python of uv": add(".local/share/uv/python/cpython-3.13/bin/python3.13"),
    "a Python of another size": lambda home: (home / "bin/python3.12").write_text("new"),
    "a Python of another time": lambda home: os.utime(home / "bin/python3.12", (1, 1)),
    "a Python that is gone": lambda home: (home / "bin/python3.12").unlink(),
    "a link to another file": lead_elsewhere,
    "a sandbox that is gone": lambda home: (home / "bin/bwrap").unlink(),
    "a new sandbox": lambda home: (home / "bin/bwrap").write_text("new"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_change_an_answer_shows(home: Path, change: str) -> None:
    before = text()
    assert text() == before
    CHANGES[change](home)
    assert text() != before


def test_a_library_that_comes_or_goes_shows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = text()
    monkeypatch.setattr("resolver.sandbox.traces._libraries", lambda: iter([str(home)]))
    without = text()
    (home / "libnew.so").touch()
    assert before != without != text()


def test_another_folder_on_path_shows_with_its_pythons(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = text()
    (home / "more").mkdir()
    monkeypatch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{home / 'more'}{os.pathsep}{home / 'missing'}")
    assert text() == before
    (home / "more/python3").touch()
    assert text() != before


def test_programs_that_are_no_python_leave_no_trace(home: Path) -> None:
    before = text()
    (home / "bin/ninja").touch()
    assert text() == before


def test_pythons_of_this_very_machine_show(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    seen = traces()
    assert seen is not None
    assert would_show(seen, find())
    assert not would_show(seen, [*find(), python("3.12.1")])


def test_a_c_library_that_does_not_tell_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> str:
        raise ValueError(name)

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "confstr", unknown)
    assert traces() is None


def test_all_that_findpython_looks_for_is_looked_at() -> None:
    assert set(ALL_PROVIDERS) == FOLLOWED
    assert set(PYTHON_IMPLEMENTATIONS) == set(NAMES)


def test_a_way_to_find_pythons_that_is_not_known_here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = traces()
    assert seen is not None
    assert would_show(seen, [])
    monkeypatch.setitem(ALL_PROVIDERS, "conda", next(iter(ALL_PROVIDERS.values())))
    assert not would_show(seen, [])
