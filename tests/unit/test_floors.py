"""The architecture, held by a test: floors import downward only, the pure part does no I/O, the lock is the waist."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

import resolver
from resolver import resolution

ROOT = Path(__file__).parents[2] / "resolver"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("records",),
    ("errors", "notices", "joining", "digits", "logins", "toml", "setup_cfg", "fetchers"),
    (
        "lock.model",
        "lock.remedies",
        "lock.changes",
        "lock.codec",
        "lock.decode",
        "lock.parsing",
        "lock.readers",
        "lock.references",
        "lock.inputs",
        "lock.diff",
        "lock.combine",
        "lock.describe",
        "lock.coverage",
        "lock.required",
        "lock.explain",
    ),
    ("spec.model",),
    ("spec",),
    ("environments",),
    ("preferences",),
    ("simple",),
    ("recipe", "lock.recipes"),
    ("metadata",),
    ("licenses",),
    ("index", "evidence", "cutoffs"),
    ("resolution.restated", "resolution.specifiers"),
    ("resolution.candidates",),
    ("resolution.wanted",),
    ("resolution.order", "resolution.nogoods"),
    ("resolution.catalogue",),
    ("resolution.reading_ahead",),
    ("resolution.matching", "resolution.demands", "resolution.outlook"),
    ("resolution.scouting", "resolution.culprits"),
    ("resolution.provider",),
    ("resolution.explanation", "resolution.prereleases", "resolution.straight"),
    ("resolution.learning",),
    ("resolution.remarks",),
    ("resolution.search",),
    ("resolution.alignment", "resolution.concessions", "resolution.unmet"),
    ("build",),
    ("lock.merge", "misspelt", "resolution.behind"),
    ("previous",),
    ("locking",),
    ("emit",),
    ("concurrency", "processors", "folder_lock"),
    ("http_index", "local_index", "digested"),
    ("sandbox",),
    ("builder",),
    ("attestations",),
    ("vendor",),
    ("bundle",),
    ("transfer.record", "transfer.kept", "transfer.telling"),
    ("verify",),
    ("transfer",),
    ("cli",),
)
OF_FLOORS = ("lock", "resolution")  # packages that have no floor themselves, but each of their modules has one
PURE_UP_TO = "emit"
STANDALONE = "server"  # a package that knows itself alone: it becomes the one file of every tree
KNOW_THE_SERVER = ("vendor", "verify", "cli")  # it owns the uploads of a tree, which these must respect
INPUT_AND_OUTPUT = {
    "asyncio", "builtins.open", "filelock", "glob", "http", "locale", "os", "pathlib.Path", "platform", "platformdirs",
    "random", "requests", "secrets", "shutil", "socket", "ssl", "subprocess", "sys.stdout", "sys.argv", "sysconfig",
    "tempfile", "threading", "time", "urllib.request", "urllib3",
}  # fmt: skip
AROUND_THE_WAIST = {
    "spec",
    "environments",
    "simple",
    "resolution",
    "build",
    "index",
}


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__") if name != "__init__" else ""] = path
    return {name: path for name, path in found.items() if name}


@cache
def imports(path: Path) -> frozenset[str]:
    """Absolute names of everything that a module imports when it is used (not for type checkers alone)."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the floors"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def ours(name: str) -> str | None:
    """The module of ours behind an imported name."""
    if not name.startswith("resolver."):
        return None
    inner = name.removeprefix("resolver.")
    known = modules()
    while inner and inner not in known:
        inner = inner.rpartition(".")[0]
    return inner or None


def floor(module: str) -> int:
    exact = [i for i, names in enumerate(FLOORS) if module in names]
    if exact:
        return exact[0]
    package = module.partition(".")[0]
    return next((i for i, names in enumerate(FLOORS) if package in names), -1)


def is_of_the_server(module: str) -> bool:
    return module.partition(".")[0] == STANDALONE


MODULES = sorted(name for name in modules() if name not in OF_FLOORS and not is_of_the_server(name))
SERVER = sorted(name for name in modules() if is_of_the_server(name))
PURE = [m for m in MODULES if 0 <= floor(m) <= floor(PURE_UP_TO)]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_floor_and_imports_downward(module: str) -> None:
    assert floor(module) >= 0, f"{module} has no floor: add it to FLOORS"
    for name in imports(modules()[module]):
        other = ours(name)
        if other is not None and not (module.startswith(KNOW_THE_SERVER) and is_of_the_server(other)):
            assert floor(other) <= floor(module), f"{module} imports {other}, which stands above it"


def test_the_package_says_what_is_where() -> None:
    rows = re.findall(r"^    (\w[\w ]*?(?: -> \w+)?)   ", resolver.__doc__ or "", re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"\w+", row)} | {STANDALONE, "joining"}
    assert told == {module.partition(".")[0] for module in modules()}


@pytest.mark.parametrize("package", OF_FLOORS)
def test_a_package_of_many_floors_imports_nothing_by_itself(package: str) -> None:
    """Whoever imports its lowest module would import what stands above that."""
    assert not imports(modules()[package])


def test_the_package_of_the_resolution_says_what_is_where() -> None:
    told = re.findall(r"^    (\w+)   ", resolution.__doc__ or "", re.MULTILINE)
    assert sorted(told) == [name.partition(".")[2] for name in MODULES if name.startswith("resolution.")]


@pytest.mark.parametrize("module", PURE)
def test_the_pure_part_does_no_input_or_output(module: str) -> None:
    for name in imports(modules()[module]):
        parts = name.split(".")
        assert not {".".join(parts[: i + 1]) for i in range(len(parts))} & INPUT_AND_OUTPUT, f"{module} imports {name}"
    calls = [n for n in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in {"open", "print", "input"}]


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith(("emit", "vendor"))])
def test_behind_the_lock_nobody_knows_how_it_came_to_be(module: str) -> None:
    known = {(ours(name) or "").partition(".")[0] for name in imports(modules()[module])}
    allowed = {"simple"} if module in {"emit.pages", "emit.pylock"} else set()
    assert not known & (AROUND_THE_WAIST - allowed)


@pytest.mark.parametrize("module", SERVER)
def test_the_server_knows_the_standard_library_and_itself(module: str) -> None:
    for name in imports(modules()[module]):
        root = name.partition(".")[0]
        assert name.startswith(f"resolver.{STANDALONE}.") or root in {*sys.stdlib_module_names, "__future__"}


def test_whoever_leaves_uploads_alone_loads_no_server() -> None:
    wanted = {ours(name) for module in MODULES if module.startswith("vendor") for name in imports(modules()[module])}
    waiting = [name for name in wanted if name and is_of_the_server(name)]
    assert waiting
    loaded: set[str] = set()
    while waiting:
        names = imports(modules()[waiting.pop()]) - loaded
        loaded |= names
        waiting += [name for name in map(ours, names) if name]
    assert not {name.partition(".")[0] for name in loaded} & {
        "ssl",
        "zipfile",
        "tarfile",
        "http",
        "socket",
        "selectors",
    }
