"""Environments from declarations: tags, markers, what is refused, and what an answer hangs on."""

from __future__ import annotations

import platform
import sys
import sysconfig

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag

from resolver.environments.evaluate import accepts_python, holds
from resolver.environments.expand import VARIABLES, expand
from resolver.environments.model import Environment
from resolver.environments.platforms import MACHINES
from resolver.errors import SpecError
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
        (("three", "linux", "x86_64", "glibc 2.28"), "not a Python version", "3.12"),
        (("3.12", "linux", "x86_64"), "is missing", "glibc 2.28"),
        (("3.12", "linux", "x86_64", "uclibc 1.0"), "not a C library", "musl 1.2"),
        (("3.12", "linux", "x86_64", "musl 2.0"), "no wheel is built for musl 2", "musl 1.x"),
        (("3.12", "linux", "x68_64", "glibc 2.28"), "'x68_64' is not known", "'x86_64'"),
        (("3.12", "linnux", "x86_64", "glibc 2.28"), "unknown system", "'linux'"),
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


def test_several_pythons_make_several_environments() -> None:
    found = expand([declare("3.11 3.12 3.13t pypy3.10", "linux", "x86_64", "glibc 2.28")])
    assert [e.name for e in found] == ["e-py311", "e-py312", "e-py313t", "e-pypy310"]


class TestRaw:
    def raw(self, markers: dict[str, str], *tags: str) -> Environment:
        return expand([RawEnvironment(name="r", origin=HERE, markers=markers, tags=tags)])[0]

    def test_what_follows_is_filled_in_and_the_rest_is_assumed(self) -> None:
        found = self.raw(
            {"python_version": "3.8", "sys_platform": "linux"}, "cp38-cp38-manylinux2014_x86_64", "py2.py3-none-any"
        )
        assert [str(t) for t in found.tags] == ["cp38-cp38-manylinux2014_x86_64", "py2-none-any", "py3-none-any"]
        assert found.markers["os_name"] == "posix"
        assert {"python_full_version", "platform_machine"} <= found.assumed
        assert set(found.markers) == set(VARIABLES)

    def test_too_little_is_refused(self) -> None:
        with pytest.raises(SpecError, match="python_version and sys_platform must be stated"):
            self.raw({}, "py3-none-any")
        with pytest.raises(SpecError, match="'nonsense' is no tag"):
            self.raw({"python_version": "3.8", "sys_platform": "linux"}, "nonsense")
        with pytest.raises(SpecError, match="did you mean 'python_version'"):
            self.raw({"pythonversion": "3.8"}, "py3-none-any")


class TestEvaluate:
    def test_an_answer_says_on_what_it_hangs(self) -> None:
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

    def test_a_hole_does_not_exclude_a_minor_version(self) -> None:
        answer = accepts_python(SpecifierSet(">=3.7,!=3.9.0,!=3.9.1"), one("3.9", "linux", "x86_64", "glibc 2.28"))
        assert answer.value
        assert answer.assumed
        assert not accepts_python(SpecifierSet("!=3.9.0"), one("3.9.0", "linux", "x86_64", "glibc 2.28")).value
        assert not accepts_python(SpecifierSet(">=3.10"), one("3.9", "linux", "x86_64", "glibc 2.28")).value

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
    assert outcome() == before
