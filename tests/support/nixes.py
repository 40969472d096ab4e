"""Real Nixes: that of the system, and 2.34 in the tree of `scripts/bazels.sh`; `scripts/nix.sh` installs the first.

Each runs single-user, with an empty store of the test's own mounted at /nix, and its builds in Nix's sandbox, which
shows them the Python and the compiler of the system.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.bazels import ROOT, SID, SYSTEM
from tests.support.machine import skip

CONFIGURATION = """\
build-users-group =
experimental-features = nix-command flakes
sandbox = true
sandbox-fallback = false
sandbox-paths = /usr /bin=/usr/bin /lib=/usr/lib /lib64=/usr/lib64
substitute = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nix:
    """A Nix that can be run. ``root``: of its tree. ``python``: major.minor of its /usr/bin/python3."""

    version: str
    root: Path
    python: str

    def __str__(self) -> str:
        return self.version

    @property
    def environment(self) -> str:
        """Of a lock whose environments are called ``linux``, for several Pythons: the one that runs here."""
        return f"linux-py{self.python.replace('.', '')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store of a Nix, in ``folder``, which commands see as /nix. ``shared``: what they see besides the repository."""

    nix: Nix
    folder: Path
    shared: tuple[Path, ...]

    def run(
        self, *command: str, cwd: Path = ROOT, network: bool = True, options: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command; nothing is raised where it fails. ``options``: lines of nix.conf."""
        self.folder.mkdir(parents=True, exist_ok=True)
        home = self.folder.parent / f"{self.folder.name}-home"
        home.mkdir(exist_ok=True)
        settings = {
            "HOME": str(home),
            "NIX_CONFIG": CONFIGURATION + "".join(f"{line}\n" for line in options),
            "PATH": SYSTEM,
            "USER": "root",
        }
        return subprocess.run(
            [*self._prefix(cwd, network=network, home=home), *command],
            env={**{k: v for k, v in os.environ.items() if not k.startswith(("NIX_", "PYTHON"))}, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def _prefix(self, cwd: Path, *, network: bool, home: Path) -> list[str]:
        seen = [option for path in (home, *self.shared) for option in ("--bind", str(path), str(path))]
        # Where the tree is not the machine's own, folders to mount on are made in it.
        root = "--ro-bind" if self.nix.root == Path("/") else "--bind"
        return [
            *("bwrap", root, str(self.nix.root), "/", "--ro-bind", str(self.nix.root / "usr"), "/usr"),
            *("--dev-bind", "/dev", "/dev"),
            # Nix makes namespaces of its own, in which the kernel mounts a /proc only where all of one is seen.
            *("--bind", "/proc", "/proc", "--ro-bind", "/sys", "/sys", "--tmpfs", "/tmp"),
            *("--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf", "--ro-bind", str(ROOT), str(ROOT)),
            *(*seen, "--bind", str(self.folder), "/nix", "--chdir", str(cwd)),
            *(() if network else ("--unshare-net",)),
        ]

    def ok(self, *command: str, cwd: Path = ROOT, network: bool = True, options: Sequence[str] = ()) -> str:
        """Its standard output. Fails the test, with all that it said, where the command fails."""
        done = self.run(*command, cwd=cwd, network=network, options=options)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def fails(self, *command: str, cwd: Path = ROOT, network: bool = True) -> str:
        """What it said on standard error. Fails the test where the command succeeds."""
        done = self.run(*command, cwd=cwd, network=network)
        assert done.returncode != 0, done.stdout + done.stderr
        return done.stderr

    def build(self, *arguments: str, cwd: Path = ROOT, network: bool = True, options: Sequence[str] = ()) -> list[Path]:
        """The paths in the store that ``nix-build`` makes."""
        said = self.ok("nix-build", "--no-out-link", *arguments, cwd=cwd, network=network, options=options)
        return [Path(line) for line in said.splitlines()]

    def evaluate(self, expression: str, cwd: Path = ROOT) -> object:
        """What an expression is, evaluated with no network."""
        said = self.ok("nix-instantiate", "--eval", "--strict", "--json", "-E", expression, cwd=cwd, network=False)
        return json.loads(said)

    def place(self, path: Path) -> Path:
        """Where a path of the store lies for us."""
        return self.folder / path.relative_to("/nix")


@functools.cache
def nixes() -> tuple[Nix, ...]:
    """Those that are here, the oldest first."""
    found = list(_found())
    return tuple(sorted(found, key=lambda nix: [int(part) for part in nix.version.split(".")]))


def params() -> list[object]:
    """For a fixture, whose tests `given` tells which Nix they get; those of one Nix run in one worker."""
    if not nixes():
        return [pytest.param(None, id="none")]
    return [pytest.param(nix, id=str(nix), marks=pytest.mark.xdist_group(f"nix-{nix}")) for nix in nixes()]


def given(request: pytest.FixtureRequest) -> Nix:
    """The Nix of a fixture with `params`; where there is none, the test is skipped."""
    if not isinstance(request.param, Nix):
        skip("no Nix is here that could have a store of its own; scripts/nix.sh installs one where apt is there")
    return request.param


def _found() -> Iterator[Nix]:
    if os.geteuid() != 0 or shutil.which("bwrap") is None or not Path("/nix").is_dir():
        return
    program = shutil.which("nix-build", path=SYSTEM)
    if program is not None and not os.path.realpath(program).startswith("/nix/"):
        yield _nix(Path("/"))
    if (SID / ".complete").exists() and (SID / "usr/bin/nix-build").exists():
        (SID / "nix").mkdir(exist_ok=True)
        yield _nix(SID)


def _nix(root: Path) -> Nix:
    said = _said(root, "nix-build", "--version")
    found = re.search(r"\d+\.\d+\.\d+", said)
    assert found is not None, said
    python = _said(root, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    return Nix(version=found[0], root=root, python=python)


def _said(root: Path, *command: str) -> str:
    prefix = ["bwrap", "--ro-bind", str(root), "/", "--dev", "/dev", "--proc", "/proc"]
    prefix += ["--tmpfs", "/tmp", "--tmpfs", "/nix"]  # Nix wants a store even to say its version
    environment = {"HOME": "/tmp", "PATH": SYSTEM}
    return subprocess.run([*prefix, *command], env=environment, capture_output=True, text=True, check=True).stdout
