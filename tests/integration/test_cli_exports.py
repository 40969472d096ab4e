"""`wheelhouse export`, `licenses` and `resolve --prefer` as a user runs them, against a directory of tiny packages."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.client_tools import tool
from tests.support.desk import SPEC, furnish, listing, wheelhouse


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = furnish(tmp_path_factory.mktemp("made") / "desk")
    spec = (folder / "spec.yaml").read_text()
    (folder / "spec.yaml").write_text(f"{spec}groups: {{dev: [beta]}}\n")
    assert wheelhouse(folder, "resolve").returncode == 0
    assert wheelhouse(folder, "vendor", "tree").returncode == 0
    return folder


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "desk")
    return tmp_path / "desk"


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ("pylock -o out/pylock.toml", ["out/pylock.toml"]),
        ("pylock -o pylock.toml", ["pylock.toml"]),
        ("pylock -o new/deep/", ["new/deep/pylock.toml"]),
        ("requirements -o out", ["out/requirements.linux.txt", "out/requirements.windows.txt"]),
        ("requirements -o new", ["new/requirements.linux.txt", "new/requirements.windows.txt"]),
        ("requirements -e linux -o one.txt", ["one.txt"]),
        ("cyclonedx -o out --tree tree", ["out/linux.cdx.json", "out/windows.cdx.json"]),
        ("dot -o out/", ["out/graph.dot"]),
        ("html -o page.html", ["page.html"]),
    ],
)
def test_what_is_written_where(desk: Path, arguments: str, files: list[str]) -> None:
    (desk / "out").mkdir()
    before = listing(desk)
    done = wheelhouse(desk, "export", *arguments.split())
    assert done.returncode == 0, done.stderr
    after = listing(desk)
    assert sorted(after.keys() - before.keys()) == files
    assert done.stdout == "".join(f"wrote {name}\n" for name in files)
    assert {name: after[name] for name in before} == before
    assert wheelhouse(desk, "export", *arguments.split()).returncode == 0
    assert listing(desk) == after, "the same lock, the same bytes"


def test_a_single_file_is_printed_as_it_is_written(desk: Path) -> None:
    printed = wheelhouse(desk, "export", "pylock").stdout
    assert wheelhouse(desk, "export", "pylock", "-o", "pylock.toml").returncode == 0
    assert (desk / "pylock.toml").read_text() == printed
    assert 'path = "wheels/alpha-1.0-py3-none-any.whl"' in printed
    assert wheelhouse(desk, "export", "pylock", "-o", "-").stdout == printed
    told = json.loads(wheelhouse(desk, "export", "pylock", "--json").stdout)
    assert told == {"files": {"pylock.toml": printed}}
    told = json.loads(wheelhouse(desk, "export", "requirements", "-o", "out", "--json").stdout)
    assert told == {"written": ["out/requirements.linux.txt", "out/requirements.windows.txt"]}


def test_requirements_say_how_they_are_installed_where_a_dependency_asks_for_the_project_itself(tmp_path: Path) -> None:
    folder = furnish(tmp_path / "desk", SPEC.partition("requirements:")[0] + "include: [pyproject.toml]\n")
    with (folder / "spec.yaml").open("a") as spec:
        spec.write("indexes: [{name: local, url: wheels/}]\n")
    (folder / "pyproject.toml").write_text('[project]\nname = "beta"\nversion = "2"\ndependencies = ["alpha"]\n')
    done = wheelhouse(folder, "resolve")
    assert "included: beta is what pyproject.toml is for, so no release of it is locked" in done.stdout
    assert wheelhouse(folder, "export", "requirements", "-e", "linux", "-o", "linux.txt").returncode == 0
    head = (folder / "linux.txt").read_text().splitlines()[0]
    options = head.rpartition(" to be installed with ")[2].split()
    install = ("pip", "--isolated", "install", "--no-cache-dir", "--target", str(folder / "site"))
    listed = (*install, "--find-links", str(folder / "wheels"), "-r", str(folder / "linux.txt"))
    assert "must have their versions pinned" in tool(*listed, "--require-hashes", expected=1)
    tool(*listed, *options)
    assert {path.name for path in (folder / "site").glob("*.dist-info")} == {"alpha-1.0.dist-info"}


def test_paths_are_seen_from_what_is_written(desk: Path) -> None:
    assert wheelhouse(desk, "export", "pylock", "-o", "a/b/").returncode == 0
    assert 'path = "../../wheels/alpha-1.0-py3-none-any.whl"' in (desk / "a/b/pylock.toml").read_text()
    assert wheelhouse(desk, "export", "pylock", "--tree", "tree", "-o", "a/pylock.toml").returncode == 0
    assert 'path = "../tree/files/alpha-1.0-py3-none-any.whl"' in (desk / "a/pylock.toml").read_text()
    (desk / "link").symlink_to("a/b")  # from there the system goes up to a/
    for tree in ("tree", str(desk / "tree")):
        assert wheelhouse(desk, "export", "requirements", "--tree", tree, "-o", "link/").returncode == 0
        assert "--find-links ../../tree/files\n" in (desk / "a/b/requirements.linux.txt").read_text()
    done = wheelhouse(desk, "export", "pylock", "--tree", "https://carried.example/t")
    assert 'url = "https://carried.example/t/files/alpha-1.0-py3-none-any.whl"' in done.stdout
    assert 'index = "https://carried.example/t/simple/"' in done.stdout


def test_a_name_that_no_installer_knows_is_warned_of(desk: Path) -> None:
    assert "pylock.NAME.toml" in wheelhouse(desk, "export", "pylock", "-o", "lock.toml").stderr
    assert "pylock.NAME.toml" not in wheelhouse(desk, "export", "pylock", "-o", "pylock.ci.toml").stderr


def test_groups(desk: Path) -> None:
    own = wheelhouse(desk, "export", "requirements", "-e", "windows", "--no-groups").stdout
    assert "winonly==0.3" in own
    everything = wheelhouse(desk, "export", "pylock").stdout
    assert 'dependency-groups = ["dev"]' in everything
    baked = wheelhouse(desk, "export", "pylock", "--group", "dev").stdout
    assert "dependency" + "-groups" not in baked
    assert 'name = "beta"' in baked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "requirements",
            "requirements makes 2 files (requirements.linux.txt, requirements.windows.txt); name a directory",
        ),
        ("requirements -o spec.yaml", "spec.yaml: is a file, and requirements makes 2 files"),
        ("pylok", "did you mean pylock?"),
        ("pylock -e linus", "the lock has no environment 'linus'; did you mean linux?"),
        ("pylock --group dve", "the lock has no group 'dve'; did you mean dev?"),
        ("pylock --group dev --no-groups", "not allowed with argument"),
        ("pylock --tree wheels", "--tree wheels: is no vendored tree; `wheelhouse vendor wheels` makes one"),
        ("pylock --lock none.json", "none.json: there is no such lock"),
        ("dockerfile -o out", "name both, as in: wheelhouse export dockerfile --tree image/tree -o image"),
        ("dockerfile -e windows --tree tree -o .", "containers are Linux's"),
        ("cyclonedx -e linux --tree empty", "empty: has no files/alpha-1.0-py3-none-any.whl"),
    ],
)
def test_what_cannot_be_is_told(desk: Path, arguments: str, message: str) -> None:
    (desk / "empty/files").mkdir(parents=True)
    before = listing(desk)
    done = wheelhouse(desk, "export", *arguments.split())
    assert done.returncode == 2, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert listing(desk) == before


def test_a_folder_that_cannot_be_made_is_told(desk: Path) -> None:
    done = wheelhouse(desk, "export", "pylock", "-o", "spec.yaml/out/")
    assert (done.returncode, "spec.yaml/out: cannot be made: " in done.stderr) == (4, True), done.stderr


def test_containers_are_made_of_what_can_be_one(desk: Path) -> None:
    done = wheelhouse(desk, "export", "dockerfile", "--tree", "tree", "-o", ".")
    assert done.returncode == 0, done.stderr
    assert "left out, since containers are Linux's: windows" in done.stderr
    assert "delta-0.1.tar.gz is built with setuptools 80.9.0" in (desk / "Dockerfile.linux").read_text()


def test_licences(desk: Path) -> None:
    done = wheelhouse(desk, "licenses", "tree")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["alpha", "1.0", "unknown", "nothing", "run"] in rows
    assert ["setuptools", "80.9.0", "unknown", "nothing", "build"] in rows
    assert done.stdout.endswith("5 releases, 5 of them unknown\n")
    done = wheelhouse(desk, "licenses", "tree", "--allow", "MIT", "--except", "delta", "--run-time")
    assert done.returncode == 1
    assert "  alpha 1.0: unknown (run, linux, windows)\n" in done.stderr
    assert "delta" not in done.stderr
    assert "setuptools" not in done.stderr + done.stdout
    done = wheelhouse(desk, "licenses", "tree", "--allow", ",")
    assert (done.returncode, done.stderr) == (2, "error: --allow: names no licence\n")
    told = json.loads(wheelhouse(desk, "licenses", "tree", "--allow", "MIT,unknown", "--json").stdout)
    assert told["refused"] == []
    assert len(told["licenses"]) == 5
    done = wheelhouse(desk, "licenses", "tree", "--except", "alpah")
    assert (done.returncode, "did you mean alpha?" in done.stderr) == (2, True)
    assert wheelhouse(desk, "licenses", "nowhere").returncode == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_licenses_wait_for_no_pipe_in_a_tree_that_was_carried_here(desk: Path) -> None:
    for path in (next((desk / "tree/files").glob("*.tar.gz")), desk / "tree/lock.json"):
        path.unlink()
        os.mkfifo(path)
        done = wheelhouse(desk, "licenses", "tree")
        assert done.returncode == 2
        assert "is no regular file" in done.stderr or "it has no lock.json" in done.stderr


def test_preferences(desk: Path) -> None:
    (desk / "lock.json").unlink()
    (desk / "pins.txt").write_text("alpha==0.9\nbeta==1.5 --hash=sha256:00\nspare==1\n-e .\n")
    done = wheelhouse(desk, "resolve", "--prefer", "pins.txt")
    assert done.returncode == 0, done.stderr
    assert "preference: pins.txt: 1 of the 3 versions were taken; nothing asks for spare" in done.stdout
    assert "has alpha 0.9, and 1.0 was taken: the index has no such release (" in done.stdout
    assert "pins.txt: no version is preferred of -e ." in done.stderr
    done = wheelhouse(desk, "resolve", "--prefer", "pins.txt")
    assert "--prefer has no say" in done.stderr
    done = wheelhouse(desk, "resolve", "--check", "--prefer", "pins.txt")
    assert (done.returncode, "leave one of them out" in done.stderr) == (2, True)
    (desk / "uv.lock").write_text("version = 1\n[[package]]\nname = 3\n")
    done = wheelhouse(desk, "resolve", "--update", "--prefer", "uv.lock")
    assert done.returncode == 2
    assert "uv.lock at package[0].name: should be a string" in done.stderr
    assert wheelhouse(desk, "resolve", "--update", "--prefer", "none.lock").returncode == 2


def test_init_names_the_lock_that_lies_beside(desk: Path) -> None:
    (desk / "app").mkdir()
    (desk / "app/pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\ndependencies = ["alpha"]\n')
    (desk / "app/poetry.lock").write_text("")
    done = wheelhouse(desk, "init", "--spec", "app.yaml", "app/pyproject.toml")
    expected = "wheelhouse resolve --spec app.yaml --prefer app/poetry.lock\n"
    assert done.stdout.endswith(expected), done.stderr


def test_init_finds_what_a_spec_behind_a_link_includes(desk: Path) -> None:
    (desk / "far/deep").mkdir(parents=True)
    (desk / "link").symlink_to("far/deep")
    (desk / "reqs.txt").write_text("alpha\n")
    done = wheelhouse(desk, "init", "--spec", "link/spec.yaml", "reqs.txt")
    assert done.returncode == 0, done.stderr
    assert "../../reqs.txt" in (desk / "link/spec.yaml").read_text()


def test_init_keeps_the_name_of_a_link_that_will_lead_elsewhere(desk: Path) -> None:
    (desk / "releases/v1").mkdir(parents=True)
    (desk / "releases/v1/reqs.txt").write_text("alpha\n")
    (desk / "releases/current").symlink_to("v1")
    done = wheelhouse(desk, "init", "--spec", "releases/../own.yaml", "releases/current/reqs.txt")
    assert done.returncode == 0, done.stderr
    assert 'include: ["releases/current/reqs.txt"]' in (desk / "own.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("environment.yml", "into a requirements file"),
        ("setup.py", "a pyproject.toml"),
        ("Pipfile", "pipenv requirements"),
        ("uv.lock", "resolve --prefer"),
        ("pylock.dev.toml", "resolve --prefer"),
    ],
)
def test_init_does_not_take_files_of_other_tools_for_requirements(name: str, hint: str, desk: Path) -> None:
    (desk / name).write_text("name: x\n")
    done = wheelhouse(desk, "init", "--spec", "app.yaml", name)
    assert (done.returncode, (desk / "app.yaml").exists()) == (2, False), done.stderr
    assert f"{name}: is neither a pyproject.toml, a setup.cfg nor a requirements file; " in done.stderr
    assert hint in done.stderr


def test_init_says_what_resolve_will_refuse(desk: Path) -> None:
    project = '[tool.poetry]\nname = "app"\n[tool.poetry.dependencies]\nalpha = "1 || 3"\n'
    (desk / "pyproject.toml").write_text(project)
    done = wheelhouse(desk, "init", "--spec", "app.yaml", "pyproject.toml")
    assert (done.returncode, "before it can be locked, correct:" in done.stdout) == (0, True)
    refused = wheelhouse(desk, "resolve", "--spec", "app.yaml")
    assert refused.returncode == 2
    assert refused.stderr.removeprefix("error: ") in done.stdout
    (desk / "pyproject.toml").write_text(project.replace("1 || 3", "^1"))
    (desk / "app.yaml").unlink()
    done = wheelhouse(desk, "init", "--spec", "app.yaml", "pyproject.toml", "--json")
    assert json.loads(done.stdout)["problems"] == []
