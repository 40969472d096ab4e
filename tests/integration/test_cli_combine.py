"""`wheelhouse combine` as it is run: two teams with folders of their own, and one tree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.desk import add, furnish, wheelhouse

LOCKS = ("web/lock.json", "ml/lock.json")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two folders with a lock each; ``ml`` has a newer beta in its own index."""
    for team in ("web", "ml"):
        furnish(tmp_path / team)
    add(tmp_path / "ml", "beta", "2.0")
    for team in ("web", "ml"):
        done = wheelhouse(tmp_path / team, "resolve")
        assert done.returncode == 0, done.stderr
    return tmp_path


def test_one_tree_of_two_locks(site: Path) -> None:
    done = wheelhouse(site, "combine", *LOCKS, "-o", "site.lock.json")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[2:6]] == [
        *("web-linux", "web-windows", "ml-linux", "ml-windows"),
    ]
    assert done.stdout.endswith("wrote site.lock.json: 6 files (4 of several locks) for 4 environments\n")
    assert done.stderr.startswith("warning: beta: files come from the indexes ")
    done = wheelhouse(site, "vendor", "tree", "--lock", "site.lock.json")
    assert done.stdout.startswith("tree: 6 files, "), done.stderr
    assert wheelhouse(site, "verify", "tree", "-q").returncode == 0
    done = wheelhouse(site, "show", "beta", "--lock", "site.lock.json")
    assert "1.5" in done.stdout
    assert "2.0" in done.stdout


def test_it_is_written_again_only_by_its_like(site: Path) -> None:
    words = ("combine", *LOCKS, "-o", "site.lock.json")
    assert wheelhouse(site, *words).returncode == 0
    assert wheelhouse(site, *words).stdout.splitlines()[-1].startswith("site.lock.json is unchanged: ")
    assert wheelhouse(site, *words, "--check").stdout == "site.lock.json is current\n"
    add(site / "web", "alpha", "1.1", "beta>=1")
    assert wheelhouse(site / "web", "resolve", "--update").returncode == 0
    done = wheelhouse(site, *words, "--check")
    assert (done.returncode, "site.lock.json is stale: web/lock.json, ml/lock.json make" in done.stderr) == (1, True)
    document = json.loads(wheelhouse(site, *words, "--json").stdout)
    assert (document["changed"], document["files"], document["shared"]) == (True, 7, 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["web/lock.json", "-o", "ml/lock.json"], "ml/lock.json: is no combined lock, and is not overwritten"),
        (["web/lock.json", "-o", "web/lock.json"], "web/lock.json: is read here, and would be overwritten"),
        (["web/lock.json", "-o", "web/spec.yaml"], "web/spec.yaml: is no combined lock, and is not overwritten"),
        (
            ["web/lock.json", "web/lock.json", "-o", "x"],
            "web/lock.json is called web already; write NAME=web/lock.json",
        ),
        (["a.b=web/lock.json", "-o", "x"], "is named 'a.b'; a name is letters, digits, - and _"),
        (["-o", "x", "--", "-a=web/lock.json"], "-a=web/lock.json: is named '-a'"),
        (["no/lock.json", "-o", "x"], "no/lock.json: there is no such lock"),
        (["web/spec.yaml", "-o", "x"], "web/spec.yaml: "),
        (["web/lock.json", "-o", "no/x"], "no/x: there is no directory no"),
        (["web/lock.json", "-o", "x", "--check"], "x: there is no such lock; `wheelhouse combine` without --check"),
        (["web/lock.json"], "-o"),
    ],
)
def test_what_is_refused_changes_nothing(site: Path, words: list[str], said: str) -> None:
    before = {path: path.read_bytes() for path in site.rglob("*.*") if path.is_file() and ".cache" not in path.parts}
    done = wheelhouse(site, "combine", *words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (site / "x").exists()
    assert {path: path.read_bytes() for path in before} == before


def test_a_resolve_does_not_overwrite_it(site: Path) -> None:
    (site / "spec.yaml").write_text((site / "web/spec.yaml").read_text().replace("wheels/", "web/wheels/"))
    (site / "web/lock.json").rename(site / "web/web.lck")
    assert wheelhouse(site, "combine", "web=web/web.lck", "-o", "lock.json").returncode == 0
    done = wheelhouse(site, "resolve")
    assert (done.returncode, "lock.json: is combined of web/web.lck" in done.stderr) == (2, True), done.stderr
    (site / "lock.json").rename(site / "site.lock.json")
    done = wheelhouse(site, "resolve", "--lock", "site.lock.json")
    assert (done.returncode, "(--lock lock.json), or remove site.lock.json" in done.stderr) == (2, True), done.stderr
    done = wheelhouse(site, "resolve", "--check", "--lock", "site.lock.json")
    assert (done.returncode, "web/web.lck; `wheelhouse combine --check`" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("name", ["own.lock.json", "spec.json"])
def test_a_lock_of_a_spec_in_json_is_not_overwritten(site: Path, name: str) -> None:
    """Not even one that lies in another folder under the name of its spec: the input that it names is itself there."""
    spec = {
        "version": 1,
        "environments": {"linux": {"python": "3.12", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"}},
        "indexes": [{"name": "local", "url": "wheels/"}],
        "requirements": ["beta"],
    }
    (site / "ml/spec.json").write_text(json.dumps(spec))
    words = ("resolve", "--spec", "ml/spec.json", "--lock", f"web/{name}")
    assert wheelhouse(site, *words).returncode == 0
    done = wheelhouse(site, "combine", "web/lock.json", "-o", f"web/{name}")
    assert (done.returncode, f"web/{name}: is no combined lock" in done.stderr) == (2, True), done.stderr


def test_locks_of_any_name_are_combined_again_though_none_of_them_is_there(site: Path) -> None:
    (site / "web/lock.json").rename(site / "web/web.lck")
    assert wheelhouse(site, "combine", "web=web/web.lck", "ml/lock.json", "-o", "all.lck").returncode == 0
    (site / "ml/lock.json").unlink()
    (site / "web/web.lck").rename(site / "moved.lck")
    done = wheelhouse(site, "combine", "web=moved.lck", "-o", "all.lck")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("output", ["site.lock.json", "link/site.lock.json"])
def test_directories_are_found_from_where_the_combined_lock_lies(tmp_path: Path, output: str) -> None:
    """Through a link the system goes up from where it leads; a lock names directories as URLs do."""
    (tmp_path / "far/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("far/deep")
    assert wheelhouse(furnish(tmp_path / "100%41 of it"), "resolve").returncode == 0
    assert wheelhouse(tmp_path, "combine", "all=100%41 of it/lock.json", "-o", output).returncode == 0
    done = wheelhouse(tmp_path, "vendor", "tree", "--lock", output, "--cache-dir", "empty")
    assert done.returncode == 0, done.stderr
