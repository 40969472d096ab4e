"""The Nix rules on real Nixes with real packages: what is fetched, built and installed, and what needs no network."""

from __future__ import annotations

import filecmp
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.bazels import ROOT
from tests.support.command_line import resolve, run
from tests.support.machine import skip
from tests.support.nixes import Nix, Store, given, nixes, params

pytestmark = pytest.mark.pypi

SHOP = f"""\
{{ version, directory ? null, lock ? ./lock.json }}:
import {ROOT}/rules/nix {{
  inherit lock directory;
  pythons = [ {{ executable = "/usr/bin/python3"; inherit version; system = "x86_64-linux"; }} ];
  compiler = {{ cc = "/usr/bin/gcc"; cxx = "/usr/bin/g++"; }};
}}
"""

LINUX = {"os": "linux", "arch": "x86_64", "libc": "glibc 2.28"}
SPEC = {
    "environments": {
        **{nix.environment: {**LINUX, "python": nix.python} for nix in nixes()},
        "alpine": {"python": "3.12", "os": "linux", "arch": "aarch64", "libc": "musl 1.2"},
        "mac": {"python": "3.12", "os": "macos 14", "arch": "arm64"},
        "windows": {"python": "3.13", "os": "windows", "arch": "amd64"},
    },
    "requirements": ["requests[socks]", "docopt==0.6.2", "thrift==0.16.0", "pyyaml"],
    "projects": {"pyyaml": {"sdists": "always"}},
    "groups": {"dev": ["black"]},
}

APP = """\
import sys
import docopt, requests, socks, thrift, yaml
assert yaml.safe_load("a: [1, 2]") == {"a": [1, 2]}
print("%d.%d" % sys.version_info[:2], sys.prefix)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A folder with a lock and a default.nix, a store, and the tree that `wheelhouse vendor` makes of the lock."""

    nix: Nix
    folder: Path
    store: Store
    tree: Path

    def arguments(self, attribute: str, *more: str) -> list[str]:
        """Of nix-build, for an attribute of default.nix."""
        return ["--argstr", "version", self.nix.python, *more, "-A", attribute]

    def build(self, attribute: str, *more: str, network: bool = False, options: tuple[str, ...] = ()) -> list[Path]:
        """Build an attribute of default.nix."""
        return self.store.build(*self.arguments(attribute, *more), cwd=self.folder, network=network, options=options)

    def expression(self, expression: str) -> str:
        """One that has the rules as ``pypi``."""
        return f'let pypi = import ./. {{ version = "{self.nix.python}"; }}; in {expression}'

    def emptied(self, name: str) -> Shop:
        """The same, with a store that is empty."""
        store = Store(nix=self.nix, folder=self.folder / name, shared=self.store.shared)
        return Shop(nix=self.nix, folder=self.folder, store=store, tree=self.tree)

    @property
    def env(self) -> str:
        """The attribute of the environment that runs here."""
        return f"environments.{self.nix.environment}.env"


@pytest.fixture(scope="module", params=params())
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, downloads: Path) -> Shop:
    nix = given(request)
    folder = tmp_path_factory.mktemp("shop")
    outcome = resolve(folder, SPEC, downloads)
    assert outcome.code == 0, outcome.said
    vendor = ("vendor", "--lock", str(folder / "lock.json"), "--cache-dir", str(downloads), "--view", "nix")
    code, said = run(*vendor, str(folder / "tree"))
    assert code == 0, said
    (folder / "default.nix").write_text(SHOP, encoding="utf-8")
    store = Store(nix=nix, folder=folder / "store", shared=(folder,))
    return Shop(nix=nix, folder=folder, store=store, tree=folder / "tree")


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def same_bytes(one: Path, other: Path) -> bool:
    names = sorted(files_below(other))
    _, different, strange = filecmp.cmpfiles(one, other, names, shallow=False)
    return files_below(one) == set(names) and not different and not strange


# --- what is built --------------------------------------------------------------------------------------------------


def test_an_environment_is_fetched_built_and_installed_and_needs_no_network_again(shop: Shop) -> None:
    [env] = shop.build(shop.env, network=True)
    said = shop.store.ok(f"{env}/bin/python", "-c", APP, network=False)
    assert said.split() == [shop.nix.python, str(env)]
    assert "black, " in shop.store.ok(f"{env}/bin/black", "--version", network=False)
    # What is there already is not made again; what is made again has the same bytes.
    assert shop.build(shop.env) == [env]
    assert shop.build(shop.env, "--check") == [env]
    native = ["pyyaml"] if shop.nix == nixes()[0] else []  # the compiler is no part of Nix: one of them is enough
    for project in ("docopt", *native):
        [wheel] = shop.build(f"{shop.env}.wheels.{project}", "--check")
        assert [path.suffix for path in shop.store.place(wheel).iterdir()] == [".whl"]


def test_groups_and_what_is_compiled(shop: Shop) -> None:
    shop.build("files", network=True)
    small = f'pypi.env {{ environment = "{shop.nix.environment}"; groups = [ "dev" ]; compile = false; name = "dev"; }}'
    [env] = shop.store.build("-E", shop.expression(small), cwd=shop.folder, network=False)
    held = files_below(shop.store.place(env))
    assert env.name.endswith("-dev")
    assert any("/black/" in path for path in held)
    assert not any("/requests/" in path or path.endswith(".pyc") for path in held)


def test_every_module_can_be_imported(shop: Shop) -> None:
    [report] = shop.build(f"environments.{shop.nix.environment}.checks.imports", network=True)
    lines = shop.store.place(report).read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("requests ") for line in lines)
    assert [line.strip() for line in lines if "aiohttp" in line] == ["not blackd, for want of aiohttp"]


def test_shells_and_programs(shop: Shop) -> None:
    shop.build(shop.env, network=True)
    arguments = ["--argstr", "version", shop.nix.python]
    shell = ["nix-shell", *arguments, "-A", "shell", "--argstr", "environment", shop.nix.environment]
    said = shop.store.ok(*shell, "--run", "command -v black; echo $VIRTUAL_ENV", cwd=shop.folder, network=False)
    black, prefix = said.split()
    assert black == f"{prefix}/bin/black"
    run_it = ["nix", "run", "-f", ".", *arguments, shop.env, "--", "-c", "import thrift; print('ahoy')"]
    assert shop.store.ok(*run_it, cwd=shop.folder, network=False) == "ahoy\n"


# --- the index ------------------------------------------------------------------------------------------------------


def test_the_index_is_what_vendor_makes_to_the_byte(shop: Shop) -> None:
    [index] = shop.build("index", network=True)
    plain = shop.folder / "plain"
    assert run("vendor", "--lock", str(shop.folder / "lock.json"), "--from", str(shop.tree), str(plain))[0] == 0
    assert same_bytes(shop.store.place(index), plain)
    assert shop.build("index", "--check") == [index]
    some = [*("--environment", "alpine"), *("--environment", "windows")]
    assert run("vendor", "--lock", str(shop.folder / "lock.json"), "--from", str(shop.tree), str(plain), *some)[0] == 0
    expression = shop.expression('pypi.index { environments = [ "windows" "alpine" ]; }')
    [index] = shop.store.build("-E", expression, cwd=shop.folder, network=False)
    assert same_bytes(shop.store.place(index), plain)


def test_foreign_environments_are_fetched_and_indexed(shop: Shop) -> None:
    for name in ("alpine", "mac", "windows"):
        files = shop.build(f"environments.{name}.files", network=True)
        assert any(path.name.endswith("docopt-0.6.2.tar.gz") for path in files)
    [index] = shop.build("environments.mac.index")
    wheels = [path.name for path in (shop.store.place(index) / "files").glob("*.whl")]
    assert any("macosx" in name for name in wheels)
    assert not any("linux" in name for name in wheels)


# --- a closed network -----------------------------------------------------------------------------------------------


def test_a_script_fills_a_store(shop: Shop) -> None:
    closed = shop.emptied("filled")
    said = closed.store.ok("sh", str(shop.tree / "views/nix/add-fixed.sh"), network=False)
    count = len(json.loads((shop.folder / "lock.json").read_text(encoding="utf-8"))["artifacts"])
    assert said == f"{count} files are in the store of Nix\n"
    assert closed.build(f"{closed.env}.wheels.docopt")


def test_a_tree_is_a_mirror_by_digest(shop: Shop) -> None:
    closed = shop.emptied("mirrored")
    view = shop.tree / "views/nix"
    options = (f"hashed-mirrors = file://{view}", f"extra-sandbox-paths = {view}")
    assert len(closed.build("files", options=options)) > 20
    assert closed.build(f"{closed.env}.wheels.docopt")


def test_a_tree_stands_in_for_the_network(shop: Shop) -> None:
    closed = shop.emptied("directory")
    assert closed.build(f"{closed.env}.wheels.docopt", "--arg", "directory", str(shop.tree))


# --- across versions ------------------------------------------------------------------------------------------------

PATHS = """
let
  pypi = import ./. { version = "PYTHON"; };
  of = set: builtins.mapAttrs (name: drv: [ drv.drvPath drv.outPath ]) set;
in
{ fetched = of pypi.fetched; env = of { env = pypi.environments.ENV.env; }; index = of { all = pypi.index { }; }; }
"""


def paths(store: Store, folder: Path, nix: Nix) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    expression = PATHS.replace("PYTHON", nix.python).replace("ENV", nix.environment)
    found = store.evaluate(expression, cwd=folder)
    assert isinstance(found, dict)
    return found


def test_every_nix_has_the_same_paths(shop: Shop) -> None:
    if len(nixes()) < 2:
        skip("only one Nix is here")
    others = [Store(nix=nix, folder=shop.folder / f"eval-{nix}", shared=(shop.folder,)) for nix in nixes()]
    for nix in nixes():
        one, *rest = [paths(store, shop.folder, nix) for store in others]
        assert all(other == one for other in rest)
    first, second = (paths(others[0], shop.folder, nix) for nix in nixes()[:2])
    assert first["fetched"] == second["fetched"]
    # The interpreter of both lies at /usr/bin/python3; what it is tells them apart.
    assert first["env"] != second["env"]


# --- what is said ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('pypi.env { environment = "linx"; }', 'the lock has no environment "linx"; it has alpine, linux-py'),
        ("pypi.env { }", "the lock has several environments; name one: environment ="),
        ('pypi.index { environments = [ "linx" ]; }', 'the lock has no environment "linx"'),
        ("pypi.environments.windows.env", "windows is an environment of win32 AMD64, where Nix installs nothing"),
        ("pypi.environments.alpine.env", "alpine is for cpython 3.12 (cp312) with musl 1.2 on aarch64-linux, and no"),
        ("pypi.environments.mac.env", "system x86_64-linux, not aarch64-darwin"),
        (
            'pypi.env { environment = "alpine"; python = { executable = "/p"; version = "3.12"; libc = "musl"; }; }',
            "/p: system x86_64-linux, not aarch64-linux",
        ),
        ('pypi.env { environment = HERE; groups = [ "devel" ]; }', 'the lock has no group "devel" for linux-py'),
        (
            'pypi.env { environment = HERE; python = { executable = "/p"; version = 3.12; }; }',
            "the version of the Python /p is a string",
        ),
        ('pypi.env { environment = HERE; python = "/usr/bin/python3"; }', "a Python is a package of nixpkgs, or {"),
    ],
)
def test_messages(shop: Shop, expression: str, said: str) -> None:
    written = shop.expression(expression.replace("HERE", f'"{shop.nix.environment}"'))
    error = shop.store.fails("nix-instantiate", "-E", written, cwd=shop.folder, network=False)
    assert f"wheelhouse: {said}" in error or said in error.partition("wheelhouse: ")[2]


def test_a_python_that_is_not_what_was_said(shop: Shop) -> None:
    wrong = f'{{ executable = "/usr/bin/python3"; version = "{shop.nix.python}.99"; system = "x86_64-linux"; }}'
    expression = shop.expression(f'pypi.env {{ environment = "{shop.nix.environment}"; python = {wrong}; }}')
    shop.build("files", network=True)
    error = shop.store.fails("nix-build", "--no-out-link", "-E", expression, cwd=shop.folder, network=False)
    assert f"not {shop.nix.python}.99. Give the rules one that is: pythons = [" in error
    assert "Traceback" not in error


def other_lock(shop: Shop, change: Mapping[str, object]) -> list[str]:
    """Arguments for a lock that differs from that of the shop."""
    folder = shop.folder / "other"
    folder.mkdir(exist_ok=True)
    lock = json.loads((shop.folder / "lock.json").read_text(encoding="utf-8"))
    (folder / "lock.json").write_text(json.dumps({**lock, **change}), encoding="utf-8")
    return ["--arg", "lock", str(folder / "lock.json")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lock_version": 2}, "other/lock.json has lock_version 2, and these rules read 1: use the rules_wheelhouse"),
        ({"lock_version": "1"}, "other/lock.json has lock_version 1, and these"),
    ],
)
def test_locks_of_another_version(shop: Shop, change: Mapping[str, object], said: str) -> None:
    arguments = shop.arguments("files", *other_lock(shop, change))
    assert said in shop.store.fails("nix-instantiate", *arguments, cwd=shop.folder, network=False)


def test_a_lock_that_a_merge_has_broken(shop: Shop) -> None:
    """Nix says of JSON that is none at which line it is, and not of which file."""
    arguments = other_lock(shop, {})
    path = Path(arguments[-1])
    path.write_text("{\n<<<<<<< HEAD\n" + path.read_text(encoding="utf-8")[1:], encoding="utf-8")
    error = shop.store.fails("nix-instantiate", *shop.arguments("files", *arguments), cwd=shop.folder, network=False)
    assert "other/lock.json holds an unresolved merge: take one side's lock whole" in error


def test_a_lock_that_is_incomplete(shop: Shop) -> None:
    lock = json.loads((shop.folder / "lock.json").read_text(encoding="utf-8"))
    builds = lock["builds"]
    builds["docopt-0.6.2.tar.gz"]["environments"][shop.nix.environment]["unknown"] = "its build requirements"
    arguments = other_lock(shop, {"builds": builds})
    for attribute in (shop.env, f"environments.{shop.nix.environment}.index"):
        error = shop.store.fails("nix-instantiate", *shop.arguments(attribute, *arguments), cwd=shop.folder)
        assert f"the lock is incomplete for {shop.nix.environment}:" in error
        assert "docopt-0.6.2.tar.gz: its build requirements" in error
    shop.store.ok("nix-instantiate", *shop.arguments("environments.mac.index", *arguments), cwd=shop.folder)
