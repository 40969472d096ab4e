"""How many processors this process has: those that it may run on, or the share of them that its container has.

Nothing is imported but what every program has: the assistant asks before it begins.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # that of `typing` takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN_GROUPS = "/proc/self/cgroup"
_GROUPS = "/sys/fs/cgroup"


def processors() -> int:
    """At least 1. A share that is no whole number is rounded down, for what runs beyond it is made to wait."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return max(1, min([len(os.sched_getaffinity(0)), *_shares()]))


def _shares() -> Iterator[int]:
    """Of each control group that this process is in, and that has one, the bound on processors."""
    for group, is_v2 in _groups():
        files = ("cpu.max",) if is_v2 else ("cpu.cfs_quota_us", "cpu.cfs_period_us")
        words = [word for file in files for word in _read(f"{group}/{file}").split()]
        if len(words) == 2 and words[0].isdigit():  # microseconds in a period; else "max" or "-1"
            yield int(words[0]) // int(words[1])


def _groups() -> Iterator[tuple[str, bool]]:
    """The folders of the groups that bound processors, from the innermost outwards, and whether they are of cgroups 2.

    In a container a group may go by its name on the host, which is not there: then the root stands for it.
    """
    for line in _read(_OWN_GROUPS).splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        folder = f"{_GROUPS}/cpu" if controllers else _GROUPS
        steps = [step for step in name.split("/") if step]
        for depth in range(len(steps), -1, -1):
            yield "/".join([folder, *steps[:depth]]), not controllers


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  (pathlib takes longer to import than all of this)
            return file.read()
    except OSError:
        return ""
