"""What places, packs and normalises wheels in actions, and which Python a build needs."""

from __future__ import annotations

import os
import random
import re
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.builder.builds import UTILITIES
from tests.support.machine import HERE
from tests.support.rule_tools import (
    contents,
    holds_its_record,
    installed,
    library,
    mode,
    program,
    record,
    written,
)
from tests.support.wheels import wheel_with

archives = library("archives")
wheels = library("wheels")
Failure = library("failure").Failure


def places(root: Path) -> dict[str, str]:
    names = {"purelib": "site", "platlib": "site", "scripts": "bin", "headers": "include", "data": "."}
    return {scheme: str(root / name) for scheme, name in names.items()}


ENTRY_POINTS = """\
[console_scripts]
keel = keel.cli:Command.main
Keel-Extra = keel.extra:run [extra]

[gui_scripts]
keel-window = keel:window

[keel.plugins]
other = keel:other
"""


def keel(folder: Path) -> Path:
    files = {
        "keel/__init__.py": b"x = 1\n",
        "keel/__pycache__/old.pyc": b"",
        "keel-1.data/purelib/pure.py": b"",
        "keel-1.data/platlib/native.so": b"",
        "keel-1.data/scripts/tool": b"#!python -s\nprint(1)\n",
        "keel-1.data/scripts/shell": b"#!/bin/sh\n",
        "keel-1.data/headers/keel.h": b"",
        "keel-1.data/data/share/keel.txt": b"",
    }
    return wheel_with(folder, "keel", files, entry_points=ENTRY_POINTS)


def test_a_wheel_is_placed_by_its_schemes(tmp_path: Path) -> None:
    root = tmp_path / "root"
    tops = wheels.install(str(keel(tmp_path)), places(root), "/opt/python")
    assert tops == {"keel", "pure.py", "native.so", "keel-1.dist-info"}
    found = contents(root)
    assert set(found) == {
        "bin/keel", "bin/Keel-Extra", "bin/keel-window", "bin/shell", "bin/tool",
        "include/keel.h", "share/keel.txt",
        "site/keel/__init__.py", "site/native.so", "site/pure.py",
        *(f"site/keel-1.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")),
    }  # fmt: skip
    assert found["bin/tool"].startswith(b"#!/opt/python\nprint")
    assert found["bin/shell"] == b"#!/bin/sh\n"
    assert {name: mode(root / name) for name in found if name.startswith("bin/")} == dict.fromkeys(
        (name for name in found if name.startswith("bin/")), 0o755
    )
    assert mode(root / "site/keel/__init__.py") == 0o644


def test_entry_points_become_scripts(tmp_path: Path) -> None:
    wheels.install(str(keel(tmp_path)), places(tmp_path / "root"), "/opt/python")
    command = (tmp_path / "root/bin/keel").read_text()
    assert command.splitlines() == [
        "#!/opt/python",
        "import sys",
        "",
        "from keel.cli import Command",
        "",
        'if __name__ == "__main__":',
        "    sys.exit(Command.main())",
    ]
    assert "sys.exit(run())" in (tmp_path / "root/bin/Keel-Extra").read_text()
    assert "from keel import window\n" in (tmp_path / "root/bin/keel-window").read_text()


def test_a_script_of_one_line(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, "keel", {"keel-1.data/scripts/tool": b"#!python"})
    wheels.install(str(wheel), places(tmp_path / "root"), "/opt/python")
    assert (tmp_path / "root/bin/tool").read_bytes() == b"#!/opt/python"


def test_without_an_interpreter_there_are_no_scripts_of_entry_points(tmp_path: Path) -> None:
    wheels.install(str(keel(tmp_path)), places(tmp_path / "root"))
    assert {p.name: p.read_bytes() for p in (tmp_path / "root/bin").iterdir()} == {
        "tool": b"#!python -s\nprint(1)\n",
        "shell": b"#!/bin/sh\n",
    }


@pytest.mark.parametrize(
    ("files", "bare", "said"),
    [
        ({"other-2.dist-info/METADATA": b""}, False, r"keel-1-py3-none-any\.whl has 2 folders \.dist-info, not one"),
        ({"keel.py": b""}, True, r"has 0 folders \.dist-info, not one"),
        ({"../evil.py": b""}, False, r"evil\.py leads out of its archive"),
        ({"keel-1.data/scripts/../../evil": b""}, False, "evil leads out of its archive"),
        ({"/evil": b""}, False, "/evil leads out of its archive"),
        ({"keel-1.data/elsewhere/evil": b""}, False, r"keel-1-py3-none-any\.whl cannot be installed: 'elsewhere'"),
    ],
)
def test_what_is_no_wheel(tmp_path: Path, files: dict[str, bytes], bare: bool, said: str) -> None:
    with pytest.raises(Failure, match=said):
        wheels.install(str(wheel_with(tmp_path, "keel", files, bare=bare)), places(tmp_path / "root"), "/p")
    assert not list(tmp_path.rglob("evil*"))


def test_what_is_no_zip_and_scripts_that_lead_out(tmp_path: Path) -> None:
    (tmp_path / "broken.whl").write_bytes(b"not a zip")
    with pytest.raises(Failure, match=r"broken\.whl cannot be installed: File is not a zip file"):
        wheels.install(str(tmp_path / "broken.whl"), places(tmp_path / "root"))
    hostile = wheel_with(tmp_path, "keel", {}, entry_points="[console_scripts]\n../evil = a:b\n")
    with pytest.raises(Failure, match="evil leads out"):
        wheels.install(str(hostile), places(tmp_path / "root"), "/p")


def test_a_folder_that_holds_a_wheel(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    with pytest.raises(Failure, match="holds 0 wheels, not one"):
        wheels.wheel_in(str(tmp_path / "built"))
    one = wheel_with(tmp_path / "built", "one", {})
    (tmp_path / "built" / "log.txt").write_text("")
    assert wheels.wheel_in(str(tmp_path / "built")) == wheels.wheel_in(str(one)) == str(one)
    wheel_with(tmp_path / "built", "two", {})
    with pytest.raises(Failure, match="holds 2 wheels, not one"):
        wheels.wheel_in(str(tmp_path / "built"))


def test_pack_writes_a_record_of_what_is_there(tmp_path: Path) -> None:
    entries = {
        'keel/a,"b".txt': (b"content", False),
        "keel/tool": (b"#!", True),
        "keel-1.dist-info/METADATA": (b"Name: keel\n", False),
        "keel-1.dist-info/RECORD": (b"something else", False),
        "keel-1.dist-info/RECORD.jws": (b"signed", False),
        "keel-1.dist-info/RECORD.p7s": (b"signed", False),
    }
    path = tmp_path / "keel-1-py3-none-any.whl"
    wheels.pack(entries, str(path))
    assert holds_its_record(path)
    assert set(record(path)) == {n for n in entries if not n.endswith((".jws", ".p7s"))}
    with zipfile.ZipFile(path) as archive:
        assert {i.filename: i.external_attr >> 16 for i in archive.infolist()}["keel/tool"] == 0o100755
        assert archive.namelist()[-1] == "keel-1.dist-info/RECORD"
        assert archive.testzip() is None
    with pytest.raises(Failure, match=r"has 0 folders \.dist-info"):
        wheels.pack({"keel/a": (b"", False)}, str(path))


@given(st.randoms())
@settings(max_examples=10)
def test_normalised_wheels_differ_in_nothing_but_content(chance: random.Random) -> None:
    import tempfile

    contents = {
        "keel/__init__.py": b"x = 1\n" * 50,
        "keel/run": b"#!/bin/sh\n",
        "keel-1.dist-info/METADATA": b"Name: keel\n",
        "keel-1.dist-info/RECORD": b"",
    }

    def written(path: Path) -> Path:
        names = list(contents)
        chance.shuffle(names)
        with zipfile.ZipFile(path, "w") as archive:
            if chance.random() < 0.5:
                archive.writestr("keel/", b"")
            for name in names:
                info = zipfile.ZipInfo(name, (chance.randint(1980, 2030), 2, 3, 4, 5, 6))
                info.compress_type = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
                permissions = [0o700, 0o777] if name.endswith("run") else [0, 0o600, 0o664]
                info.external_attr = chance.choice(permissions) << 16
                info.create_system = chance.choice([0, 3])
                noise = str(chance.random()).encode() if name.endswith("RECORD") else b""
                archive.writestr(info, contents[name] + noise)
        return path

    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name in ("one", "two"):
            target = Path(folder, name + ".out")
            wheels.normalise(str(written(Path(folder, name))), str(target))
            assert holds_its_record(target)
            made.append(target.read_bytes())
    assert made[0] == made[1]


def test_install(tmp_path: Path) -> None:
    site, metadata = installed(tmp_path, keel(tmp_path))
    assert {"keel/__init__.py", "bin/tool", "include/keel.h", "share/keel.txt"} <= set(contents(site))
    assert set(contents(metadata)) == {
        f"keel-1.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")
    }
    assert ".wheelhouse-pth" not in contents(site)  # it has no .pth


def test_install_marks_what_has_pth_files(tmp_path: Path) -> None:
    files = {"z.pth": b"import z\n", "keel-1.data/purelib/a.pth": b"sub\n", "keel/inner.pth": b"", "keel.py": b""}
    site, _ = installed(tmp_path, wheel_with(tmp_path, "keel", files))
    assert (site / program("install").MARK).read_text() == "a.pth\nz.pth\n"


def test_install_from_the_folder_of_a_build(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    wheel_with(tmp_path / "built", "keel", {"keel.py": b""})
    assert "keel.py" in contents(installed(tmp_path, tmp_path / "built")[0])


@pytest.mark.parametrize("ending", [".tar.gz", ".zip"])
def test_pack_an_sdist(tmp_path: Path, ending: str) -> None:
    files = {"keel-1/setup.py": b"x = 1\n", "keel-1/configure": b"#!/bin/sh\n"}
    paths = written(tmp_path / "root", files)
    made = []
    for order in (paths, paths[::-1]):
        path = tmp_path / f"keel-1{ending}"
        program("pack").run({"archive": str(path), "root": str(tmp_path / "root"), "files": order})
        made.append(path.read_bytes())
        os.utime(paths[0], (1, 1))
    assert made[0] == made[1]
    (tmp_path / "again").mkdir()
    folder = Path(archives.unpack(str(path), str(tmp_path / "again")))
    assert {f"keel-1/{name}": content for name, content in contents(folder).items()} == files
    assert (mode(folder / "configure"), mode(folder / "setup.py")) == (0o755, 0o644)


def test_pack_a_wheel(tmp_path: Path) -> None:
    info = "keel-1.dist-info"
    files = {
        "keel.py": b"patched",
        "run": b"#!/bin/sh\n",
        f"{info}/METADATA": b"",
        f"{info}/RECORD": b"keel.py,sha256=old,1\n",
    }
    path = tmp_path / "keel-1-py3-none-any.whl"
    parameters = {"archive": str(path), "root": str(tmp_path / "root"), "files": written(tmp_path / "root", files)}
    program("pack").run(parameters)
    assert holds_its_record(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("keel.py") == b"patched"
        assert archive.getinfo("run").external_attr >> 16 == 0o100755


def test_tar(tmp_path: Path) -> None:
    written(tmp_path / "tree", {"simple/index.html": b"<html>", "files/a.whl": b"wheel"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b.whl").write_bytes(b"linked")
    (tmp_path / "tree/files/b.whl").symlink_to(tmp_path / "elsewhere/b.whl")
    (tmp_path / "tree/linked").symlink_to(tmp_path / "elsewhere")
    parameters = {"directory": str(tmp_path / "tree"), "name": "index", "archive": str(tmp_path / "index.tar")}
    program("tar").run(parameters)
    with tarfile.open(tmp_path / "index.tar") as archive:
        found = {member.name: member for member in archive.getmembers()}
        read = {name: archive.extractfile(member).read() for name, member in found.items()}  # type: ignore[union-attr]
    assert read == {
        "index/files/a.whl": b"wheel",
        "index/files/b.whl": b"linked",
        "index/linked/b.whl": b"linked",
        "index/simple/index.html": b"<html>",
    }
    assert list(found) == sorted(found)
    assert all(member.isreg() for member in found.values())


def test_builds_find_what_the_resolvers_sandbox_has() -> None:
    assert set(program("build").UTILITIES) == set(UTILITIES)
    assert len(program("build").UTILITIES) == len(UTILITIES)


def test_a_build_needs_the_python_of_its_environment() -> None:
    parameters = {
        "title": "keel-1.tar.gz", "environment": "linux", "interpreter": {"version": "3.1"},
        "remedies": {"python": "Register one."},
    }  # fmt: skip
    said = (
        rf"^keel-1\.tar\.gz is built for linux: this Python \(.*\) has version {HERE}\.\S+, not 3\.1\. Register one\.$"
    )
    with pytest.raises(Failure, match=said):
        program("build").run(parameters)


CPYTHON = {"version": "3.13.0", "implementation": "cpython", "abi": "cp313t", "libc": "glibc 2.36"}

PYPY = {"version": "3.10.14", "implementation": "pypy", "abi": None, "libc": "musl"}


@pytest.mark.parametrize(
    ("here", "expected", "differs"),
    [
        (CPYTHON, {"version": "3.13"}, ""),
        (CPYTHON, {"version": "3.13.0", "implementation": "cpython", "abi": "cp313t", "libc": "glibc 2.28"}, ""),
        (CPYTHON, {"version": "3.13", "implementation": None, "abi": None, "libc": "glibc"}, ""),
        (CPYTHON, {"version": "3.1"}, "version 3.13.0, not 3.1"),
        (CPYTHON, {"version": "3.13.1"}, "version 3.13.0, not 3.13.1"),
        (CPYTHON, {"version": "3.13", "abi": "cp313"}, "ABI cp313t, not cp313"),
        (CPYTHON, {"version": "3.13", "libc": "glibc 2.100"}, "C library glibc 2.36, not glibc 2.100"),
        (CPYTHON, {"version": "3.13", "libc": "musl 1.2"}, "C library glibc 2.36, not musl 1.2"),
        (PYPY, {"version": "3.10", "implementation": "pypy", "abi": "pypy310_pp73", "libc": "musl 1.2"}, ""),
        (
            PYPY,
            {"version": "3.11", "implementation": "cpython"},
            "version 3.10.14, not 3.11; implementation pypy, not cpython",
        ),
    ],
)
def test_what_a_python_has_to_be(monkeypatch: pytest.MonkeyPatch, here: object, expected: object, differs: str) -> None:
    interpreters_of_tools = library("interpreters")
    monkeypatch.setattr(interpreters_of_tools, "facts", lambda: here)
    if not differs:
        interpreters_of_tools.check(expected, "x", "y")
        return
    with pytest.raises(Failure, match=re.escape(f"x: this Python ({sys.executable}) has {differs}. y")):
        interpreters_of_tools.check(expected, "x", "y")


@pytest.mark.parametrize(
    ("files", "points"),
    [({"keel-1.data/scripts/python": b"evil"}, ""), ({"keel-1.data/data/bin/python": b"evil"}, ""), ({}, "python")],
)
def test_no_wheel_overwrites_the_interpreter(tmp_path: Path, files: dict[str, bytes], points: str) -> None:
    """The environment's is a link to that of the machine, which need not be what runs: a venv may hold a copy."""
    interpreter = tmp_path / "machine/python"
    interpreter.parent.mkdir()
    interpreter.write_bytes(b"interpreter")
    (tmp_path / "root/bin").mkdir(parents=True)
    (tmp_path / "root/bin/python").symlink_to(interpreter)
    wheel = wheel_with(
        tmp_path,
        "keel",
        {"keel.py": b"", **files},
        entry_points=f"[console_scripts]\n{points} = keel:x\n" if points else "",
    )
    with pytest.raises(Failure, match=r"^keel-1 cannot be installed: it would overwrite bin/python$"):
        wheels.install(str(wheel), places(tmp_path / "root"), "/opt/python")
    assert interpreter.read_bytes() == b"interpreter"
