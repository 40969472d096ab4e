"""The operating system, machine and C library of a declaration -> platform tags and marker values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from resolver.environments.tags import glibc_platforms, mac_platforms, musl_platforms, oldest_glibc
from resolver.records import record

MACHINES = {
    "linux": ("x86_64", "aarch64", "i686", "armv7l", "ppc64le", "s390x", "riscv64"),
    "macos": ("x86_64", "arm64"),
    "windows": ("amd64", "arm64", "win32"),
}
ALIASES = {
    "linux": {"amd64": "x86_64", "arm64": "aarch64", "x86": "i686", "i386": "i686", "armhf": "armv7l"},
    "macos": {"aarch64": "arm64", "amd64": "x86_64"},
    "windows": {"x86_64": "amd64", "aarch64": "arm64", "x86": "win32", "i686": "win32"},
}
LAST_MACOS_10 = 16
FIRST_MACOS = 10
LAST_COUNTED_MACOS, LAST_COUNTED_DARWIN = 15, 25  # macOS 15 has Darwin 24, and is followed by macOS 26 with Darwin 25
WINDOWS_MACHINE = {"amd64": "AMD64", "arm64": "ARM64", "win32": "x86"}
_SYSTEMS = "one of linux, macos 14, windows; `markers` and `tags` in place of these keys describe any other"
_LIBC = re.compile(r"(glibc|musl)[ -]?(\d{1,2})\.(\d{1,2})", re.ASCII)
_MACOS = re.compile(r"macos[ -]?(\d{1,2})(?:\.(\d{1,2}))?", re.ASCII)


class Unfit(ValueError):
    """A declaration is impossible: the ``key`` at fault, what is wrong with its value, and a hint."""

    def __init__(self, key: str, message: str, hint: str = "") -> None:
        self.key = key
        self.message = message
        self.hint = hint
        super().__init__(message)


@record
class Platform:
    """Platform tags, the most specific first; the marker values that follow; the declaration in its canonical form."""

    tags: tuple[str, ...]
    markers: Mapping[str, str]
    declared: Mapping[str, str]


def platform_of(os: str, arch: str, libc: str | None) -> Platform:
    """The platform that a short form names. Raises `Unfit`."""
    system = os.partition(" ")[0].partition("-")[0].rstrip("0123456789.")
    if system not in MACHINES:
        from difflib import get_close_matches  # noqa: PLC0415  (only where something is wrong)

        near = get_close_matches(system, MACHINES, 1)
        raise Unfit("os", f"unknown system {os!r}", f"did you mean {near[0]!r}?" if near else _SYSTEMS)
    machine = _machine(system, arch)
    if system == "linux":
        if os != "linux":
            raise Unfit(
                "os", f"{os!r}: a Linux has no version here; its C library counts", "os: linux, libc: glibc 2.28"
            )
        return _linux(machine, libc)
    if libc is not None:
        raise Unfit("libc", f"{system} has no choice of C library", "leave libc out")
    return _macos(os, machine) if system == "macos" else _windows(os, machine)


def _machine(system: str, arch: str) -> str:
    plain = arch.lower()
    machine = ALIASES[system].get(plain, plain)
    if machine not in MACHINES[system]:
        from difflib import get_close_matches  # noqa: PLC0415  (only where something is wrong)

        near = get_close_matches(plain, MACHINES[system], 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise Unfit("arch", f"{system} on {arch!r} is not known", f"{hint}one of {', '.join(MACHINES[system])}")
    return machine


def _linux(machine: str, libc: str | None) -> Platform:
    if libc is None:
        raise Unfit("libc", "is missing: wheels for Linux are built for a C library", "libc: glibc 2.28, or musl 1.2")
    found = _LIBC.fullmatch(libc)
    if found is None:
        raise Unfit("libc", f"{libc!r} is not a C library and its version", "glibc 2.28, or musl 1.2")
    family, major, minor = found[1], int(found[2]), int(found[3])
    if (family, major) not in {("glibc", 2), ("musl", 1)}:
        raise Unfit("libc", f"no wheel is built for {family} {major}", "glibc 2.x, or musl 1.x")
    oldest = oldest_glibc(machine)
    if family == "glibc" and minor < oldest:
        raise Unfit("libc", f"no wheel for {machine} is built for a glibc before 2.{oldest}", "such as glibc 2.28")
    tags = glibc_platforms(machine, minor) if family == "glibc" else musl_platforms(machine, minor)
    return Platform(
        tags=tuple(tags),
        markers={"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine},
        declared={"os": "linux", "arch": machine, "libc": f"{family} {major}.{minor}"},
    )


def _macos(os: str, machine: str) -> Platform:
    found = _MACOS.fullmatch(os)
    if found is None:
        raise Unfit("os", f"{os!r} names no release of macOS", "write the oldest that must work, such as macos 14")
    major, minor = int(found[1]), int(found[2] or 0)
    if major < 10 or (major == 10 and (found[2] is None or minor > LAST_MACOS_10)):
        raise Unfit("os", f"{os!r} names no release of macOS", "such as macos 10.15, or macos 14")
    if machine == "arm64" and major < 11:
        raise Unfit("os", f"{os} never ran on arm64", "macos 11 was the first that did")
    return Platform(
        tags=tuple(mac_platforms(machine, major, minor)),
        markers={
            "os_name": "posix",
            "sys_platform": "darwin",
            "platform_system": "Darwin",
            "platform_machine": machine,
        },
        declared={"os": f"macos {major}.{minor}" if found[2] else f"macos {major}", "arch": machine},
    )


def least_release(os: str) -> str:
    """The oldest kernel of a declared ``os``: ``23.0.0`` for ``macos 14``; nothing where its name says none."""
    found = _MACOS.fullmatch(os)
    if found is None:
        return ""
    major, minor = int(found[1]), int(found[2] or 0)
    if major == FIRST_MACOS:
        return f"{minor + 4}.0.0"
    return f"{max(major - 1, LAST_COUNTED_DARWIN) if major > LAST_COUNTED_MACOS else major + 9}.0.0"


def _windows(os: str, machine: str) -> Platform:
    if os != "windows":
        raise Unfit("os", f"{os!r}: wheels know no versions of Windows", "os: windows")
    return Platform(
        tags=("win32" if machine == "win32" else f"win_{machine}",),
        markers={
            "os_name": "nt",
            "sys_platform": "win32",
            "platform_system": "Windows",
            "platform_machine": WINDOWS_MACHINE[machine],
        },
        declared={"os": "windows", "arch": machine},
    )
