"""Finds bubblewrap, checks that it works here, and composes its arguments.

For an ordinary user it makes a user namespace. For root it makes none: mounts are made as root (what they lead to may
be readable by root alone), and the worker gives root up before it touches anything that is not ours.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from resolver.errors import NoSandbox
from resolver.records import record
from resolver.sandbox import mounts, seccomp

ENVIRONMENT = {
    "PATH": "/env/bin:/usr/bin",
    "HOME": f"{mounts.BUILD}/home",
    "USER": "build",
    "LOGNAME": "build",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "SOURCE_DATE_EPOCH": "315532800",  # 1980: the first moment that a zip archive can tell
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
UID = 1000
"""The user inside a user namespace."""

_FEATURES = ("--disable-userns", "--size")
_PATIENCE = 20  # seconds for a shell that does nothing


@record
class Bubblewrap:
    """A bubblewrap that works: which optional features it has, and whether it runs with root's rights."""

    path: str
    features: frozenset[str]
    privileged: bool

    def arguments(self, *, uid: int, disk: int, data: Callable[[bytes], int], machine: str) -> list[str]:
        """The arguments that all jobs share. ``data`` turns bytes into a descriptor that bubblewrap inherits."""
        arguments = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        if not self.privileged:
            arguments += ["--unshare-user", "--uid", str(uid), "--gid", str(uid)]
            arguments += ["--disable-userns"] if "--disable-userns" in self.features else []
        arguments += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self.privileged:
            arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        arguments += ["--clearenv", *(word for item in ENVIRONMENT.items() for word in ("--setenv", *item))]
        arguments += mounts.skeleton(disk, sizes="--size" in self.features)
        arguments += mounts.platform()
        for place, content in mounts.etc(uid).items():
            arguments += ["--perms", "0444", "--ro-bind-data", str(data(content)), place]
        if (filters := seccomp.program(machine)) is not None:
            arguments += ["--seccomp", str(data(filters))]
        return arguments


CLOSING = ("--remount-ro", "/", "--chdir", "/")
"""To be the last arguments: nothing can be mounted after it."""


def find() -> Bubblewrap:
    """The bubblewrap of this machine. Raises `NoSandbox`, which says why there is none."""
    program = shutil.which("bwrap")
    if program is None:
        raise NoSandbox("there is no sandbox on this machine: bubblewrap is not installed")
    return _probed(program)


@cache
def _probed(program: str) -> Bubblewrap:
    machine = os.uname().machine
    if seccomp.program(machine) is None:
        raise NoSandbox(f"there is no sandbox for {machine} machines")
    if not Path("/bin/sh").exists():
        raise NoSandbox("there is no sandbox on this machine: it has no /bin/sh")
    found = Bubblewrap(path=program, features=_features(program), privileged=_is_root())
    problem = _problem(found, machine)
    if problem:
        raise NoSandbox(f"bubblewrap does not work on this machine ({problem})")
    return found


def _features(program: str) -> frozenset[str]:
    """The optional features that it has. Of those it lists, a setuid bubblewrap refuses all."""
    if Path(program).stat().st_mode & stat.S_ISUID:
        return frozenset()
    told = _run([program, "--help"], ()).stdout
    return frozenset(feature for feature in _FEATURES if f"{feature} " in told)


def _problem(found: Bubblewrap, machine: str) -> str:
    """What bubblewrap says when it starts a shell as it would start the worker; "" where that works."""
    descriptors: list[int] = []

    def data(content: bytes) -> int:
        descriptors.append(memory_file(content))
        return descriptors[-1]

    try:
        arguments = found.arguments(uid=UID, disk=1 << 20, data=data, machine=machine)
        done = _run([found.path, *arguments, *CLOSING, "/bin/sh", "-c", ":"], tuple(descriptors))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return said[-1].removeprefix("bwrap: ") if said else f"exit status {done.returncode}"


def _run(command: list[str], descriptors: tuple[int, ...]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - bubblewrap
            command,
            env={},
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _is_root() -> bool:
    """Whether this is root with all uids: root of a user namespace of its own cannot become just any user."""
    if os.geteuid() != 0:
        return False
    try:
        return Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]
    except OSError:
        return False


def memory_file(content: bytes) -> int:
    """A descriptor of an anonymous file that holds ``content``, to be read from its start."""
    descriptor = os.memfd_create("data")
    with os.fdopen(os.dup(descriptor), "wb") as stream:
        stream.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
