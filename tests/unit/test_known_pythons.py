"""A Python is asked what it is when it is new, and after that only when its file is another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver.builder import known_pythons as module
from resolver.builder.known_pythons import known_pythons
from resolver.sandbox import interpreters
from tests.support.fake_hooks import Memory


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The names of those that were asked; there are a 3.11, one that does not run, and a 2.7."""
    versions = {"new": "3.11.7", "old": "2.7.18", "broken": ""}
    for name in versions:
        (tmp_path / name).write_bytes(b"ELF")
    names: list[str] = []

    def ask(executable: str) -> str:
        name = Path(executable).name
        names.append(name)
        facts: dict[str, object] = {"executable": executable, "version": versions[name], "implementation": "cpython"}
        facts |= {"prefix": "/usr", "stdlib": "/usr/lib", "include": "", "freethreaded": False}
        return json.dumps(facts) if versions[name] else ""

    monkeypatch.setattr(module, "ask", ask)
    monkeypatch.setattr(interpreters, "_executables", lambda: {str(tmp_path / name) for name in versions})
    return names


def test_each_is_asked_once(asked: list[str]) -> None:
    memory = Memory()
    assert [one.version for one in known_pythons(memory)] == ["3.11.7"]
    assert sorted(asked) == ["broken", "new", "old"]
    asked.clear()
    assert [one.version for one in known_pythons(memory)] == ["3.11.7"]
    assert asked == ["broken"], "what did not run may run the next time"


def test_a_new_file_under_an_old_name_is_asked(asked: list[str], tmp_path: Path) -> None:
    memory = Memory()
    known_pythons(memory)
    asked.clear()
    (tmp_path / "new").write_bytes(b"another ELF")
    known_pythons(memory)
    assert sorted(asked) == ["broken", "new"]


def test_one_that_is_gone_is_no_error(asked: list[str], tmp_path: Path) -> None:
    memory = Memory()
    (tmp_path / "new").unlink()
    known_pythons(memory)
    asked.clear()
    known_pythons(memory)
    assert "new" in asked, "nothing is kept of what cannot be told apart"
