"""`wheelhouse cache` as a user runs it, also while another run uses the same cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.cli.cache_contents import entries, remove
from resolver.http_index.entries import LAYOUT, TEMPORARY
from tests.support.archives import json_page, metadata, sha256
from tests.support.command_line import run
from tests.support.http_server import Route, Server, serving

PROJECTS = 12
DAY = 24 * 3600
LONG_AGO = 100 * DAY


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A spec that leads through a chain of projects, and an index that has them."""
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with serving() as server:
        for number in range(PROJECTS):
            following = [f"p{number + 1}"] if number + 1 < PROJECTS else []
            offer(server, f"p{number}", following)
        Path("spec.yaml").write_text(
            f"version: 1\nindexes: [{{name: here, url: '{server.url}/simple/'}}]\nrequirements: [p0]\n"
            "environments: {linux: {python: '3.12', os: linux, arch: x86_64, libc: glibc 2.28}}\n",
            encoding="utf-8",
        )
        yield tmp_path


def offer(server: Server, project: str, requires: list[str]) -> None:
    name, claims = f"{project}-1-py3-none-any.whl", metadata(project, "1", *requires)
    row = {
        "filename": name,
        "url": f"/files/{name}",
        "hashes": {"sha256": sha256(name.encode())},
        "core-metadata": {"sha256": sha256(claims)},
    }
    server.routes[f"/files/{name}.metadata"] = Route(body=claims)
    kind = "application/vnd.pypi.simple.v1+json"
    headers = {"Cache-Control": "max-age=600"}
    server.routes[f"/simple/{project}/"] = Route(body=json_page(project, row), content_type=kind, headers=headers)


def amounts(said: str) -> dict[str, int]:
    return {kind: amount["files"] for kind, amount in json.loads(said)["kinds"].items()}


def test_what_is_there_is_told_and_goes_on_demand(desk: Path) -> None:
    assert set(amounts(run("cache", "--json")[1]).values()) == {0}
    run("resolve")
    lock = Path("lock.json").read_bytes()
    code, said = run("cache")
    assert (code, said.splitlines()[0]) == (0, f"{desk / 'cache'}:")
    held = amounts(run("cache", "--json")[1])
    assert (held["pages of projects"], held["METADATA"]) == (2 * PROJECTS, PROJECTS)
    assert run("cache", "--prune", "30d")[1].startswith("removed 0 files, 0 B\n")
    assert amounts(run("cache", "--json")[1]) == held
    code, said = run("cache", "--clear")
    assert (code, said.startswith(f"removed {sum(held.values())} files, ")) == (0, True)
    assert set(amounts(run("cache", "--json")[1]).values()) == {0}
    Path("lock.json").unlink()
    assert run("resolve")[0] == 0
    assert Path("lock.json").read_bytes() == lock


def test_what_a_run_may_be_writing_stays_and_is_told(desk: Path) -> None:
    run("resolve")
    killed, writing = (desk / "cache" / LAYOUT / TEMPORARY / name for name in ("tmpkilled", "tmpwriting"))
    for path in (killed, writing):
        path.write_bytes(b"half a wheel")
    os.utime(killed, (killed.stat().st_mtime - 2 * DAY,) * 2)
    assert amounts(run("cache", "--json")[1])["unfinished downloads"] == 2
    assert run("cache", "--prune", "30d")[1].splitlines()[:2] == [
        "removed 1 file, 12 B",
        "left 1 unfinished download, 12 B: a run may be writing there; what is older than a day is removed",
    ]
    code, said = run("cache", "--clear")
    assert (code, said.splitlines()[1].startswith("left 1 unfinished download, 12 B: ")) == (0, True)
    assert (killed.exists(), writing.exists()) == (False, True)
    assert amounts(run("cache", "--json")[1])["unfinished downloads"] == 1


def test_what_was_not_used_for_long_goes(desk: Path) -> None:
    run("resolve")
    listed = list(entries(desk / "cache"))
    for one in listed[::2]:
        os.utime(one.path, (one.used - LONG_AGO, one.used - LONG_AGO))
    told = json.loads(run("cache", "--prune", "12w", "--json")[1])
    assert told["removed"]["files"] == len(listed[::2])
    assert [one.path for one in entries(desk / "cache")] == [one.path for one in listed[1::2]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--prune", "soon"], "'soon' is not an age; write 30d, 12h or 2w"),
        (["--prune", "2020-01-01"], "'2020-01-01' is not an age"),
        (["--prune", "30d", "--clear"], "not allowed with"),
        (["--cache-dir", "none"], "none: there is no such cache"),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Path, words: list[str], expected: str) -> None:
    run("resolve")
    held = amounts(run("cache", "--json")[1])
    code, said = run("cache", *words)
    assert (code, expected in said) == (2, True), said
    assert amounts(run("cache", "--json")[1]) == held


def test_a_run_goes_on_whose_cache_is_removed_under_it(desk: Path) -> None:
    run("resolve")
    lock = Path("lock.json").read_bytes()
    done = threading.Event()
    rounds = [0]

    def clear() -> None:
        while not done.is_set():
            remove(entries(desk / "cache"))
            rounds[0] += 1

    clearing = threading.Thread(target=clear)
    clearing.start()
    try:
        for _ in range(6):
            Path("lock.json").unlink()
            command = [sys.executable, "-m", "resolver.cli", "resolve", "-q"]
            finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert finished.returncode == 0, finished.stderr
            assert Path("lock.json").read_bytes() == lock
    finally:
        done.set()
        clearing.join()
    assert rounds[0] > 6
