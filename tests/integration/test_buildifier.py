"""Every file of Starlark is as buildifier would write it, and without what it warns of, but for what is named here."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.machine import skip

ROOT = Path(__file__).parents[2]
VERSION = "8.2.1"
ENDINGS = (".bzl", "BUILD", "BUILD.bazel", "MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel")
EXCUSED = {
    ("", "unsorted-dict-items"): "a dict of arguments is in the order in which they are rendered, the name first",
    (
        "examples/",
        "native-py",
    ): "py_test is a symbol of every Bazel that the examples are for; they need no rules_python",
    ("tests/golden/hub/", "bzl-visibility"): "generated for other repositories, which load what is private in this one",
}
"""(Folder, category) -> why it cannot be otherwise. What one place needs has a comment there."""


@pytest.fixture(scope="module")
def buildifier() -> Path:
    if shutil.which("npm") is None:
        skip("no npm is here, which brings buildifier")
    folder = ROOT / ".cache" / f"buildifier-{VERSION}"
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform)
    machine = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower()
    )
    if system is None or machine is None:
        skip(f"buildifier is not made for {sys.platform} on {platform.machine()}")
    program = folder / "node_modules/@bazel/buildifier" / f"buildifier-{system}_{machine}"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"@bazel/buildifier@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            skip(f"npm cannot bring buildifier: {done.stderr.strip()}")
    return program


def sources() -> list[str]:
    """What git has or would have, so that neither caches nor what examples made is among them."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        skip("this is no clone of the repository, which names the files")
    names = sorted(set(done.stdout.split("\0")))
    return [n for n in names if (n.endswith(".bzl") or Path(n).name in ENDINGS) and (ROOT / n).is_file()]


def findings(buildifier: Path, *arguments: str) -> list[dict[str, Any]]:
    command = [str(buildifier), "-mode=check", "-lint=warn", "-warnings=all", "-format=json", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    files: list[dict[str, Any]] = json.loads(done.stdout)["files"]
    return files


@pytest.mark.xdist_group("buildifier")
def test_every_file_is_as_buildifier_has_it(buildifier: Path) -> None:
    names = sources()
    assert {"MODULE.bazel", "rules/defs.bzl", "tests/golden/hub/BUILD.bazel"} <= set(names)
    files = findings(buildifier, *names) + findings(buildifier, "-type=workspace", "WORKSPACE.example")
    assert len(files) == len(names) + 1
    faults, met = [], set()
    for file in files:
        name = file["filename"]
        if not file["valid"] or not file["formatted"]:
            faults.append(f"{name}: not formatted; run `{buildifier.relative_to(ROOT)} {name}`")
        for warning in file["warnings"] or ():
            excuse = next((e for e in EXCUSED if name.startswith(e[0]) and warning["category"] == e[1]), None)
            if excuse is None:
                faults.append(f"{name}:{warning['start']['line']}: {warning['category']}: {warning['message']}")
            else:
                met.add(excuse)
    assert not faults, "\n".join(faults)
    assert met == set(EXCUSED), "an excuse that nothing needs"
