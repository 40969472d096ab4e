"""Recipes carried out with a sandbox that only takes notes, and answers that are remembered."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest

from resolver.builder.builds import Builder
from resolver.builder.host_hooks import HostHooks
from resolver.builder.scratch import Scratch
from resolver.concurrency import Workers
from resolver.errors import BackendUnavailable, BuildFailed, NoSandbox, StorageError
from resolver.recipe import Recipe
from resolver.sandbox import interpreters
from resolver.sandbox.model import Interpreter, Job, JobAnswer
from resolver.sandbox.traces import Traces
from resolver.simple.model import File
from tests.support.archives import wheel
from tests.support.environments import ALPINE, LINUX, environment
from tests.support.fake_hooks import Memory
from tests.support.pythons import python

PYTHON = python("3.11.7")
SEEN = Traces([str(PYTHON.executable)], "a machine")


@dataclass
class FakeSandbox:
    """Builds wheels that hold nothing, asks for ``ninja``, and fails for the sdists in ``broken``."""

    broken: dict[str, BuildFailed] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    tools: list[tuple[str, ...]] = field(default_factory=list)
    held: list[set[str]] = field(default_factory=list)

    def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> JobAnswer:
        assert job.sdist is not None
        self.jobs.append(f"{job.ask} {job.sdist.name}")
        self.tools.append(job.tools)
        self.held.append({path.name.partition("-")[0] for path in job.environment.rglob("*.dist-info")})
        if job.sdist.name in self.broken:
            raise self.broken[job.sdist.name]
        if into is not None:
            name, version = job.sdist.name.removesuffix(".tar.gz").split("-")
            (into / f"{name}-{version}-py3-none-any.whl").write_bytes(wheel(name, version))
            return JobAnswer(wheel=f"{name}-{version}-py3-none-any.whl")
        return JobAnswer(requires=("ninja",), metadata=b"Name: s\n")


@dataclass
class FakeFiles:
    """Artifacts under their digests, as a cache keeps them."""

    folder: Path
    brought: list[str] = field(default_factory=list)

    def add(self, filename: str) -> File:
        name, version, *_ = filename.removesuffix(".tar.gz").split("-")
        content = wheel(name, version) if filename.endswith(".whl") else filename.encode()
        digest = sha256(content).hexdigest()
        (self.folder / digest).write_bytes(content)
        return File(filename=filename, url="", hashes={"sha256": digest})

    def artifact(self, file: File) -> Path:
        self.brought.append(file.filename)
        return self.folder / file.hashes["sha256"]


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    return FakeFiles(tmp_path)


def recipe(files: FakeFiles, sdist: str, *parts: File | Recipe, system: tuple[str, ...] = ()) -> Recipe:
    return Recipe(file=files.add(sdist), backend="b", parts=parts, system=system)


def test_what_a_build_needs_is_built_before_it_and_once(files: FakeFiles) -> None:
    inner = recipe(files, "inner-1.tar.gz", files.add("tool-1-py3-none-any.whl"))
    outer = recipe(files, "outer-1.tar.gz", inner)
    sandbox = FakeSandbox()
    with Builder(sandbox, files) as builder:
        assert builder.wheel(outer, PYTHON).name == "outer-1-py3-none-any.whl"
        assert builder.wheel(inner, PYTHON).is_file()
        assert builder.requires(outer, PYTHON) == ("ninja",)
    assert sandbox.jobs == ["wheel inner-1.tar.gz", "wheel outer-1.tar.gz", "requires outer-1.tar.gz"]
    assert sandbox.held == [{"tool"}, {"inner"}, {"inner"}]
    assert sorted(set(files.brought)) == sorted(files.brought)


@pytest.mark.parametrize("links", ["made", "refused"])
def test_what_was_had_stays_when_the_cache_is_cleared(
    links: str, files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> NoReturn:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    if links == "refused":
        monkeypatch.setattr(os, "link", refused)
    tool, sandbox = files.add("tool-1-py3-none-any.whl"), FakeSandbox()
    with Builder(sandbox, files) as builder:
        builder.requires(recipe(files, "one-1.tar.gz", tool), PYTHON)
        for path in files.folder.iterdir():
            path.unlink()
        two = recipe(files, "two-1.tar.gz", tool, files.add("more-1-py3-none-any.whl"))
        (files.folder / tool.hashes["sha256"]).unlink(missing_ok=True)
        builder.requires(two, PYTHON)
    assert sandbox.held == [{"tool"}, {"tool", "more"}]


@dataclass
class Cleared(FakeFiles):
    """The first ``times`` that an artifact is had, it is gone before it is read."""

    times: int = 0

    def artifact(self, file: File) -> Path:
        path = super().artifact(file)
        return path.with_name("gone") if len(self.brought) <= self.times else path


def test_what_goes_from_the_cache_before_it_is_taken_is_had_again(tmp_path: Path) -> None:
    files = Cleared(tmp_path, times=2)
    with Builder(FakeSandbox(), files) as builder:
        assert builder.wheel_of(files.add("tool-1-py3-none-any.whl"), PYTHON).is_file()
    assert files.brought == 3 * ["tool-1-py3-none-any.whl"]


def test_a_cache_that_loses_all_it_gets_is_told_and_is_no_fault_of_a_package(tmp_path: Path) -> None:
    files = Cleared(tmp_path, times=1000)
    with Builder(FakeSandbox(), files) as builder, pytest.raises(StorageError, match=r"^tool-1\S*: it disappears"):
        builder.requires(recipe(files, "one-1.tar.gz", files.add("tool-1-py3-none-any.whl")), PYTHON)


def test_a_file_that_a_link_leads_to_is_taken_itself(tmp_path: Path) -> None:
    """As in a directory of wheels that are links, relative ones too."""
    files = FakeFiles(tmp_path / "links")
    files.folder.mkdir()
    tool = files.add("tool-1-py3-none-any.whl")
    link = files.folder / tool.hashes["sha256"]
    (tmp_path / "pool").mkdir()
    link.rename(tmp_path / "pool" / "tool")
    link.symlink_to("../pool/tool")
    with Builder(FakeSandbox(), files) as builder:
        taken = builder.wheel_of(tool, PYTHON)
        assert (taken.is_symlink(), taken.is_file()) == (False, True)


def test_nothing_is_left_behind(files: FakeFiles) -> None:
    with Builder(FakeSandbox(), files) as builder:
        path = builder.wheel(recipe(files, "s-1.tar.gz"), PYTHON)
    assert not path.exists()


@dataclass
class Meeting(FakeSandbox):
    """Answers once as many as it expects are asked at the same time."""

    expected: int = 2

    def __post_init__(self) -> None:
        self.barrier = threading.Barrier(self.expected, timeout=20)

    def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> JobAnswer:
        self.barrier.wait()
        return super().run(job, into)


def test_backends_that_were_begun_are_asked_side_by_side_and_once(files: FakeFiles) -> None:
    sandbox, tool = Meeting(expected=3), files.add("tool-1-py3-none-any.whl")
    asked = [recipe(files, f"{name}-1.tar.gz", tool) for name in "abc"]
    with Builder(sandbox, files, abreast=3) as builder:
        for one in (*asked, *asked):
            builder.begin_requires(one, PYTHON)
        assert [builder.requires(one, PYTHON) for one in asked] == 3 * [("ninja",)]
    assert sorted(sandbox.jobs) == [f"requires {name}-1.tar.gz" for name in "abc"]
    assert sandbox.held == [{"tool"}] * 3


@dataclass
class Counting(FakeSandbox):
    """Knows how many it ran at a time."""

    running: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> JobAnswer:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(0.05)
        with self.lock:
            self.running -= 1
        return super().run(job, into)


@pytest.mark.parametrize("abreast", [1, 3])
def test_there_are_no_more_sandboxes_at_a_time_than_may_be(abreast: int, files: FakeFiles) -> None:
    sandbox = Counting()
    asked = [recipe(files, f"{name}-1.tar.gz") for name in "abcdef"]
    with Builder(sandbox, files, abreast=abreast) as builder:
        for one in asked:
            builder.begin_requires(one, PYTHON)
        for one in reversed(asked):
            builder.requires(one, PYTHON)
    assert sandbox.most == abreast


def test_a_failure_of_what_was_begun_is_told_to_who_asks_for_it(files: FakeFiles) -> None:
    asked = recipe(files, "s-1.tar.gz")
    with Builder(FakeSandbox(broken={"s-1.tar.gz": BuildFailed("no cargo")}), files) as builder:
        builder.begin_requires(asked, PYTHON)
        with pytest.raises(BuildFailed, match="no cargo"):
            builder.requires(asked, PYTHON)


@dataclass
class Endless(FakeSandbox):
    """Its backends answer nothing until they are unwanted."""

    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> JobAnswer:
        self.begun.set()
        while not is_unwanted():
            time.sleep(0.01)
        assert job.environment.is_dir()
        self.ended.set()
        raise BuildFailed("it was ended")


def test_what_was_begun_and_nobody_waits_for_ends_with_the_builder(files: FakeFiles) -> None:
    sandbox = Endless()
    with Builder(sandbox, files, abreast=1) as builder:
        for name in "ab":
            builder.begin_requires(recipe(files, f"{name}-1.tar.gz"), PYTHON)
        assert sandbox.begun.wait(20)
        sandbox.begun.clear()
        folder = builder._folder
    assert sandbox.ended.is_set()
    assert not sandbox.begun.is_set(), "the second is not begun any more"
    assert not folder.exists()


@dataclass
class Slow(FakeFiles):
    """Bring nothing until ``may_come``."""

    wanted: threading.Event = field(default_factory=threading.Event)
    may_come: threading.Event = field(default_factory=threading.Event)

    def artifact(self, file: File) -> Path:
        self.wanted.set()
        assert self.may_come.wait(20)
        return super().artifact(file)


def test_what_several_threads_want_is_brought_once(tmp_path: Path) -> None:
    files = Slow(tmp_path)
    tool = files.add("tool-1-py3-none-any.whl")
    asked = [
        recipe(files, "a-1.tar.gz", tool),
        recipe(files, "b-1.tar.gz", tool, files.add("other-1-py3-none-any.whl")),
    ]
    with Builder(FakeSandbox(), files, abreast=2) as builder:
        for one in asked:
            builder.begin_requires(one, PYTHON)
        assert files.wanted.wait(20)
        threading.Timer(0.2, files.may_come.set).start()
        for one in asked:
            builder.requires(one, PYTHON)
    assert files.brought.count("tool-1-py3-none-any.whl") == 1


def test_an_installation_that_nobody_waits_for_ends_and_leaves_nothing(tmp_path: Path) -> None:
    files, sandbox = Slow(tmp_path), FakeSandbox()
    with Builder(sandbox, files, abreast=1) as builder:
        builder.begin_requires(recipe(files, "a-1.tar.gz", files.add("tool-1-py3-none-any.whl")), PYTHON)
        assert files.wanted.wait(20)
        threading.Timer(0.2, files.may_come.set).start()
    assert not builder._folder.exists()
    assert sandbox.jobs == []


def test_whoever_cannot_wait_for_the_end_leaves_nothing_either(
    files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Workers, "close", interrupted)
    builder = Builder(FakeSandbox(), files)
    with pytest.raises(KeyboardInterrupt):
        builder.close()
    assert not builder._folder.exists()


@pytest.mark.parametrize(("end", "is_hurried"), [(KeyboardInterrupt, True), (BuildFailed, False), (None, False)])
def test_an_interrupt_is_waited_for_by_nobody(
    end: type[BaseException] | None, is_hurried: bool, files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float | None] = []
    for kind, name in ((Workers, "close"), (Scratch, "remove")):
        end_it = getattr(kind, name)

        def noting(one: object, patience: float | None, end_it: Callable[..., None] = end_it) -> None:
            waited.append(patience)
            end_it(one, patience)

        monkeypatch.setattr(kind, name, noting)
    with suppress(KeyboardInterrupt, BuildFailed), hooks(FakeSandbox(), files, Memory()) as asking:
        asking.requires(recipe(files, "s-1.tar.gz"), asking.host(environment(LINUX)).environment)
        if end is not None:
            raise end("now")
    assert [patience is not None and patience < 0.25 for patience in waited] == 2 * [is_hurried]


def test_a_part_that_cannot_be_built_is_named_with_what_it_misses(files: FakeFiles) -> None:
    inner = recipe(files, "inner-1.tar.gz")
    sandbox = FakeSandbox(broken={"inner-1.tar.gz": BuildFailed("no cargo", missing=("cargo",), log="...")})
    with Builder(sandbox, files) as builder, pytest.raises(BuildFailed) as caught:
        builder.wheel(recipe(files, "outer-1.tar.gz", inner), PYTHON)
    assert str(caught.value) == "inner-1.tar.gz, which it needs, cannot be built: no cargo"
    assert (caught.value.missing, caught.value.log) == (("cargo",), "...")


def test_a_hook_sees_no_program_but_those_of_the_lock_with_utilities_and_a_build_a_compiler_too(
    files: FakeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cc", "sed", "sh", "perl"):
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox = FakeSandbox()
    plain, stated = recipe(files, "s-1.tar.gz"), recipe(files, "s-1.tar.gz", system=("pg_config",))
    with Builder(sandbox, files) as builder:
        builder.requires(plain, PYTHON)
        builder.metadata(plain, PYTHON)
        builder.requires(stated, PYTHON)
        builder.metadata(stated, PYTHON)
        builder.wheel(plain, PYTHON)
        builder.wheel(stated, PYTHON)
    hook, build = {"pg_config", "sed", "sh"}, {"cc", "sed", "sh"}
    assert [set(tools) for tools in sandbox.tools] == [set(), set(), hook, hook, build, {*build, "pg_config"}]


def test_each_python_has_a_wheel_of_its_own(files: FakeFiles) -> None:
    other = replace(PYTHON, executable=Path("/opt/bin/python3.12"), version="3.12.1")
    sdist = recipe(files, "s-1.tar.gz")
    with Builder(FakeSandbox(), files) as builder:
        one = builder.wheel(sdist, PYTHON)
        before = one.stat()
        two = builder.wheel(sdist, other)
        assert (one.name, one.stat()) == (two.name, before)
        assert one != two
        assert builder.wheel(sdist, PYTHON) == one


def hooks(sandbox: FakeSandbox, files: FakeFiles, memory: Memory, python: Interpreter = PYTHON) -> HostHooks:
    return HostHooks(lambda: sandbox, files, memory, find=lambda: [python])


def test_an_answer_is_asked_for_once_and_then_remembered_without_a_sandbox(files: FakeFiles) -> None:
    memory, sandbox = Memory(), FakeSandbox()
    asked = recipe(files, "s-1.tar.gz")
    with hooks(sandbox, files, memory) as first:
        host = first.host(environment(LINUX)).environment
        assert first.requires(asked, host) == ("ninja",)
        assert first.metadata(asked, host) == b"Name: s\n"

    def none() -> FakeSandbox:
        raise NoSandbox("there is none")

    with HostHooks(none, files, memory, find=lambda: [PYTHON]) as second:
        host = second.host(environment(LINUX)).environment
        assert second.requires(asked, host) == ("ninja",)
        assert second.metadata(asked, host) == b"Name: s\n"
    assert sandbox.jobs == ["requires s-1.tar.gz", "metadata s-1.tar.gz"]


def test_what_is_remembered_is_not_begun(files: FakeFiles) -> None:
    memory = Memory()
    lasting = BuildFailed("no cargo", lasting=True)
    sandbox = FakeSandbox(broken={"t-1.tar.gz": lasting})
    asked = [recipe(files, "s-1.tar.gz"), recipe(files, "t-1.tar.gz")]
    for _ in range(2):
        with HostHooks(lambda: sandbox, files, memory, find=lambda: [PYTHON], look=lambda: SEEN) as asking:
            host = asking.host(environment(LINUX)).environment
            for one in asked:
                asking.begin_requires(one, host)
            assert asking.requires(asked[0], host) == ("ninja",)
            with pytest.raises(BuildFailed, match="no cargo"):
                asking.requires(asked[1], host)
        assert sorted(set(memory.read)) == sorted(memory.read), "each is looked for once"
        memory.read.clear()
    assert sorted(sandbox.jobs) == ["requires s-1.tar.gz", "requires t-1.tar.gz"]


def test_without_a_sandbox_nothing_is_begun_and_it_is_looked_for_once(files: FakeFiles) -> None:
    looked = []

    def none() -> FakeSandbox:
        looked.append(1)
        raise NoSandbox("there is none")

    with HostHooks(none, files, Memory(), find=lambda: [PYTHON]) as asking:
        host = asking.host(environment(LINUX)).environment
        for name in "ab":
            asking.begin_requires(recipe(files, f"{name}-1.tar.gz"), host)
        with pytest.raises(NoSandbox, match="there is none"):
            asking.requires(recipe(files, "a-1.tar.gz"), host)
        assert str(asking.refusal) == "there is none"
    assert looked == [1]


@pytest.mark.parametrize("change", ["sdist", "closure", "backend", "system", "python"])
def test_another_question_is_asked_anew(change: str, files: FakeFiles) -> None:
    memory, sandbox = Memory(), FakeSandbox()
    base = recipe(files, "s-1.tar.gz")
    other = {
        "sdist": recipe(files, "s-2.tar.gz"),
        "closure": replace(base, parts=(files.add("tool-1-py3-none-any.whl"),)),
        "backend": replace(base, backend="another"),
        "system": replace(base, system=("cc",)),
    }.get(change, base)
    python = replace(PYTHON, version="3.11.8") if change == "python" else PYTHON
    for asked, seat in ((base, PYTHON), (other, python)):
        with hooks(sandbox, files, memory, seat) as asking:
            asking.requires(asked, asking.host(environment(LINUX)).environment)
    assert len(sandbox.jobs) == 2


@pytest.mark.parametrize(
    "machine", [("linux", "aarch64", "glibc 2.36"), ("linux", "x86_64", "musl 1.2"), ("macos 14", "x86_64", None)]
)
def test_another_kind_of_machine_is_asked_anew(
    machine: tuple[str, str, str | None], files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache may lie on a disk that several machines share, whose Python is of one version."""
    memory, sandbox = Memory(), FakeSandbox()
    for kind in (("linux", "x86_64", "glibc 2.36"), machine, machine):
        monkeypatch.setattr(interpreters, "_machine", lambda kind=kind: kind)
        with hooks(sandbox, files, memory) as asking:
            asking.requires(recipe(files, "s-1.tar.gz"), asking.host(environment(LINUX)).environment)
    assert len(sandbox.jobs) == len(memory.kept) == 2


def test_an_answer_in_which_programs_of_the_machine_have_a_say_is_not_remembered(files: FakeFiles) -> None:
    memory, sandbox = Memory(), FakeSandbox()
    inner = recipe(files, "inner-1.tar.gz", system=("pg_config",))
    for asked in (inner, recipe(files, "outer-1.tar.gz", inner)):
        for _ in range(2):
            with hooks(sandbox, files, memory) as asking:
                host = asking.host(environment(LINUX)).environment
                asking.requires(asked, host)
                asking.metadata(asked, host)
    assert memory.kept == {}
    assert [job for job in sandbox.jobs if not job.startswith("wheel")] == 2 * [
        "requires inner-1.tar.gz",
        "metadata inner-1.tar.gz",
    ] + 2 * ["requires outer-1.tar.gz", "metadata outer-1.tar.gz"]


def test_a_sandbox_that_fails_when_it_is_used_is_told_and_may_be_used_again(files: FakeFiles) -> None:
    sandbox = FakeSandbox(broken={"s-1.tar.gz": NoSandbox("it could not be set up")})
    with hooks(sandbox, files, Memory()) as asking:
        host = asking.host(environment(LINUX)).environment
        with pytest.raises(NoSandbox):
            asking.requires(recipe(files, "s-1.tar.gz"), host)
        assert str(asking.refusal) == "it could not be set up"
        assert asking.requires(recipe(files, "t-1.tar.gz"), host) == ("ninja",)


@pytest.mark.parametrize("error", [BuildFailed("no"), NoSandbox("no"), NoSandbox("no", lasting=False)])
def test_a_failure_that_may_pass_is_not_remembered(files: FakeFiles, error: BuildFailed) -> None:
    memory, sandbox = Memory(), FakeSandbox(broken={"s-1.tar.gz": error})
    for _ in range(2):
        with hooks(sandbox, files, memory) as asking, pytest.raises(BuildFailed, match="no"):
            asking.requires(recipe(files, "s-1.tar.gz"), asking.host(environment(LINUX)).environment)
    assert len(sandbox.jobs) == 2
    assert memory.kept == {}


@pytest.mark.parametrize("kind", [BuildFailed, BackendUnavailable])
def test_a_backend_that_gave_up_by_itself_is_asked_again_once_the_machine_shows_a_change(
    files: FakeFiles, kind: type[BuildFailed]
) -> None:
    error = kind("it needs cargo", missing=("cargo",), wants_module=True, log="...", lasting=True)
    memory, sandbox = Memory(), FakeSandbox(broken={"s-1.tar.gz": error})
    for seen in ("one", "one", "another", None):
        look = None if seen is None else Traces([str(PYTHON.executable)], seen)
        with HostHooks(lambda: sandbox, files, memory, find=lambda: [PYTHON], look=lambda: look) as asking:  # noqa: B023
            host = asking.host(environment(LINUX)).environment
            with pytest.raises(kind) as caught:
                asking.requires(recipe(files, "s-1.tar.gz"), host)
            assert (type(caught.value), vars(caught.value)) == (kind, vars(error))
            assert asking.standing == seen
    assert len(sandbox.jobs) == 3


def test_the_lock_names_the_kind_of_machine_and_what_differs(files: FakeFiles) -> None:
    with hooks(FakeSandbox(), files, Memory()) as asking:
        linux, alpine = (asking.host(environment(target)).host for target in (LINUX, ALPINE))
    assert (linux.python, linux.os, linux.libc, linux.differs) == ("3.11", "linux", "glibc", ())
    assert alpine.differs == ("python", "arch", "libc")


def standing(files: FakeFiles, sandbox: FakeSandbox, *asked: Recipe, seen: Traces | None = SEEN) -> str | None:
    """What a run depends on that asks for what these recipes require."""
    with HostHooks(lambda: sandbox, files, Memory(), find=lambda: [PYTHON], look=lambda: seen) as asking:
        host = asking.host(environment(LINUX)).environment
        for one in asked:
            with suppress(BuildFailed):
                asking.requires(one, host)
        return asking.standing


def test_answers_that_are_remembered_stand_as_long_as_the_machine_shows_the_same(files: FakeFiles) -> None:
    asked = recipe(files, "s-1.tar.gz")
    assert standing(files, FakeSandbox(), asked) == standing(files, FakeSandbox()) == SEEN.text


def test_answers_that_are_not_remembered_stand_for_nothing(files: FakeFiles) -> None:
    plain, told = recipe(files, "s-1.tar.gz"), recipe(files, "t-1.tar.gz", system=("cc",))
    assert standing(files, FakeSandbox(), plain, told) is None
    assert standing(files, FakeSandbox(broken={"s-1.tar.gz": BuildFailed("no")}), plain) is None
    assert standing(files, FakeSandbox(broken={"s-1.tar.gz": NoSandbox("no")}), plain) is None


@pytest.mark.parametrize("seen", [None, Traces(["/usr/bin/python3"], "another Python")])
def test_answers_of_a_python_that_leaves_no_trace_stand_for_nothing(files: FakeFiles, seen: Traces | None) -> None:
    assert standing(files, FakeSandbox(), recipe(files, "s-1.tar.gz"), seen=seen) is None
