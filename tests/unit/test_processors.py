"""How many processors a process has, told from files as control groups have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver import processors

V2 = "0::/user.slice/ci.service\n"
V1 = "5:cpuset:/\n4:cpu,cpuacct:/docker/0a\n1:name=systemd:/docker/0a\n0::/system.slice\n"


@pytest.mark.parametrize(
    ("affinity", "own", "files", "expected"),
    [
        (4, "0::/\n", {"cpu.max": "max 100000\n"}, 4),
        (64, "0::/\n", {"cpu.max": "250000 100000\n"}, 2),
        (64, "0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        (2, "0::/\n", {"cpu.max": "6400000 100000\n"}, 2),
        (64, V2, {"user.slice/ci.service/cpu.max": "max 100000\n", "user.slice/cpu.max": "300000 100000\n"}, 3),
        (64, V2, {"cpu.max": "400000 100000\n"}, 4),
        (64, V1, {"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "50000\n"}, 3),
        (64, V1, {"cpu/docker/0a/cpu.cfs_quota_us": "200000\n", "cpu/docker/0a/cpu.cfs_period_us": "100000\n"}, 2),
        (8, V1, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        (8, V1, {"cpu/cpu.cfs_quota_us": "100000\n"}, 8),
        (8, V1, {"cpuset/cpu.cfs_quota_us": "100000\n", "cpuset/cpu.cfs_period_us": "100000\n"}, 8),
        (64, None, {}, 64),
    ],
)
def test_a_process_has_what_its_groups_leave_it(
    affinity: int,
    own: str | None,
    files: dict[str, str],
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(affinity)), raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(processors, "_OWN_GROUPS", str(tmp_path / "own"))
    monkeypatch.setattr(processors, "_GROUPS", str(tmp_path / "groups"))
    if own is not None:
        (tmp_path / "own").write_text(own)
    for name, content in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(content)
    assert processors.processors() == expected


def test_without_control_groups_there_are_those_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("os.cpu_count", lambda: 5)
    assert processors.processors() == 5
