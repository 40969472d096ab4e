"""A lock of four environments on the Bazels that are here: time, and what is fetched beside what is needed.

    python bench/bazel_rules.py FOLDER [REQUIREMENT ...]

On Bazel 7 the `pip.parse` of rules_python gets the same releases for the one environment that it can have, in the same
run; it unpacks them by the Python that runs this, for which the environments are. Each begins with a new
output base, so that what Bazel itself needs is in the first figure. FOLDER/table.md is written.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from resolver.lock.codec import loads  # noqa: E402  (the checkout's own)
from resolver.lock.model import Lock  # noqa: E402
from tests.support.bazels import Bazel, Workspace, bazels  # noqa: E402

WEB = "django celery[redis] gunicorn psycopg[binary] pillow requests boto3 sentry-sdk djangorestframework whitenoise"
MODULE = """\
module(name = "bench")
bazel_dep(name = "rules_python", version = "0.22.1")
"""
OURS = f"""\
bazel_dep(name = "rules_wheelhouse", version = "0.1.0")
local_path_override(module_name = "rules_wheelhouse", path = "{ROOT}")
wheelhouse = use_extension("@rules_wheelhouse//rules:extensions.bzl", "wheelhouse")
wheelhouse.lock(name = "pypi", lock = "//:lock.json", spec = "//:spec.yaml")
use_repo(wheelhouse, "pypi")
"""
WORKSPACE = f"""\
workspace(name = "bench")
local_repository(name = "rules_wheelhouse", path = "{ROOT}")
load("@rules_wheelhouse//rules:repositories.bzl", "wheelhouse_lock")
wheelhouse_lock(name = "pypi", lock = "//:lock.json", spec = "//:spec.yaml")
load("@pypi//:repositories.bzl", "artifacts")
artifacts()
"""
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
THEIRS = f"""\
pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")
pip.parse(
    name = "pypi",
    incompatible_generate_aliases = True,
    python_interpreter = "{Path(sys.executable).resolve()}",
    requirements_lock = "//:requirements.txt",
)
use_repo(pip, "pypi")
"""
CHOSEN = "--@pypi//:environment=here"


@dataclass(kw_only=True)
class Row:
    """Seconds of each step, in order; ``note`` is what else was seen."""

    rules: str
    bazel: str
    seconds: dict[str, str] = field(default_factory=dict)
    note: str = ""

    def step(self, name: str, act: Callable[[], subprocess.CompletedProcess[str]]) -> bool:
        """Whether it succeeded; where it did not, the row says why."""
        start = time.monotonic()
        done = act()
        failed = done.returncode != 0
        self.seconds[name] = "failed" if failed else f"{time.monotonic() - start:.1f} s"
        if failed:
            errors = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line]
            self.note = " ".join(errors[-1:])[:300]
        return not failed


def resolve(folder: Path, requirements: list[str]) -> Lock:
    """The spec and the lock of ``folder``: this machine and three that it is not."""
    libc = " ".join(platform.libc_ver())
    spec = {
        "version": 1,
        "environments": {
            "here": {"python": PYTHON, "os": "linux", "arch": platform.machine(), "libc": libc},
            "arm": {"python": PYTHON, "os": "linux", "arch": "aarch64", "libc": "glibc 2.39"},
            "mac": {"python": PYTHON, "os": "macos 14", "arch": "arm64"},
            "windows": {"python": PYTHON, "os": "windows", "arch": "amd64"},
        },
        "requirements": requirements,
    }
    (folder / "spec.yaml").write_text(json.dumps(spec), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("wheelhouse")), "resolve", "--spec", str(folder / "spec.yaml")]
    subprocess.run([*command, "--lock", str(folder / "lock.json")], cwd=ROOT, check=True)
    return loads((folder / "lock.json").read_text(encoding="utf-8"))


def workspace(bazel: Bazel, folder: Path, output: str, files: dict[str, str], *reads: Path) -> Workspace:
    """A workspace in ``folder`` with an output base that is new."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"BUILD.bazel": "", **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Workspace(bazel=bazel, path=folder, output=folder.parent / output, folders=reads)


def ours(bazel: Bazel, folder: Path, requirements: list[str]) -> tuple[Row, Lock]:
    """These rules: a query over everything, then analysis, build and a build with nothing to do of one environment."""
    files = {"MODULE.bazel": MODULE + OURS} if bazel.modules else {"WORKSPACE": WORKSPACE}
    made = workspace(bazel, folder, f"out-{bazel}", files)
    lock = resolve(folder, requirements)
    row = Row(rules="rules_wheelhouse", bazel=str(bazel))
    row.step("query", lambda: made.run("query", "deps(@pypi//:all)"))
    after_query = made.fetched()
    row.step("analysis", lambda: made.run("build", "--nobuild", CHOSEN, "@pypi//:all"))
    row.step("build", lambda: made.run("build", CHOSEN, "@pypi//:all"))
    row.step("again", lambda: made.run("build", CHOSEN, "@pypi//:all"))
    fetched = made.fetched()
    needed = {pin.artifact for pin in lock.resolutions["here"].values()}
    needed |= {pin.artifact for build in lock.builds.values() for pin in _closure(lock, build)}
    size = sum(lock.artifacts[name].size or 0 for name in fetched)
    exact = "exactly what it needs" if fetched == needed else f"but it needs {len(needed)}"
    row.note = row.note or (
        f"{len(lock.artifacts)} files in the lock; the query fetched {len(after_query)}, the build {len(fetched)} "
        f"({size:,} bytes): {exact}"
    )
    made.close()
    return row, lock


def _closure(lock: Lock, build: object) -> list[object]:
    here = getattr(build, "environments", {}).get("here")
    return list(lock.closure(here).values()) if here is not None else []


def theirs(bazel: Bazel, folder: Path, lock: Lock) -> Row:
    """rules_python: the releases of one environment as requirements; its repositories are wheels that pip unpacked."""
    pins = sorted(lock.resolutions["here"].items())
    text = "".join(f"{name}=={pin.version} --hash=sha256:{lock.artifacts[pin.artifact].sha256}\n" for name, pin in pins)
    files = {"MODULE.bazel": MODULE + THEIRS, "requirements.txt": text}
    made = workspace(bazel, folder, f"out-pip-{bazel}", files, Path(sys.base_prefix))
    row = Row(rules="rules_python 0.22.1", bazel=str(bazel))
    every = " + ".join(f"@pypi//{name.replace('-', '_')}" for name, _ in pins)
    labels = every.split(" + ")
    if row.step("query", lambda: made.run("query", f"deps({every})")):
        row.step("analysis", lambda: made.run("build", "--nobuild", *labels))
        row.step("build", lambda: made.run("build", *labels))
        row.step("again", lambda: made.run("build", *labels))
        row.note = f"{len(labels)} projects of one environment; all of them are fetched by the query"
    made.close()
    return row


def main(folder: Path, requirements: list[str]) -> None:
    """Measure, and write the table."""
    rows = []
    for bazel in bazels():
        row, lock = ours(bazel, folder / f"ours-{bazel}", requirements)
        rows.append(row)
        if bazel.modules:
            rows.append(theirs(bazel, folder / f"theirs-{bazel}", lock))
    steps = ("query", "analysis", "build", "again")
    lines = ["| rules | Bazel | " + " | ".join(steps) + " | |", "|---" * 7 + "|"]
    for row in rows:
        times = " | ".join(row.seconds.get(step, "-") for step in steps)
        lines.append(f"| {row.rules} | {row.bazel} | {times} | {row.note} |")
    (folder / "table.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve(), sys.argv[2:] or WEB.split())
