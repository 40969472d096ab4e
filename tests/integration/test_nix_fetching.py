"""Where the Nix rules take files from: mirrors, servers that want a password, directories; odd names."""

from __future__ import annotations

import filecmp
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.archives import sdist, sha256, wheel
from tests.support.bazels import ROOT
from tests.support.command_line import run
from tests.support.http_server import Route, serving
from tests.support.nixes import Store, given, params

KEEL = "keel-1!2.0-py3-none-any.whl"
MAST = "mast-1.0+sea.1.tar.gz"
FILES = {
    KEEL: wheel("keel", "1!2.0"),
    MAST: sdist("mast", "1.0+sea.1", {"pyproject.toml": b"[build-system]\nrequires = []\n"}),
}


@pytest.fixture(params=params())
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(nix=given(request), folder=tmp_path / "store", shared=(tmp_path,))


def shop(folder: Path, base: str, python: str) -> None:
    """A folder with a lock of `FILES` at ``base``, and a default.nix."""
    rows: dict[str, dict[str, Any]] = {
        name: {
            "project": name.partition("-")[0],
            "version": "1!2.0" if name == KEEL else "1.0+sea.1",
            "kind": "wheel" if name == KEEL else "sdist",
            "index": "corp",
            "path": name.replace("!", "%21"),
            "sha256": sha256(content),
            "size": len(content),
        }
        for name, content in FILES.items()
    }
    pins = {
        row["project"]: {"version": row["version"], "artifact": name, "extras": [], "dependencies": []}
        for name, row in rows.items()
    }
    markers = {"sys_platform": "linux", "platform_machine": "x86_64", "python_version": python}
    lock = {
        "lock_version": 1,
        "inputs": {"sha256": sha256(b""), "files": {}},
        "indexes": {"corp": {"url": "https://index.example/simple/", "files": base}},
        "environments": {"linux": {"markers": markers, "tags": ["py3-none-any"]}},
        "roots": {"linux": {"": ["keel", "mast"]}},
        "artifacts": rows,
        "resolutions": {"linux": pins},
        "builds": {
            MAST: {
                "backend": "mast",
                "environments": {"linux": {"requires": [], "closure": "c1", "system": ["sextant"]}},
            }
        },
        "closures": {"c1": {}},
    }
    (folder / "lock.json").write_text(json.dumps(lock), encoding="utf-8")
    (folder / "default.nix").write_text(
        f"""\
{{ mirrors ? {{ }}, directory ? null, overrides ? {{ }} }}:
import {ROOT}/rules/nix {{
  lock = ./lock.json;
  inherit mirrors directory overrides;
  pythons = [ {{ executable = "/usr/bin/python3"; version = "{python}"; system = "x86_64-linux"; }} ];
}}
""",
        encoding="utf-8",
    )


def contents(store: Store, *arguments: str, folder: Path, options: tuple[str, ...] = ()) -> dict[str, bytes]:
    paths = store.build("-A", "files", *arguments, cwd=folder, options=options)
    return {path.name.partition("-")[2]: store.place(path).read_bytes() for path in paths}


EXPECTED = {"keel-1-2.0-py3-none-any.whl": FILES[KEEL], MAST: FILES[MAST]}


def test_a_mirror_that_wants_a_password(store: Store, tmp_path: Path) -> None:
    shop(tmp_path, "https://files.index.example/", store.nix.python)
    with serving() as server:
        server.routes = {
            f"/m/{name.replace('!', '%21')}": Route(body=content, login="crew:ahoy") for name, content in FILES.items()
        }
        mirrors = ["--arg", "mirrors", f'{{ corp = "{server.url}/m"; }}']
        refused = store.fails("nix-build", "--no-out-link", "-A", "files", *mirrors, cwd=tmp_path)
        assert "401" in refused
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login crew password ahoy\n", encoding="utf-8")
        found = contents(store, *mirrors, folder=tmp_path, options=(f"netrc-file = {netrc}",))
    assert found == EXPECTED


def test_other_bytes_than_the_lock_names_are_refused(store: Store, tmp_path: Path) -> None:
    shop(tmp_path, "https://files.index.example/", store.nix.python)
    with serving() as server:
        server.routes = {f"/{name.replace('!', '%21')}": Route(body=b"evil") for name in FILES}
        mirrors = ["--arg", "mirrors", f'{{ corp = [ "{server.url}/" ]; }}']
        assert "hash mismatch" in store.fails("nix-build", "--no-out-link", "-A", "files", *mirrors, cwd=tmp_path)
    (tmp_path / "carried").mkdir()
    for name in FILES:
        (tmp_path / "carried" / name).write_bytes(b"evil")
    command = ["nix-build", "--no-out-link", "-A", "files", "--arg", "directory", str(tmp_path / "carried")]
    assert "mismatch" in store.fails(*command, cwd=tmp_path, network=False)


def test_an_index_that_is_a_directory_beside_the_lock(store: Store, tmp_path: Path) -> None:
    shop(tmp_path, "wheels%20here/", store.nix.python)
    error = store.fails("nix-build", "--no-out-link", "-A", "files", cwd=tmp_path, network=False)
    assert "is not at wheels%20here/" in error
    (tmp_path / "wheels here").mkdir()
    for name, content in FILES.items():
        (tmp_path / "wheels here" / name).write_bytes(content)
    assert contents(store, folder=tmp_path) == EXPECTED


def test_a_directory_that_lacks_a_file(store: Store, tmp_path: Path) -> None:
    shop(tmp_path, "https://files.index.example/", store.nix.python)
    (tmp_path / "carried").mkdir()
    command = ["nix-instantiate", "-A", "files", "--arg", "directory", str(tmp_path / "carried")]
    said = "keel-1!2.0-py3-none-any.whl is not in "
    assert said in store.fails(*command, cwd=tmp_path, network=False)


def test_names_that_a_store_may_not_hold(store: Store, tmp_path: Path, tool: Path) -> None:
    shop(tmp_path, "https://files.index.example/", store.nix.python)
    (tmp_path / "carried").mkdir()
    for name, content in FILES.items():
        (tmp_path / "carried" / name).write_bytes(content)
    lock = str(tmp_path / "lock.json")
    tree = tmp_path / "tree"
    command = ["vendor", "--lock", lock, "--from", str(tmp_path / "carried"), "--view", "nix", str(tree)]
    code, said = run(*command)
    assert code == 0, said
    assert store.ok("sh", str(tree / "views/nix/add-fixed.sh"), network=False) == "2 files are in the store of Nix\n"
    [index] = store.build("-A", "index", cwd=tmp_path, network=False)
    made = store.place(index)
    names = [path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()]
    assert f"files/{KEEL}" in names
    assert filecmp.cmpfiles(made, tree, names, shallow=False)[1:] == ([], [])


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            "{ }",
            f"the build of {MAST} for linux needs sextant, which no index has. Give what it is to be: overrides.mast.",
        ),
        ("{ hull = { }; }", "overrides.hull: the lock has no artifact of that project"),
        ("{ Mast.env = { }; }", "overrides.Mast: the name of that project is mast in the lock"),
        ("{ mast.env.DEPTH = 4; }", "overrides.mast.env.DEPTH is no string"),
        ("{ mast.patches = [ ]; }", "overrides.mast has no patches; it has compiler, env, system"),
    ],
)
def test_overrides(store: Store, tmp_path: Path, overrides: str, said: str) -> None:
    shop(tmp_path, "https://files.index.example/", store.nix.python)
    command = ["nix-instantiate", "-A", "env", "--arg", "overrides", overrides]
    assert f"wheelhouse: {said}" in store.fails(*command, cwd=tmp_path, network=False)
    store.ok(*command[:-1], '{ mast.system.sextant = "/usr/bin/sextant"; }', cwd=tmp_path, network=False)
