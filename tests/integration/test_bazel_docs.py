"""BUILD.md, WORKSPACE.example and the examples, as somebody follows them, on every Bazel that they are for."""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.bazels import ROOT, Bazel, Workspace, each_bazel
from tests.support.command_line import run
from tests.support.machine import skip

pytestmark = pytest.mark.pypi

EXAMPLES = ROOT / "examples"
BLOCK = re.compile(r"^```(\S+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


bazel = each_bazel()


def guide() -> dict[str, str]:
    return {found[2]: found[3] for found in BLOCK.finditer((ROOT / "BUILD.md").read_text(encoding="utf-8"))}


def locked(folder: Path, bazel: Bazel, downloads: Path) -> None:
    """Resolve for the Python that this Bazel has: no machine has them all."""
    path = folder / "spec.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "linux" in spec["environments"] and bazel.python not in spec["environments"]["linux"]["python"]:
        spec["environments"]["linux"]["python"] = [bazel.python]
        path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    code, said = run("resolve", "--spec", str(path), "--lock", str(folder / "lock.json"), "--cache-dir", str(downloads))
    assert code == 0, said


@pytest.fixture
def workspace(bazel: Bazel, tmp_path: Path) -> Iterator[Workspace]:
    if platform.machine() != "x86_64":
        skip("the examples are for x86_64")
    flag = f"--@rules_wheelhouse//rules:python_version={bazel.python}"
    made = Workspace(bazel=bazel, path=tmp_path / "shop", output=tmp_path / "output", flags=(flag,))
    yield made
    made.flags = ()
    made.close()


def carry_rules(folder: Path) -> None:
    (folder / "third_party").mkdir()
    (folder / "third_party" / "rules_wheelhouse").symlink_to(ROOT)


def test_the_guide(workspace: Workspace, downloads: Path) -> None:
    folder, blocks = workspace.path, guide()
    folder.mkdir()
    for name in ("spec.yaml", "BUILD.bazel", "app.py", "MODULE.bazel" if workspace.bazel.modules else "WORKSPACE"):
        (folder / name).write_text(blocks[name], encoding="utf-8")
    carry_rules(folder)
    locked(folder, workspace.bazel, downloads)
    outputs = {}
    for line in blocks["bazel"].splitlines():
        command, *arguments = line.split()[1:]
        arguments = [word for word in arguments if "python_version" not in word]
        outputs[command, arguments[-1]] = workspace.ok(command, *arguments)
    assert "docopt 0.6.2" in outputs["run", "//:app"]
    assert "black, " in outputs["run", "--version"]


def test_the_workspace_that_is_an_example(workspace: Workspace, downloads: Path) -> None:
    if workspace.bazel.modules:
        pytest.skip("it is for a WORKSPACE")
    folder, blocks = workspace.path, guide()
    folder.mkdir()
    shutil.copy(ROOT / "WORKSPACE.example", folder / "WORKSPACE")
    (folder / "spec.yaml").write_text(blocks["spec.yaml"], encoding="utf-8")
    (folder / "BUILD.bazel").write_text("", encoding="utf-8")
    carry_rules(folder)
    locked(folder, workspace.bazel, downloads)
    workspace.ok("build", "@pypi//:all")


def example(name: str, workspace: Workspace, downloads: Path) -> None:
    """Copy an example, with its way to the rules made absolute, and resolve."""
    shutil.copytree(
        EXAMPLES / name, workspace.path, ignore=shutil.ignore_patterns("lock.json", "third_party", "bazel-*")
    )
    wanted = "MODULE.bazel" if workspace.bazel.modules else "WORKSPACE"
    if not (workspace.path / wanted).exists():
        pytest.skip(f"{name} has no {wanted}")
    for file in ("MODULE.bazel", "WORKSPACE"):
        path = workspace.path / file
        if path.exists():
            path.write_text(path.read_text(encoding="utf-8").replace('"../.."', f'"{ROOT}"'), encoding="utf-8")
    locked(workspace.path, workspace.bazel, downloads)


@pytest.mark.parametrize("name", ["quickstart-bzlmod", "quickstart-workspace", "sdist-native"])
def test_examples(name: str, workspace: Workspace, downloads: Path) -> None:
    example(name, workspace, downloads)
    workspace.ok("test", "--test_output=errors", "//...")


def test_multi_platform(workspace: Workspace, downloads: Path) -> None:
    example("multi-platform", workspace, downloads)
    workspace.flags = ()
    for environment, tag in {
        "linux": "manylinux",
        "arm": "aarch64",
        "alpine": "musllinux",
        "mac": "macosx",
        "windows": "win_amd64",
    }.items():
        wheels = workspace.built("//:wheels", f"--platforms=@pypi//:platform_{environment}")
        names = {wheel.name.partition("-")[0] for wheel in wheels}
        assert names == {"tqdm", "markupsafe"} | ({"colorama"} if environment == "windows" else set())
        assert any(tag in wheel.name for wheel in wheels)


def test_offline_ci(workspace: Workspace, downloads: Path) -> None:
    example("offline-ci", workspace, downloads)
    tree = workspace.path / "third_party" / "wheels"
    code, said = run("vendor", str(tree), "--lock", str(workspace.path / "lock.json"), "--cache-dir", str(downloads))
    assert code == 0, said
    if shutil.which("unshare") is None and not workspace.bazel.in_tree:
        skip("an empty network namespace needs unshare")
    workspace.network = False
    workspace.flags += ("--repository_cache=",)
    workspace.ok("test", "--test_output=errors", "//...")


def test_every_example_is_a_workspace_that_is_tested() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    tested = {"quickstart-bzlmod", "quickstart-workspace", "sdist-native", "multi-platform", "offline-ci"}
    assert folders == tested | {"quickstart", "nix"}  # by make, and by test_nix_docs.py
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}]({name})" in listed for name in folders)
