"""Wheels become the folder that a sandbox mounts, and nothing of a hostile one gets out of it."""

from __future__ import annotations

import errno
import os
import warnings
import zipfile
from pathlib import Path
from typing import NoReturn

import pytest

from resolver.errors import BuildFailed, StorageError
from resolver.sandbox.environments import make
from tests.support.pythons import PYTHON
from tests.support.wheels import wheel_with

SITE = "lib/python3.12/site-packages"


def listing(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_it_has_the_layout_of_a_virtual_environment_and_paths_of_the_inside(tmp_path: Path) -> None:
    wheel = wheel_with(
        tmp_path,
        "tool",
        {
            "tool/__init__.py": b"x = 1\n",
            "tool-1.data/scripts/old": b"#!python\nprint(1)\n",
            "tool-1.data/data/share/t": b"",
        },
        entry_points="[console_scripts]\ntool = tool:main\n",
    )
    folder = tmp_path / "environment"
    mask = os.umask(0o077)
    try:
        make([wheel], PYTHON, folder)
    finally:
        os.umask(mask)
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.rglob("*") if not path.is_symlink())
    assert {f"{SITE}/tool/__init__.py", "bin/tool", "bin/old", "share/t", "pyvenv.cfg"} <= listing(folder)
    assert (folder / "pyvenv.cfg").read_text().splitlines()[0] == "home = /python/bin"
    assert {str((folder / "bin" / name).readlink()) for name in ("python", "python3", "python3.12")} == {
        "/python/bin/python3.12"
    }
    for script in ("tool", "old"):
        assert (folder / "bin" / script).read_text().startswith("#!/env/bin/python\n")
        assert (folder / "bin" / script).stat().st_mode & 0o555 == 0o555 or script == "old"
    assert folder.stat().st_mode & 0o777 == 0o755


def test_pypy_and_a_free_threaded_python_have_names_of_their_own(tmp_path: Path) -> None:
    from dataclasses import replace

    make([], replace(PYTHON, implementation="pypy", version="3.10.14"), tmp_path / "pypy")
    make([], replace(PYTHON, freethreaded=True, version="3.13.0"), tmp_path / "free")
    assert (tmp_path / "pypy/lib/pypy3.10/site-packages").is_dir()
    assert str((tmp_path / "free/bin/python").readlink()) == "/python/bin/python3.13t"


def test_a_script_gives_way_to_an_entry_point_of_the_same_wheel(tmp_path: Path) -> None:
    """As pip has it; ldapdomaindump is such a wheel."""
    script = {"tool-1.data/scripts/tool": b"#!python\nprint(1)\n"}
    wheel = wheel_with(tmp_path, "tool", script, entry_points="[console_scripts]\ntool = tool:main\n")
    assert make([wheel], PYTHON, tmp_path / "environment") == ()
    assert "from tool import main" in (tmp_path / "environment/bin/tool").read_text()
    other = wheel_with(tmp_path, "other", {"other-1.data/scripts/tool": b"#!python\nprint(1)\n"})
    clashes = make([wheel, other], PYTHON, tmp_path / "another")
    assert [(clash.path, clash.kept, clash.lost) for clash in clashes] == [("tool", other.name, wheel.name)]
    assert (tmp_path / "another/bin/tool").read_text().endswith("print(1)\n")


def test_of_two_wheels_that_differ_in_a_file_the_first_by_name_has_it_in_any_order(tmp_path: Path) -> None:
    """As in pip and uv nothing fails: opencv-python and opencv-python-headless are such wheels, often seen together."""
    one = wheel_with(tmp_path, "one", {"shared/__init__.py": b"same"})
    two = wheel_with(tmp_path, "two", {"shared/__init__.py": b"same"})
    other = wheel_with(tmp_path, "other", {"shared/__init__.py": b"not the same"})
    assert make([one, two], PYTHON, tmp_path / "agreed") == ()
    for number, order in enumerate([[one, other, two], [two, other, one], [other, one, two]]):
        folder = tmp_path / str(number)
        clashes = make(order, PYTHON, folder)
        assert [(clash.kept, clash.lost) for clash in clashes] == [(other.name, two.name), (one.name, other.name)]
        assert {clash.path for clash in clashes} == {"shared/__init__.py"}
        assert (folder / SITE / "shared/__init__.py").read_bytes() == b"same"


@pytest.mark.parametrize("name", ["x", "x" * 255])
def test_what_lies_beside_a_file_that_is_written_over_stays(name: str, tmp_path: Path) -> None:
    """Names that are as long as they may be, and those that a temporary file might have."""
    beside = {f"x.{ending}": b"beside" for ending in ("first", "tmp", "orig", "old", "bak")}
    one = wheel_with(tmp_path, "one", {name: b"one"})
    other = wheel_with(tmp_path, "other", {name: b"other", **beside})
    [clash] = make([one, other], PYTHON, tmp_path / "environment")
    assert (clash.path, clash.kept, clash.lost) == (name, one.name, other.name)
    site = tmp_path / "environment" / SITE
    assert {path.name: path.read_bytes() for path in site.iterdir() if path.is_file()} == {name: b"one", **beside}


@pytest.mark.parametrize(
    "member",
    [
        "../../../../escaped",
        "/{outside}/escaped",
        "evil-1.data/data/../../../escaped",
        "evil-1.data/scripts/python",
        "evil-1.data/scripts/python3.12",
        "evil-1.data/data/bin/python3",
        "evil-1.data/data/pyvenv.cfg",
        "evil-1.data/nonsense/escaped",
    ],
)
def test_nothing_gets_out_of_the_folder_or_over_what_is_ours(member: str, tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    wheel = wheel_with(outside, "evil", {member.format(outside=outside): b"escaped"})
    before = listing(outside)
    with pytest.raises(BuildFailed, match=r"evil-1-py3-none-any[.]whl cannot be installed"):
        make([wheel], PYTHON, inside / "environment")
    assert listing(outside) == before
    assert list(inside.iterdir()) == []
    assert not list(tmp_path.glob("escaped"))


def test_a_link_to_the_interpreter_is_not_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = tmp_path / "host"
    (host / "bin").mkdir(parents=True)
    monkeypatch.setattr("resolver.sandbox.environments.PYTHON", str(host))
    wheel = wheel_with(tmp_path, "evil", {"evil-1.data/scripts/python": b"#!/bin/sh\n"})
    with pytest.raises(BuildFailed, match="it would overwrite python"):
        make([wheel], PYTHON, tmp_path / "environment")
    assert list((host / "bin").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"not a zip"])
def test_a_broken_wheel_is_named(content: bytes, tmp_path: Path) -> None:
    wheel = tmp_path / "broken-1-py3-none-any.whl"
    wheel.write_bytes(content)
    with pytest.raises(BuildFailed, match=r"broken-1-py3-none-any[.]whl cannot be installed"):
        make([wheel], PYTHON, tmp_path / "environment")


_WHEEL = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"


def wheel_of(folder: Path, files: dict[str, bytes]) -> Path:
    """A wheel of these files and no others, each compressed."""
    path = folder / "evil-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "files",
    [
        {"evil-1.dist-info/RECORD": b"evil.py,nonsense,1\n"},
        {"evil-1.dist-info/RECORD": b"one,two,three,four\n"},
        {"evil-1.dist-info/RECORD": b"a" * 200_000},
        {"evil-1.dist-info/entry_points.txt": b"no section\n"},
        {"evil-1.dist-info/entry_points.txt": b"[console_scripts]\nevil = %(nothing)s\n"},
    ],
)
def test_a_wheel_whose_metadata_is_nonsense_is_named(files: dict[str, bytes], tmp_path: Path) -> None:
    wheel = wheel_of(
        tmp_path, {"evil.py": b"", "evil-1.dist-info/WHEEL": _WHEEL, "evil-1.dist-info/RECORD": b"", **files}
    )
    with pytest.raises(BuildFailed, match=r"^evil-1-py3-none-any[.]whl cannot be installed"):
        make([wheel], PYTHON, tmp_path / "environment")


def test_a_wheel_that_cannot_be_decompressed_is_named(tmp_path: Path) -> None:
    wheel = wheel_of(
        tmp_path, {"evil-1.dist-info/WHEEL": _WHEEL, "evil-1.dist-info/RECORD": b"", "evil.py": b"x" * 999}
    )
    content = bytearray(wheel.read_bytes())
    data = content.index(b"evil.py") + len(b"evil.py")
    content[data : data + 4] = b"\xff" * 4
    wheel.write_bytes(content)
    with pytest.raises(BuildFailed, match=r"^evil-1-py3-none-any[.]whl cannot be installed: .*decompressing"):
        make([wheel], PYTHON, tmp_path / "environment")


def test_a_full_disk_is_no_fault_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("resolver.sandbox.environments.install", full)
    wheel = wheel_with(tmp_path, "fine", {"fine.py": b""})
    with pytest.raises(StorageError, match="No space left on device; TMPDIR names another folder"):
        make([wheel], PYTHON, tmp_path / "environment")
    assert list(tmp_path.iterdir()) == [wheel]


def test_it_ends_at_the_next_file_once_nobody_wants_it(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, "long", {f"{number}.py": b"" for number in range(100)})
    asked = iter([False, False])
    with pytest.raises(BuildFailed, match="nobody waits for it any more"):
        make([wheel], PYTHON, tmp_path / "environment", lambda: next(asked, True))
    assert next(asked, None) is None
    assert list(tmp_path.iterdir()) == [wheel]


def test_an_interrupt_does_not_wait_for_what_is_removed_with_the_folder_around_it(tmp_path: Path) -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    wheel = wheel_with(tmp_path, "long", {"a.py": b""})
    (tmp_path / "environments").mkdir()
    with pytest.raises(KeyboardInterrupt):
        make([wheel], PYTHON, tmp_path / "environments" / "one", interrupted)
    [begun] = (tmp_path / "environments").iterdir()
    assert begun.name.startswith(".one-")


def test_bytecode_is_left_out_without_touching_what_is_shown_of_warnings(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, "old", {"old/__pycache__/x.cpython-312.pyc": b"", "old/x.py": b""})
    seen: list[object] = []

    def is_unwanted() -> bool:
        seen.append(list(warnings.filters))
        return False

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        make([wheel], PYTHON, tmp_path / "environment", is_unwanted)
    assert seen
    assert all(filters == before for filters in seen)
    assert not told
    assert f"{SITE}/old/x.py" in listing(tmp_path / "environment")
    assert not [path for path in listing(tmp_path / "environment") if "__pycache__" in path]


def test_a_wheel_without_metadata_is_named(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, "bare", {"bare.py": b""}, bare=True)
    with pytest.raises(BuildFailed, match=r"bare-1-py3-none-any[.]whl cannot be installed"):
        make([wheel], PYTHON, tmp_path / "environment")
