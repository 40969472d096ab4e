"""Which Python answers for an environment, and what of it is another than the environment's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from resolver.environments.expand import expand
from resolver.environments.model import Environment
from resolver.errors import NoSandbox
from resolver.sandbox.interpreters import differences, find, host_environment, nearest
from resolver.spec.model import RawEnvironment
from tests.support.environments import ALPINE, HERE, LINUX, MAC, WINDOWS, environment, short
from tests.support.pythons import python

HERE_ARE = [
    python("3.9.18"),
    python("3.11.2"),
    python("3.11.7"),
    python("3.13.0"),
    python("3.13.0", freethreaded=True),
    python("3.10.14", "pypy"),
]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("3.11", "cpython-3.11.7"),
        ("3.11.2", "cpython-3.11.2"),
        ("3.11.9", "cpython-3.11.7"),
        ("3.10", "cpython-3.11.7"),
        ("3.8", "cpython-3.9.18"),
        ("3.12", "cpython-3.13.0"),
        ("3.15", "cpython-3.13.0"),
        ("3.13t", "cpython-3.13.0t"),
        ("3.14t", "cpython-3.13.0t"),
        ("pypy3.10", "pypy-3.10.14"),
        ("pypy3.9", "pypy-3.10.14"),
    ],
)
def test_the_nearest_python_answers(wanted: str, chosen: str) -> None:
    for order in (HERE_ARE, HERE_ARE[::-1]):
        assert nearest(order, environment(short("e", wanted))).executable.name == chosen


def test_cpython_stands_in_for_pypy() -> None:
    assert nearest(HERE_ARE[:4], environment(short("e", "pypy3.10"))).version == "3.11.7"


def test_of_two_alike_it_is_always_the_same() -> None:
    twins = [python("3.11.7", place="b"), python("3.11.7", place="a")]
    assert (
        nearest(twins, environment()).executable
        == nearest(twins[::-1], environment()).executable
        == Path("/a/cpython-3.11.7")
    )


def test_without_any_python_it_says_so() -> None:
    with pytest.raises(NoSandbox, match=r"no Python 3\.8 or newer"):
        nearest([], environment())


@pytest.mark.parametrize(
    ("version", "declared"),
    [("3.14.2", "3.14.2t"), ("3.14.2+", "3.14.2t"), ("3.15.0b1", "3.15.0t"), ("3.15.0b1+", "3.15.0t")],
)
def test_a_python_between_releases_is_taken_for_the_release(version: str, declared: str) -> None:
    found = host_environment(python(version, freethreaded=True))
    assert found.declared["python"] == declared
    assert found.name.endswith(f"{version}t"), "answers of another build are not its own"


@pytest.mark.parametrize("error", [RuntimeError("Could not determine home directory."), PermissionError(13, "no")])
def test_a_user_without_a_home_has_the_pythons_on_the_path(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def expanduser(path: Path) -> NoReturn:
        raise error

    def ask(executable: str) -> str:
        asked.append(executable)
        return ""

    asked: list[str] = []
    monkeypatch.setattr("pathlib.Path.expanduser", expanduser)
    assert find(ask) == ()
    assert os.path.realpath(sys.executable) in asked


def test_a_c_library_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    monkeypatch.setattr("packaging.tags.platform_tags", lambda: iter(["linux_x86_64", "musllinux_1_2_x86_64"]))
    assert host_environment(python("3.12.1")).declared["libc"] == "musl 1.2"
    monkeypatch.setattr("packaging.tags.platform_tags", lambda: iter(["linux_x86_64"]))
    with pytest.raises(NoSandbox, match="neither glibc nor musl"):
        host_environment(python("3.12.1"))


def raw(markers: dict[str, str], *tags: str) -> Environment:
    return expand([RawEnvironment(name="raw", origin=HERE, markers=markers, tags=tags)])[0]


THIS = short("this", "3.11.7", libc="glibc 2.36")


@pytest.mark.parametrize(
    ("target", "differ"),
    [
        (environment(LINUX), ()),
        (environment(short("e", "3.11.7")), ()),
        (environment(short("e", "3.11.2")), ("python",)),
        (environment(short("e", "3.12")), ("python",)),
        (environment(short("e", "pypy3.11")), ("python",)),
        (environment(short("e", "3.11", libc="musl 1.2")), ("libc",)),
        (environment(short("e", "3.11", arch="aarch64")), ("arch",)),
        (environment(ALPINE), ("python", "arch", "libc")),
        (environment(MAC), ("python", "os", "arch")),
        (environment(WINDOWS), ("python", "os")),
        (
            raw(
                {"python_version": "3.11", "sys_platform": "linux", "platform_machine": "x86_64"},
                "cp311-cp311-manylinux2014_x86_64",
            ),
            (),
        ),
        (
            raw(
                {"python_version": "3.11", "sys_platform": "win32", "platform_machine": "AMD64"},
                "cp311-cp311-win_amd64",
            ),
            ("os",),
        ),
    ],
)
def test_what_differs_is_named(target: Environment, differ: tuple[str, ...]) -> None:
    assert differences(environment(THIS), target) == differ
