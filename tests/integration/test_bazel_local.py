"""The rules on real Bazels with projects made for the purpose, from an index that is a directory: no network at all."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.archives import wheel
from tests.support.bazels import ROOT, Bazel, Workspace, each_bazel
from tests.support.command_line import Outcome, resolve
from tests.support.self_building import self_building
from tests.support.wheels import wheel_with

GREETER = "#!/bin/sh\necho hello\n"
NEEDS_PROGRAM = """\
import shutil, subprocess
answer = subprocess.run([shutil.which("greeter")], stdout=subprocess.PIPE, check=True).stdout
assert answer == b"hello\\n", answer
"""
NEEDS_NETWORK = """\
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=3)
except OSError as error:
    assert "unreachable" in str(error), error
assert socket.if_nameindex() in ([], [(1, "lo")]), socket.if_nameindex()
"""
PROGRAM = """\
import importlib.metadata

import cli
import greeted
import nsone.a
import nsone.b
import sealed
import shared.a
import shared.b

assert [importlib.metadata.version(name) for name in ("alpha", "beta", "gamma")] == ["1.0"] * 3
"""


bazel = each_bazel(coming=True)


def fill(index: Path) -> None:
    index.mkdir(parents=True)
    for name, content in {
        "alpha-1.0-py3-none-any.whl": wheel("alpha", "1.0", "beta"),
        "beta-1.0-py3-none-any.whl": wheel("beta", "1.0", "alpha", "gamma"),
        "gamma-1.0-py3-none-any.whl": wheel("gamma", "1.0"),
        "greeted-1.0.tar.gz": self_building("greeted", build=NEEDS_PROGRAM),
        "sealed-1.0.tar.gz": self_building("sealed", build=NEEDS_NETWORK),
        "broken-1.0.tar.gz": self_building("broken", build='raise SystemExit("no such luck")'),
        "hopeless-1.0.tar.gz": self_building("hopeless", requires=("nowhere-to-be-found",)),
    }.items():
        (index / name).write_bytes(content)
    wheel_with(index, "nsone_a", {"nsone/a.py": b"", "shared/__init__.py": b"", "shared/a.py": b""})
    wheel_with(index, "nsone_b", {"nsone/b.py": b"", "shared/__init__.py": b"", "shared/b.py": b""})
    scripts = "[console_scripts]\none = cli:one\ntwo = cli:two\n"
    code = b"import sys\ndef one():\n    print('one', sys.argv[1:])\ndef two():\n    return 7\n"
    wheel_with(index, "cli", {"cli.py": code}, entry_points=scripts)


def spec(bazel: Bazel) -> dict[str, object]:
    libc = " ".join(platform.libc_ver())
    return {
        "environments": {
            "here": {"python": bazel.python, "os": "linux", "arch": platform.machine(), "libc": libc},
            "windows": {"python": bazel.python, "os": "windows", "arch": "amd64"},
        },
        "indexes": [{"name": "corp", "url": "index"}],
        "requirements": ["alpha", "nsone-a", "nsone-b", "cli", "greeted", "sealed"],
        "build": {"system": {"greeted": ["greeter"]}},
    }


class Local:
    """Workspaces over one index, for one Bazel."""

    def __init__(self, bazel: Bazel, folder: Path) -> None:
        self.bazel = bazel
        self.folder = folder
        self.made: list[Workspace] = []

    def workspace(
        self,
        name: str,
        wanted: Mapping[str, object] | None = None,
        lock: str | None = None,
        overrides: str = "",
        build: str = "",
        code: int = 0,
    ) -> Workspace:
        path = self.folder / name
        path.mkdir()
        fill(path / "index")
        outcome = self._resolved(path, wanted or spec(self.bazel))
        assert outcome.code == code, outcome.said
        files = {"BUILD.bazel": build, "app.py": PROGRAM, "greeter.sh": GREETER}
        if lock is None:  # rules_python has a default Python of its own
            lock = f'python_version = "{self.bazel.python}"'
        if self.bazel.modules:
            files["MODULE.bazel"] = self._module(lock, overrides)
        else:
            files["WORKSPACE"] = self._workspace(lock, overrides)
        for file, text in files.items():
            (path / file).write_text(text, encoding="utf-8")
        (path / "greeter.sh").chmod(0o755)
        made = Workspace(bazel=self.bazel, path=path, output=self.folder / "output")
        self.made.append(made)
        return made

    def _resolved(self, path: Path, wanted: Mapping[str, object]) -> Outcome:
        """With the program of the spec on the machine, where hooks are asked."""
        programs = self.folder / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "greeter").write_text(GREETER, encoding="utf-8")
        (programs / "greeter").chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
            return resolve(path, wanted, self.folder / "cache")

    def _module(self, lock: str, overrides: str) -> str:
        return "\n".join(
            [
                'module(name = "local")',
                'bazel_dep(name = "rules_python", version = "0.22.1")',
                'bazel_dep(name = "rules_wheelhouse", version = "0.1.0")',
                f'local_path_override(module_name = "rules_wheelhouse", path = "{ROOT}")',
                'wheelhouse = use_extension("@rules_wheelhouse//rules:extensions.bzl", "wheelhouse")',
                f'wheelhouse.lock(name = "pypi", lock = "//:lock.json", spec = "//:spec.yaml", {lock})',
                *(f"wheelhouse.override({row})" for row in overrides.splitlines()),
                'use_repo(wheelhouse, "pypi")',
            ]
        )

    def _workspace(self, lock: str, overrides: str) -> str:
        rows = ", ".join(f"wheelhouse_override({row})" for row in overrides.splitlines())
        return "\n".join(
            [
                'workspace(name = "local")',
                f'local_repository(name = "rules_wheelhouse", path = "{ROOT}")',
                'load("@rules_wheelhouse//rules:repositories.bzl", "wheelhouse_lock", "wheelhouse_override")',
                'wheelhouse_lock(name = "pypi", lock = "//:lock.json", spec = "//:spec.yaml",',
                f"overrides = [{rows}], {lock})",
                'load("@pypi//:repositories.bzl", "artifacts")',
                "artifacts()",
            ]
        )


@pytest.fixture(scope="module")
def local(bazel: Bazel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    local = Local(bazel, tmp_path_factory.mktemp("local"))
    yield local
    for workspace in local.made:
        workspace.close()


BUILD = """\
load("@rules_wheelhouse//rules:defs.bzl", "console_script")

exports_files(["greeter.sh"])

py_test(
    name = "app",
    srcs = ["app.py"],
    main = "app.py",
    deps = ["@pypi//:all"],
)

console_script(name = "one", package = "@pypi//cli", script = "one")

alias(name = "renamed", actual = "@pypi//cli")

console_script(name = "two", package = ":renamed", script = "two")

genrule(
    name = "shown",
    outs = ["shown.txt"],
    cmd = "$(location :one) > $@",
    tools = [":one"],
)

console_script(name = "three", package = "@pypi//cli", script = "three")
"""
GIVEN = 'project = "greeted", system = {"//:greeter.sh": "greeter"}'


def test_cycles_namespaces_scripts_programs_and_the_closed_network(local: Local) -> None:
    workspace = local.workspace("all", build=BUILD, overrides=GIVEN)
    workspace.ok("test", "--test_output=errors", "//:app")
    assert "one ['--flag']" in workspace.ok("run", "//:one", "--", "--flag")
    assert workspace.run("run", "//:two").returncode == 7
    said = workspace.fails("run", "//:three")
    assert "cli has no console script three; it has: one, two" in said
    said = workspace.fails("run", "@pypi//cli:bin")
    assert "cli has no console script of its own name; it has: one, two" in said
    assert "alpha-1.0" in workspace.ok("query", "labels(installed, @pypi//beta:beta)")


LISTS = """\
load("@pypi//:requirements.bzl", "all_requirements", "all_whl_requirements", "requirement", "whl_requirement")

py_library(name = "libraries", deps = all_requirements)

filegroup(name = "wheels", srcs = all_whl_requirements)

filegroup(name = "one", srcs = [whl_requirement("NSone_A>=1 ; os_name == 'posix'")])

py_library(name = "few", deps = [requirement("nsone.a"), requirement("Gamma >= 1")])
"""


def test_lists_of_all_requirements_have_what_the_environment_has(local: Local) -> None:
    """Some projects are for one system alone; a list that named them could be used for no other."""
    wanted = {**spec(local.bazel), "requirements": ["gamma", "nsone-a", "nsone-b ; sys_platform == 'win32'"]}
    workspace = local.workspace("lists", wanted, build=LISTS)
    workspace.ok("build", "//:libraries", "//:few")
    wheel = "{}-1-py3-none-any.whl".format
    there = {"gamma-1.0-py3-none-any.whl", wheel("nsone_a")}
    assert {path.name for path in workspace.built("//:wheels")} == there
    windows = workspace.built("//:wheels", "--platforms=@pypi//:platform_windows")
    assert {path.name for path in windows} == there | {wheel("nsone_b")}
    assert [path.name for path in workspace.built("//:one")] == [wheel("nsone_a")]
    (workspace.path / "BUILD.bazel").write_text(LISTS.replace("Gamma", "Gama"), encoding="utf-8")
    said = workspace.fails("build", "//:few")
    assert 'requirement("Gama >= 1"): the lock pypi has no project gama' in said


def test_a_script_in_a_genrule(local: Local) -> None:
    workspace = local.workspace("genrule", build=BUILD, overrides=GIVEN)
    if local.bazel.modules:
        [path] = workspace.built("//:shown")
        assert path.read_text(encoding="utf-8") == "one []\n"
    else:  # it has the host configuration
        said = workspace.fails("build", "//:shown")
        assert "is wanted in the host configuration" in said
        assert "`exec_tools` of a genrule in place of `tools`" in said


def test_a_program_that_the_lock_names_and_nothing_gives_is_an_error_at_analysis(local: Local) -> None:
    workspace = local.workspace("want", build=BUILD)
    said = workspace.fails("build", "--nobuild", "@pypi//greeted")
    assert "the build of greeted-1.0.tar.gz for here needs greeter, which no index has" in said
    assert 'wheelhouse.override(project = "greeted", system = ' in said


def test_an_sdist_for_another_system_is_an_error_unless_it_is_pure(local: Local) -> None:
    workspace = local.workspace("cross", build=BUILD, overrides=GIVEN + ', pure = True\nproject = "alpha"')
    windows = "--platforms=@pypi//:platform_windows"
    said = workspace.fails("build", "--nobuild", windows, "@pypi//sealed")
    assert "sealed-1.0.tar.gz has no wheel for windows and is built from source" in said
    assert "windows x86_64" in said
    [folder] = workspace.built("@pypi//greeted:whl", windows)
    assert [path.name for path in folder.iterdir()] == ["greeted-1.0-py3-none-any.whl"]


def test_another_python_than_that_of_the_environment_is_refused(local: Local) -> None:
    """The flag chooses packages; the Python is that of the toolchain, whatever the flag says."""
    here = spec(local.bazel)["environments"]
    assert isinstance(here, dict)
    like = here["here"]
    # PyPy ends at 3.11, and free-threaded builds begin at 3.13.
    other = f"pypy{local.bazel.python}" if local.bazel.python == "3.11" else f"{local.bazel.python}t"
    environments = {"here": like, "older": {**like, "python": "3.9"}, "other": {**like, "python": other}}
    wanted = {**spec(local.bazel), "environments": environments, "requirements": ["cli", "sealed"], "build": {}}
    workspace = local.workspace("pythons", wanted, build=BUILD)
    flag = "--@pypi//:environment="
    assert workspace.ok("run", f"{flag}here", "//:one") == "one []\n"
    for environment, described in (
        ("older", "cpython 3.9 (cp39)"),
        ("other", other.removesuffix("t").replace("pypy", "pypy ")),
    ):
        said = workspace.fails("run", flag + environment, "//:one")
        assert f"has the packages of @pypi for the environment {environment}, which is for " in said
        assert described in said
        assert f"and it runs on cpython {local.bazel.python} (" in said
        said = workspace.fails("build", flag + environment, "@pypi//sealed:whl")
        assert f"sealed-1.0.tar.gz is built for {environment}: this Python (" in said


def test_a_build_that_fails_says_what_its_backend_said(local: Local) -> None:
    workspace = local.workspace("broken", {**spec(local.bazel), "requirements": ["broken"]}, build=BUILD)
    said = workspace.fails("build", "@pypi//broken")
    assert "broken-1.0.tar.gz could not be built for here" in said
    assert "no such luck" in said
    assert "Traceback" not in said


def test_what_the_lock_calls_unbuildable_fails_with_its_reason_and_nothing_else_does(local: Local) -> None:
    wanted = {**spec(local.bazel), "requirements": ["hopeless", "gamma"]}
    workspace = local.workspace("hopeless", wanted, build=BUILD, code=3)
    workspace.ok("build", "@pypi//gamma")
    said = workspace.fails("build", "@pypi//hopeless")
    assert "hopeless-1.0.tar.gz cannot be built for here:" in said
    assert "nowhere-to-be-found" in said


@pytest.mark.parametrize("where", ["attribute", "variable"])
def test_a_mirror_stands_in_for_an_index_and_gets_credentials(local: Local, tmp_path: Path, where: str) -> None:
    workspace = local.workspace(where, build=BUILD)
    asked: list[tuple[str, str | None]] = []
    index = workspace.path / "index"

    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization")))
            path = index / self.path.rpartition("/")[2]
            self.send_response(200 if path.exists() else 404)
            self.end_headers()
            self.wfile.write(path.read_bytes() if path.exists() else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/mirror"
    (workspace.path / "netrc").write_text("machine 127.0.0.1\nlogin me\npassword secret\n", encoding="utf-8")
    name = "MODULE.bazel" if local.bazel.modules else "WORKSPACE"
    attributes = 'netrc = "//:netrc", auth_patterns = {"127.0.0.1": "Bearer <password>"}, spec ='
    if where == "attribute":
        attributes = f'mirrors = {{"corp": ["{url}"]}}, ' + attributes
    text = (workspace.path / name).read_text(encoding="utf-8").replace("spec =", attributes, 1)
    (workspace.path / name).write_text(text, encoding="utf-8")
    flags = [] if where == "attribute" else [f"--repo_env=WHEELHOUSE_MIRRORS=corp={url}"]
    try:
        workspace.ok("build", "--repository_cache=", *flags, "@pypi//gamma:whl")
    finally:
        server.shutdown()
        server.server_close()
    [(path, credentials)] = asked
    assert path.startswith("/mirror/")
    assert path.endswith("gamma-1.0-py3-none-any.whl")
    if local.bazel.modules:  # Bazel 4 sends no pattern but Basic and its own
        assert credentials == "Bearer secret"
    else:
        assert credentials is not None


def test_several_directories_stand_in_for_the_network(local: Local, tmp_path: Path) -> None:
    workspace = local.workspace("directories", build=BUILD)
    tree, folder = tmp_path / "tree", tmp_path / "plain folder"
    (tree / "files").mkdir(parents=True)
    (workspace.path / "index").rename(folder)
    (folder / "gamma-1.0-py3-none-any.whl").rename(tree / "files" / "gamma-1.0-py3-none-any.whl")
    (folder / "cli-1-py3-none-any.whl").unlink()
    workspace.folders = (tmp_path,)
    flags = ("--repository_cache=", f"--repo_env=WHEELHOUSE_DIRECTORY={tree}:{folder}")
    workspace.ok("build", *flags, "@pypi//alpha:whl", "@pypi//gamma:whl")
    said = workspace.fails("build", *flags, "@pypi//cli:whl")
    assert f"cli-1-py3-none-any.whl is not in {tree}/files or {folder}, which stand in for the network" in said


def test_bytes_that_are_not_the_locked_ones_are_refused(local: Local) -> None:
    workspace = local.workspace("tampered", build=BUILD)
    (workspace.path / "index" / "gamma-1.0-py3-none-any.whl").write_bytes(wheel("gamma", "1.0", padding=9))
    said = workspace.fails("build", "--repository_cache=", "@pypi//gamma:whl")
    assert "checksum" in said.lower()


def test_mistakes_are_named(local: Local) -> None:
    workspace = local.workspace("mistakes", build=BUILD, overrides='project = "delta"')
    said = workspace.fails("build", "@pypi//gamma")
    assert "override of delta: the lock has no artifact of that project" in said
    workspace = local.workspace("other-spec", build=BUILD)
    (workspace.path / "spec.yaml").rename(workspace.path / "other.yaml")
    (workspace.path / "spec.yaml").write_bytes((workspace.path / "other.yaml").read_bytes())
    name = "MODULE.bazel" if local.bazel.modules else "WORKSPACE"
    text = (workspace.path / name).read_text(encoding="utf-8").replace("//:spec.yaml", "//:other.yaml")
    (workspace.path / name).write_text(text, encoding="utf-8")
    said = workspace.fails("build", "@pypi//gamma")
    assert "lock.json is stale: other.yaml is not what it was made from (spec.yaml)" in said
    lock = json.loads((workspace.path / "lock.json").read_text(encoding="utf-8"))
    other = hashlib.sha256((workspace.path / "other.yaml").read_bytes()).hexdigest()
    files = {**lock["inputs"]["files"], "other.yaml": other}
    lock["inputs"] |= {"spec": "spec.yaml", "files": files}
    (workspace.path / "lock.json").write_text(json.dumps(lock), encoding="utf-8")
    said = workspace.fails("build", "@pypi//gamma")
    assert "other.yaml is not what it was made from (spec.yaml)" in said, "the spec extends it"
    workspace = local.workspace("no-lock", build=BUILD)
    (workspace.path / "lock.json").write_text(json.dumps({"artifacts": {}}), encoding="utf-8")
    assert "is not a lock of wheelhouse" in workspace.fails("build", "@pypi//gamma")
    (workspace.path / "lock.json").write_text("{\n<<<<<<< HEAD\n", encoding="utf-8")
    assert "lock.json holds an unresolved merge" in workspace.fails("build", "@pypi//gamma")
    (workspace.path / "lock.json").write_text('{"lock_version": 1,,}', encoding="utf-8")
    said = workspace.fails("build", "@pypi//gamma")
    if local.bazel.modules:
        assert "lock.json is not JSON; `wheelhouse show --lock lock.json` says where" in said
        workspace.ok("build", "//:greeter.sh")
    else:  # it says so by itself, and cannot be asked to go on
        assert "repository 'pypi'" in said


def test_a_second_tool_is_an_error(local: Local) -> None:
    """One serves all locks: that of a later one would be ignored in silence."""
    workspace = local.workspace("tools", build=BUILD)
    if local.bazel.modules:
        more = 'wheelhouse.tool(file = "//:greeter.sh")\n' * 2
        expected = "wheelhouse.tool of the module local: there are 2; the resolver is one file"
    else:
        more = 'wheelhouse_lock(name = "other", lock = "//:lock.json", tool = "//:greeter.sh")\n'
        expected = "a lock before it says another thing (the default); one tool serves all"
    path = workspace.path / ("MODULE.bazel" if local.bazel.modules else "WORKSPACE")
    path.write_text(path.read_text(encoding="utf-8") + "\n" + more, encoding="utf-8")
    assert expected in workspace.fails("build", "@pypi//gamma")


def test_the_version_flag_of_rules_python_is_followed(local: Local) -> None:
    if not local.bazel.modules:
        pytest.skip("this workspace has no rules_python")
    workspace = local.workspace("flag", build=BUILD, lock="")
    said = workspace.fails(
        "build", "--nobuild", "--@rules_python//python/config_settings:python_version=3.9.16", "@pypi//gamma"
    )
    assert "here: Python is 3.9 here" in said
