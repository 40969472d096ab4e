"""The builds of an environment from its lock, with a sandbox that only takes notes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from resolver.builder.builds import Builder
from resolver.cli.proof import details, write_logs
from resolver.errors import BuildFailed
from resolver.lock.model import Artifact, Build, BuildEnvironment, Lock
from resolver.sandbox.model import Job, JobAnswer
from resolver.simple.model import File
from resolver.verify.builds import ReplayedBuild, replay_builds
from resolver.verify.replay import Replayed
from tests.support.archives import wheel
from tests.unit.lock_examples import example, pins, sdist
from tests.unit.test_builder import PYTHON

SDISTS = (sdist("small", "1.0", 10), sdist("large", "1.0", 1000), sdist("middle", "1.0", 100))


@dataclass
class Sandbox:
    """Each build waits until ``abreast`` of them are there. It makes the wheel of its release, or of ``instead``."""

    abreast: int
    instead: str = ""
    begun: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._all_there = threading.Barrier(self.abreast, timeout=10)

    def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> JobAnswer:
        assert job.sdist is not None
        assert into is not None
        name = job.sdist.name.partition("-")[0]
        self.begun.append(name)
        self._all_there.wait()
        if name == "broken":
            raise BuildFailed("it gave up", log="".join(f"line {number}\n" for number in range(40)))
        made = f"{self.instead or name}-1.0-py3-none-any.whl"
        (into / made).write_bytes(wheel(self.instead or name, "1.0"))
        return JobAnswer(wheel=made)


class Files:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def artifact(self, file: File) -> Path:
        path = self._folder / file.filename
        path.touch()
        return path


def lock_of(*sdists: Artifact) -> Lock:
    built = BuildEnvironment(requires=(), closure="c0")
    return replace(
        example(),
        artifacts={one.filename: one for one in sdists},
        resolutions={"linux-py311": pins(*sdists)},
        builds={one.filename: Build(backend="b", environments={"linux-py311": built}) for one in sdists},
        closures={"c0": {}},
    )


def replayed(lock: Lock, sandbox: Sandbox, folder: Path) -> tuple[ReplayedBuild, ...]:
    with Builder(sandbox, Files(folder), abreast=sandbox.abreast) as builder:
        return replay_builds(lock, "linux-py311", builder, PYTHON)


def test_builds_run_side_by_side_and_the_largest_begin(tmp_path: Path) -> None:
    sandbox = Sandbox(abreast=3)
    found = replayed(lock_of(*SDISTS), sandbox, tmp_path)
    assert [(one.sdist, one.failure) for one in found] == [
        ("large-1.0.tar.gz", ""),
        ("middle-1.0.tar.gz", ""),
        ("small-1.0.tar.gz", ""),
    ]
    alone = Sandbox(abreast=1)
    assert [one.wheel for one in replayed(lock_of(*SDISTS), alone, tmp_path)] == [one.wheel for one in found]
    assert alone.begun == ["large", "middle", "small"]


def test_a_wheel_of_another_release_is_a_failure(tmp_path: Path) -> None:
    [found] = replayed(lock_of(SDISTS[0]), Sandbox(abreast=1, instead="other"), tmp_path)
    assert found.failure == "the wheel that was built is of other 1.0"


@pytest.mark.parametrize("kept", [True, False])
def test_what_a_failed_build_has_printed_can_be_kept(tmp_path: Path, *, kept: bool) -> None:
    broken = sdist("broken", "1.0")
    lock, logs = lock_of(broken, SDISTS[0]), tmp_path / "logs"
    both = [Replayed(environment="linux-py311", builds=replayed(lock, Sandbox(abreast=1), tmp_path))]
    said = list(details(lock, both, logs if kept else None))
    assert said[:2] == ["linux-py311: broken-1.0.tar.gz: it gave up", "    line 28"]
    assert said[12] == "    line 39"
    path = logs / "linux-py311/broken-1.0.tar.gz.log"
    assert said[13] == (f"    log: {path}" if kept else "    (the last 12 of 40 lines; `--logs LOGS` keeps them all)")
    write_logs(both, logs)
    assert [file for file in logs.rglob("*") if file.is_file()] == [path]
    assert path.read_text().splitlines()[0] == "line 0"
