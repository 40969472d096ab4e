"""Broken input of every kind: the right exit code, a message that names the place, and nothing half written."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from resolver.cli.main import main
from tests.support.archives import metadata, wheel
from tests.support.desk import COMMAND, SPEC, environment, furnish, listing, wheelhouse
from tests.support.http_server import Route, Server, serving
from tests.support.machine import skip

Break = Callable[[Path], object]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    return furnish(tmp_path / "desk")


@pytest.fixture
def locked(desk: Path) -> Path:
    assert wheelhouse(desk, "resolve").returncode == 0
    return desk


def fails(desk: Path, command: str, code: int, *says: str) -> str:
    """Run a command that must fail as told, in one message, and leave every file as it was."""
    before, here = listing(desk), Path.cwd()
    out, err = io.StringIO(), io.StringIO()
    os.chdir(desk)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            found = main(command.split())
    finally:
        os.chdir(here)
    said = err.getvalue()
    assert (found, out.getvalue()) == (code, ""), said
    assert said.count("error: ") == 1, said
    for text in says:
        assert text in said, said
    assert listing(desk) == before
    return said


def put_folder(path: Path) -> None:
    """Where there was a file."""
    path.unlink()
    path.mkdir()


SPECS: dict[str, tuple[Break, tuple[str, ...]]] = {
    "missing": (lambda spec: spec.unlink(), ("spec.yaml", "wheelhouse init")),
    "directory": (put_folder, ("spec.yaml", "directory")),
    "binary": (lambda spec: spec.write_bytes(b"\x00\xff\xfe" * 99), ("spec.yaml", "UTF-8")),
    "empty": (lambda spec: spec.write_bytes(b""), ("spec.yaml",)),
    "not yaml": (lambda spec: spec.write_text("version: [1\n"), ("spec.yaml:",)),
    "typo": (lambda spec: spec.write_text(SPEC.replace("requirements", "requirments")), ("requirements",)),
    "several": (lambda spec: spec.write_text(SPEC.replace("alpha>=1", "'alpha>>1'") + "nope: 1\n"), (":6", "nope")),
    "environment": (lambda spec: spec.write_text(SPEC.replace("os: windows", "os: widnows")), (":3", "widnows")),
    "environment and more": (
        lambda spec: spec.write_text(SPEC.replace("os: windows", "os: widnows").replace("alpha>=1", "'alpha>>1'")),
        (":3", "widnows", ":6", "alpha>>1"),
    ),
    "include": (lambda spec: spec.write_text(SPEC + "include: [gone.txt]\n"), ("gone.txt",)),
}


@pytest.mark.parametrize("name", SPECS)
def test_broken_specs(desk: Path, name: str) -> None:
    breaks, says = SPECS[name]
    breaks(desk / "spec.yaml")
    fails(desk, "resolve", 2, *says)


TREES = {
    "gone": "gone: there is no such directory; name a vendored tree",
    "spec.yaml": "spec.yaml: is a file; name the directory of a vendored tree",
    "empty": "empty: is no vendored tree",
}


@pytest.mark.parametrize("command", ["verify", "pack", "repair", "licenses"])
@pytest.mark.parametrize("tree", TREES)
def test_what_is_no_tree_is_told_in_the_same_words(desk: Path, command: str, tree: str) -> None:
    (desk / "empty").mkdir()
    fails(desk, f"{command} {tree} {'out.tar' if command == 'pack' else ''}", 2, TREES[tree])


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("unpack in.tar tree --trust SHA256:abc", "--trust: 'SHA256:abc' is no fingerprint of a key"),
        ("pack tree out.tar --passphrase-file phrase", "--passphrase-file is that of a key, and --sign names none"),
        ("resolve --prefer gone.lock", "gone.lock: cannot be read"),
    ],
)
def test_options_that_would_have_no_effect_are_told(locked: Path, command: str, says: str) -> None:
    (locked / "in.tar").touch()
    (locked / "tree").mkdir()
    fails(locked, command, 2, says)


def test_a_place_is_named_once(desk: Path) -> None:
    said = fails(desk, "resolve --spec .", 2, "cannot be read")
    assert said.startswith("error: .: cannot be read"), said


def test_the_spec_is_named_as_the_user_named_it(desk: Path) -> None:
    (desk / "spec.yaml").write_text(SPEC + "nope: 1\n")
    assert wheelhouse(desk.parent, "resolve", "--spec", "desk/spec.yaml").stderr.startswith("error: desk/spec.yaml:10")


LOCKS: dict[str, tuple[Break, tuple[str, ...]]] = {
    "empty": (lambda lock: lock.write_bytes(b""), ("lock.json:1", "delete it")),
    "truncated": (lambda lock: lock.write_bytes(lock.read_bytes()[:-99]), ("lock.json:", "delete it")),
    "binary": (lambda lock: lock.write_bytes(b"\x00\xff\xfe"), ("lock.json", "delete it")),
    "directory": (put_folder, ("lock.json", "directory")),
    "version": (
        lambda lock: lock.write_text(lock.read_text().replace('"lock_version": 1', '"lock_version": 99')),
        ("lock.json", "99"),
    ),
    "conflict": (
        lambda lock: lock.write_text(lock.read_text().replace('  "inputs"', '<<<<<<< ours\n  "inputs"')),
        ("lock.json:", "merge"),
    ),
    "hash": (
        lambda lock: lock.write_text(lock.read_text().replace('"sha256": "', '"sha256": "x')),
        ("lock.json", "sha256"),
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_broken_locks(locked: Path, name: str) -> None:
    breaks, says = LOCKS[name]
    breaks(locked / "lock.json")
    for command in ("resolve", "resolve --check", "vendor tree", "show", "why beta", "diff lock.json lock.json"):
        fails(locked, command, 2, *says)
    if name != "directory":
        assert "resolve --update" in fails(locked, "resolve", 2)
        done = wheelhouse(locked, "resolve", "--update")  # the way on
        assert done.returncode == 0, done.stderr
        assert "warning: the old lock is passed over: lock.json" in done.stderr


def test_nothing_but_a_lock_is_overwritten_by_one(locked: Path) -> None:
    (locked / "more.txt").write_text("gamma\n")
    (locked / "other.yaml").write_text(f"{SPEC}include: [more.txt]\n")
    (locked / "letter.txt").write_text("dear")
    (locked / "package.json").write_text('{"name": "x"}')
    before = {path: path.read_bytes() for path in locked.iterdir() if path.is_file()}
    for command, says in (
        ("resolve --lock package.json", "package.json: is no lock, and is not overwritten; name another file"),
        ("resolve --update --lock package.json", "package.json: is no lock, and is not overwritten"),
        ("resolve --update --spec other.yaml --lock other.yaml", "other.yaml: is read here"),
        ("resolve --update --spec other.yaml --lock more.txt", "more.txt: is read here"),
        ("resolve --update --lock letter.txt", "letter.txt: is no lock, and is not overwritten"),
        ("export html -o ./lock.json", "lock.json: is read here"),
    ):
        fails(locked, command, 2, says)
    assert {path: path.read_bytes() for path in before} == before


def test_the_lock_of_another_spec_is_not_overwritten(locked: Path) -> None:
    shutil.copy(locked / "spec.yaml", locked / "risk.yaml")
    for command in ("resolve --spec risk.yaml", "resolve --spec risk.yaml --update"):
        said = (
            "lock.json: is the lock of spec.yaml; give risk.yaml its own (--lock risk.lock.json), or remove lock.json"
        )
        fails(locked, command, 2, said)
    said = fails(
        locked, "resolve --check --spec risk.yaml", 1, "risk.yaml is not what the lock was made from (spec.yaml)"
    )
    run = "run: wheelhouse "
    command = next(line.removeprefix(run) for line in said.splitlines() if line.startswith(run))
    assert command == "resolve --spec risk.yaml --lock risk.lock.json"
    assert wheelhouse(locked, *command.split()).returncode == 0
    before = (locked / "risk.lock.json").read_bytes()
    (locked / "risk.yaml").write_text(SPEC.replace("alpha>=1", "alpha>=1,<2"))
    fails(
        locked,
        "resolve --lock risk.lock.json",
        2,
        "is the lock of risk.yaml; give spec.yaml its own (--lock lock.json)",
    )
    assert (locked / "risk.lock.json").read_bytes() == before
    (locked / "spec.yaml").unlink()  # it has another name now
    assert wheelhouse(locked, "resolve", "--spec", "risk.yaml").returncode == 0


def test_options_and_names(locked: Path) -> None:
    for command, says in (
        ("resovle", "did you mean resolve?"),
        ("resolve spec.yaml", "--spec FILE"),
        ("resolve --updat", "unrecognized arguments: --updat; did you mean --update?"),
        ("why beta alpha", "unrecognized arguments: alpha\n"),
        ("-q diff a b", "unrecognized arguments: -q; it belongs behind the command"),
        ("why beta spec.yaml", "such as --lock FILE"),
        ("resolve --update --check", "not allowed with"),
        ("resolve --update alpha --update beta", "--update: is given twice"),
        ("vendor tree --lock a.json --lock lock.json", "--lock: is given twice, and only one can hold"),
        ("resolve --update no-such", "neither the lock nor the spec has a project 'no-such'"),
        ("resolve --update alhpa", "did you mean alpha?"),
        ("resolve --lock nowhere/lock.json", "there is no directory nowhere"),
        ("why alhpa", "did you mean alpha?"),
        ("why beta -e linus", "did you mean linux?"),
        ("show -e linus", "did you mean linux?"),
        ("vendor tree -e linus", "did you mean linux?"),
        ("vendor tree -e mars", "it has linux, windows"),
        ("vendor tree --jobs 0", "from 1 to 64"),
        ("vendor spec.yaml", "is a file"),
        ("vendor wheels", "neither empty nor a vendored tree"),
        ("serve tree --port 99999", "from 0 to 65535"),
        ("serve wheels", "wheelhouse vendor"),
        ("show --lock none.json", "none.json: there is no such lock"),
        ("resolve --check --spec none.yaml", "none.yaml: there is no such spec"),
        ("init", "exists already"),
        ("init --spec new.yaml none.txt", "none.txt: there is no such file"),
        ("init --spec no/new.yaml", "there is no directory no"),
    ):
        fails(locked, command, 2, says)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def test_local_indexes_that_are_not_there(desk: Path) -> None:
    (desk / "spec.yaml").write_text(SPEC.replace("wheels/", "wheals/"))
    fails(desk, "resolve", 4, "index 'local'", "wheals")
    (desk / "spec.yaml").write_text(SPEC.replace("alpha", "alhpa"))
    fails(desk, "resolve", 3, "alhpa", "windows", "local")


def test_archives_that_are_broken(desk: Path) -> None:
    """Each is a reason against a candidate; where it was the only one, there is no solution, and all is named."""
    path = desk / "wheels" / "beta-1.5-py3-none-any.whl"
    good = path.read_bytes()
    path.write_bytes(b"<html>please log in</html>")
    fails(desk, "resolve", 3, "beta", "1.5", "alpha")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("beta-1.5.dist-info/METADATA", metadata("beta", "1.5", "pytz>dev"))
    fails(desk, "resolve", 3, "beta", "1.5", "pytz>dev")
    path.write_bytes(good)
    assert wheelhouse(desk, "resolve").returncode == 0


def test_artifacts_that_are_not_what_was_locked(locked: Path) -> None:
    wheels = locked / "wheels"
    (wheels / "beta-1.5-py3-none-any.whl").write_bytes(wheel("beta", "1.5", padding=9))
    (wheels / "delta-0.1.tar.gz").unlink()
    done = wheelhouse(locked, "vendor", "tree")
    assert done.returncode == 1
    assert "2 of the lock's files could not be vendored" in done.stderr
    assert "beta-1.5-py3-none-any.whl" in done.stderr
    assert "delta-0.1.tar.gz is not in" in done.stderr
    assert not (locked / "tree/manifest.json").exists()
    assert "wheelhouse vendor" in fails(locked, "serve tree", 2)


def test_what_a_folder_lacks_is_told_by_the_folder(locked: Path) -> None:
    (locked / "carried").mkdir()
    done = wheelhouse(locked, "vendor", "tree", "--from", "carried")
    assert done.returncode == 1
    assert "  delta-0.1.tar.gz: is not in carried\n" in done.stderr
    assert "      from " not in done.stderr, "no URL was asked"


def test_a_direct_url_is_told_by_the_line_that_names_it(desk: Path, server: Server) -> None:
    url = f"{server.url}/alpha-1.0-py3-none-any.whl"
    (desk / "spec.yaml").write_text(
        SPEC.replace("alpha>=1", f"alpha @ {url}").replace("wheels/", f"{server.url}/simple/")
    )
    said = fails(desk, "resolve", 4, "spec.yaml:6: alpha: ", f"answers 404 for {url}")
    assert "index" not in said


def test_a_direct_url_beside_an_index_in_a_directory(desk: Path, server: Server) -> None:
    content = wheel("lone", "1")
    server.routes["/lone-1-py3-none-any.whl"] = Route(body=content)
    url = f"{server.url}/lone-1-py3-none-any.whl"
    (desk / "spec.yaml").write_text(SPEC.replace("alpha>=1", f"alpha>=1\n  - lone @ {url}"))
    assert wheelhouse(desk, "resolve").returncode == 0
    assert wheelhouse(desk, "vendor", "tree").returncode == 0
    assert (desk / "tree/files/lone-1-py3-none-any.whl").read_bytes() == content
    (desk / "spec.yaml").write_text((desk / "spec.yaml").read_text().replace("lone-1-", "lone-2-"))
    fails(desk, "resolve", 4, "spec.yaml:7: lone: ", "answers 404 for", "lone-2-py3-none-any.whl")


def test_an_index_that_does_not_answer(desk: Path, server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/simple/"
    (desk / "spec.yaml").write_text(SPEC.replace("wheels/", closed))
    fails(desk, "resolve", 4, "index 'local'", closed, "refused")
    (desk / "spec.yaml").write_text(SPEC.replace("wheels/", f"{server.url}/simple/"))
    fails(desk, "resolve", 3, "alpha", "local")  # 404 for all: it has no such project
    login = b"<!DOCTYPE html><html><body><form>Log in</form></body></html>"
    for project in ("alpha", "delta", "winonly"):
        server.routes[f"/simple/{project}/"] = Route(body=login, content_type="text/html")
    fails(desk, "resolve", 4, "/simple/alpha/", "a page for people (it has a <form>, and no file)", "credentials")
    server.routes["/simple/alpha/"] = Route(login="user:secret")
    assert "WHEELHOUSE_INDEX_LOCAL_USERNAME" in fails(desk, "resolve", 4, "401")
    server.routes["/simple/alpha/"] = Route(first=[(500, {})] * 99)
    fails(desk, "resolve", 4, "500", "/simple/alpha/", "try again later")


def test_a_disk_that_is_full(locked: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        skip("mounting a small disk needs root")
    try:
        for name in ("spec.yaml", "lock.json"):
            shutil.copy(locked / name, small)
        shutil.copytree(locked / "wheels", small / "wheels")
        (small / "spec.yaml").write_text(SPEC + "# changed\n")
        with (small / "filler").open("wb", buffering=0) as filler:
            while os.statvfs(small).f_bavail:
                filler.write(b"x" * 4096)
        for command in ("resolve", "init --spec new.yaml"):
            before = listing(small)
            done = wheelhouse(small, *command.split(), env={"WHEELHOUSE_CACHE_DIR": str(tmp_path / "cache")})
            assert done.returncode == 4, done.stdout + done.stderr
            assert done.stderr.endswith("cannot be written: No space left on device\n")
            assert listing(small) == before
        done = wheelhouse(small, "vendor", "tree", env={"WHEELHOUSE_CACHE_DIR": str(small / "cache")})
        assert done.returncode in {1, 4}, done.stderr
        assert "tree: No space left on device; 5 files of " in done.stderr, done.stderr
        assert "are to come, and a rerun goes on with these" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (small / "tree/manifest.json").exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_directory_that_is_read_only(desk: Path) -> None:
    if os.geteuid() == 0:
        unwritable = ("setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all")
        if shutil.which("setpriv") is None:
            skip("root writes everywhere, and setpriv is not here")
        desk.parent.chmod(0o755)
        done = subprocess.run(
            [*unwritable, *COMMAND, "resolve"], cwd=desk, env=environment(desk), capture_output=True, check=False
        )
        if done.returncode != 4:
            skip(f"nobody cannot run this interpreter: {done.stderr!r}")
        assert b"lock.json: cannot be written: its directory is read-only" in done.stderr
        assert listing(desk).keys().isdisjoint({"lock.json"})
    else:
        desk.chmod(0o555)
        fails(desk, "resolve", 4, "read-only")


def test_a_bug_is_said_to_be_one(locked: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import hashlib\ndef sha256(*_): raise ZeroDivisionError('oh')\nhashlib.sha256 = sha256\n"
    )
    path = {"PYTHONPATH": os.pathsep.join([str(tmp_path), environment(locked)["PYTHONPATH"]])}
    done = wheelhouse(locked, "resolve", "--update", env=path)
    assert done.returncode == 70
    assert done.stderr == (
        "error: this is a bug of wheelhouse: ZeroDivisionError: oh; "
        "run it again with WHEELHOUSE_TRACEBACK=1 and report what it prints\n"
    )
    done = wheelhouse(locked, "resolve", "--update", env={**path, "WHEELHOUSE_TRACEBACK": "1"})
    assert "Traceback" in done.stderr
