"""Real Bazels: that of the PATH, and 7.7.1 in a tree beside the system, which `scripts/bazels.sh` installs."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.machine import skip

ROOT = Path(__file__).resolve().parents[2]
SID = ROOT / ".cache" / "sid"
STUBS = ROOT / "tests" / "support" / "bazel_stubs"
"""What a Bazel of Debian asks the internet for, though nothing here uses it."""
COMING = ROOT / "tests" / "support" / "coming.bazelrc"
"""Makes Bazel 7.7.1 as much like 8 and 9 as it can be."""

SYSTEM = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

_DEBIAN_4 = ("rules_cc", "rules_java", "rules_proto", "remote_coverage_tools")
_DEBIAN_7 = ("zlib", "protobuf", "apple_support", "buildozer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bazel:
    """A Bazel that can be run. ``modules``: it reads MODULE.bazel, not WORKSPACE. ``python``: that of its toolchain.
    ``coming``: it does what later ones will do."""

    name: str
    modules: bool
    command: tuple[str, ...]
    flags: tuple[str, ...]
    python: str
    in_tree: bool = False
    coming: bool = False

    def __str__(self) -> str:
        return self.name

    def prefix(self, workspace: Path, *, network: bool, folders: tuple[Path, ...]) -> list[str]:
        """What comes before the command: the tree that it lives in, and a network namespace with loopback alone."""
        if self.in_tree:
            shared = [str(path) for path in (ROOT, workspace.parent, *folders)]
            binds = [option for path in shared for option in ("--bind", path, path)]
            nowhere = [] if network else ["--unshare-net"]
            return [
                *("bwrap", "--bind", str(SID), "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc"),
                *("--ro-bind", "/sys", "/sys", "--tmpfs", "/tmp"),
                *("--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf"),
                *binds,
                *("--setenv", "PATH", "/usr/bin:/bin", "--unsetenv", "JAVA_HOME"),
                *("--chdir", str(workspace), *nowhere),
            ]
        return [] if network else ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]


@dataclass(slots=True, kw_only=True)
class Workspace:
    """A folder with its own output base; `close` ends the server. ``folders``: what it reads besides itself."""

    bazel: Bazel
    path: Path
    output: Path
    folders: tuple[Path, ...] = ()
    network: bool = True
    flags: tuple[str, ...] = ()

    def run(
        self, command: str, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of Bazel; nothing is raised where it fails."""
        self.output.mkdir(parents=True, exist_ok=True)
        home = self.output / "home"
        home.mkdir(exist_ok=True)
        return subprocess.run(
            [
                *self.bazel.prefix(self.path, network=self.network, folders=(self.output, *self.folders)),
                *self.bazel.command,
                f"--output_user_root={self.output}",
                "--host_jvm_args=-Xmx1g",
                "--max_idle_secs=120",
                # A server would live in a network namespace that no later command can reach.
                *([] if self.network else ["--batch"]),
                command,
                *(() if command == "shutdown" else self._options(command)),
                *arguments,
            ],
            cwd=self.path,
            env={**_clean(), "HOME": str(home), "PATH": self._path(), **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def _path(self) -> str:
        """The programs of the system alone, as actions see them; Bazel 4 starts programs by the name ``python``."""
        folder = self.output / "bin"
        if shutil.which("python", path=SYSTEM) is None and not folder.exists():
            folder.mkdir()
            (folder / "python").symlink_to(shutil.which("python3", path=SYSTEM) or "python3")
        return f"{folder}{os.pathsep}{SYSTEM}"

    def _options(self, command: str) -> list[str]:
        built = ["--symlink_prefix=/", "--nosandbox_debug"] if command not in {"query", "info"} else []
        return ["--noshow_progress", "--color=no", *built, *self.bazel.flags, *self.flags]

    def ok(self, command: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Its standard output. Fails the test, with all that it said, where the command fails."""
        done = self.run(command, *arguments, environment=environment)
        assert done.returncode == 0, f"bazel {command} {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def fails(self, command: str, *arguments: str) -> str:
        """What it said on standard error. Fails the test where the command succeeds."""
        done = self.run(command, *arguments)
        assert done.returncode != 0, done.stdout + done.stderr
        return done.stderr + done.stdout

    def built(self, label: str, *flags: str) -> list[Path]:
        """The output files of a target, built."""
        self.ok("build", *flags, label)
        root = Path(self.ok("info", "execution_root").strip())
        return [root / line for line in self.ok("cquery", *flags, "--output=starlark", _FILES, label).split()]

    def fetched(self, hub: str = "pypi") -> set[str]:
        """File names of the artifacts that lie in the output base."""
        base = Path(self.ok("info", "output_base").strip())
        held = (path for path in (base / "external").glob(f"*{hub}__*") if path.is_dir())
        return {file.name for folder in held for file in folder.iterdir() if file.suffix in {".whl", ".gz", ".zip"}}

    def close(self) -> None:
        """End the server, where one was started."""
        if self.output.exists():
            self.run("shutdown")


_FILES = "--starlark:expr=' '.join([f.path for f in target.files.to_list()])"


def _clean() -> dict[str, str]:
    """The environment of a user whose indexes and proxies are not ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "WHEELHOUSE_"))}


@functools.cache
def bazels() -> tuple[Bazel, ...]:
    """Those that are here, the oldest first."""
    found = [*_of_the_path(), *_of_the_tree()]
    return tuple(sorted(found, key=lambda bazel: [int(part) for part in re.findall(r"\d+", bazel.name)]))


def _of_the_path() -> list[Bazel]:
    program = shutil.which("bazel") or shutil.which("bazelisk")
    if shutil.which("python3", path=SYSTEM) is None:
        return []
    if program is None:
        return []
    version = _version([program, "--version"]) or _version(["dpkg-query", "-W", "bazel-bootstrap"])
    if version is None:
        return []
    modules = int(version[1]) >= 7
    python = _python("python3", "-c")
    stubs = [f"--override_repository={name}={STUBS / name}" for name in _DEBIAN_4] if version[1] == "4" else []
    return [Bazel(name=version[0], modules=modules, command=(program,), flags=tuple(stubs), python=python)]


def _version(command: list[str]) -> re.Match[str] | None:
    """That of Debian does not know its own version."""
    if shutil.which(command[0]) is None:
        return None
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return re.search(r"(\d+)\.\d+\.\d+", said)


def _of_the_tree() -> list[Bazel]:
    if not (SID / ".complete").exists() or shutil.which("bwrap") is None:
        return []
    stubs = [f"--override_module={name}={STUBS / name}" for name in _DEBIAN_7]
    as_it_is = Bazel(
        name="7.7.1",
        modules=True,
        command=("bazel",),
        flags=(*stubs, _coverage("~"), "--noenable_workspace"),
        python=_python("chroot", str(SID), "python3", "-c"),
        in_tree=True,
    )
    flags = (*stubs, _coverage("+"), "--noenable_workspace")
    command = ("bazel", f"--bazelrc={COMING}")
    coming = replace(as_it_is, name="7.7.1-as-9", coming=True, command=command, flags=flags)
    return [as_it_is, coming]


def _coverage(separator: str) -> str:
    """A repository of an extension is named after both, with a separator that changed in Bazel 8."""
    name = separator.join(("bazel_tools", "remote_coverage_tools_extension", "remote_coverage_tools"))
    return f"--override_repository={name}={STUBS / 'remote_coverage_tools'}"


def _python(*command: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    environment = {**os.environ, "PATH": SYSTEM}
    return subprocess.run([*command, code], env=environment, capture_output=True, text=True, check=True).stdout.strip()


def each_bazel(*, coming: bool = False) -> object:
    """The fixture ``bazel`` of a module: each one that is here in turn, and all tests of one in one worker of xdist.

    ``coming``: also the one that behaves as later ones do.
    """
    found = [bazel for bazel in bazels() if coming or not bazel.coming]
    params = [pytest.param(one, id=str(one), marks=pytest.mark.xdist_group(f"bazel-{one}")) for one in found]

    @pytest.fixture(scope="module", params=params or [pytest.param(None, marks=pytest.mark.xdist_group("bazel"))])
    def bazel(request: pytest.FixtureRequest) -> Bazel:
        if not isinstance(request.param, Bazel):
            skip("no Bazel is here; scripts/bazels.sh installs two where apt is there")
        return request.param

    return bazel
