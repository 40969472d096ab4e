"""Environments from declarations: tags, markers, what is refused, and what a verdict depends on."""

from __future__ import annotations

import platform
import sys
import sysconfig

import packaging.markers
import packaging.tags
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag

from resolver.environments.evaluate import MOST_TRIALS, Verdict, _holds, accepts_python, claim_of_python, holds
from resolver.environments.expand import expand
from resolver.environments.markers import VARIABLES
from resolver.environments.model import Environment
from resolver.environments.platforms import MACHINES, platform_of
from resolver.errors import InvalidMetadata, SpecError
from resolver.spec.model import RawEnvironment, ShortEnvironment
from tests.support.environments import HERE, environment, short


def declare(python: str, os: str, arch: str, libc: str | None = None, **markers: str) -> ShortEnvironment:
    return ShortEnvironment(
        name="e", origin=HERE, python=tuple(python.split()), os=os, arch=arch, libc=libc, markers=markers
    )


def one(*args: str, **markers: str) -> Environment:
    return expand([declare(*args, **markers)])[0]


def tags(environment: Environment) -> list[str]:
    return [str(tag) for tag in environment.tags]


@pytest.mark.parametrize(
    ("declared", "first", "inside", "outside"),
    [
        (("3.7", "linux", "x86_64", "glibc 2.17"), "cp37-cp37m-linux_x86_64", "cp37-abi3-manylinux1_x86_64", "cp37-cp37m-manylinux_2_18_x86_64"),
        (("3.11", "linux", "x86_64", "glibc 2.28"), "cp311-cp311-linux_x86_64", "cp311-cp311-manylinux2014_x86_64", "cp311-cp311-musllinux_1_1_x86_64"),
        (("3.12", "linux", "aarch64", "musl 1.2"), "cp312-cp312-linux_aarch64", "cp312-cp312-musllinux_1_0_aarch64", "cp312-cp312-manylinux_2_17_aarch64"),
        (("3.12", "linux", "amd64", "glibc-2.34"), "cp312-cp312-linux_x86_64", "cp32-abi3-manylinux_2_5_x86_64", "cp313-cp313-linux_x86_64"),
        (("3.13t", "linux", "x86_64", "glibc 2.28"), "cp313-cp313t-linux_x86_64", "cp313-none-linux_x86_64", "cp313-abi3-linux_x86_64"),
        (("3.15t", "linux", "riscv64", "glibc 2.39"), "cp315-cp315t-linux_riscv64", "cp315-abi3t-manylinux_2_39_riscv64", "cp315-cp315-linux_riscv64"),
        (("pypy3.10", "linux", "x86_64", "glibc 2.28"), "pp310-pypy310_pp73-linux_x86_64", "pp3-none-any", "pp310-abi3-linux_x86_64"),
        (("3.10", "linux", "armv7l", "glibc 2.31"), "cp310-cp310-linux_armv7l", "cp310-cp310-manylinux2014_armv7l", "cp310-cp310-manylinux2010_armv7l"),
        (("3.12", "macos 14", "arm64"), "cp312-cp312-macosx_14_0_arm64", "cp312-cp312-macosx_10_9_universal2", "cp312-cp312-macosx_10_9_arm64"),
        (("3.12", "macos 13", "x86_64"), "cp312-cp312-macosx_13_0_x86_64", "cp312-cp312-macosx_10_9_intel", "cp312-cp312-macosx_14_0_x86_64"),
        (("3.9", "macos 10.15", "x86_64"), "cp39-cp39-macosx_10_15_x86_64", "cp39-cp39-macosx_10_9_universal2", "cp39-cp39-macosx_11_0_x86_64"),
        (("3.13", "windows", "x86_64"), "cp313-cp313-win_amd64", "py3-none-any", "cp313-cp313-win_arm64"),
        (("3.13", "windows", "arm64"), "cp313-cp313-win_arm64", "cp38-abi3-win_arm64", "cp313-cp313-win_amd64"),
        (("3.13", "windows", "x86"), "cp313-cp313-win32", "py30-none-any", "cp313-cp313-win_amd64"),
    ],
)  # fmt: skip
def test_tags(declared: tuple[str, ...], first: str, inside: str, outside: str) -> None:
    found = tags(one(*declared))
    assert found[0] == first
    assert inside in found
    assert outside not in found
    assert found[-1].endswith("-none-any")


@pytest.mark.parametrize(
    ("declared", "markers"),
    [
        (("3.11", "linux", "x86_64", "glibc 2.28"), {"python_full_version": "3.11.0", "sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix"}),
        (("3.11.7", "linux", "x86_64", "glibc 2.28"), {"python_version": "3.11", "python_full_version": "3.11.7", "implementation_version": "3.11.7"}),
        (("3.12", "macos 14", "arm64"), {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"}),
        (("3.13", "windows", "amd64"), {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64", "os_name": "nt"}),
        (("3.13", "windows", "win32"), {"platform_machine": "x86"}),
        (("pypy3.10-7.3.17", "linux", "x86_64", "glibc 2.28"), {"implementation_name": "pypy", "platform_python_implementation": "PyPy", "implementation_version": "7.3.17"}),
    ],
)  # fmt: skip
def test_markers(declared: tuple[str, ...], markers: dict[str, str]) -> None:
    found = one(*declared).markers
    assert set(found) == set(VARIABLES)
    assert {name: found[name] for name in markers} == markers


@pytest.mark.parametrize(
    ("declared", "message", "hint"),
    [
        (("3.6", "linux", "x86_64", "glibc 2.28"), "CPython 3.6 is not supported", "3.7 to"),
        (("3.16", "linux", "x86_64", "glibc 2.28"), "CPython 3.16 is not supported", "to 3.15"),
        (("3.12t", "linux", "x86_64", "glibc 2.28"), "no free-threaded build", "3.13t"),
        (("3." + "9" * 5000, "linux", "x86_64", "glibc 2.28"), "not a Python version", "3.12"),
        (("3.12-7.3.17", "linux", "x86_64", "glibc 2.28"), "only PyPy", "pypy3.10-7.3.17"),
        (("3.7", "windows", "arm64"), "never made for Windows on arm64", "3.11"),
        (("3.12", "linux", "x86_64", "glibc 2.99999999"), "not a C library and its version", "glibc 2.28"),
        (("3.12", "linux", "aarch64", "glibc 2.12"), "glibc before 2.17", "glibc 2.28"),
        (("3.12", "macos 99999999", "arm64"), "names no release", "macos 14"),
        (("3.12", "macos 10.17", "x86_64"), "names no release", "macos 10.15"),
        (("three", "linux", "x86_64", "glibc 2.28"), "not a Python version", "3.12"),
        (("2.7", "linux", "x86_64", "glibc 2.28"), "CPython 2.7 is not supported", "CPython 3.7 to 3.15"),
        (("3.12", "linux", "x86_64"), "is missing", "glibc 2.28"),
        (("3.12", "linux", "x86_64", "uclibc 1.0"), "not a C library", "musl 1.2"),
        (("3.12", "linux", "x86_64", "musl 2.0"), "no wheel is built for musl 2", "musl 1.x"),
        (("3.12", "linux", "x68_64", "glibc 2.28"), "'x68_64' is not known", "'x86_64'"),
        (("3.12", "linnux", "x86_64", "glibc 2.28"), "unknown system", "'linux'"),
        (("3.12", "android", "aarch64"), "unknown system", "`markers` and `tags`"),
        (("3.12", "linux 5", "x86_64", "glibc 2.28"), "no version here", "glibc"),
        (("3.12", "macos", "arm64"), "names no release", "macos 14"),
        (("3.12", "macos 10.15", "arm64"), "never ran on arm64", "macos 11"),
        (("3.12", "macos 14", "arm64", "glibc 2.28"), "no choice of C library", "leave libc out"),
        (("3.12", "windows 11", "amd64"), "no versions of Windows", "windows"),
        (("3.12", "windows", "s390x"), "is not known", "amd64"),
    ],
)
def test_what_cannot_be_is_refused(declared: tuple[str, ...], message: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        one(*declared)
    [problem] = caught.value.problems
    assert message in problem.message
    assert hint in problem.hint or hint in problem.message
    assert (problem.file, problem.line) == ("spec.yaml", 1)


def test_all_problems_are_told_at_once_and_names_may_not_clash() -> None:
    with pytest.raises(SpecError) as caught:
        expand(
            [
                declare("3.6", "linux", "x86_64", "glibc 2.28"),
                short("a", "3.12"),
                short("a", "3.13"),
                declare("3.12", "bsd", "x86_64"),
            ]
        )
    assert [p.message for p in caught.value.problems][1] == "a second environment is called 'a'"
    assert len(caught.value.problems) == 3


def test_every_fault_of_one_environment_is_told_once_and_in_its_place() -> None:
    with pytest.raises(SpecError) as caught:
        one("3.6 3.12 3.99", "linux", "x68_64", "glibc 2.28", platform_relaese="5", python_full_version="3")
    assert [(p.path, p.hint[:40]) for p in caught.value.problems] == [
        ("test.markers.platform_relaese", "did you mean 'platform_release'?"),
        ("test.markers.python_full_version", "such as 3.12.4"),
        ("test.arch", "did you mean 'x86_64'? one of x86_64, aa"),
        ("test.python", "CPython 3.7 to 3.15"),
        ("test.python", "CPython 3.7 to 3.15"),
    ]


@pytest.mark.parametrize(
    ("python", "markers", "message"),
    [
        ("3.11", {"python_full_version": "3.12.4"}, "3.12.4 is no release of Python 3.11"),
        ("3.11", {"implementation_version": "3.12.4"}, "3.12.4 is no release of Python 3.11"),
        ("3.11.7", {"python_full_version": "3.11.8"}, "is '3.11.7' here, not '3.11.8'"),
        ("3.11", {"python_full_version": "3.11.7", "implementation_version": "3.11.8"}, "for CPython they are one"),
        ("3.11", {"sys_platform": "darwin"}, "sys_platform is 'linux' here, not 'darwin'"),
    ],
)
def test_stated_markers_may_not_contradict_the_rest(python: str, markers: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        one(python, "linux", "x86_64", "glibc 2.28", **markers)


def test_a_contradiction_that_every_python_of_a_list_has_is_told_once() -> None:
    with pytest.raises(SpecError) as caught:
        one("3.11 3.12", "linux", "x86_64", "glibc 2.28", sys_platform="darwin")
    assert len(caught.value.problems) == 1


def test_a_stated_patch_level_settles_both_versions_of_a_cpython() -> None:
    found = one("3.11", "linux", "x86_64", "glibc 2.28", python_full_version="3.11.7")
    assert found.markers["implementation_version"] == "3.11.7"
    assert found.assumed == {"platform_release", "platform_version"}
    pypy = one("pypy3.10", "linux", "x86_64", "glibc 2.28", python_full_version="3.10.14")
    assert pypy.assumed == {"platform_release", "platform_version", "implementation_version"}


def test_several_pythons_make_several_environments() -> None:
    found = expand([declare("3.11 3.12 3.13t pypy3.10", "linux", "x86_64", "glibc 2.28")])
    assert [e.name for e in found] == ["e-py311", "e-py312", "e-py313t", "e-pypy310"]
    assert [e.declared["python"] for e in found] == ["3.11", "3.12", "3.13t", "pypy3.10"]


class TestRaw:
    def raw(self, markers: dict[str, str], *tags: str) -> Environment:
        return expand([RawEnvironment(name="r", origin=HERE, markers=markers, tags=tags)])[0]

    def test_what_follows_is_filled_in_and_the_rest_is_assumed(self) -> None:
        found = self.raw(
            {"python_version": "3.8", "sys_platform": "linux"}, "cp38-cp38-manylinux2014_x86_64", "py2.py3-none-any"
        )
        assert [str(t) for t in found.tags] == ["cp38-cp38-manylinux2014_x86_64", "py2-none-any", "py3-none-any"]
        assert found.markers["os_name"] == "posix"
        assert found.assumed == {
            "python_full_version", "implementation_version", "platform_release", "platform_version",
        }  # fmt: skip
        assert found.markers["platform_machine"] == "x86_64"  # every platform tag says so
        assert set(found.markers) == set(VARIABLES)

    def test_where_tags_do_not_agree_nothing_follows_from_them(self) -> None:
        found = self.raw({"python_version": "3.8", "sys_platform": "plan9"}, "py3-none-any")
        guessed = {"platform_machine", "platform_system", "os_name", "implementation_name"}
        assert guessed <= found.assumed
        assert holds(Marker('implementation_name == "cpython"'), found).assumed == {"implementation_name"}
        mixed = self.raw({"python_version": "3.12", "sys_platform": "win32"}, "cp312-none-win32", "py3-none-win_amd64")
        assert "platform_machine" in mixed.assumed

    def test_pypy_is_known_by_its_tags(self) -> None:
        found = self.raw({"python_version": "3.10", "sys_platform": "linux"}, "pp310-pypy310_pp73-linux_aarch64")
        assert found.markers["platform_python_implementation"] == "PyPy"
        assert found.markers["platform_machine"] == "aarch64"

    @pytest.mark.parametrize(
        ("markers", "message"),
        [
            ({"python_version": "abc"}, "'abc' is not a version"),
            ({"python_version": "3"}, "'3' is not a version"),
            ({"python_version": "3.8rc1"}, "'3.8rc1' is not a version as python_version has it"),
            ({"python_full_version": "1!3.8.1"}, "'1!3.8.1' is not a version as python_full_version has it"),
            ({"python_full_version": "3.9.1"}, "3.9.1 is no release of Python 3.8"),
            ({"os_name": "nt"}, "os_name is 'posix' here, not 'nt'"),
            ({"implementation_name": "pypy", "platform_python_implementation": "CPython"}, "is 'PyPy' here"),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, markers: dict[str, str], message: str) -> None:
        with pytest.raises(SpecError, match=message):
            self.raw({"python_version": "3.8", "sys_platform": "linux", **markers}, "py3-none-any")

    def test_every_bad_tag_is_told(self) -> None:
        with pytest.raises(SpecError) as caught:
            self.raw({"python_version": "3.8", "sys_platform": "linux"}, "a", "py3-none-any", "b-c-d-e", "x--any")
        assert [p.message for p in caught.value.problems] == [
            "'a' is no tag", "'b-c-d-e' is no tag", "'x--any' is no tag",
        ]  # fmt: skip

    def test_too_little_is_refused(self) -> None:
        with pytest.raises(SpecError, match="python_version and sys_platform must be stated"):
            self.raw({}, "py3-none-any")
        with pytest.raises(SpecError, match="'nonsense' is no tag"):
            self.raw({"python_version": "3.8", "sys_platform": "linux"}, "nonsense")
        with pytest.raises(SpecError, match="did you mean 'python_version'"):
            self.raw({"pythonversion": "3.8"}, "py3-none-any")


class TestEvaluate:
    def test_a_verdict_says_on_what_it_hangs(self) -> None:
        marker = Marker('python_full_version < "3.11.3"')
        assert holds(marker, one("3.11", "linux", "x86_64", "glibc 2.28")).assumed == {"python_full_version"}
        assert holds(marker, one("3.12", "linux", "x86_64", "glibc 2.28")).assumed == frozenset()
        exact = holds(marker, one("3.11.7", "linux", "x86_64", "glibc 2.28"))
        assert (exact.value, exact.assumed) == (False, frozenset())

    def test_an_open_kernel_release_counts_and_a_stated_one_does_not(self) -> None:
        marker = Marker('"microsoft" in platform_release')
        assert holds(marker, one("3.11", "linux", "x86_64", "glibc 2.28")).assumed == {"platform_release"}
        stated = one("3.11", "linux", "x86_64", "glibc 2.28", platform_release="5.15-microsoft")
        assert holds(marker, stated).value
        assert not holds(marker, stated).assumed

    @pytest.mark.parametrize(
        ("system", "marker", "value", "hangs"),
        [
            ("macos 14", 'platform_release >= "11.0"', True, False),
            ("macos 14", 'platform_release >= "23.0"', True, False),
            ("macos 14", 'platform_release >= "23.4"', False, True),
            ("macos 14", 'platform_release < "18.0"', False, False),
            ("macos 14.5", 'platform_release >= "24.0"', False, True),
            ("macos 10.9", 'platform_release >= "13.0" and platform_release < "14.0"', True, True),
            ("macos 10.15", 'platform_release >= "19.0"', True, False),
            ("macos 11", 'platform_release >= "20.0"', True, False),
            ("macos 15", 'platform_release >= "24.0"', True, False),
            ("macos 26", 'platform_release >= "25.0"', True, False),
            ("macos 27", 'platform_release >= "27.0"', False, True),
            ("macos 14", '"beta" in platform_release', False, True),
        ],
    )
    def test_a_release_of_macos_has_no_older_kernel(self, system: str, marker: str, value: bool, hangs: bool) -> None:
        verdict = holds(marker, one("3.13", system, "x86_64"))
        assert (verdict.value, bool(verdict.assumed)) == (value, hangs)

    def test_a_kernel_that_is_stated_counts_on_macos_too(self) -> None:
        stated = one("3.13", "macos 14", "arm64", platform_release="25.1.0")
        assert holds('platform_release >= "25.0"', stated) == Verdict(value=True)
        assert one("3.13", "macos 14", "arm64").markers["platform_release"] == ""

    def test_a_hole_does_not_exclude_a_minor_version(self) -> None:
        verdict = accepts_python(SpecifierSet(">=3.7,!=3.9.0,!=3.9.1"), one("3.9", "linux", "x86_64", "glibc 2.28"))
        assert verdict.value
        assert verdict.assumed
        later = accepts_python(SpecifierSet(">=3.9.2"), one("3.9", "linux", "x86_64", "glibc 2.28"))
        assert (later.value, bool(later.assumed)) == (False, True)
        assert not accepts_python(SpecifierSet("!=3.9.0"), one("3.9.0", "linux", "x86_64", "glibc 2.28")).value
        assert not accepts_python(SpecifierSet(">=3.10"), one("3.9", "linux", "x86_64", "glibc 2.28")).value

    @pytest.mark.parametrize(("claim", "admitted"), [(">=3.15", True), ("~=3.15", True), ("<3.15", False)])
    def test_a_coming_python_is_judged_as_the_release_that_it_will_be(self, claim: str, admitted: bool) -> None:
        coming = one("3.15", "linux", "x86_64", "glibc 2.28", python_full_version="3.15.0b1")
        assert accepts_python(SpecifierSet(claim), coming).value == admitted

    @pytest.mark.parametrize(
        ("python", "marker", "assumed"),
        [
            ("3.11", 'python_full_version >= "3.11.3" and implementation_version >= "3.11.3"',
             {"python_full_version", "implementation_version"}),
            ("3.11", 'python_full_version >= "3.11.3" and platform_release == "x"',
             {"python_full_version", "platform_release"}),
            ("3.11", 'python_full_version >= "3.11.3" and sys_platform == "win32"', set()),
            ("3.11", 'python_full_version >= "3.11.3" or sys_platform == "linux"', set()),
            ("3.11", '"python_full_version" == sys_platform', set()),
            ("3.11", 'python_full_version >= "3.11.0" and platform_release != "x"', {"platform_release"}),
            ("3.11", 'platform_release < "5.10"', {"platform_release"}),
            ("3.11", 'platform_release > "5.10"', {"platform_release"}),
            ("3.11", 'platform_version not in "a b"', {"platform_version"}),
            ("pypy3.10", 'implementation_version >= "7.3.10"', {"implementation_version"}),
            ("pypy3.10", 'python_full_version >= "3.10.14"', {"python_full_version"}),
            ("pypy3.10-7.3.17", 'implementation_version >= "7.3.10"', set()),
        ],
    )  # fmt: skip
    def test_open_values_are_moved_together(self, python: str, marker: str, assumed: set[str]) -> None:
        assert holds(Marker(marker), one(python, "linux", "x86_64", "glibc 2.28")).assumed == assumed

    def test_a_marker_with_too_many_combinations_counts_as_hanging_on_all_it_mentions(self) -> None:
        words = [f'platform_release != "r{i}" and platform_version != "v{i}"' for i in range(MOST_TRIALS // 64)]
        verdict = holds(Marker(" and ".join(words)), one("3.11", "linux", "x86_64", "glibc 2.28"))
        assert verdict == Verdict(value=True, assumed=frozenset({"platform_release", "platform_version"}))

    def test_a_marker_without_an_answer_is_an_error_that_shows_it(self) -> None:
        for text in ('sys_platform ~= "linux"', '"socks" in extras'):
            with pytest.raises(InvalidMetadata, match="has no answer"):
                holds(Marker(text), environment())

    def test_extras(self) -> None:
        marker = Marker('extra == "socks" and sys_platform == "linux"')
        assert holds(marker, environment(), "socks").value
        assert not holds(marker, environment()).value


@pytest.mark.parametrize("arch", MACHINES["linux"])
@given(minor=st.integers(7, 15), libc=st.integers(17, 45), musl=st.integers(0, 5))
def test_a_linux_never_gets_the_files_of_another(arch: str, minor: int, libc: int, musl: int) -> None:
    for family, own, other in (
        (f"glibc 2.{libc}", "manylinux", "musllinux"),
        (f"musl 1.{musl}", "musllinux", "manylinux"),
    ):
        found = one(f"3.{minor}", "linux", arch, family).tags
        assert len(set(found)) == len(found)
        platforms = {tag.platform for tag in found} - {"any", f"linux_{arch}"}
        assert all(p.startswith(own) and p.endswith(f"_{arch}") for p in platforms)
        assert not any(p.startswith(other) for p in platforms)
        versions = [tuple(map(int, p.split("_")[1:3])) for p in platforms if p.split("_")[1].isdigit()]
        assert max(versions) == tuple(map(int, family.split()[1].split(".")))
        assert found[-1] == Tag("py30", "none", "any")


@given(major=st.integers(11, 26), minor=st.integers(7, 15), arch=st.sampled_from(MACHINES["macos"]))
def test_a_mac_prefers_its_own_machine_and_its_own_release(major: int, minor: int, arch: str) -> None:
    found = tags(one(f"3.{minor}", f"macos {major}", arch))
    abi = f"cp3{minor}-cp3{minor}{'m' if minor < 8 else ''}"
    assert found.index(f"{abi}-macosx_{major}_0_{arch}") < found.index(f"{abi}-macosx_{major}_0_universal2")
    assert not [tag for tag in found if f"macosx_{major + 1}_" in tag]
    assert not [tag for tag in found if tag.endswith({"arm64": "x86_64", "x86_64": "_arm64"}[arch])]


def test_the_host_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = [
        declare("3.11 pypy3.10", "linux", "x86_64", "glibc 2.28"),
        ShortEnvironment(name="m", origin=HERE, python=("3.12",), os="macos 14", arch="arm64"),
        ShortEnvironment(name="w", origin=HERE, python=("3.13",), os="windows", arch="amd64"),
    ]
    marker = Marker('sys_platform == "linux" and platform_machine == "x86_64" and python_version < "3.12"')

    def outcome() -> list[object]:
        return [(e.name, e.tags, dict(e.markers), holds(marker, e).value) for e in expand(declared)]

    before = outcome()

    monkeypatch.setattr(platform, "machine", lambda: "pdp11")
    monkeypatch.setattr(platform, "system", lambda: "Plan 9")
    monkeypatch.setattr(platform, "mac_ver", lambda *_: ("1.0", ("", "", ""), "ppc"))
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "plan9-pdp11")
    monkeypatch.setattr(sys, "platform", "plan9")
    monkeypatch.setattr(packaging.markers, "default_environment", lambda: dict.fromkeys(VARIABLES, "plan9"))
    for probe in ("sys_tags", "platform_tags", "interpreter_name", "interpreter_version", "_get_config_var"):
        monkeypatch.setattr(packaging.tags, probe, _forbidden)
    _holds.cache_clear()
    assert outcome() == before


def _forbidden(*_: object, **__: object) -> None:
    raise AssertionError("the host was asked")


@pytest.mark.parametrize("minor", range(7, 16))
def test_the_order_is_that_of_packaging(minor: int) -> None:
    """Its parametrised functions, which do not ask the host once every argument is given."""
    for threaded in (False, True) if minor >= 13 else (False,):
        found = one(f"3.{minor}{'t' if threaded else ''}", "windows", "amd64").tags
        abi = f"cp3{minor}" + ("t" if threaded else "m" if minor < 8 else "")
        theirs = [*packaging.tags.cpython_tags((3, minor), [abi], ["win_amd64"])]
        theirs += packaging.tags.compatible_tags((3, minor), f"cp3{minor}", ["win_amd64"])
        assert list(found) == theirs
    if minor < 12:
        theirs = [*packaging.tags.generic_tags(f"pp3{minor}", [f"pypy3{minor}_pp73"], ["win_amd64"])]
        theirs += packaging.tags.compatible_tags((3, minor), "pp3", ["win_amd64"])
        assert list(one(f"pypy3.{minor}", "windows", "amd64").tags) == theirs


@pytest.mark.parametrize("arch", MACHINES["macos"])
def test_macs_are_those_of_packaging(arch: str) -> None:
    for major, minor in [*((10, m) for m in range(17) if arch == "x86_64"), *((m, 3) for m in range(11, 30))]:
        theirs = list(packaging.tags.mac_platforms((major, minor), arch))
        assert platform_of(f"macos {major}.{minor}", arch, None).tags == tuple(theirs)


@pytest.mark.parametrize("claim", [">=3.6.*", "UNKNOWN", ">=" + "9" * 5000])
def test_a_claim_of_python_that_cannot_be_read_is_none(claim: str) -> None:
    assert claim_of_python(claim, one("3.11", "linux", "x86_64", "glibc 2.28")) is None
