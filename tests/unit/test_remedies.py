"""Reasons of failed builds, and the line of the spec that each leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.utils import NormalizedName

from resolver.cli.proof import details
from resolver.lock.describe import describe_gaps
from resolver.lock.model import BuildRequirement
from resolver.lock.remedies import remedy
from resolver.spec.load import load
from resolver.verify.builds import ReplayedBuild
from resolver.verify.replay import Replayed
from tests.unit.lock_examples import KEEL_SDIST, example, sdist

FAILED = "its setup.py fails without a network and without tools: "
PIP = "'/env/bin/python', '-m', 'pip', '--disable-pip-version-check', 'wheel', '--no-deps', '-w', '/tmp/t', '--quiet'"


@pytest.mark.parametrize(
    ("reason", "requirement"),
    [
        ("error in old-one setup command: use_2to3 is invalid.", "setuptools<58"),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "setuptools<82"),
        ("ModuleNotFoundError: No module named 'pkg_resources.extern'", "setuptools<82"),
        ("ModuleNotFoundError: No module named 'distutils.msvccompiler'", "setuptools<74"),
        ("ImportError: cannot import name 'msvccompiler' from 'distutils' (/env/lib/x)", "setuptools<74"),
        ("Cython.Compiler.Errors.CompileError: old/tree.pyx", "cython<3"),
        ("AttributeError: 'build_ext' object has no attribute 'cython_sources'", "cython<3"),
        ("ImportError: cannot import name 'Feature' from 'setuptools' (/env/lib/x)", "setuptools<46"),
        ("ImportError: cannot import name '_get_unpatched' from 'setuptools.dist' (/env/x)", "setuptools<68"),
        ("ImportError: cannot import name 'convert_path' from 'setuptools' (/env/lib/x)", "setuptools<70"),
        ("AttributeError: module 'setuptools' has no attribute 'convert_path'", "setuptools<70"),
        ("AttributeError: module 'distutils.sysconfig' has no attribute '_init_posix'", "setuptools<61"),
        ("NameError: name 'CCompiler' is not defined. Did you mean: 'ccompiler'?", "setuptools<75.9"),
        ("ModuleNotFoundError: No module named 'setuptools.extern.packaging'", "setuptools<71"),
        ("ModuleNotFoundError: No module named 'setuptools.command.upload'", "setuptools<75"),
        ("ModuleNotFoundError: No module named 'setuptools.sandbox'", "setuptools<80"),
        ("ModuleNotFoundError: No module named 'setuptools.package_index'", "setuptools<80.3"),
        (f"distutils.errors.DistutilsError: Command '[{PIP}, 'numpy>=1.7']' returned non-zero", "numpy>=1.7"),
        ("DistutilsError: Could not find suitable distribution for Requirement.parse('pbr>=2')", "pbr>=2"),
        ("ModuleNotFoundError: No module named 'numpy'", "numpy"),
        ("ModuleNotFoundError: No module named 'numpy.distutils'", "numpy"),
        ("ModuleNotFoundError: No module named 'Cython.Build'", "cython"),
        ("ModuleNotFoundError: No module named 'skbuild'", "scikit-build"),
    ],
)
def test_what_is_missing_leads_to_a_line_that_the_spec_accepts(reason: str, requirement: str) -> None:
    found = remedy("old-one", FAILED + reason)
    assert found is not None
    entry = found.split("`")[1]
    machine = "{python: '3.11', os: linux, arch: x86_64, libc: glibc 2.28}"
    spec = f"version: 1\nenvironments: {{l: {machine}}}\nrequirements: [a]\n{entry}\n"
    stated = load("spec.yaml", lambda _: spec.encode()).build.requires[NormalizedName("old-one")]
    assert [str(declared.requirement) for declared in stated] == [requirement]


@pytest.mark.parametrize(
    "reason",
    [
        "ValueError: no",
        "No module named 'distutils'",
        "No module named 'old_one'",
        "No module named 'anybodys'",
        f"Command '[{PIP}, 'no requirement']' returned non-zero",
        f"Command '[{PIP}, 'old_one']' returned non-zero",
        "",
    ],
)
def test_of_the_rest_nothing_is_guessed(reason: str) -> None:
    assert remedy("old-one", FAILED + reason) is None


def test_it_stands_below_the_reason_that_it_is_for() -> None:
    lock = example()
    keel = lock.builds[KEEL_SDIST.filename]
    ((environment, built),) = keel.environments.items()
    built = replace(built, unknown=f"{FAILED}No module named 'numpy'")
    broken = replace(lock, builds={KEEL_SDIST.filename: replace(keel, environments={environment: built})})
    assert [line.strip() for line in describe_gaps(broken)[0].splitlines()] == [
        f"{KEEL_SDIST.filename} for {environment}:",
        f"{FAILED}No module named 'numpy'",
        'hint: if its build imports numpy without asking for it: `build: {requires: {keel: ["numpy"]}}` in the spec',
    ]


@pytest.mark.parametrize(
    ("project", "reason"),
    [
        ("numpy", "No module named 'numpy'"),
        ("setuptools", "error in setuptools setup command: use_2to3 is invalid."),
        ("setuptools", "No module named 'pkg_resources'"),
        ("cython", "Cython.Compiler.Errors.CompileError: Cython/Plex/Scanners.pyx"),
    ],
)
def test_nothing_is_built_with_itself(project: str, reason: str) -> None:
    assert remedy(project, FAILED + reason) is None


def test_an_older_release_is_said_to_be_what_it_was_written_for() -> None:
    assert remedy("old-one", "Cython.Compiler.Errors.CompileError: old/tree.pyx") == (
        'if it was written for Cython before 3: `build: {requires: {old-one: ["cython<3"]}}` in the spec'
    )


def test_a_build_without_cargo_is_told_how_to_name_it() -> None:
    reason = "the build requirements of old-one 1 cannot be met:\n  puccinialin: no release meets\n      puccinialin"
    found = remedy("old-one", reason)
    assert found is not None
    assert found.startswith("it asks for puccinialin where it finds no cargo: ")
    entry = found.split("`")[1]
    machine = "{python: '3.8', os: linux, arch: x86_64, libc: glibc 2.28}"
    spec = f"version: 1\nenvironments: {{l: {machine}}}\nrequirements: [a]\n{entry}\n"
    assert load("spec.yaml", lambda _: spec.encode()).build.system == {NormalizedName("old-one"): ("cargo",)}


def test_an_entry_repeats_what_it_would_take_the_place_of() -> None:
    marked = 'tomli>=2; python_version < "3.11"'
    known = [
        BuildRequirement(requirement="setuptools>=40.8.0", origin="default"),
        BuildRequirement(requirement="six", origin="hook", evidence="setup.py"),
        BuildRequirement(requirement=marked, origin="hook"),
        BuildRequirement(requirement="numpy<2", origin="override"),
    ]
    found = remedy("old-one", FAILED + "No module named 'pkg_resources'", known)
    assert found is not None
    entry = found.split("`")[1]
    machine = "{python: '3.11', os: linux, arch: x86_64, libc: glibc 2.28}"
    spec = f"version: 1\nenvironments: {{l: {machine}}}\nrequirements: [a]\n{entry}\n"
    stated = load("spec.yaml", lambda _: spec.encode()).build.requires[NormalizedName("old-one")]
    assert [str(declared.requirement) for declared in stated] == [marked, "numpy<2", "setuptools<82"]


def test_a_gap_and_a_failed_build_know_what_was_told_before() -> None:
    lock = example()
    keel = lock.builds[KEEL_SDIST.filename]
    ((environment, built),) = keel.environments.items()
    told = (*built.requires, BuildRequirement(requirement="cmake", origin="hook"))
    built = replace(built, requires=told, unknown=f"{FAILED}No module named 'numpy'")
    broken = replace(lock, builds={KEEL_SDIST.filename: replace(keel, environments={environment: built})})
    failed = ReplayedBuild(sdist=KEEL_SDIST.filename, failure="No module named 'numpy'")
    replayed = Replayed(environment=environment, builds=(failed,))
    for text in (describe_gaps(broken)[0], "\n".join(details(broken, [replayed], None))):
        assert '["cmake", "numpy"]' in text


@pytest.mark.parametrize(("needed", "hinted"), [("mast-1.0.tar.gz", "mast: ["), ("rudder-1.0.tar.gz", None)])
def test_a_hint_is_for_the_sdist_that_failed_and_not_for_the_one_that_needs_it(needed: str, hinted: str | None) -> None:
    lock = example()
    keel = lock.builds[KEEL_SDIST.filename]
    ((environment, built),) = keel.environments.items()
    mast = sdist("mast", "1.0")
    reason = f"its setup.py was not run: {needed}, which it needs, cannot be built: No module named 'numpy'"
    builds = {
        KEEL_SDIST.filename: replace(keel, environments={environment: replace(built, unknown=reason)}),
        mast.filename: replace(keel, environments={environment: built}),
    }
    broken = replace(lock, artifacts={**lock.artifacts, mast.filename: mast}, builds=builds)
    (gap,) = describe_gaps(broken)
    assert "keel: [" not in gap
    assert ("hint: " in gap) == (hinted is not None)
    assert hinted is None or hinted in gap


@pytest.mark.parametrize(
    ("reason", "is_old"),
    [
        ("SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? in `print \"no\"`", True),
        ("SyntaxError: multiple exception types must be parenthesized in `except IOError, e:`", True),
        ("SyntaxError: invalid syntax in `except (IOError, os.error), e:`", True),
        ("SyntaxError: invalid syntax in `raise ValueError, 'no'`", True),
        ("NameError: name 'execfile' is not defined", True),
        ("ModuleNotFoundError: No module named 'ConfigParser'", True),
        ("SyntaxError: invalid syntax in `match version:`", False),
        ("SyntaxError: invalid syntax in `print(version, x=)`", False),
        ("NameError: name 'version' is not defined", False),
    ],
)
def test_code_for_python_2_is_called_that(reason: str, is_old: bool) -> None:
    found = remedy("old-one", FAILED + reason)
    assert (found is not None and "Python 2" in found) == is_old


@pytest.mark.parametrize(
    ("reason", "python"),
    [
        ("ModuleNotFoundError: No module named 'imp'", "3.12"),
        (
            "AttributeError: module 'configparser' has no attribute 'SafeConfigParser'. Did you mean: 'X'?",
            "3.12",
        ),
        ("ImportError: cannot import name 'Mapping' from 'collections' (/python/lib/x)", "3.10"),
        ("AttributeError: module 'collections' has no attribute 'MutableMapping'", "3.10"),
        ("ModuleNotFoundError: No module named 'lib2to3.pgen2'", "3.13"),
        ("ModuleNotFoundError: No module named 'importlib_metadata'", ""),
    ],
)
def test_what_python_no_longer_has_is_called_that(reason: str, python: str) -> None:
    found = remedy("old-one", FAILED + reason)
    assert found is None if not python else f"written for Python before {python}," in str(found)
