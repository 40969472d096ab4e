"""The programs that actions run, on every Python of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.machine import HERE, empty_network, every_python, interpreters, skip
from tests.support.rule_tools import TOOLS, contents, holds_its_record, library
from tests.support.self_building import self_building
from tests.support.wheels import wheel_with

wheels = library("wheels")


def ran(python: Path, name: str, parameters: Mapping[str, object], folder: Path) -> tuple[int, str]:
    (folder / "parameters.json").write_text(json.dumps(parameters))
    command = [str(python), "-B", "-I", "-c", _ISOLATED, str(TOOLS / f"{name}.py"), str(folder / "parameters.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


_ISOLATED = (
    "import os, runpy, sys; del sys.argv[0]; sys.path.insert(0, os.path.dirname(sys.argv[0])); "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


@every_python
def test_programs_run_on_every_python(tmp_path: Path, python: Path) -> None:
    wheel = wheel_with(tmp_path, "keel", {"keel.py": b"", "a.pth": b""})
    parameters = {
        "wheel": str(wheel), "site_packages": str(tmp_path / "site"), "dist_info": str(tmp_path / "info"),
    }  # fmt: skip
    assert ran(python, "install", parameters, tmp_path) == (0, "")
    assert "keel.py" in contents(tmp_path / "site")
    packed = tmp_path / "keel-2-py3-none-any.whl"
    content = [str(path) for path in sorted((tmp_path / "site").rglob("*")) if path.is_file()]
    assert ran(
        python, "pack", {"archive": str(packed), "root": str(tmp_path / "site"), "files": content}, tmp_path
    ) == (0, "")
    assert holds_its_record(packed)
    parameters = {"archive": str(tmp_path / "a.tar"), "directory": str(tmp_path / "site"), "name": "n"}
    assert ran(python, "tar", parameters, tmp_path) == (0, "")
    (tmp_path / "broken").write_bytes(b"")
    code, said = ran(
        python, "install", {"wheel": str(tmp_path / "broken"), "site_packages": str(tmp_path / "s")}, tmp_path
    )
    assert (code, said) == (1, "\nerror: broken cannot be installed: File is not a zip file\n\n")


_ASKS_NETWORK = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
from wheelhouse_tools.network import leave_network
user = os.getuid()
leave_network()
assert os.getuid() == user, (os.getuid(), user)
assert [name for _, name in socket.if_nameindex()] == ["lo"], socket.if_nameindex()
server = socket.create_server(("127.0.0.1", 0)) if hasattr(socket, "create_server") else None
if server: socket.create_connection(server.getsockname()).close()
"""


@every_python
def test_builds_have_no_network_but_their_loopback(python: Path) -> None:
    if empty_network() is None:
        skip("this machine allows no network namespace")
    done = subprocess.run([str(python), "-c", _ASKS_NETWORK, str(TOOLS)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


SEES_ITS_PLACE = """\
import importlib.util, sys
assert all(argument[0] != "-" for argument in sys.argv), sys.argv  # as the setup.py of ruamel.yaml.clib asks
assert [name for name in ("bin", "env", "home", "source", "wheel") if importlib.util.find_spec(name)] == [], sys.path
assert sys.path[0].endswith("/source/keel-1.0"), sys.path
"""


def test_a_backend_sees_a_program_with_a_name_and_no_folders_of_ours(tmp_path: Path) -> None:
    sdist = tmp_path / "keel-1.0.tar.gz"
    sdist.write_bytes(self_building("keel", build=SEES_ITS_PLACE))
    parameters = {
        "title": sdist.name, "sdist": str(sdist), "environment": "linux", "interpreter": {"version": HERE},
        "wheels": [], "backend": "backend", "backend_path": ["."], "programs": {}, "compiler": None,
        "utilities": ["/usr/bin", "/bin"], "variables": {}, "directory": str(tmp_path / "built"),
        "remedies": {"python": "", "programs": ""},
    }  # fmt: skip
    assert ran(Path(sys.executable), "build", parameters, tmp_path) == (0, "")
    assert [path.name for path in (tmp_path / "built").iterdir()] == ["keel-1.0-py3-none-any.whl"]


@every_python
def test_every_python_knows_what_it_is(tmp_path: Path, python: Path) -> None:
    code = "import json; from wheelhouse_tools.interpreters import facts; print(json.dumps(facts()))"
    done = subprocess.run([str(python), "-B", "-c", code], cwd=TOOLS, capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    number = python.name.removeprefix("python")
    assert facts["version"].startswith(f"{number}.")
    assert facts["implementation"] == "cpython"
    assert facts["abi"].rstrip("mt") == f"cp{number.replace('.', '')}"


def made(folder: Path, python: Path, *wheels: Path, compiled: bool = False) -> Path:
    """An environment that the tool makes of wheels; the path of its interpreter."""
    parameters = {
        "wheels": [str(wheel) for wheel in wheels], "interpreter": {"version": python.name.removeprefix("python")},
        "environment": "linux", "remedies": {"python": ""}, "compile": compiled, "directory": str(folder / "env"),
    }  # fmt: skip
    assert ran(python, "environment", parameters, folder) == (0, "")
    return folder / "env/bin/python"


@every_python
def test_an_environment_has_its_wheels_and_their_scripts(tmp_path: Path, python: Path) -> None:
    points = "[console_scripts]\nkeel = keel:main\n"
    wheel = wheel_with(tmp_path, "keel", {"keel.py": b"def main(): print('ahoy')\n"}, entry_points=points)
    here = made(tmp_path, python, wheel, compiled=True)
    assert subprocess.run([str(here.parent / "keel")], capture_output=True, text=True, check=True).stdout == "ahoy\n"
    code = "import sys, keel; print(sys.prefix, keel.__cached__)"
    said = subprocess.run([str(here), "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == str(here.parents[1])
    assert Path(said[1]).exists()


@every_python
def test_what_is_compiled_knows_no_time_though_a_pth_file_imports_it(tmp_path: Path, python: Path) -> None:
    wheel = wheel_with(tmp_path, "keel", {"keel.py": b"x = 1\n", "keel.pth": b"import keel\n"})
    made(tmp_path, python, wheel, compiled=True)
    [compiled] = tmp_path.rglob("keel.*.pyc")
    assert compiled.read_bytes()[4:8] == b"\1\0\0\0"  # PEP 552: by its source's hash, which is not compared


def told(folder: Path, *wheels: Path) -> tuple[int, str]:
    parameters = {
        "wheels": [str(wheel) for wheel in wheels], "interpreter": {"version": HERE}, "environment": "linux",
        "remedies": {"python": ""}, "compile": False, "directory": str(folder / "env"),
    }  # fmt: skip
    return ran(Path(sys.executable), "environment", parameters, folder)


def test_files_that_two_wheels_bring_are_told_where_they_differ(tmp_path: Path) -> None:
    points = "[console_scripts]\nahoy = {}:main\n"
    same = {"sea/__init__.py": b"", "tests/__init__.py": b"1\n"}
    one = wheel_with(tmp_path, "keel", {**same, "keel.py": b""}, entry_points=points.format("keel"))
    two = wheel_with(tmp_path, "sail", {**same, "tests/__init__.py": b"2\n"}, entry_points=points.format("sail"))
    site = f"lib/python{HERE}/site-packages"
    code, said = told(tmp_path, one, two)
    line = "warning: {} is in keel-1 and in sail-1 with different content; that of sail-1 is there"
    assert code == 0
    assert said.splitlines() == [line.format(f"{site}/tests/__init__.py"), line.format("bin/ahoy")]
    assert (tmp_path / "env" / site / "tests/__init__.py").read_bytes() == b"2\n"
    assert b"from sail import main" in (tmp_path / "env/bin/ahoy").read_bytes()


def test_many_files_that_two_wheels_bring(tmp_path: Path) -> None:
    one, two = (
        wheel_with(tmp_path, name, {f"docs/{number}.txt": name.encode() for number in range(12)})
        for name in ("keel", "sail")
    )
    code, said = told(tmp_path, one, two)
    assert (code, said.count("\n")) == (0, 11)
    assert said.endswith("\nwarning: and so are 2 more files\n")


@pytest.mark.parametrize("turned", [False, True])
def test_a_file_where_another_wheel_has_a_folder(tmp_path: Path, turned: bool) -> None:
    file = wheel_with(tmp_path, "keel", {"sea": b""})
    folder = wheel_with(tmp_path, "sail", {"sea/wave/foam.py": b""})
    code, said = told(tmp_path, *((folder, file) if turned else (file, folder)))
    owners = "sail-1 and keel-1" if turned else "keel-1 and sail-1"
    assert code == 1
    assert said.startswith(f"\nerror: {owners} cannot be in one environment: the one has the file lib/")
    assert f"site-packages/{'sea/wave/foam.py' if turned else 'sea'}, and the other has lib/" in said


def with_record(wheel: Path) -> Path:
    folder = wheel.parent / "recorded"
    folder.mkdir()
    wheels.normalise(str(wheel), str(folder / wheel.name))
    return folder / wheel.name


def imported(folder: Path, python: Path, *skip: str) -> tuple[int, str]:
    parameters = {"skip": skip, "environment": "linux", "report": str(folder / "report")}
    code, said = ran(python, "imports", parameters, folder)
    return code, said or (folder / "report").read_text()


def test_imports_of_an_environment(tmp_path: Path) -> None:
    python = interpreters()[-1]
    keel = {"keel/__init__.py": b"", "keel_web.py": b"import flask_of_nobody\n", "keel_data/x.txt": b"", "a.pth": b""}
    code, said = imported(tmp_path, made(tmp_path, python, with_record(wheel_with(tmp_path, "keel", keel))))
    assert (code, said) == (0, "keel 1: keel\n    not keel_web, for want of flask_of_nobody\n")


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"keel.py": b"import nobody\n"}, "keel: ModuleNotFoundError: No module named 'nobody'"),
        ({"keel.py": b"", "hull.py": b"1 / 0\n"}, "hull: ZeroDivisionError: division by zero"),
        ({"keel.py": b"", "hull.py": b"from keel import no\n"}, "hull: ImportError: cannot import name 'no'"),
        ({"keel.py": b"import os; os._exit(3)\n"}, "keel: ended with code 3: "),
    ],
)
def test_what_cannot_be_imported_is_named(tmp_path: Path, files: dict[str, bytes], fault: str) -> None:
    python = made(tmp_path, interpreters()[-1], with_record(wheel_with(tmp_path, "keel", files)))
    code, said = imported(tmp_path, python)
    assert code == 1
    assert f"  keel 1\n    {fault}" in said
    assert imported(tmp_path, python, "keel", "hull")[0] == 0
