"""The complete, ordered PEP 425 tags of an interpreter on a platform, from their names alone.

The order is that of ``packaging.tags.sys_tags`` (26.3) in such an interpreter. They are made here, so that a lock
changes neither with the version of packaging nor with the host.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.tags import Tag

_OLDEST_GLIBC = {"x86_64": 5, "i686": 5}
"""Minor of the oldest glibc 2 with a manylinux tag (PEP 600); 17 for every other machine."""

LEGACY_MANYLINUX = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""Names of PEP 513, 571 and 599 by the glibc minor that they stand for."""


def cpython_tags(minor: int, platforms: Sequence[str], *, freethreaded: bool) -> Iterator[Tag]:
    """Tags of CPython 3.``minor``: its own ABI, the stable ABIs (PEP 384, 803), older stable ABIs, pure Python."""
    own = f"cp3{minor}"
    abi = f"{own}t" if freethreaded else f"{own}m" if minor < 8 else own
    stable = "abi3t" if freethreaded else "abi3"
    for usable in (abi, stable, "none"):
        yield from (Tag(own, usable, platform) for platform in platforms)
    for older in range(minor - 1, 1, -1):
        yield from (Tag(f"cp3{older}", stable, platform) for platform in platforms)
    yield from _compatible(minor, platforms, own)


def pypy_tags(minor: int, platforms: Sequence[str]) -> Iterator[Tag]:
    """Tags of PyPy for Python 3.``minor``; all of its releases that we know share the ABI ``pp73``."""
    for abi in (f"pypy3{minor}_pp73", "none"):
        yield from (Tag(f"pp3{minor}", abi, platform) for platform in platforms)
    yield from _compatible(minor, platforms, "pp3")


def _compatible(minor: int, platforms: Sequence[str], interpreter: str) -> Iterator[Tag]:
    versions = [f"py3{minor}", "py3", *(f"py3{older}" for older in range(minor - 1, -1, -1))]
    for version in versions:
        yield from (Tag(version, "none", platform) for platform in platforms)
    yield Tag(interpreter, "none", "any")
    yield from (Tag(version, "none", "any") for version in versions)


def oldest_glibc(arch: str) -> int:
    """Minor of the oldest glibc 2 for which a wheel can be tagged."""
    return _OLDEST_GLIBC.get(arch, 17)


def glibc_platforms(arch: str, minor: int) -> list[str]:
    """Platforms of a Linux with glibc 2.``minor``: native, then every manylinux that it can run (PEP 600)."""
    platforms = [f"linux_{arch}"]
    for version in range(minor, oldest_glibc(arch) - 1, -1):
        platforms.append(f"manylinux_2_{version}_{arch}")
        if version in LEGACY_MANYLINUX:
            platforms.append(f"{LEGACY_MANYLINUX[version]}_{arch}")
    return platforms


def musl_platforms(arch: str, minor: int) -> list[str]:
    """Platforms of a Linux with musl 1.``minor``: native, then every musllinux that it can run (PEP 656)."""
    return [f"linux_{arch}", *(f"musllinux_1_{version}_{arch}" for version in range(minor, -1, -1))]


def mac_platforms(arch: str, major: int, minor: int) -> list[str]:
    """Platforms of a macOS release. Since 11 only major versions count; universal2 may claim a 10.x as its oldest."""
    releases = [(10, m) for m in range(minor, -1, -1)] if major == 10 else [(m, 0) for m in range(major, 10, -1)]
    platforms = [f"macosx_{m}_{n}_{fmt}" for m, n in releases for fmt in _mac_formats(arch, m, n)]
    if major > 10:
        formats = {"x86_64": _mac_formats("x86_64", 10, 16), "arm64": ["universal2"]}[arch]
        platforms += [f"macosx_10_{n}_{fmt}" for n in range(16, 3, -1) for fmt in formats]
    return platforms


def _mac_formats(arch: str, major: int, minor: int) -> list[str]:
    if arch == "arm64":
        return ["arm64", "universal2"]
    if (major, minor) < (10, 4):
        return []
    return ["x86_64", "intel", "fat64", "fat3", "universal2", "universal"]
