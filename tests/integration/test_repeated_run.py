"""A `resolve` that ends as one before it did: when it is repeated, and what makes it be worked out again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resolver.cli import known_runs
from resolver.cli.main import main
from resolver.cli.repeated_run import repeat
from resolver.sandbox import interpreters
from resolver.sandbox.model import Job, JobAnswer
from tests.support.archives import json_page, metadata, sha256
from tests.support.command_line import run
from tests.support.http_server import Route, Server, serving
from tests.support.self_building import self_building

SPEC = """\
version: 1
indexes: [{{name: here, url: '{url}/simple/'}}]
environments: {{linux: {{python: '3.12', os: linux, arch: x86_64, libc: glibc 2.28}}}}
requirements: [six]
include: [more.in]
"""


def offer(server: Server, project: str, *versions: str, fresh: int = 600) -> None:
    """A page of wheels without bytes, their metadata beside them; all were uploaded in 2020."""
    rows = []
    for version in versions:
        name, claims = f"{project}-{version}-py3-none-any.whl", metadata(project, version)
        digest = hashlib.sha256(name.encode()).hexdigest()
        hashes = {"sha256": sha256(claims)}
        rows.append({"filename": name, "url": f"/files/{name}", "hashes": {"sha256": digest}, "core-metadata": hashes})
        rows[-1]["upload-time"] = "2020-01-01T00:00:00Z"
        server.routes[f"/files/{name}.metadata"] = Route(body=claims)
    headers = {"Cache-Control": f"max-age={fresh}"} if fresh else {}
    kind = "application/vnd.pypi.simple.v1+json"
    server.routes[f"/simple/{project}/"] = Route(body=json_page(project, *rows), content_type=kind, headers=headers)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An index, and the working directory of a user whose spec leads to two projects."""
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with serving() as here:
        offer(here, "six", "1.16.0", "1.17.0")
        offer(here, "attrs", "25.1.0")
        Path("spec.yaml").write_text(SPEC.format(url=here.url), encoding="utf-8")
        Path("more.in").write_text("attrs\n", encoding="utf-8")
        yield here


def test_a_lock_that_is_gone_is_written_again_with_the_same_report(server: Server) -> None:
    code, said = run("resolve")
    written = Path("lock.json").read_bytes()
    server.take()
    Path("lock.json").unlink()
    assert repeat(["resolve"])
    assert Path("lock.json").read_bytes() == written
    Path("lock.json").unlink()
    again, said_again = run("resolve")
    assert (code, again) == (0, 0)
    assert said_again.splitlines()[:-1] == said[: said.index("resolving")].splitlines()
    assert "neither the spec nor 2 pages" in said_again
    assert server.take() == []


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_stream_that_is_closed_gets_nothing_and_neither_does_the_other(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], closed: str
) -> None:
    run("resolve")
    written = Path("lock.json").read_bytes()
    Path("lock.json").unlink()
    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr(sys, closed, None)
        assert repeat(["resolve"])
    assert Path("lock.json").read_bytes() == written
    said = capsys.readouterr()
    assert ("wrote lock.json" in said.out, "nothing has changed" in said.err) == (
        closed == "stderr",
        closed == "stdout",
    )
    assert "nothing has changed" not in said.out


@pytest.mark.parametrize("update", [["--update"], ["--update", "six"], ["--update", "six", "attrs", "--quiet"]])
def test_an_update_that_finds_what_it_found(server: Server, update: list[str]) -> None:
    run("resolve")
    assert not repeat(["resolve", *update])
    first = run("resolve", *update)[1]
    assert repeat(["resolve", *update])
    assert "lock.json is unchanged: 2 wheels for 1 environment" in run("resolve", *update)[1]
    assert "lock.json is unchanged: 2 wheels for 1 environment" in first


def test_a_release_that_a_fresh_page_does_not_have_yet_is_found_once_the_page_is_old(server: Server) -> None:
    offer(server, "six", "1.16.0", fresh=1)
    run("resolve")
    offer(server, "six", "1.16.0", "1.17.0")
    time.sleep(1.1)
    assert not repeat(["resolve", "--update"])
    assert run("resolve", "--update")[0] == 0
    assert b"1.17.0" in Path("lock.json").read_bytes()


@pytest.mark.parametrize("name", ["spec.yaml", "more.in"])
def test_another_input_is_another_run(server: Server, name: str) -> None:
    run("resolve")
    Path("lock.json").unlink()
    path = Path(name)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not repeat(["resolve"])
    path.unlink()
    assert not repeat(["resolve"])


def test_another_lock_before_it_is_another_run(server: Server) -> None:
    run("resolve")
    Path("lock.json").write_bytes(Path("lock.json").read_bytes() + b"\n")
    assert not repeat(["resolve"])


def test_another_program_is_another_run(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("resolve")
    Path("lock.json").unlink()
    (tmp_path / "packaging-99.dist-info").mkdir()
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        assert not repeat(["resolve"])
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "module.py").touch()
    with monkeypatch.context() as patch:
        patch.setattr(known_runs, "_PACKAGE", str(tmp_path / "code"))
        assert not repeat(["resolve"])
    assert repeat(["resolve"])


def test_a_page_that_the_cache_lost_is_asked_for(server: Server, tmp_path: Path) -> None:
    run("resolve")
    Path("lock.json").unlink()
    for page in (tmp_path / "cache/v2/pages").rglob("*"):
        if page.is_file():
            page.write_bytes(page.read_bytes()[:70])
    assert not repeat(["resolve"])
    assert run("resolve")[0] == 0
    assert Path("lock.json").exists()


@pytest.mark.parametrize("broken", [b"", b"x", b"0" * 64 + b"\n"])
def test_a_broken_note_takes_the_long_way(server: Server, tmp_path: Path, broken: bytes) -> None:
    run("resolve")
    Path("lock.json").unlink()
    [note] = (tmp_path / "cache/runs").iterdir()
    note.write_bytes(broken + note.read_bytes()[len(broken) + 1 :])
    assert not repeat(["resolve"])


@pytest.mark.parametrize("words", ["resolve --check", "resolve --json", "resolve --spec ./spec.yaml", "vendor tree"])
def test_what_is_not_understood_takes_the_long_way(server: Server, words: str) -> None:
    run("resolve")
    Path("lock.json").unlink()
    assert not repeat(words.split())


def test_an_age_is_measured_by_the_clock_once_and_never_repeated_before_that(server: Server) -> None:
    with Path("spec.yaml").open("a", encoding="utf-8") as spec:
        spec.write("policy: {exclude_newer: 7 days}\n")
    code, said = run("resolve")
    first = json.loads(Path("lock.json").read_text(encoding="utf-8"))["exclude_newer"]["P7D"]
    assert (code, f"uploads after {first} do not exist (exclude_newer: P7D)" in said) == (0, True), said
    Path("lock.json").unlink()
    assert not repeat(["resolve"]), "the clock has moved on"
    run("resolve")
    written = Path("lock.json").read_bytes()
    assert run("resolve", "--check")[0] == 0
    Path("more.in").write_text("attrs\nsix\n", encoding="utf-8")
    time.sleep(1.1)
    assert run("resolve")[0] == 0
    frozen = json.loads(written)["exclude_newer"]
    assert json.loads(Path("lock.json").read_text(encoding="utf-8"))["exclude_newer"] == frozen
    Path("lock.json").write_bytes(written)
    assert repeat(["resolve"]), "with a frozen instant a run depends on no clock"
    assert not repeat(["resolve", "--update"])
    run("resolve", "--update")
    assert json.loads(Path("lock.json").read_text(encoding="utf-8"))["exclude_newer"] != frozen
    assert not repeat(["resolve", "--update"])


@pytest.fixture
def backend(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The sdist of another requirement, whose backend says what it requires; a folder on PATH; what was asked."""
    content = self_building("s")
    row = {"filename": "s-1.0.tar.gz", "url": "/files/s-1.0.tar.gz", "hashes": {"sha256": sha256(content)}}
    kind, headers = "application/vnd.pypi.simple.v1+json", {"Cache-Control": "max-age=600"}
    server.routes["/simple/s/"] = Route(body=json_page("s", row), content_type=kind, headers=headers)
    server.routes["/files/s-1.0.tar.gz"] = Route(body=content)
    Path("more.in").write_text("s\n", encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/bwrap").touch()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    asked: list[str] = []

    class Sandbox:
        def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> JobAnswer:
            asked.append(job.ask)
            return JobAnswer(requires=())

    monkeypatch.setattr("resolver.cli.commands.resolve._sandbox", Sandbox)
    interpreters.find.cache_clear()
    yield asked
    interpreters.find.cache_clear()


def test_a_run_whose_backends_said_what_is_remembered_is_repeated(backend: list[str]) -> None:
    code, said = run("resolve")
    assert (code, backend) == (0, ["requires"]), said
    written = Path("lock.json").read_bytes()
    for _ in range(2):
        Path("lock.json").unlink()
        assert repeat(["resolve"])
        assert Path("lock.json").read_bytes() == written
    assert backend == ["requires"]


CHANGES: dict[str, Callable[[Path], object]] = {
    "a new Python": lambda folder: (folder / "python3.99").touch(),
    "a changed Python": lambda folder: (folder / "python3.98").write_bytes(b"changed"),
    "no sandbox": lambda folder: (folder / "bwrap").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_machine_is_asked_again(backend: list[str], change: str, tmp_path: Path) -> None:
    (tmp_path / "bin/python3.98").touch()
    run("resolve")
    Path("lock.json").unlink()
    CHANGES[change](tmp_path / "bin")
    assert not repeat(["resolve"])
    assert run("resolve")[0] == 0
    Path("lock.json").unlink()
    assert repeat(["resolve"]), "as it is now it is known"


def test_pages_that_state_no_age_are_asked_for_each_time(server: Server) -> None:
    offer(server, "six", "1.17.0", fresh=0)
    run("resolve")
    Path("lock.json").unlink()
    server.take()
    assert not repeat(["resolve"])
    assert run("resolve")[0] == 0
    assert ("/simple/six/", 200) in server.take()


def test_a_directory_is_read_each_time(server: Server, tmp_path: Path) -> None:
    run("resolve")
    (tmp_path / "dir").mkdir()
    spec = Path("spec.yaml").read_text(encoding="utf-8")
    more = f"indexes: [{{name: dir, url: '{(tmp_path / 'dir').as_uri()}', projects: [nothing]}}, "
    Path("spec.yaml").write_text(spec.replace("indexes: [", more), encoding="utf-8")
    Path("lock.json").unlink()
    assert run("resolve")[0] == 0
    Path("lock.json").unlink()
    assert not repeat(["resolve"])


def test_a_lock_that_cannot_be_written_is_told_by_the_long_way(server: Server) -> None:
    run("resolve")
    Path("lock.json").unlink()
    Path("lock.json").mkdir()
    code, said = run("resolve")
    assert (code, "is a directory; name a file" in said) == (2, True)


def test_a_module_that_another_process_compiles_makes_no_other_program(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    (package / "module.py").touch()
    before = known_runs._listed(str(package))
    (package / "__pycache__/module.cpython-312.pyc.140234").touch()
    assert known_runs._listed(str(package)) == before
    (package / "module.py").write_text("changed")
    assert known_runs._listed(str(package)) != before


def test_nothing_of_the_library_is_imported(server: Server) -> None:
    assert main(["resolve", "--quiet"]) == 0
    Path("lock.json").unlink()
    code = (
        "import sys; from resolver.cli.main import main; main(['resolve', '-q']);"
        "print({'re', 'json', 'typing', 'packaging', 'resolver.errors', 'resolver.locking'} & set(sys.modules) or '')"
    )
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "wrote lock.json: 2 wheels for 1 environment\n\n"


def test_a_first_run_imports_nothing_for_what_it_does_not_meet(server: Server) -> None:
    """It meets no mistake in the spec, no wish, no sdist, and no page that the assistant has not read for it."""
    unmet = [
        *(
            "spec.mistakes",
            "spec.publishers",
            "resolution.explanation",
            "resolution.unmet",
            "simple.from_json",
            "simple.from_html",
            "lock.diff",
        ),
        *("build.asking", "build.closures", "build.contexts", "build.planner", "build.unused"),
        *("builder.builds", "builder.known_pythons"),
        *("sandbox.interpreters", "sandbox.model", "sandbox.runner", "sandbox.traces", "cli.parser"),
    ]
    code = (
        "import sys; from resolver.cli.main import main; main(['resolve', '-q']);"
        f"print(*sorted(set(sys.modules) & {{'resolver.' + name for name in {unmet}}}))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "wrote lock.json: 2 wheels for 1 environment\n\n"
