"""What starts with a program: the check of its Python, `.pth` files of wheels, packages that several wheels share."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.machine import HERE, every_python
from tests.support.rule_tools import RULES, written

SITE = RULES / "libraries" / "site"

REPORT = "import json, sys; print(json.dumps([getattr(sys, 'seen', []), sys.path]))"

NOTE = "import sys; sys.seen = getattr(sys, 'seen', []) + [{!r}]\n"


def started(python: Path, *folders: Path) -> tuple[list[str], list[str]]:
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [str(python), "-B", "-S", "-c", "import sitecustomize\n" + REPORT]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    seen, path = json.loads(done.stdout)
    return seen, path


@every_python
def test_pth_files_of_wheels_are_carried_out(tmp_path: Path, python: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    written(one, {".wheelhouse-pth": b"a.pth\n", "a.pth": NOTE.format("a").encode() + b"inner\n", "inner/x.py": b""})
    written(two, {"b.pth": NOTE.format("b").encode()})  # without a mark: no wheel put it there
    written(three, {".wheelhouse-pth": b"c.pth\n", "c.pth": NOTE.format("c").encode()})
    seen, path = started(python, SITE, one, two, three)
    assert seen == ["a", "c"]
    assert str(one / "inner") in path
    assert path.count(str(one)) == 1


@every_python
def test_another_sitecustomize_still_runs(tmp_path: Path, python: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    written(one, {".wheelhouse-pth": b"a.pth\n", "a.pth": NOTE.format("a").encode()})
    written(two, {"sitecustomize.py": NOTE.format("theirs").encode()})
    assert started(python, SITE, one, two)[0] == ["a", "theirs"]
    assert started(python, one, SITE)[0] == ["a"]


def namespace_pth(*packages: str) -> bytes:
    """What setuptools wrote into NAME-nspkg.pth, a line for each package."""
    lines = []
    for package in packages:
        parts = tuple(package.split("."))
        line = (
            f"import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *{parts!r});"
            "importlib = __import__('importlib.util');__import__('importlib.machinery');"
            f"m = sys.modules.setdefault({package!r}, importlib.util.module_from_spec("
            f"importlib.machinery.PathFinder.find_spec({package!r}, [os.path.dirname(p)])));"
            "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)"
        )
        parent, _, last = package.rpartition(".")
        lines.append(line + (f";m and setattr(sys.modules[{parent!r}], {last!r}, m)" if parent else ""))
    return "".join(line + "\n" for line in lines).encode()


@every_python
def test_namespace_packages_of_every_kind_are_whole(tmp_path: Path, python: Path) -> None:
    """One made by a .pth file of setuptools, which knows its own folder alone, and others with none (PEP 420)."""
    old, newer, nested = (tmp_path / name for name in ("old", "newer", "nested"))
    marked = {".wheelhouse-pth": b"old-nspkg.pth\n", "old-nspkg.pth": namespace_pth("sea", "sea.deep")}
    names = {"old-1.dist-info/namespace_packages.txt": b"sea\nsea.deep\n"}
    written(old, {**marked, **names, "sea/salt.py": b"", "sea/deep/eel.py": b""})
    written(newer, {"sea/foam.py": b"", "sea/wave/__init__.py": b""})
    written(nested, {"sea/deep/ray.py": b"", "sea.py": b"1 / 0\n"})
    code = "import sitecustomize, sea.salt, sea.foam, sea.wave, sea.deep.eel, sea.deep.ray"
    for folders in itertools.permutations([old, newer, nested]):
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [SITE, *folders]))}
        done = subprocess.run(
            [str(python), "-B", "-S", "-c", code], env=variables, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@every_python
def test_packages_are_whole_of_which_several_wheels_have_parts(tmp_path: Path, python: Path) -> None:
    """As where an installer puts them into one folder; the `__init__` of the first counts."""
    one, two, three = (tmp_path / f"{name}.d" / "site-packages" for name in ("one", "two", "three"))
    own = tmp_path / "own"
    both = {"sea/__init__.py": b"", "sea/deep/__init__.py": b""}
    written(one, {**both, "sea/__init__.py": b"from sea.foam import FOAM\n", "lone/__init__.py": b""})
    written(two, {**both, "sea/foam.py": b"FOAM = 1\n", "sea/deep/ray.py": b""})
    written(three, {"sea/salt.py": b"", "sea/deep/eel.py": b"", "bin/sea": b"", "sea/data/x.txt": b"salt"})
    code = (
        "import sitecustomize, sea.salt, sea.deep.ray, sea.deep.eel, lone, pkgutil, sys; assert sea.FOAM\n"
        "assert sorted(each.name for each in pkgutil.iter_modules(sea.__path__)) == ['deep', 'foam', 'salt']\n"
        "assert len(lone.__path__) == 1"
    )

    def run(code: str, *folders: Path) -> tuple[int, str]:
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [SITE, *folders]))}
        command = [str(python), "-B", "-S", "-c", code]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    for folders in itertools.permutations([two, three]):
        assert run(code, one, *folders) == (0, "")
    written(own, {"sea/__init__.py": b"OURS = 1\n"})
    ours = "import sitecustomize, sea; assert sea.OURS and len(sea.__path__) == 1"
    assert run(ours, own, one, two, three) == (0, ""), "a package of the program's own is nobody else's"


def test_a_pth_file_sees_whole_packages(tmp_path: Path) -> None:
    one, two = (tmp_path / f"{name}.d" / "site-packages" for name in ("one", "two"))
    written(one, {"sea/__init__.py": b"", "a.pth": b"import sea.salt\n", ".wheelhouse-pth": b"a.pth\n"})
    written(two, {"sea/__init__.py": b"", "sea/salt.py": b"print('salt')\n"})
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [SITE, one, two]))}
    command = [sys.executable, "-B", "-S", "-c", "import sitecustomize"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("salt\n", "")


def test_site_itself_runs_it_when_python_starts(tmp_path: Path) -> None:
    written(tmp_path / "one", {".wheelhouse-pth": b"a.pth\n", "a.pth": NOTE.format("a").encode()})
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SITE), str(tmp_path / "one")])}
    done = subprocess.run(
        [sys.executable, "-B", "-c", REPORT], env=variables, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)[0] == ["a"]
    assert done.stderr == ""


def test_two_copies_of_it_end(tmp_path: Path) -> None:
    """As when one of two repositories brings rules of its own, or a path and a link to it are both there."""
    copy = tmp_path / "copy"
    written(copy, {"sitecustomize.py": (SITE / "sitecustomize.py").read_bytes()})
    written(tmp_path / "theirs", {"sitecustomize.py": NOTE.format("theirs").encode()})
    assert started(Path(sys.executable), SITE, copy, tmp_path / "theirs")[0] == ["theirs"]


THREADS = "t" if "free-threading" in sys.version else ""
THIS = {"version": HERE, "implementation": "cpython", "abi": f"cp{HERE.replace('.', '')}{THREADS}"}


@pytest.mark.parametrize(
    ("expected", "fits"),
    [
        (THIS, True),
        ({"version": HERE}, True),
        ({}, True),
        ({**THIS, "version": "3.1"}, False),
        ({**THIS, "implementation": "pypy", "abi": "pypy310_pp73"}, False),
        ({**THIS, "abi": THIS["abi"].removesuffix("t") + ("" if THREADS else "t")}, False),
    ],
)
def test_a_program_needs_the_python_of_its_environment(tmp_path: Path, expected: dict[str, str], fits: bool) -> None:
    known = {**expected, "hub": "pypi", "environment": "linux", "described": "cpython 3.1 (cp31)"}
    lines = "".join(f"{name} {value}\n" for name, value in known.items())
    module = (SITE / "sitecustomize.py").read_bytes()
    written(tmp_path / "site", {"sitecustomize.py": module, ".wheelhouse-python": lines.encode()})
    written(tmp_path / "other", {"sitecustomize.py": module, ".wheelhouse-python": lines.encode()})
    command = [sys.executable, "-B", "-c", "import os, subprocess, sys\nprint('runs')"]

    def run(**more: str) -> tuple[int, str, str]:
        folders = os.pathsep.join(str(tmp_path / name) for name in ("other", "site"))
        variables = {**os.environ, "PYTHONPATH": folders, **more}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    code, said, wrong = run()
    assert (code, said) == ((0, "runs\n") if fits else (1, ""))
    assert bool(wrong) != fits
    if not fits:
        essential = (
            r"packages of @pypi for the environment linux, which is for cpython 3\.1 \(cp31\),\nand it runs on cpython "
        )
        assert re.search(essential, wrong)
        assert wrong.count("error: ") == 1
    assert run(_WHEELHOUSE_PARENT="1") == (0, "runs\n", ""), "it was started by such a program, and may be any Python"


@every_python
@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("Sea_Salt-1.0", None),
        ("sea_salt-2.0", "sea-salt (1.0, 2.0)"),
        ("sand-2.0", None),
    ],
)
def test_a_program_has_each_project_in_one_version(tmp_path: Path, python: Path, other: str, told: str | None) -> None:
    """Where its libraries are of two locks, it would get parts of both."""
    module = (SITE / "sitecustomize.py").read_bytes()
    for hub, release in (("web", "sea_salt-1.0"), ("jobs", other)):
        written(tmp_path / hub, {"sitecustomize.py": module, ".wheelhouse-python": f"hub {hub}\n".encode()})
        written(tmp_path / f"{hub}.d" / "site-packages", {f"{release}.dist-info/METADATA": b"", "sea/__init__.py": b""})

    def run(*folders: str, **more: str) -> tuple[int, str, str]:
        path = os.pathsep.join(str(tmp_path / name) for name in folders)
        command = [str(python), "-B", "-S", "-c", "import sitecustomize; print('runs')"]
        variables = {**os.environ, "PYTHONPATH": path, **more}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    folders = ("web", "jobs", "web.d/site-packages", "jobs.d/site-packages")
    code, said, wrong = run(*folders)
    assert (code, said) == ((0, "runs\n") if told is None else (1, ""))
    if told is None:
        assert wrong == ""
    else:
        assert f"packages of several locks, @jobs and @web, which have different versions of: {told}" in wrong
        assert wrong.count("error: ") == 1
        assert run(*folders, _WHEELHOUSE_PARENT="1") == (0, "runs\n", ""), "another program started it, with its path"
    assert run("web", *folders[2:]) == (0, "runs\n", ""), "of one lock"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a link that leads nowhere")
def test_a_folder_of_the_path_that_cannot_be_looked_into_is_none_of_a_lock(tmp_path: Path) -> None:
    written(tmp_path / "web", {"sitecustomize.py": (SITE / "sitecustomize.py").read_bytes()})
    (tmp_path / "loop").symlink_to("loop")
    path = os.pathsep.join(map(str, (tmp_path / "web", tmp_path / "loop")))
    done = subprocess.run(
        [sys.executable, "-B", "-S", "-c", "import sitecustomize; print('runs')"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "runs\n", "")


def test_what_a_program_starts_may_be_any_python(tmp_path: Path) -> None:
    module = (SITE / "sitecustomize.py").read_bytes()
    written(tmp_path, {"sitecustomize.py": module, ".wheelhouse-python": f"version {HERE}\n".encode()})
    code = (
        "import subprocess, sys\n"
        f"open({str(tmp_path / '.wheelhouse-python')!r}, 'w').write('version 3.1\\n')\n"
        "sys.exit(subprocess.run([sys.executable, '-c', '']).returncode)"
    )
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], env=variables, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
