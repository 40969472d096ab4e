"""Packages that are known to be hard to choose, resolved through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.real_packages import Case, check

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
@pytest.mark.parametrize("case", [*CHOICES, *BROKEN], ids=str)
def test_real_packages(case: Case, tmp_path: Path, downloads: Path) -> None:
    check(case, tmp_path, downloads)
