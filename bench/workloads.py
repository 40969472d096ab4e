"""What is locked, for which environments, and in which modes."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, kw_only=True)
class Platform:
    """An environment of the measurements, in the words of the tools; ``markers`` are those of PEP 508."""

    os: str
    arch: str
    libc: str
    uv: str
    nab: str
    os_name: str
    sys_platform: str
    platform_machine: str
    platform_system: str


ENVIRONMENTS: Mapping[str, Platform] = {
    "linux": Platform(
        os="linux", arch="x86_64", libc="glibc 2.28", uv="x86_64-manylinux_2_28", nab="linux_x86_64",
        os_name="posix", sys_platform="linux", platform_machine="x86_64", platform_system="Linux",
    ),
    "arm": Platform(
        os="linux", arch="aarch64", libc="glibc 2.28", uv="aarch64-manylinux_2_28", nab="linux_aarch64",
        os_name="posix", sys_platform="linux", platform_machine="aarch64", platform_system="Linux",
    ),
    "mac": Platform(
        os="macos 14", arch="arm64", libc="", uv="aarch64-apple-darwin", nab="macos_arm64",
        os_name="posix", sys_platform="darwin", platform_machine="arm64", platform_system="Darwin",
    ),
    "windows": Platform(
        os="windows", arch="amd64", libc="", uv="x86_64-pc-windows-msvc", nab="windows_amd64",
        os_name="nt", sys_platform="win32", platform_machine="AMD64", platform_system="Windows",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Workload:
    """``moves``: the project that is updated alone. ``too_much_for``: tools that are not asked unless they are named,
    since each would only run into the time limit, again and again."""

    requirements: Sequence[str]
    moves: str
    too_much_for: Collection[str] = ()


WORKLOADS: Mapping[str, Workload] = {
    "black": Workload(requirements=["black"], moves="click"),
    "trio": Workload(requirements=["trio"], moves="attrs"),
    "jupyter": Workload(requirements=["jupyter"], moves="tornado"),
    "web": Workload(
        requirements=[
            *("django", "celery[redis]", "gunicorn", "psycopg[binary]", "pillow", "requests", "boto3", "sentry-sdk"),
        ],
        moves="kombu",
    ),
    "ml": Workload(requirements=["transformers[torch]", "datasets", "accelerate"], moves="filelock"),
    "boto3-trap": Workload(requirements=["boto3", "urllib3<1.25.4"], moves="six"),
    "airflow": Workload(
        requirements=["apache-airflow[all]"],
        moves="attrs",
        too_much_for=("pdm lock", "poetry lock", "pip lock (host alone)"),
    ),
}

Ask = Literal["lock", "no-op", "check", "update"]
"""What a tool is asked to do: `Tool.commands` has its words for it."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """A way to measure a tool.

    ``cached``: its caches are warm. ``locked``: its lock is there. ``answers``: whole runs that it keeps may be
    repeated; ``special``: measured only where a tool keeps such. ``latency`` in milliseconds; ``metadata``: whether the
    index has core metadata (PEP 658).
    """

    about: str
    ask: Ask = "lock"
    cached: bool = True
    locked: bool = True
    answers: bool = True
    special: bool = False
    latency: float = 0
    metadata: bool = True


LATENCY = 20.0
MODES: Mapping[str, Mode] = {
    "plain": Mode(
        about="cold, from an index without core metadata",
        cached=False, locked=False, metadata=False,
    ),
    "far": Mode(about=f"cold, each answer {LATENCY:g} ms late", cached=False, locked=False, latency=LATENCY),
    "cold": Mode(about="no cache, no lock", cached=False, locked=False),
    "warm": Mode(about="caches, no lock", locked=False),
    "anew": Mode(
        about="as warm, and no run is repeated: what a changed spec takes",
        locked=False, answers=False, special=True,
    ),
    "update": Mode(about="one project may move, and no run is repeated", ask="update", answers=False),
    "no-op": Mode(about="nothing has changed", ask="no-op"),
    "check": Mode(about="is the lock current?", ask="check"),
}  # fmt: skip
"""In the order in which they are measured: each finds the caches and the lock that those before it left."""


def pick(names: Sequence[str] | None, known: Collection[str]) -> list[str]:
    """``names`` in the order of ``known``, or all. Raises `ValueError`, which names what is not known."""
    strange = sorted(set(names or ()) - set(known))
    if strange:
        raise ValueError(f"unknown: {', '.join(strange)}; there are {', '.join(known)}")
    return [name for name in known if names is None or name in names]
