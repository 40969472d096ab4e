"""The pure pipeline from spec to lock, on an index that is made up: scenarios as data, then what cannot be data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.errors import InputError, NoSolution
from resolver.lock.codec import dumps, loads
from resolver.locking import Locked
from resolver.previous import Previous
from resolver.spec.model import BuildSpec, MetadataOverride, NamedFiles, Origin, Policy
from tests.support.archives import sha256
from tests.support.environments import ALPINE, LINUX, MAC, OLD, WINDOWS, declare, short, spec
from tests.support.fake_index import FakeIndex
from tests.support.locking import messages, pins, run

LINUX_TAG = "cp311-cp311-manylinux_2_17_x86_64"


A1 = "https://files.index.example/fake/a-1-py3-none-any.whl"


@dataclass(frozen=True)
class Scenario:
    name: str
    index: FakeIndex
    requires: tuple[str, ...]
    pins: dict[str, str] | str
    """What is pinned, or a part of the explanation of why there is no solution."""
    fields: dict[str, Any] = field(default_factory=dict)
    notice: str = ""

    def __str__(self) -> str:
        return self.name


def a() -> FakeIndex:
    return FakeIndex()


def with_extra(version: str) -> dict[str, str]:
    """The files of an sdist of ``a``, whose extra ``x`` asks for ``c``."""
    head = f"Metadata-Version: 2.2\nName: a\nVersion: {version}\n"
    return {"PKG-INFO": f"{head}Provides-Extra: x\nRequires-Dist: c ; extra == 'x'\n"}


def url_of_a() -> FakeIndex:
    """The metadata of ``b`` says where ``a`` is to come from."""
    return a().wheel("a", "1").wheel("b", "1", f"a @ {A1}")


SCENARIOS = [
    Scenario("newest", a().wheel("a", "1").wheel("a", "2"), ("a",), {"a": "2"}),
    Scenario("lowest", a().wheel("a", "1").wheel("a", "2"), ("a",), {"a": "1"}, {"policy": Policy(strategy="lowest")}),
    Scenario(
        "lowest-direct",
        a().wheel("a", "1", "b").wheel("a", "2", "b").wheel("b", "1").wheel("b", "2"),
        ("a",),
        {"a": "1", "b": "2"},
        {"policy": Policy(strategy="lowest-direct")},
    ),
    Scenario("transitive", a().wheel("a", "1", "b>=1").wheel("b", "1"), ("a",), {"a": "1", "b": "1"}),
    Scenario(
        "backtracks",
        a().wheel("pandas", "3", "numpy>=1.26").wheel("pandas", "2", "numpy>=1.20").wheel("numba", "1", "numpy<1.25")
        .wheel("numpy", "2.0").wheel("numpy", "1.24"),
        ("pandas", "numba==1"),
        {"pandas": "2", "numba": "1", "numpy": "1.24"},
    ),
    Scenario(
        "an older wheel before a newer sdist",
        a().wheel("a", "1").wheel("a", "2").sdist("a", "3", {}).sdist("a", "4", {}),
        ("a",),
        {"a": "2"},
        {"policy": Policy(sdists="avoid")},
        notice="passed over a 4: no wheel of it fits, and the policy is `sdists: avoid`",
    ),
    Scenario(
        "an sdist where no wheel will do",
        a().wheel("setuptools", "80").wheel("a", "1").sdist("a", "2", {}).sdist("a", "3", {}),
        ("a>=2",),
        {"a": "3"},
        {"policy": Policy(sdists="avoid")},
    ),
    Scenario(
        "an sdist where nothing fits with a wheel",
        a().wheel("setuptools", "80").wheel("a", "1", "b<2").sdist("a", "2", {}).wheel("b", "1").wheel("b", "2"),
        ("a", "b>=2"),
        {"a": "2", "b": "2"},
        {"policy": Policy(sdists="avoid")},
    ),
    Scenario(
        "the oldest wheel before an older sdist",
        a().sdist("a", "1", {}).wheel("a", "2").wheel("a", "3"),
        ("a",),
        {"a": "2"},
        {"policy": Policy(sdists="avoid", strategy="lowest")},
        notice="passed over a 1",
    ),
    Scenario(
        "a pre-release is no way out of a build",
        a().wheel("setuptools", "80").sdist("a", "1", {}).wheel("a", "2rc1"),
        ("a",),
        {"a": "1"},
        {"policy": Policy(sdists="avoid")},
    ),
    Scenario(
        "an extra that only an sdist has is no way out of its build",
        a().wheel("setuptools", "80").wheel("a", "1").wheel("c", "1").sdist("a", "2", with_extra("2")).sdist("a", "3", with_extra("3")),
        ("a[x]",),
        {"a": "3", "c": "1"},
        {"policy": Policy(sdists="avoid")},
    ),
    Scenario(
        "sdists of one project are avoided",
        a().wheel("setuptools", "80").wheel("a", "1").sdist("a", "2", {}).wheel("b", "1").sdist("b", "2", {}),
        ("a", "b"),
        {"a": "1", "b": "2"},
        {"projects": {NormalizedName("a"): Policy(sdists="avoid")}},
        notice="passed over a 2",
    ),
    Scenario("extra", a().wheel("a", "1", 'b ; extra == "x"', extras=["x"]).wheel("b", "1"), ("a[X]",), {"a": "1", "b": "1"}),
    Scenario("extra not asked for", a().wheel("a", "1", 'b ; extra == "x"', extras=["x"]), ("a",), {"a": "1"}),
    Scenario(
        "extras of extras, in a circle",
        a().wheel("a", "1", 'a[y] ; extra == "x"', 'a[x] ; extra == "y"', 'b ; extra == "y"', extras=["x", "y"]).wheel("b", "1"),
        ("a[x]",),
        {"a": "1", "b": "1"},
    ),
    Scenario("extra that is not there", a().wheel("a", "1"), ("a[nope]",), {"a": "1"}, notice="has no extra 'nope'"),
    Scenario("marker", a().wheel("a", "1", 'w ; sys_platform == "win32"'), ("a",), {"a": "1"}),
    Scenario("root marker", a().wheel("a", "1"), ('a', 'w ; sys_platform == "win32"'), {"a": "1"}),
    Scenario("cycle at run time", a().wheel("a", "1", "b").wheel("b", "1", "a"), ("a",), {"a": "1", "b": "1"}),
    Scenario("constraint", a().wheel("a", "1").wheel("a", "2"), ("a",), {"a": "1"}, {"constraints": declare("a<2")}),
    Scenario("a constraint brings nothing in", a().wheel("a", "1"), ("a",), {"a": "1"}, {"constraints": declare("b<2")}),
    Scenario(
        "override",
        a().wheel("a", "1", "b<2").wheel("b", "1").wheel("b", "2"),
        ("a",),
        {"a": "1", "b": "2"},
        {"overrides": declare("b>=2")},
        notice="a 1 gets b>=2",
    ),
    Scenario(
        "override of what the spec asks for",
        a().wheel("a", "1").wheel("a", "2"),
        ("a<2",),
        {"a": "2"},
        {"overrides": declare("a>=2")},
        notice=" gets a>=2",
    ),
    Scenario(
        "override that holds nowhere",
        a().wheel("a", "1", "b").wheel("b", "1"),
        ("a",),
        {"a": "1"},
        {"overrides": declare("b ; python_version < '0'")},
        notice="a 1 gets no b",
    ),
    Scenario(
        "override that leaves out what the spec asks for",
        a().wheel("a", "1").wheel("b", "1"),
        ("a", "b"),
        {"a": "1"},
        {"overrides": declare("b ; python_version < '0'")},
        notice=" gets no b",
    ),
    Scenario(
        "made for another system alone",
        a().wheel("w", "1", tag="cp311-cp311-win_amd64").wheel("w", "2", tag="cp311-cp311-win32.win_arm64"),
        ("w",),
        "all its files are for Windows; to ask for it there alone: w ; sys_platform == 'win32'",
    ),
    Scenario(
        "made for another system alone, and a dependency",
        a().wheel("a", "1", "m").wheel("m", "1", tag="cp311-cp311-macosx_11_0_arm64"),
        ("a",),
        """all its files are for macOS; to leave it out elsewhere: overrides: ["m ; sys_platform == 'darwin'"]""",
    ),
    Scenario("pre-release left alone", a().wheel("a", "1").wheel("a", "2rc1"), ("a",), {"a": "1"}),
    Scenario("pre-release named", a().wheel("a", "1").wheel("a", "2rc1"), ("a>=2rc1",), {"a": "2rc1"}),
    Scenario("pre-release that a dependency names", a().wheel("a", "1", "b>=1rc1").wheel("b", "1").wheel("b", "2rc1"), ("a",), {"a": "1", "b": "2rc1"}, notice="b 2rc1 is a pre-release, since a 1 asks for b>=1rc1"),
    Scenario("an upper bound names no pre-release", a().wheel("a", "1", "b<3.dev0").wheel("b", "1").wheel("b", "2rc1"), ("a",), {"a": "1", "b": "1"}),
    Scenario("pre-release alone", a().wheel("a", "2rc1"), ("a",), {"a": "2rc1"}),
    Scenario("pre-release allowed", a().wheel("a", "1").wheel("a", "2rc1"), ("a",), {"a": "2rc1"}, {"policy": Policy(prereleases="allow")}),
    Scenario("pre-release never", a().wheel("a", "2rc1"), ("a",), "a pre-release", {"policy": Policy(prereleases="never")}),
    Scenario("yanked is skipped", a().wheel("a", "1").wheel("a", "2", yanked="broken"), ("a",), {"a": "1"}),
    Scenario("yanked and pinned", a().wheel("a", "1").wheel("a", "2", yanked="broken"), ("a==2",), {"a": "2"}, notice="yanked (broken)"),
    Scenario("yanked never", a().wheel("a", "2", yanked="broken"), ("a==2",), "yanked: broken", {"policy": Policy(yanked="never")}),
    Scenario("requires-python of a file", a().wheel("a", "1").wheel("a", "2", requires_python=">=3.12"), ("a",), {"a": "1"}),
    Scenario("requires-python with a hole", a().wheel("a", "1", requires_python="!=3.11.0,>=3.9"), ("a",), {"a": "1"}),
    Scenario("requires-python that is invalid", a().wheel("a", "1", requires_python=">=3.6.*"), ("a",), "has an invalid Requires-Python '>=3.6.*'"),
    Scenario(
        "requires-python overridden",
        a().wheel("a", "1", requires_python=">=3.6.*"),
        ("a",),
        {"a": "1"},
        {"metadata_overrides": (MetadataOverride(project=canonicalize_name("a"), versions=SpecifierSet(), requires_python=SpecifierSet(">=3.6")),)},
    ),
    Scenario("invalid requirement", a().wheel("celery", "4.0.2", "pytz>dev"), ("celery",), "\n      asked for by the spec"),
    Scenario("an invalid requirement is quoted", a().wheel("celery", "4.0.2", "pytz>dev"), ("celery",), "'pytz>dev' is invalid"),
    Scenario("who asks for what cannot be used", a().wheel("top", "1", "c").wheel("c", "2", "pytz>dev"), ("top",), "\n      asked for by top 1 <- the spec"),
    Scenario("invalid requirement, older is fine", a().wheel("c", "2", "pytz>dev").wheel("c", "1"), ("c",), {"c": "1"}, notice="passed over c 2: its requirement"),
    Scenario(
        "invalid requirement overridden",
        a().wheel("celery", "4.0.2", "pytz>dev").wheel("pytz", "2025"),
        ("celery",),
        {"celery": "4.0.2", "pytz": "2025"},
        {"overrides": declare("pytz>2020")},
    ),
    Scenario("wheel before sdist", a().sdist("a", "1", {}).wheel("a", "1", tag=LINUX_TAG), ("a",), {"a": "1"}),
    Scenario("newer sdist before older wheel", a().sdist("a", "2", {"pyproject.toml": "[build-system]\nrequires=[]\nbuild-backend='flit_core.buildapi'"}).wheel("a", "1"), ("a",), {"a": "2"}),
    Scenario("no file fits", a().wheel("a", "1", tag="cp311-cp311-win_amd64"), ("a",), "no file fits: wheels are for cp311-cp311-win_amd64"),
    Scenario("a version that is not there", a().wheel("a", "1").wheel("a", "2").wheel("a", "2.5rc1").wheel("a", "4"), ("a==3",), "not a==3\n    there is no 3; the nearest: 2, 4"),
    Scenario("a version that is not there, and none after it", a().wheel("a", "1").wheel("a", "2"), ("a~=3.1",), "there is no 3.1; the nearest: 2"),
    Scenario("no digest", a().wheel("a", "1", hashes={"md5": "0" * 32}), ("a",), "comes with md5 from the index, and a lock needs sha256"),
    Scenario("no such project", a().wheel("a", "1", "nothere"), ("a",), "has no project 'nothere'"),
    Scenario("a page without files", a().wheel("a", "1", "login").nothing("login"), ("a",), "index 'fake' has a page for login, and no file on it"),
    Scenario("patch level left open", a().wheel("redis", "7", 'async-timeout ; python_full_version < "3.11.3"').wheel("async-timeout", "5"), ("redis",), {"redis": "7", "async-timeout": "5"}, notice="assumed python_full_version 3.11.0"),
    Scenario("build tags", a().wheel("a", "1", build="1").wheel("a", "1", build="2"), ("a",), {"a": "1"}),
    Scenario("direct URL", a().wheel("a", "1").wheel("a", "2").wheel("b", "1", "a"), (f"a @ {A1}", "b"), {"a": "1", "b": "1"}),
    Scenario("one direct URL, with its hash and without", a().wheel("a", "1"), (f"a @ {A1}", f"a @ {A1}#sha256=x"), {"a": "1"}),
    Scenario("a direct URL out of range", a().wheel("a", "1").wheel("a", "2").wheel("b", "1", "a>1"), (f"a @ {A1}", "b"), "no release meets all of"),
    Scenario("a direct URL that no more than a package states", url_of_a(), ("b",), f"b 1 cannot be used: asks for a @ {A1}, an archive that the spec does not name"),
    Scenario("a repository that a package states", a().wheel("a", "1").wheel("b", "1", "a @ git+https://git.example/a"), ("b",), "b 1 cannot be used: asks for a @ git+https://git.example/a, which no spec can name; `overrides: [a]` takes it from its index"),
    Scenario("a direct URL of a package, older is fine", a().wheel("a", "1").wheel("b", "2", f"a @ {A1}").wheel("b", "1", "a"), ("b",), {"a": "1", "b": "1"}, notice="passed over b 2: asks for a @"),
    Scenario("a direct URL of a package that the spec states too", url_of_a(), ("b", f"A @ {A1}"), {"a": "1", "b": "1"}),
    Scenario("a direct URL of a package as a constraint", url_of_a(), ("b",), {"a": "1", "b": "1"}, {"constraints": declare(f"a @ {A1}#sha256=x")}),
    Scenario("a direct URL of a package, overridden", url_of_a().wheel("a", "2"), ("b",), {"a": "2", "b": "1"}, {"overrides": declare("a")}),
    Scenario("a direct URL of an override", a().wheel("a", "1").wheel("a", "2").wheel("b", "1", "a"), ("b",), {"a": "1", "b": "1"}, {"overrides": declare(f"a @ {A1}")}),
    Scenario(
        "a direct URL among the dependencies that the spec states",
        a().wheel("a", "1").wheel("a", "2").wheel("b", "1"),
        ("b",),
        {"a": "1", "b": "1"},
        {"metadata_overrides": (MetadataOverride(project=NormalizedName("b"), versions=SpecifierSet(), dependencies=(Requirement(f"a @ {A1}"),)),)},
    ),
    Scenario("a local version of another index", a().wheel("a", "1").wheel("a", "2"), ("a==1+cpu",), "1: not a==1+cpu: another index may have that local version, to be named for a in `indexes`"),
    Scenario("conflict in the spec", a().wheel("a", "1").wheel("a", "2"), ("a<2", "a>=2"), "asked for at spec.yaml:1"),
]  # fmt: skip


def test_what_hangs_on_the_same_open_value_is_told_in_one_notice() -> None:
    index = a().wheel("all", "1", *(f'part{n} ; platform_release >= "{n}"' for n in range(1, 6)))
    [notice] = run(spec("all"), index).notices
    assert notice.message == (
        'all 1 wants part1 only where platform_release >= "1", part2 only where platform_release >= "2", '
        'part3 only where platform_release >= "3", and 2 more likewise; '
        "assumed platform_release unknown, so they are left out"
    )


def test_what_is_open_with_and_without_an_extra_is_told_once() -> None:
    open_anyway, open_in_the_extra = 'one ; platform_release >= "5"', 'two ; platform_release >= "5" and extra == "x"'
    index = a().wheel("all", "1", open_anyway, open_in_the_extra, extras=("x",))
    told = sorted(notice.message.partition(";")[0] for notice in run(spec("all[x]"), index).notices)
    assert told == [
        'all 1 wants one only where platform_release >= "5"',
        'all[x] 1 wants two only where platform_release >= "5" and extra == "x"',
    ]


def test_releases_that_ask_in_each_others_place_are_told_together() -> None:
    """What matters is that no file fits, not that each release of one project asks for another of the next."""
    index = a()
    for version in "12345678":
        index.wheel("pg", version, f'pg-binary=={version} ; extra == "binary"', extras=("binary",))
        index.wheel("pg-binary", version, tag="cp311-cp311-win_amd64")
    with pytest.raises(NoSolution) as told:
        run(spec("pg[binary]"), index)
    assert told.value.explanation.splitlines() == [
        "  pg-binary: no release meets any of",
        *(f"      pg-binary=={n}   asked for by pg[binary] {n} <- the spec" for n in "876543"),
        "      2 more, down to pg-binary==1, asked for by pg[binary] 1 <- the spec",
        "    8, 7, 6, 5, 4, 3 and 2 more down to 1: no file fits: wheels are for cp311-cp311-win_amd64",
        "    all its files are for Windows; to leave it out elsewhere: overrides: [\"pg-binary ; sys_platform == 'win32'\"]",
    ]


def test_what_has_no_name_of_a_wheel_says_nothing_of_a_system() -> None:
    """A page may list anything: what belongs to no release has no tags."""
    index = a().wheel("w", "1", tag="cp311-cp311-win_amd64")
    index._add("w", "w-2.whl", {})
    with pytest.raises(NoSolution, match="all its files are for Windows"):
        run(spec("w"), index)


def test_another_libc_is_no_other_system() -> None:
    index = a().wheel("w", "1", tag="cp311-cp311-musllinux_1_2_x86_64")
    with pytest.raises(NoSolution) as told:
        run(spec("w"), index)
    assert told.value.explanation.splitlines()[-1].endswith("wheels are for cp311-cp311-musllinux_1_2_x86_64")


def test_all_that_the_spec_asks_for_and_nobody_has_is_told_at_once() -> None:
    index = a().wheel("b", "1").wheel("c", "1")
    with pytest.raises(NoSolution) as told:
        run(spec("nothere", "b>1", "c", "neither[x]", "c<1"), index)
    assert [line for line in told.value.explanation.splitlines() if line.startswith("  ") and line[2] != " "] == [
        "  b: no release meets",
        "  c: no release meets all of",
        "  neither: no release meets",
        "  nothere: no release meets",
    ]


def test_what_others_ask_for_besides_is_told_apart_from_what_stands_in_its_place() -> None:
    index = a().wheel("top", "2", "c<2").wheel("top", "1", "c<1").wheel("c", "0.5").wheel("c", "1").wheel("c", "2")
    with pytest.raises(NoSolution) as told:
        run(spec("top", constraints=declare("c>=1.5")), index)
    assert told.value.explanation.splitlines() == [
        "  c: no release meets all of",
        "      c<2      asked for by top 2 <- the spec",
        "      or c<1   asked for by top 1 <- the spec",
        "      c>=1.5   constraint at spec.yaml:1",
        "    2: not c<2, nor what is asked in its place",
        "    1, 0.5: not c>=1.5",
    ]


def test_an_explanation_reads_no_releases_that_only_stand_in_the_way() -> None:
    index = a().wheel("framework", "1", "web>=5").wheel("framework", "2", "web>=6").wheel("web", "6")
    for minor in range(50):
        index.wheel("web", f"3.{minor}")
    with pytest.raises(NoSolution, match="or web>=5"):
        run(spec("web<4", "framework"), index)
    assert len(set(index.read)) <= 4, index.read


def test_an_explanation_is_about_the_requirements_that_leave_no_solution() -> None:
    """The search meets pandas first and gives up there, long after vision has ruled everything out."""
    index = a().wheel("vision", "1", "array>=2").wheel("vision", "2", "array>=2").wheel("idle", "1", "array")
    index.wheel("pandas", "3", "array>=1.5").wheel("pandas", "2", "array>=0.5")
    for version in ("0.9", "1", "1.5", "2"):
        index.wheel("array", version)
    with pytest.raises(NoSolution) as told:
        run(spec("array<1.2", "pandas", "vision", "idle"), index)
    assert told.value.explanation.splitlines() == [
        "  array: no release meets all of",
        "      array<1.2   asked for at spec.yaml:1",
        "      array>=2    asked for by vision 2 <- the spec",
        "    2, 1.5: not array<1.2",
        "    1, 0.9: not array>=2",
    ]


def test_groups_that_exclude_each_other_are_named() -> None:
    index = a().wheel("a", "1").wheel("a", "2").wheel("b", "1", "a>=2")
    groups = {canonicalize_name(name): declare(text) for name, text in {"cpu": "a<2", "cuda": "b>=1"}.items()}
    with pytest.raises(NoSolution) as told:
        run(spec("a", groups=groups), index)
    assert told.value.explanation.splitlines() == [
        "  a: no release meets all of",
        "      a<2    asked for at spec.yaml:1, group cpu",
        "      a>=2   asked for by b 1 <- b>=1 (spec.yaml:1, group cuda)",
        "    2: not a<2",
        "    1: not a>=2",
        "  groups are resolved together; cpu and cuda, if they exclude each other, need a spec each",
    ]
    with pytest.raises(NoSolution) as alone:
        run(spec("a>=2", groups={canonicalize_name("cpu"): declare("a<2")}), index)
    assert "resolved together" not in alone.value.explanation


@pytest.mark.parametrize(
    ("required", "cpu", "is_told"),
    [("idle", "left", True), ("idle", "left>=1", True), ("left", "left", False), ("left", "left>=1", True)],
)
def test_groups_that_lead_to_it_without_a_bound_are_named_too(required: str, cpu: str, is_told: bool) -> None:
    index = a().wheel("left", "1", "a<2").wheel("right", "1", "a>=2").wheel("a", "1").wheel("a", "2").wheel("idle", "1")
    groups = {"cpu": cpu, "cpu-10": "idle", "cuda": "right"}
    with pytest.raises(NoSolution) as told:
        run(spec(required, groups={canonicalize_name(name): declare(text) for name, text in groups.items()}), index)
    hint = "groups are resolved together; cpu and cuda, if they exclude each other, need a spec each"
    assert (hint in told.value.explanation) == is_told, told.value.explanation


def test_a_chain_ends_with_what_the_spec_says_of_its_project() -> None:
    index = a().wheel("all", "1", "lab", "book").wheel("lab", "4", "server>=2").wheel("lab", "3", "server<2")
    index.wheel("book", "7", "server>=2").wheel("book", "6", "server<2").wheel("server", "1").wheel("server", "2")
    with pytest.raises(NoSolution) as told:
        run(spec("all", "book>=7", "lab<4"), index)
    assert "server<2    asked for by lab 3 <- lab<4 (spec.yaml:1)" in told.value.explanation
    assert "server>=2   asked for by book 7 <- book>=7 (spec.yaml:1)" in told.value.explanation


def test_an_explanation_of_what_no_single_requirement_shows_is_about_all() -> None:
    index = a().wheel("left", "1", "array<2").wheel("right", "1", "array>=2").wheel("array", "1").wheel("array", "2")
    with pytest.raises(NoSolution) as told:
        run(spec("left", "right"), index)
    assert "array<2    asked for by left 1 <- the spec" in told.value.explanation
    assert "array>=2   asked for by right 1 <- the spec" in told.value.explanation


def test_what_one_release_asks_for_twice_does_not_stand_in_its_own_place() -> None:
    with pytest.raises(NoSolution) as told:
        run(spec("top"), a().wheel("top", "1", "c>=2", "c<2").wheel("c", "1").wheel("c", "2"))
    assert told.value.explanation.splitlines() == [
        "  c: no release meets all of",
        "      c>=2   asked for by top 1 <- the spec",
        "      c<2    asked for by top 1 <- the spec",
        "    2: not c<2",
        "    1: not c>=2",
    ]


def test_of_many_wheels_those_are_told_that_come_nearest() -> None:
    index = a()
    for python in ("cp39-cp39", "cp310-cp310", "cp311-cp311"):
        for platform in ("macosx_11_0_arm64", "manylinux_2_99_x86_64", "musllinux_1_2_x86_64", "win_amd64"):
            index.wheel("a", "1", tag=f"{python}-{platform}")
    index.wheel("a", "1", tag="cp310-cp310-manylinux2014_x86_64.manylinux_2_17_x86_64")
    with pytest.raises(NoSolution) as told:
        run(spec("a"), index)
    nearest = (
        "cp310-cp310-manylinux2014_x86_64.manylinux_2_17_x86_64, cp311-cp311-manylinux_2_99_x86_64, "
        "cp310-cp310-manylinux_2_99_x86_64, cp39-cp39-manylinux_2_99_x86_64, cp311-cp311-macosx_11_0_arm64, "
        "cp311-cp311-musllinux_1_2_x86_64 and 7 more"
    )
    assert nearest in told.value.explanation


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (("cp27-cp27mu", "cp310-cp310", "cp39-cp39", "pp39-pypy39_pp73"), "other Pythons: 2.7, 3.9, 3.10, PyPy 3.9"),
        (("cp311-cp311t",), "other Pythons: 3.11t"),
        (("cp312-abi3",), "cp312-abi3-manylinux_2_17_x86_64"),
    ],
)
def test_wheels_for_other_pythons_are_told_by_these(tags: tuple[str, ...], told: str) -> None:
    index = a()
    for tag in tags:
        index.wheel("w", "1", tag=f"{tag}-manylinux_2_17_x86_64").wheel("w", "1", tag=f"{tag}-win_amd64")
    with pytest.raises(NoSolution) as caught:
        run(spec("w"), index)
    assert f"1: no file fits: wheels are for {told}" in caught.value.explanation


def test_to_pypy_the_wheels_of_others_are_for_cpython() -> None:
    index = a().wheel("w", "1", tag="cp311-cp311-manylinux_2_17_x86_64").wheel("w", "1", tag="pp39-pypy39_pp73-any")
    with pytest.raises(NoSolution) as caught:
        run(spec("w", environments=(short("pypy", "pypy3.11", libc="glibc 2.28"),)), index)
    assert "1: no file fits: wheels are for other Pythons: CPython 3.11, PyPy 3.9" in caught.value.explanation


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario: Scenario) -> None:
    declared = spec(*scenario.requires, **scenario.fields)
    if isinstance(scenario.pins, str):
        with pytest.raises(NoSolution) as caught:
            run(declared, scenario.index)
        assert scenario.pins in str(caught.value)
        assert "linux" in str(caught.value)
        return
    locked = run(declared, scenario.index)
    assert pins(locked) == scenario.pins
    text = " | ".join(notice.message for notice in locked.notices)
    assert scenario.notice in text
    if not scenario.notice:
        assert not [n for n in locked.notices if n.kind in {"extra", "yanked", "skipped"}]


def test_a_yanked_release_stays_once_it_is_locked_and_the_notice_says_so() -> None:
    """Nothing pins it any more, and nothing asks for another one."""
    index = FakeIndex().wheel("a", "1").wheel("a", "2", yanked="broken").wheel("b", "1", "a==2")
    [pinned] = run(spec("b"), index).notices
    assert pinned.message == "a 2 is yanked (broken); it was taken because it is pinned"
    locked = run(spec("a"), index, previous=Previous(lock=run(spec("a==2"), index).lock))
    assert pins(locked) == {"a": "2"}
    [stays] = locked.notices
    assert (stays.kind, stays.message) == (
        "yanked",
        "a 2 is yanked (broken); it stays, and `--update a` takes another one",
    )


def test_where_files_are_named_by_their_digests_no_others_stand() -> None:
    index = FakeIndex().wheel("a", "2").wheel("a", "2", tag=LINUX_TAG).wheel("a", "1").wheel("b", "1", "a")
    plain = sha256(b"fake/a-2-py3-none-any.whl")
    origin = Origin(file="r.txt", line=3, path="")

    def naming(digest: str, versions: str = "==2") -> Locked:
        named = NamedFiles(
            project=canonicalize_name("a"),
            versions=SpecifierSet(versions),
            digests=frozenset({f"sha256:{digest}"}),
            origin=origin,
        )
        return run(replace(spec("b"), named_files=(named,)), index)

    assert run(spec("b"), index).lock.resolutions["linux"]["a"].artifact == f"a-2-{LINUX_TAG}.whl"
    assert naming(plain).lock.resolutions["linux"]["a"].artifact == "a-2-py3-none-any.whl"
    assert pins(naming("0" * 64)) == {"a": "1", "b": "1"}
    assert pins(naming("0" * 64, "==1")) == {"a": "2", "b": "1"}
    with pytest.raises(NoSolution, match=r"is none of the files whose hashes r\.txt:3 gives"):
        naming("0" * 64, ">=1")


def test_each_environment_gets_the_file_that_it_can_use() -> None:
    index = FakeIndex()
    tags = {
        "linux": LINUX_TAG,
        "alpine": "cp312-cp312-musllinux_1_1_aarch64",
        "mac": "cp312-cp312-macosx_11_0_universal2",
        "windows": "cp313-cp313-win_amd64",
    }
    for tag in (*tags.values(), "cp312-cp312-manylinux_2_17_aarch64", "cp312-cp312-macosx_15_0_arm64"):
        index.wheel("a", "1", tag=tag)
    locked = run(spec("a", environments=(LINUX, ALPINE, MAC, WINDOWS)), index).lock
    assert {name: pins["a"].artifact for name, pins in locked.resolutions.items()} == {
        name: f"a-1-{tag}.whl" for name, tag in tags.items()
    }


def test_every_environment_without_a_solution_is_told_of() -> None:
    index = FakeIndex().wheel("a", "1", tag="cp311-cp311-manylinux_2_17_x86_64")
    with pytest.raises(NoSolution) as caught:
        run(spec("a", environments=(MAC, LINUX, WINDOWS)), index)
    assert "environment mac, windows\n" in str(caught.value)
    with pytest.raises(NoSolution) as caught:
        run(spec('b ; sys_platform == "darwin"', "a", environments=(MAC, LINUX, WINDOWS)), index)
    assert str(caught.value).count("no solution for environment") == 2


def test_a_marker_without_an_answer_is_bad_input() -> None:
    with pytest.raises(InputError, match=r"spec\.yaml:1: .* has no answer"):
        run(spec('a ; sys_platform ~= "linux"'), FakeIndex())


def test_metadata_of_the_selected_wheel_counts() -> None:
    index = FakeIndex().wheel("b", "1")
    index.wheel("tf", "1", "b", tag=LINUX_TAG).wheel("tf", "1", tag="cp313-cp313-win_amd64")
    locked = run(spec("tf", environments=(LINUX, WINDOWS)), index)
    assert pins(locked) == {"tf": "1", "b": "1"}
    assert pins(locked, "windows") == {"tf": "1"}


class TestAlignment:
    INDEX = FakeIndex().wheel("attrs", "25", requires_python=">=3.8").wheel("attrs", "26", requires_python=">=3.9")

    def test_a_common_version_is_shared(self) -> None:
        locked = run(spec("attrs", environments=(LINUX, OLD)), self.INDEX)
        assert (pins(locked), pins(locked, "old")) == ({"attrs": "25"}, {"attrs": "25"})

    def test_it_can_be_turned_off(self) -> None:
        locked = run(spec("attrs", environments=(LINUX, OLD), policy=Policy(align=False)), self.INDEX)
        assert (pins(locked), pins(locked, "old")) == ({"attrs": "26"}, {"attrs": "25"})

    def test_no_wheel_is_given_up_for_it(self) -> None:
        index = FakeIndex()
        index.wheel("numpy", "1", tag="cp38-cp38-manylinux_2_17_x86_64").sdist("numpy", "1", {})
        index.wheel("numpy", "2", tag=LINUX_TAG, requires_python=">=3.9")
        locked = run(spec("numpy", environments=(LINUX, OLD)), index)
        assert (pins(locked), pins(locked, "old")) == ({"numpy": "2"}, {"numpy": "1"})

    def test_what_the_lock_holds_does_not_move(self) -> None:
        held = run(spec("attrs", environments=(LINUX,)), self.INDEX).lock
        locked = run(spec("attrs", environments=(LINUX, OLD)), self.INDEX, previous=Previous(lock=held))
        assert (pins(locked), pins(locked, "old")) == ({"attrs": "26"}, {"attrs": "25"})

    def test_an_environment_left_behind_is_reported(self) -> None:
        index = FakeIndex().wheel("a", "1").wheel("a", "2", tag=LINUX_TAG, upload_time="2026-01-01T00:00:00Z")
        locked = run(spec("a", environments=(LINUX, WINDOWS), policy=Policy(align=False)), index)
        assert [n.message for n in locked.notices if n.kind == "behind"] == [
            "windows gets a 1: no file of 2, which others get, fits it"
        ]

    @pytest.mark.parametrize(
        ("older", "said"),
        [
            (
                "cp311-cp311-manylinux_2_17_x86_64",
                "built from source, since the wheels are for other environments: a 2 (1 has a wheel here); `sdists: avoid`",
            ),
            ("cp311-cp311-win_amd64", "built from source, since the wheels are for other environments: a 2"),
        ],
    )
    def test_what_is_built_though_it_has_wheels_is_reported(self, older: str, said: str) -> None:
        index = FakeIndex().wheel("setuptools", "80.9.0").wheel("a", "1", tag=older)
        index.wheel("a", "2", tag="cp311-cp311-win_amd64").sdist("a", "2", {})
        index.sdist("b", "1", {})  # has no wheel anywhere: nothing to be told
        [notice] = [n for n in run(spec("a", "b", environments=(LINUX,)), index).notices if n.kind == "source"]
        assert notice.message.startswith(said)

    def test_only_an_older_wheel_that_is_admitted_is_named(self) -> None:
        index = FakeIndex().wheel("setuptools", "80").wheel("a", "1").sdist("a", "2", {})
        index.wheel("a", "2", tag="cp311-cp311-win_amd64")
        assert messages(run(spec("a>=2"), index), "source") == [
            "built from source, since the wheels are for other environments: a 2"
        ]

    def test_what_has_sources_alone_is_told_how_to_be_built_where_none_is(self) -> None:
        index = FakeIndex().sdist("a", "1", {}).wheel("b", "1", tag="cp311-cp311-win_amd64").sdist("b", "1", {})
        with pytest.raises(NoSolution, match=r"no wheel at all; to let it be built: projects: {a: {sdists: fallback}}"):
            run(spec("a", policy=Policy(sdists="never"), environments=(LINUX,)), index)
        with pytest.raises(NoSolution) as told:
            run(spec("b", policy=Policy(sdists="never"), environments=(LINUX,)), index)
        assert "no wheel at all" not in str(told.value)

    def test_a_build_that_the_spec_asks_for_is_not_reported(self) -> None:
        index = FakeIndex().wheel("setuptools", "80.9.0").wheel("a", "1").sdist("a", "1", {})
        locked = run(spec("a", policy=Policy(sdists="always"), environments=(LINUX,)), index)
        assert "source" not in {notice.kind for notice in locked.notices}


class TestUpdate:
    OLD = FakeIndex().wheel("a", "1").wheel("b", "1")
    NEW = FakeIndex().wheel("a", "1").wheel("b", "1").wheel("a", "2").wheel("b", "2")

    @pytest.mark.parametrize(
        ("update", "expected"),
        [
            (frozenset(), {"a": "1", "b": "1"}),
            (frozenset({canonicalize_name("a")}), {"a": "2", "b": "1"}),
            (None, {"a": "2", "b": "2"}),
        ],
    )
    def test_what_moves(self, update: frozenset[NormalizedName] | None, expected: dict[str, str]) -> None:
        held = run(spec("a", "b"), self.OLD).lock
        assert pins(run(spec("a", "b"), self.NEW, previous=Previous(lock=held, update=update))) == expected

    def test_the_spec_overrules_the_lock(self) -> None:
        held = run(spec("a", "b"), self.OLD).lock
        assert pins(run(spec("a>1", "b"), self.NEW, previous=Previous(lock=held))) == {"a": "2", "b": "1"}

    def test_what_is_built_moves_to_a_wheel_once_builds_are_avoided_and_stays_where_there_is_none(self) -> None:
        index = FakeIndex().wheel("setuptools", "80").wheel("a", "1").sdist("a", "2", {}).sdist("b", "1", {})
        held = run(spec("a", "b"), index).lock
        assert held.resolutions["linux"]["a"].version == "2"
        index.sdist("b", "2", {})
        avoiding = run(spec("a", "b", policy=Policy(sdists="avoid")), index, previous=Previous(lock=held))
        assert pins(avoiding) == {"a": "1", "b": "1"}

    @pytest.mark.parametrize(("strategy", "passed_over"), [("highest", "a 3"), ("lowest", "a 1")])
    def test_what_would_have_come_first_is_told(self, strategy: Literal["highest", "lowest"], passed_over: str) -> None:
        index = FakeIndex().wheel("a", "1", "!!broken").wheel("a", "2").wheel("a", "3", "!!broken")
        told = messages(run(spec("a", policy=Policy(strategy=strategy)), index), "skipped")
        assert [message.partition(":")[0] for message in told] == [f"passed over {passed_over}"]

    def test_a_wheel_that_the_lock_holds_is_not_told_as_if_there_were_no_newer_one(self) -> None:
        index = FakeIndex().wheel("a", "1")
        avoiding = spec("a", policy=Policy(sdists="avoid"))
        held = run(avoiding, index).lock
        index.wheel("a", "2").sdist("a", "3", {})
        again = run(avoiding, index, previous=Previous(lock=held))
        assert (pins(again), messages(again, "skipped")) == ({"a": "1"}, [])

    def test_an_environment_of_another_name_is_held_on_to_and_another_machine_s_is_not(self) -> None:
        held = run(spec("a", "b"), self.OLD).lock
        renamed = (short("linux-py311", "3.11"), short("linux-py312", "3.12"))
        again = run(spec("a", "b", environments=renamed), self.NEW, previous=Previous(lock=held))
        assert pins(again, "linux-py311") == pins(again, "linux-py312") == {"a": "1", "b": "1"}
        other = (short("other", "3.11", libc="glibc 2.17"),)
        assert pins(run(spec("a", "b", environments=other), self.NEW, previous=Previous(lock=held)), "other") == {
            "a": "2",
            "b": "2",
        }


class TestBuilds:
    def index(self, **files: str) -> FakeIndex:
        index = (
            FakeIndex()
            .wheel("setuptools", "69.0")
            .wheel("wheel", "0.45")
            .wheel("flit-core", "3.12")
            .wheel("cython", "3")
        )
        return index.sdist("s", "1", files)

    def test_pep_517_default(self) -> None:
        index = self.index(**{"setup.py": "from setuptools import setup\nsetup(name='s')\n"}).wheel(
            "setuptools", "80.9"
        )
        locked = run(spec("s"), index).lock
        build = locked.builds["s-1.tar.gz"]
        assert build.backend == "setuptools.build_meta:__legacy__"
        assert [(r.requirement, r.origin) for r in build.environments["linux"].requires] == [
            ("setuptools>=40.8.0", "default")
        ]
        assert {n: p.version for n, p in locked.closure(build.environments["linux"]).items()} == {"setuptools": "80.9"}
        assert not list(locked.incomplete())

    def test_an_older_setuptools_adds_wheel(self) -> None:
        locked = run(spec("s"), self.index(**{"setup.py": "from setuptools import setup\nsetup(name='s')\n"})).lock
        requires = locked.builds["s-1.tar.gz"].environments["linux"].requires
        assert [(r.requirement, r.origin) for r in requires] == [("setuptools>=40.8.0", "default"), ("wheel", "hook")]

    def test_what_only_a_hook_could_tell_is_named(self) -> None:
        setup = "import os\nfrom setuptools import setup\nsetup(name='s', setup_requires=os.environ['X'].split())\n"
        locked = run(spec("s"), self.index(**{"setup.py": setup}))
        assert [(sdist, name) for sdist, name, _ in locked.lock.incomplete()] == [("s-1.tar.gz", "linux")]

    def test_the_spec_can_state_it(self) -> None:
        setup = "import os\nfrom setuptools import setup\nsetup(name='s', setup_requires=os.environ['X'].split())\n"
        build = BuildSpec(requires={canonicalize_name("s"): declare("cython")})
        locked = run(spec("s", build=build), self.index(**{"setup.py": setup})).lock
        requires = locked.builds["s-1.tar.gz"].environments["linux"].requires
        assert ("cython", "override") in [(r.requirement, r.origin) for r in requires]
        assert not list(locked.incomplete())

    def test_build_constraints_hold_in_builds_alone(self) -> None:
        toml = "[build-system]\nrequires = ['flit_core', 'cython']\nbuild-backend = 'flit_core.buildapi'\n"
        index = self.index(**{"pyproject.toml": toml}).wheel("cython", "0.29")
        locked = run(spec("s", "cython", build=BuildSpec(constraints=declare("cython<3"))), index).lock
        closure = locked.closure(locked.builds["s-1.tar.gz"].environments["linux"])
        assert closure["cython"].version == "0.29"
        assert locked.resolutions["linux"]["cython"].version == "3"

    def test_an_sdist_in_a_closure_has_its_own_build(self) -> None:
        toml = "[build-system]\nrequires = ['t']\nbuild-backend = 'flit_core.buildapi'\n"
        index = self.index(**{"pyproject.toml": toml})
        index.sdist(
            "t",
            "1",
            {"pyproject.toml": "[build-system]\nrequires = ['flit_core']\nbuild-backend = 'flit_core.buildapi'\n"},
        )
        locked = run(spec("s"), index).lock
        assert set(locked.builds) == {"s-1.tar.gz", "t-1.tar.gz"}
        assert locked.files_for("linux") == {"s-1.tar.gz", "t-1.tar.gz", "flit_core-3.12-py3-none-any.whl"}


def test_the_bytes_do_not_depend_on_the_order_of_the_pages() -> None:
    index = (
        FakeIndex()
        .wheel("a", "1", "b", "c>1")
        .wheel("a", "2", "b", "c")
        .wheel("b", "1")
        .wheel("c", "1")
        .wheel("c", "2")
    )
    index.wheel("c", "2", build="7").sdist("c", "2", {})
    declared = spec("a", environments=(LINUX, OLD, short("other", "3.12")))
    first, second = (dumps(run(declared, one).lock) for one in (index, index.shuffled()))
    assert first == second
    assert dumps(loads(first)) == first


def test_a_kept_lock_resolves_to_itself() -> None:
    index = (
        FakeIndex()
        .wheel("a", "1", "b")
        .wheel("b", "1")
        .sdist("s", "1", {"setup.py": "from setuptools import setup\nsetup()"})
    )
    index.wheel("setuptools", "80")
    declared = spec("a", "s")
    held = run(declared, index).lock
    newer = index.wheel("setuptools", "81").wheel("b", "2")
    assert dumps(run(declared, newer, previous=Previous(lock=held)).lock) == dumps(held)
    renamed = run(spec("a", "s", environments=(short("new", "3.11"),)), newer, previous=Previous(lock=held)).lock
    assert renamed.closures == held.closures, "builds hold on to theirs as well"
    assert Version(
        run(declared, newer, previous=Previous(lock=held, update=None)).lock.resolutions["linux"]["b"].version
    ) == Version("2")


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        ((), [("", "the lock holds no project: `requirements`, `groups` and `include` ask for none")]),
        (("a ; sys_platform == 'linux'",), [("windows", "no requirement of the spec holds, so no project is locked")]),
        (
            ("a ; sys_platform == 'darwin'",),
            [
                ("linux", "no requirement of the spec holds, so no project is locked"),
                ("windows", "no requirement of the spec holds, so no project is locked"),
            ],
        ),
        (("a",), []),
    ],
    ids=["nothing is asked for", "nothing in one environment", "nothing in any", "something everywhere"],
)
def test_an_environment_that_gets_nothing_is_told(requires: tuple[str, ...], told: list[tuple[str, str]]) -> None:
    locked = run(spec(*requires, environments=(LINUX, WINDOWS)), FakeIndex().wheel("a", "1"))
    assert [(n.environment, n.message) for n in locked.notices if n.kind == "empty"] == told


def test_a_version_that_is_there_as_a_local_one_is_not_missed() -> None:
    with pytest.raises(NoSolution) as caught:
        run(spec("a==1", "a==2"), a().wheel("a", "1+x").wheel("a", "2"))
    assert "there is no" not in str(caught.value)
