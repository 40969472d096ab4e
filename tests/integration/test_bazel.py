"""The rules on real Bazels with real packages: what is fetched, what is built, what runs, what is said."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import platform
import shutil
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from resolver.lock.codec import loads
from resolver.lock.model import Lock
from tests.support.bazels import ROOT, Bazel, Workspace, each_bazel
from tests.support.command_line import resolve, run
from tests.support.machine import skip

pytestmark = pytest.mark.pypi

WORKSPACE = f"""\
workspace(name = "shop")

local_repository(name = "rules_wheelhouse", path = "{ROOT}")

load("@rules_wheelhouse//rules:repositories.bzl", "wheelhouse_lock", "wheelhouse_override")

wheelhouse_lock(
    name = "pypi",
    lock = "//:lock.json",
    overrides = [wheelhouse_override(
        project = "docopt",
        patch_strip = 1,
        patches = ["//:docopt.patch"],
    )],
    spec = "//:spec.yaml",
)

load("@pypi//:repositories.bzl", "artifacts")

artifacts()
"""

MODULE = f"""\
module(name = "shop")

bazel_dep(name = "rules_python", version = "0.22.1")
bazel_dep(name = "rules_wheelhouse", version = "0.1.0")
local_path_override(module_name = "rules_wheelhouse", path = "{ROOT}")

wheelhouse = use_extension("@rules_wheelhouse//rules:extensions.bzl", "wheelhouse")
wheelhouse.lock(
    name = "pypi",
    lock = "//:lock.json",
    spec = "//:spec.yaml",
)
wheelhouse.override(
    patch_strip = 1,
    patches = ["//:docopt.patch"],
    project = "docopt",
)
use_repo(wheelhouse, "pypi")
"""

PATCH = """\
--- a/docopt-0.6.2/docopt.py
+++ b/docopt-0.6.2/docopt.py
@@ -9,3 +9,4 @@
 import sys
 import re
 
+PATCHED = True
"""  # noqa: W293  (a patch has lines that are one blank)

BUILD = """\
load("@pypi//:requirements.bzl", "requirement")
load("@rules_wheelhouse//rules:defs.bzl", "console_script", "wheelhouse_requirements")

exports_files(["docopt.patch"])

wheelhouse_requirements(
    name = "pypi",
    lock = "lock.json",
    spec = "spec.yaml",
)

py_test(
    name = "app",
    srcs = ["app.py"],
    main = "app.py",
    deps = [
        requirement("Zope.Interface"),
        requirement("requests[socks]"),
        "@pypi//:group_cli",
        "@pypi//markupsafe",
        "@pypi//psutil",
        "@pypi//requests:extra_socks",
        "@pypi//setuptools",
        "@pypi//thrift",
        "@pypi//zope_event",
    ],
)

console_script(
    name = "normalizer",
    package = "@pypi//charset-normalizer",
    script = "normalizer",
)
"""

APP = """\
import importlib.metadata
import subprocess
import sys

import docopt
import markupsafe
import markupsafe._speedups
import psutil
import requests
import socks
import thrift
import zope.event
import zope.interface

assert docopt.PATCHED
assert psutil.Process().pid
assert importlib.metadata.version("thrift") == "0.16.0"
assert importlib.metadata.version("requests") == requests.__version__
assert "psutil" in psutil._psutil_linux.__file__ if hasattr(psutil, "_psutil_linux") else True
import distutils

assert "setuptools" in distutils.__file__, "the .pth of setuptools was not carried out"
print("all of it runs on", sys.version)
"""


def spec_for(bazel: Bazel) -> dict[str, object]:
    libc = " ".join(platform.libc_ver())
    return {
        "environments": {
            "here": {"python": bazel.python, "os": "linux", "arch": platform.machine(), "libc": libc},
            "alpine": {"python": bazel.python, "os": "linux", "arch": platform.machine(), "libc": "musl 1.2"},
            "windows": {"python": "3.13", "os": "windows", "arch": "amd64"},
            "mac": {"python": "3.12", "os": "macos 14", "arch": "arm64"},
        },
        "requirements": [
            *("requests[socks]>=2.31", "markupsafe", "zope.interface", "zope.event", "thrift==0.16.0"),
            *("setuptools<81", "psutil==7.0.0 ; sys_platform == 'linux'"),
        ],
        "groups": {"cli": ["docopt==0.6.2"]},
        "projects": {"psutil": {"sdists": "always"}},
    }


def write_workspace(folder: Path, bazel: Bazel, downloads: Path) -> Lock:
    folder.mkdir(parents=True)
    outcome = resolve(folder, spec_for(bazel), downloads)
    assert outcome.lock is not None, outcome.said
    for name, text in {
        "MODULE.bazel" if bazel.modules else "WORKSPACE": MODULE if bazel.modules else WORKSPACE,
        "BUILD.bazel": BUILD,
        "app.py": APP,
        "docopt.patch": PATCH,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return outcome.lock


bazel = each_bazel()


@pytest.fixture(scope="module")
def shop(bazel: Bazel, tmp_path_factory: pytest.TempPathFactory, downloads: Path) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("shop")
    write_workspace(folder / "shop", bazel, downloads)
    workspace = Workspace(bazel=bazel, path=folder / "shop", output=folder / "output")
    yield workspace
    workspace.close()


HERE = "--@pypi//:environment=here"


def lock_of(workspace: Workspace) -> Lock:
    return loads((workspace.path / "lock.json").read_text(encoding="utf-8"))


def test_a_query_fetches_nothing_and_a_build_what_its_environment_needs(shop: Workspace) -> None:
    listed = shop.ok("query", "deps(//:app) + @pypi//...")
    assert "requests" in listed
    assert shop.fetched() == set()
    shop.ok("build", HERE, "@pypi//:all", "@pypi//:group_cli")
    lock = lock_of(shop)
    patched = {name for name in lock.artifacts if name.startswith("docopt")}
    assert shop.fetched() == lock.files_for("here") - patched


def test_what_it_builds_runs(shop: Workspace) -> None:
    shop.ok("test", HERE, "--test_output=errors", "//:app")
    assert "usage: normalizer" in shop.ok("run", HERE, "//:normalizer", "--", "--help")
    assert "usage: normalizer" in shop.ok("run", HERE, "@pypi//charset-normalizer:bin", "--", "--help")
    assert "usage: normalizer" in shop.ok("run", HERE, "@pypi//charset_normalizer:bin", "--", "--help")


def test_another_lock_fetches_nothing_anew_that_it_had_before(shop: Workspace) -> None:
    lock = shop.path / "lock.json"
    text = lock.read_text(encoding="utf-8")
    shop.ok("build", HERE, "@pypi//markupsafe")
    external = Path(shop.ok("info", "output_base").strip()) / "external"
    written = {path: path.stat().st_ctime_ns for path in external.glob("*pypi__*/*.whl")}
    assert written
    lock.write_text(text + "\n", encoding="utf-8")
    try:
        shop.ok("build", HERE, "@pypi//markupsafe")
    finally:
        lock.write_text(text, encoding="utf-8")
    assert {path: path.stat().st_ctime_ns for path in written} == written


@pytest.mark.parametrize(("environment", "tag"), [("windows", "win_amd64"), ("mac", "macosx"), ("alpine", "musllinux")])
def test_a_platform_gets_the_file_that_the_lock_has_for_it(shop: Workspace, environment: str, tag: str) -> None:
    lock = lock_of(shop)
    for flags in ([f"--platforms=@pypi//:platform_{environment}"], [f"--@pypi//:environment={environment}"]):
        [wheel] = shop.built("@pypi//markupsafe:whl", *flags)
        assert wheel.name == lock.resolutions[environment]["markupsafe"].artifact
        assert tag in wheel.name
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == lock.artifacts[wheel.name].sha256


def test_parts_of_a_project_have_targets(shop: Workspace) -> None:
    [sdist] = shop.built("@pypi//thrift:sdist", HERE)
    assert sdist.name == "thrift-0.16.0.tar.gz"
    [folder] = shop.built("@pypi//thrift:whl", HERE)
    [wheel] = folder.iterdir()
    assert wheel.name.startswith("thrift-0.16.0-")
    [info] = shop.built("@pypi//markupsafe:dist_info", HERE)
    assert [path.name for path in (next(info.iterdir())).glob("METADATA")] == ["METADATA"]
    said = shop.fails("build", HERE, "@pypi//markupsafe:sdist")
    assert "no such target" in said


def test_labels_of_rules_python_mean_the_same(shop: Workspace) -> None:
    for theirs, ours in (
        ("requests:pkg", "requests"),
        ("zope_event", "zope-event"),
        ("zope_event:pkg", "zope-event"),
        ("zope_event:dist_info", "zope-event:dist_info"),
        ("zope_event:whl", "zope-event:whl"),
    ):
        assert shop.built(f"@pypi//{theirs}", HERE) == shop.built(f"@pypi//{ours}", HERE), theirs


def test_an_environment_that_nothing_names_is_an_error_that_lists_those_there_are(shop: Workspace) -> None:
    said = shop.fails("build", "@pypi//markupsafe", "--@rules_wheelhouse//rules:python_version=3.7")
    assert "none of its environments fits this configuration: linux" in said
    assert "Python 3.7 (that is what --@rules_wheelhouse//rules:python_version says)" in said
    assert "here: Python is 3.7 here" in said
    assert "mac: os is linux here, osx there" in said
    assert "--@pypi//:environment=NAME" in said
    said = shop.fails("build", "@pypi//markupsafe", "--@pypi//:environment=solaris")
    assert "the lock has no such environment; it has: alpine, here, mac, windows" in said


def test_a_version_flag_chooses_the_environment(shop: Workspace) -> None:
    [wheel] = shop.built("@pypi//markupsafe:whl", f"--@rules_wheelhouse//rules:python_version={shop.bazel.python}")
    assert wheel.name == lock_of(shop).resolutions["here"]["markupsafe"].artifact


def test_what_cannot_be_cross_built_says_so_at_analysis(shop: Workspace) -> None:
    said = shop.fails("build", "--nobuild", "--@pypi//:environment=alpine", "@pypi//psutil")
    assert "psutil-7.0.0.tar.gz has no wheel for alpine and is built from source" in said
    assert 'wheelhouse.override(project = "psutil", pure = True)' in said


class _Cache(BaseHTTPRequestHandler):
    """A remote cache of Bazel: what was put can be got."""

    stored: dict[str, bytes]
    hits: list[str]

    def do_PUT(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            content = self.rfile.read(int(self.headers["Content-Length"]))
        self.stored[self.path] = content
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        content = self.stored.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if content is not None:
            self.hits.append(self.path)
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def test_the_same_build_elsewhere_gives_the_same_bytes_and_hits_a_remote_cache(shop: Workspace, tmp_path: Path) -> None:
    target = "@pypi//psutil:whl"
    [first] = [next(folder.iterdir()) for folder in shop.built(target, HERE)]
    copy = tmp_path / "elsewhere" / "shop"
    shutil.copytree(shop.path, copy)
    handler = type("Handler", (_Cache,), {"stored": {}, "hits": [], "protocol_version": "HTTP/1.1"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    remote = f"--remote_cache=http://127.0.0.1:{server.server_port}"
    try:
        for name in ("one", "two"):
            other = Workspace(bazel=shop.bazel, path=copy, output=tmp_path / name)
            done = other.run("build", HERE, remote, target)
            assert done.returncode == 0, done.stderr
            [again] = [next(folder.iterdir()) for folder in other.built(target, HERE, remote)]
            assert again.name == first.name
            assert filecmp.cmp(first, again, shallow=False), f"{name}: other bytes"
            other.close()
            if name == "two":
                assert "remote cache hit" in done.stderr, done.stderr
    finally:
        server.shutdown()
        server.server_close()
    content = first.read_bytes()
    assert str(tmp_path).encode() not in content
    assert str(shop.output).encode() not in content


def test_a_wheel_built_here_names_no_path_of_the_machine(shop: Workspace) -> None:
    [folder] = shop.built("@pypi//psutil:whl", HERE)
    with zipfile.ZipFile(next(folder.iterdir())) as wheel:
        for name in wheel.namelist():
            content = wheel.read(name)
            assert b"/wheelhouse-" not in content, name
            assert str(shop.output).encode() not in content, name


def test_the_index_has_the_bytes_that_vendor_makes(shop: Workspace, tmp_path: Path, tool: Path) -> None:
    # A patched artifact is not what the lock names, so this index is made without the patch.
    plain = tmp_path / "plain" / "shop"
    shutil.copytree(shop.path, plain)
    for name in ("WORKSPACE", "MODULE.bazel"):
        if (plain / name).exists():
            text = (plain / name).read_text(encoding="utf-8").replace('["//:docopt.patch"]', "[]")
            (plain / name).write_text(text, encoding="utf-8")
    workspace = Workspace(bazel=shop.bazel, path=plain, output=shop.output, folders=(tool.parent,))
    flag = f"--repo_env=WHEELHOUSE_TOOL={tool}"
    if shop.bazel.python < "3.10":
        skip("the resolver needs Python 3.10")
    [tree] = workspace.built("@pypi//:index", flag)
    code, said = run("vendor", str(tmp_path / "tree"), "--lock", str(plain / "lock.json"))
    assert code == 0, said
    assert _digests(tree) == _digests(tmp_path / "tree")
    [one] = workspace.built("@pypi//:index_here_tar", flag)
    shutil.copy(one, tmp_path / "one.tar")
    shutil.unpack_archive(tmp_path / "one.tar", tmp_path / "unpacked")
    code, said = run("verify", str(tmp_path / "unpacked" / "index_here"))
    assert "none wrong" in said, said


def _digests(tree: Path) -> dict[str, str]:
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


KEPT = """\
load("@rules_wheelhouse//rules:defs.bzl", "wheelhouse_requirements")

wheelhouse_requirements(name = "pypi", lock = "lock.json", spec = "spec.yaml")
"""
"""A package that loads nothing from the lock, so that it can make one."""


def test_spec_and_lock_are_kept_together(shop: Workspace, tmp_path: Path, tool: Path, downloads: Path) -> None:
    copy = tmp_path / "stale" / "shop"
    shutil.copytree(shop.path, copy)
    workspace = Workspace(bazel=shop.bazel, path=copy, output=shop.output, folders=(tool.parent, downloads))
    flag = f"--repo_env=WHEELHOUSE_TOOL={tool}"
    workspace.ok("test", flag, "//:pypi.check")
    spec = json.loads((copy / "spec.yaml").read_text(encoding="utf-8"))
    spec["requirements"].append("tomli")
    (copy / "spec.yaml").write_text(json.dumps(spec), encoding="utf-8")
    said = workspace.fails("build", flag, HERE, "//:app")
    assert "lock.json is stale: spec.yaml has changed" in said
    assert "wheelhouse resolve --spec spec.yaml --lock lock.json" in said
    assert "spec.yaml has changed" in workspace.fails("test", flag, "--test_output=errors", "//:pypi.check")
    build = (copy / "BUILD.bazel").read_text(encoding="utf-8")
    (copy / "lock.json").rename(copy / "old.json")
    said = workspace.fails("build", HERE, "//:app")
    assert "lock.json is not there; `wheelhouse resolve --spec spec.yaml --lock lock.json` makes it" in said
    if not shop.bazel.modules:  # a WORKSPACE loads the names of repositories from the lock, before anything else
        (copy / "old.json").rename(copy / "lock.json")
    else:
        (copy / "BUILD.bazel").write_text(KEPT, encoding="utf-8")
    workspace.ok("run", flag, "//:pypi.resolve", environment={"WHEELHOUSE_CACHE_DIR": str(downloads)})
    assert "tomli" in lock_of(workspace).resolutions["here"]
    (copy / "BUILD.bazel").write_text(build, encoding="utf-8")
    workspace.ok("test", flag, "//:pypi.check")
    workspace.ok("build", flag, HERE, "@pypi//tomli")


@pytest.fixture(scope="module")
def tree(bazel: Bazel, shop: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree") / "tree"
    code, said = run("vendor", str(tree), "--lock", str(shop.path / "lock.json"), "--view", "bazel")
    assert code == 0, said
    return tree


OFFLINE = {
    "repository cache": ("--repository_cache={tree}/views/bazel",),
    "distdir": ("--repository_cache=", "--distdir={tree}/files"),
    "directory": ("--repository_cache=", "--repo_env=WHEELHOUSE_DIRECTORY={tree}"),
}


@pytest.mark.parametrize("how", OFFLINE)
def test_everything_builds_in_an_empty_network_namespace(shop: Workspace, tree: Path, tmp_path: Path, how: str) -> None:
    _needs_a_network_namespace(shop.bazel)
    flags = tuple(flag.format(tree=tree) for flag in OFFLINE[how])
    workspace = Workspace(
        bazel=shop.bazel, path=shop.path, output=tmp_path / "output", folders=(tree.parent,), network=False, flags=flags
    )
    workspace.ok("test", HERE, "--test_output=errors", "//:app")


def test_a_vendor_directory_builds_in_an_empty_network_namespace(shop: Workspace, tmp_path: Path) -> None:
    if not shop.bazel.modules:
        pytest.skip(f"Bazel {shop.bazel} has no `bazel vendor`")
    _needs_a_network_namespace(shop.bazel)
    folder = f"--vendor_dir={shop.path.parent / 'vendored'}"  # where the server, which has its own mounts, can write
    shop.ok("vendor", HERE, folder, "//:app")
    workspace = Workspace(
        bazel=shop.bazel,
        path=shop.path,
        output=tmp_path / "output",
        network=False,
        flags=(folder, "--repository_cache="),
    )
    workspace.ok("test", HERE, "--test_output=errors", "//:app")


def _needs_a_network_namespace(bazel: Bazel) -> None:
    if not bazel.in_tree and (os.geteuid() != 0 or shutil.which("unshare") is None):
        skip("an empty network namespace with loopback needs root and unshare")
