"""The Pythons of this machine, and which of them answers for a target environment.

They are found by findpython, and each is asked what it is. The installation behind a virtual environment counts, never
the virtual environment.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from resolver.concurrency import each
from resolver.environments.expand import expand
from resolver.environments.model import Environment
from resolver.errors import NoSandbox, SpecError
from resolver.sandbox.model import Interpreter
from resolver.sandbox.traces import FOLLOWED, Traces
from resolver.spec.model import Origin, ShortEnvironment

OLDEST = (3, 8)
"""pyproject_hooks runs on no older one."""

FACTS = """
import json, os, platform, sys, sysconfig
base = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({
    "executable": os.path.realpath(base),
    "version": platform.python_version(),
    "implementation": sys.implementation.name,
    "freethreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "prefix": os.path.realpath(sys.base_prefix),
    "stdlib": os.path.realpath(os.path.dirname(os.__file__)),
    "include": sysconfig.get_path("include", vars={"base": sys.base_prefix, "installed_base": sys.base_prefix}),
}))
"""
"""The question that each is asked."""
_PATIENCE = 20  # seconds for a Python to start and answer
_LIBCS = {"manylinux", "musllinux"}


def ask(executable: str) -> str:
    """What a Python says of itself, as JSON; nothing where it does not run."""
    try:
        done = subprocess.run(  # noqa: S603  (a Python that the machine has on its paths)
            [executable, "-I", "-S", "-c", FACTS],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout


@cache
def find(ask: Callable[[str], str] = ask) -> tuple[Interpreter, ...]:
    """Every Python of this machine, 3.8 or newer, the one that runs us included; by version, then by path.

    ``ask`` answers as the function of that name does.
    """
    described = map(_described, each(ask, sorted(_executables()), at_once=8))
    found = {one.executable: one for one in described if one is not None}
    return tuple(sorted(found.values(), key=lambda one: (_numbers(one.version), str(one.executable))))


def _executables() -> set[str]:
    from findpython.providers import ALL_PROVIDERS  # noqa: PLC0415  (0.1 s, and most runs ask no backend)

    found = {os.path.realpath(sys.executable)}
    for kind in ALL_PROVIDERS.values():
        with suppress(OSError, RuntimeError):  # of pathlib: the home folder may not be looked into, or there is none
            provider = kind.create()
            if provider is not None:
                found.update(os.path.realpath(python.executable) for python in provider.find_pythons())
    return {path for path in found if not _is_script(path)}


def would_show(seen: Traces, found: Sequence[Interpreter]) -> bool:
    """Whether ``seen`` has all that were ``found``, and every place where others may come, so that changes show."""
    from findpython.providers import ALL_PROVIDERS  # noqa: PLC0415  (see above)

    return ALL_PROVIDERS.keys() <= FOLLOWED and seen.show(str(one.executable) for one in found)


def _is_script(path: str) -> bool:
    """Whether it is a script that starts a Python, as the shims of pyenv are, which are slow."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(2) == b"#!"
    except OSError:
        return True


def _described(said: str) -> Interpreter | None:
    """An interpreter by its own words; None where it does not run, is too old, or is none of the kinds we know."""
    try:
        facts: dict[str, Any] = json.loads(said)
        if facts["implementation"] not in {"cpython", "pypy"} or _numbers(facts["version"]) < OLDEST:
            return None
        return Interpreter(
            executable=Path(facts["executable"]),
            version=facts["version"],
            implementation=facts["implementation"],
            freethreaded=facts["freethreaded"],
            prefix=Path(facts["prefix"]),
            stdlib=Path(facts["stdlib"]),
            include=Path(facts["include"]) if facts["include"] else None,
        )
    except (ValueError, KeyError, TypeError):
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """The release alone: ``3.14.0rc1`` and ``3.14.0+`` are (3, 14, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def nearest(interpreters: Sequence[Interpreter], target: Environment) -> Interpreter:
    """The interpreter that answers for ``target``: of its Python where there is one, else of the nearest minor version.

    Of one minor version the patch level that the target states, else the highest. Raises `NoSandbox` where there are
    no interpreters.
    """
    if not interpreters:
        raise NoSandbox("there is no Python 3.8 or newer on this machine that could run a build backend")
    minor = _numbers(target.markers["python_version"])[1]
    wanted = target.markers["python_full_version"] if "python_full_version" not in target.assumed else ""
    implementation, freethreaded = target.markers["implementation_name"], _is_freethreaded(target)

    def fitness(one: Interpreter) -> tuple[object, ...]:
        numbers = _numbers(one.version)
        return (
            one.implementation != implementation,
            abs(numbers[1] - minor),
            -numbers[1],
            one.freethreaded != freethreaded,
            one.version != wanted,
            tuple(-number for number in numbers),
            str(one.executable),
        )

    own = [one for one in interpreters if one.implementation == implementation]
    return min(own or interpreters, key=fitness)


def host_environment(interpreter: Interpreter) -> Environment:
    """The interpreter itself as a target. Raises `NoSandbox` on a machine that is none of the kinds we know."""
    os_name, arch, libc = _machine()
    kind, suffix = "pypy" if interpreter.implementation == "pypy" else "", "t" if interpreter.freethreaded else ""
    release = ".".join(map(str, _numbers(interpreter.version)))
    short = ShortEnvironment(
        name=f"this machine's Python {kind}{interpreter.version}{suffix}",
        origin=Origin(file="this machine", line=0, path="python"),
        python=(f"{kind}{release}{suffix}",),
        os=os_name,
        arch=arch,
        libc=libc,
    )
    try:
        return expand([short])[0]
    except SpecError as error:
        raise NoSandbox(f"this machine is none of the kinds that are known: {error}") from error


def _machine() -> tuple[str, str, str | None]:
    """os, arch and libc as a spec may write them."""
    arch = platform.machine()
    if sys.platform == "darwin":
        return f"macos {platform.mac_ver()[0].partition('.')[0]}", arch, None
    if sys.platform == "win32":
        return "windows", arch, None
    return "linux", arch, _libc()


def _libc() -> str:
    name, version = platform.libc_ver()
    if name == "glibc":
        return f"glibc {'.'.join(version.split('.')[:2])}"
    from packaging.tags import platform_tags  # noqa: PLC0415  (musl alone needs it)

    found = next(filter(None, (re.match(r"musllinux_(\d+)_(\d+)_", tag) for tag in platform_tags())), None)
    if found is None:
        raise NoSandbox("this machine is none of the kinds that are known: its C library is neither glibc nor musl")
    return f"musl {found[1]}.{found[2]}"


def differences(answering: Environment, target: Environment) -> tuple[str, ...]:
    """In which of ``python``, ``os``, ``arch`` and ``libc`` the environment ``answering`` differs from ``target``.

    A patch level counts where the target states it; of a C library, only the kind counts.
    """
    ours, theirs = _traits(answering), _traits(target)
    differ = {key for key, value in theirs.items() if ours[key] != value}
    if "os" in differ:
        differ.discard("libc")
    stated = "python_full_version" not in target.assumed
    if stated and answering.markers["python_full_version"] != target.markers["python_full_version"]:
        differ.add("python")
    return tuple(key for key in ("python", "os", "arch", "libc") if key in differ)


def _traits(environment: Environment) -> dict[str, object]:
    markers = environment.markers
    arch = markers["platform_machine"].lower()
    return {
        "python": (markers["implementation_name"], markers["python_version"], _is_freethreaded(environment)),
        "os": markers["sys_platform"],
        "arch": {"amd64": "x86_64", "arm64": "aarch64"}.get(arch, arch),
        "libc": next((libc for tag in environment.tags if (libc := tag.platform[:9]) in _LIBCS), ""),
    }


def _is_freethreaded(environment: Environment) -> bool:
    return any(tag.abi.startswith("cp") and tag.abi.endswith("t") for tag in environment.tags)
