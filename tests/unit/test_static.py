"""Run-time metadata of sdists: which file states it, and when it may not hold."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.model import SdistFiles, StaticMetadata, Unknown
from resolver.metadata.static import static_build, static_metadata

NAME = canonicalize_name("foo")
FLIT = '[build-system]\nrequires = []\nbuild-backend = "flit_core.buildapi"\n'
MACHINE = "import sys\nfrom setuptools import setup\nsetup(install_requires=[sys.platform])"
LITERAL = "from setuptools import setup\nsetup(install_requires=['six'])"


def info(version: str = "1.1", *lines: str, name: str = "foo", release: str = "1.0") -> str:
    return "\n".join([f"Metadata-Version: {version}", f"Name: {name}", f"Version: {release}", *lines, ""])


def read(files: dict[str, str]) -> StaticMetadata | Unknown:
    content = {path: text.encode() for path, text in files.items()}
    return static_metadata(SdistFiles(files=content, members=tuple(content)), project=NAME, version=Version("1.0"))


def known(files: dict[str, str]) -> tuple[str, list[str], bool]:
    """The evidence, the requirements, and whether they are sure."""
    found = read(files)
    assert isinstance(found, StaticMetadata)
    texts = [str(one) for one in found.metadata.requires_dist]
    return found.evidence, texts, found.uncertain is None


WROTE = {"foo.egg-info/PKG-INFO": info(), "foo.egg-info/requires.txt": "six\n"}

ROWS: dict[str, tuple[dict[str, str], tuple[str, list[str], bool]]] = {
    "metadata 2.2": ({"PKG-INFO": info("2.2", "Requires-Dist: six"), "setup.py": MACHINE}, ("PKG-INFO", ["six"], True)),
    "metadata 2.4, something else dynamic": (
        {"PKG-INFO": info("2.4", "Requires-Dist: six", "Dynamic: License"), "setup.py": MACHINE},
        ("PKG-INFO", ["six"], True),
    ),
    "metadata 2.2, dynamic in another case": (
        {"PKG-INFO": info("2.2", "Requires-Dist: six", "Dynamic: REQUIRES-DIST"), "setup.py": MACHINE},
        ("PKG-INFO", ["six"], False),
    ),
    "metadata 2.2, Requires-Python dynamic": (
        {
            "PKG-INFO": info("2.2", "Requires-Dist: six", "Dynamic: Requires-Python"),
            "setup.py": "import sys, setuptools\nsetuptools.setup(python_requires='>=%d' % sys.version_info[0])",
        },
        ("PKG-INFO", ["six"], False),
    ),
    "metadata 2.2, dynamic but literal": (
        {"PKG-INFO": info("2.2", "Requires-Dist: six", "Dynamic: Requires-Dist"), "setup.py": LITERAL},
        ("PKG-INFO", ["six"], True),
    ),
    "metadata 2.1 by a declarative backend": (
        {"PKG-INFO": info("2.1", "Requires-Dist: six"), "pyproject.toml": FLIT},
        ("PKG-INFO", ["six"], True),
    ),
    "metadata 2.1 by another backend": (
        {"PKG-INFO": info("2.1", "Requires-Dist: six"), "pyproject.toml": FLIT.replace("flit_core.buildapi", "mine")},
        ("PKG-INFO", ["six"], False),
    ),
    "declared": (
        {"pyproject.toml": '[project]\ndependencies = ["six"]\noptional-dependencies = {X_y = ["b;os_name==\'nt\'"]}'},
        ("pyproject.toml", ["six", 'b; os_name == "nt" and extra == "x-y"'], True),
    ),
    "declared, dependencies by code": (
        {"pyproject.toml": '[project]\ndynamic = ["dependencies"]', "setup.py": MACHINE, **WROTE},
        ("foo.egg-info/requires.txt", ["six"], False),
    ),
    "declared, dependencies by a file": (
        {
            "pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'
            '[tool.setuptools.dynamic]\ndependencies = {file = ["r.txt"]}',
            "PKG-INFO": info("2.1"),
        },
        ("pyproject.toml", [], False),
    ),
    "egg-info beside literals": ({"setup.py": LITERAL, **WROTE}, ("foo.egg-info/requires.txt", ["six"], True)),
    "egg-info beside a machine": ({"setup.py": MACHINE, **WROTE}, ("foo.egg-info/requires.txt", ["six"], False)),
    "egg-info of another release": (
        {"setup.py": LITERAL, "foo.egg-info/PKG-INFO": info(release="0.9"), "foo.egg-info/requires.txt": "stale"},
        ("setup.py", ["six"], True),
    ),
    "egg-info of a project that it tests with": (
        {"setup.py": LITERAL, "a.egg-info/PKG-INFO": info(name="a"), "a.egg-info/requires.txt": "b", **WROTE},
        ("foo.egg-info/requires.txt", ["six"], True),
    ),
    "egg-info without requirements": (
        {"setup.py": "from setuptools import setup\nsetup()", "foo.egg-info/PKG-INFO": info()},
        ("foo.egg-info/PKG-INFO", [], True),
    ),
    "literals alone": ({"PKG-INFO": info(), "setup.py": LITERAL}, ("setup.py", ["six"], True)),
    "extras of literals alone": (
        {
            "setup.py": "from setuptools import setup\nsetup(install_requires='a\\nb', "
            "extras_require={'x': ['c'], ':os_name==\"nt\"': 'd', 'y:os_name==\"nt\"': ['e']})"
        },
        (
            "setup.py",
            ["a", "b", 'c; extra == "x"', 'd; os_name == "nt"', 'e; os_name == "nt" and extra == "y"'],
            True,
        ),
    ),
    "an extra in several words": (
        {"setup.py": "from setuptools import setup\nsetup(extras_require={'numpy input': ['a'], 'c+d': ['b']})"},
        ("setup.py", ['a; extra == "numpy-input"', 'b; extra == "c-d"'], True),
    ),
    "a section in several words": (
        {"setup.py": "", "foo.egg-info/PKG-INFO": info(), "foo.egg-info/requires.txt": "[numpy input]\na\n"},
        ("foo.egg-info/requires.txt", ['a; extra == "numpy-input"'], False),
    ),
    "setup.cfg": (
        {
            "setup.py": "import setuptools\nsetuptools.setup()",
            "setup.cfg": "[options]\ninstall_requires =\n  a\n  b\n[options.extras_require]\nx = c; d",
        },
        ("setup.py", ["a", "b", 'c; extra == "x"', 'd; extra == "x"'], True),
    ),
    "setup.cfg that refers to itself": (
        {
            "setup.py": "import setuptools\nsetuptools.setup()",
            "setup.cfg": "[options.extras_require]\nx = c\nall =\n  %(x)s\n  d\n[flake8]\nformat = %(path)s",
        },
        ("setup.py", ['c; extra == "x"', 'c; extra == "all"', 'd; extra == "all"'], True),
    ),
    "setup.cfg that refers to nothing": (
        {"setup.py": "import setuptools\nsetuptools.setup()", "setup.cfg": "[options]\ninstall_requires = %(x)s"},
        ("setup.py", [], False),
    ),
    "setup.cfg hidden by setup.py": (
        {"setup.py": LITERAL, "setup.cfg": "[options]\ninstall_requires = a"},
        ("setup.py", ["six"], True),
    ),
    "setup.cfg names a file": (
        {"setup.py": "import setuptools\nsetuptools.setup()", "setup.cfg": "[options]\ninstall_requires = file: r"},
        ("setup.py", [], False),
    ),
    "computed and not carried": (
        {"setup.py": "import setuptools\nsetuptools.setup(install_requires=open('r').readlines())"},
        ("setup.py", [], False),
    ),
    "a plug-in may add some": (
        {"setup.py": "import setuptools\nsetuptools.setup(setup_requires=['pbr'], pbr=True)"},
        ("setup.py", [], False),
    ),
    "a plug-in that pyproject.toml asks for may, too": (
        {
            "setup.py": "import setuptools\nsetuptools.setup(pbr=True)",
            "pyproject.toml": '[build-system]\nrequires = ["setuptools", "pbr"]\n',
        },
        ("setup.py", [], False),
    ),
    "what is no plug-in adds none": (
        {
            "setup.py": LITERAL,
            "pyproject.toml": '[build-system]\nrequires = ["setuptools>=61", "wheel", "Cython"]\n',
        },
        ("setup.py", ["six"], True),
    ),
    "pyproject.toml takes some from a file, and drops what else setup.py states": (
        {
            "setup.py": "from setuptools import setup\n"
            "setup(install_requires=['a'], extras_require={'x': ['c']}, python_requires='>=3')",
            "pyproject.toml": '[project]\nname = "foo"\ndynamic = ["dependencies"]\n'
            '[tool.setuptools.dynamic]\ndependencies = {file = "r.txt"}\n',
        },
        ("setup.py", [], False),
    ),
    "sections": (
        {
            "setup.py": "import setuptools\nsetuptools.setup()",
            "foo.egg-info/PKG-INFO": info(),
            "foo.egg-info/requires.txt": "a\n\n[:os_name == 'nt' or os_name == 'java']\nb\n\n[X_y]\nc; os_name=='nt'\n"
            "\n[x:os_name == 'nt']\nd\n\n[:nonsense]\ne\n",
        },
        (
            "foo.egg-info/requires.txt",
            [
                "a",
                'b; os_name == "nt" or os_name == "java"',
                'c; os_name == "nt" and extra == "x-y"',
                'd; os_name == "nt" and extra == "x"',
            ],
            True,
        ),
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_evidence(row: tuple[dict[str, str], tuple[str, list[str], bool]]) -> None:
    files, expected = row
    evidence, texts, sure = known(files)
    assert (evidence, [text.replace("(", "").replace(")", "") for text in texts], sure) == expected


def test_a_line_that_breaks_the_standard_is_kept() -> None:
    found = read({**ROWS["sections"][0]})
    assert isinstance(found, StaticMetadata)
    assert [text for text, _ in found.metadata.invalid_requires] == ["e ; nonsense"]
    assert found.metadata.provides_extra == {"x-y", "x"}


def test_a_condition_keeps_its_precedence() -> None:
    found = read({"setup.py": "", **WROTE, "foo.egg-info/requires.txt": "[x:os_name=='a' or os_name=='b']\nd;os_name=='c' or os_name=='d'"})  # fmt: skip  # noqa: E501
    assert isinstance(found, StaticMetadata)
    (requirement,) = found.metadata.requires_dist
    assert requirement.marker is not None
    assert not requirement.marker.evaluate({"os_name": "a", "extra": "x"})
    assert not requirement.marker.evaluate({"os_name": "a", "extra": ""})
    assert not requirement.marker.evaluate({"os_name": "c", "extra": "x"})


def test_requires_python_that_old_metadata_had_no_field_for() -> None:
    script = "from setuptools import setup\nsetup(python_requires='>=3.8')"
    found = read({"PKG-INFO": info("1.1"), "setup.py": script})
    assert isinstance(found, StaticMetadata)
    assert str(found.metadata.requires_python) == ">=3.8"


@pytest.mark.parametrize(
    "files",
    [
        {"PKG-INFO": info("two.two")},
        {"PKG-INFO": info("2")},
        {"PKG-INFO": info(name="bar")},
        {"pyproject.toml": "project = 1"},
        {"pyproject.toml": '[project]\ndependencies = "six"'},
        {"pyproject.toml": "[project]\ndependencies = [1]"},
        {"pyproject.toml": '[project]\noptional-dependencies = ["six"]'},
        {"pyproject.toml": '[project]\noptional-dependencies = {x = "six"}'},
        {"pyproject.toml": '[project]\noptional-dependencies = {"x\' or" = []}'},
        {"pyproject.toml": "[project]\ndynamic = 1"},
        {"pyproject.toml": '[project]\ndynamic = "dependencies"'},
        {"pyproject.toml": '[project]\nrequires-python = "three"'},
        {"pyproject.toml": "[project]\nrequires-python = 3"},
        {"pyproject.toml": "x = " + "[" * 9000},
        {"pyproject.toml": "x = " + "9" * 9000},
        {"setup.py": "", **WROTE, "foo.egg-info/requires.txt": "[' or y]\na"},
    ],
)
def test_what_breaks_the_standards_is_said(files: dict[str, str]) -> None:
    with pytest.raises(InvalidMetadata):
        read(files)


@pytest.mark.parametrize(
    "files",
    [
        {**WROTE, "setup.py": "", "foo.egg-info/requires.txt": f"[:os_name == 'nt']\nb<2,>={'1' * 5000}"},
        {**WROTE, "setup.py": "", "foo.egg-info/requires.txt": f"[x]\nb<2,>={'1' * 5000}"},
        {"pyproject.toml": f'[project]\noptional-dependencies = {{x = ["b<2,>={"1" * 5000}"]}}'},
        {"setup.py": f"from setuptools import setup\nsetup(extras_require={{'x': 'b<2,>={'1' * 5000}'}})"},
    ],
)
def test_a_number_that_python_does_not_read_is_a_reason(files: dict[str, str]) -> None:
    found = read(files)
    assert isinstance(found, StaticMetadata)
    assert [reason for _, reason in found.metadata.invalid_requires] == ["it has a number of more than 640 digits"]


@pytest.mark.parametrize("claim", ["three", f">=3,<{'9' * 5000}"])
def test_requires_python_of_a_setup_py_that_is_invalid_is_kept(claim: str) -> None:
    found = read(
        {"PKG-INFO": info("1.1"), "setup.py": f"from setuptools import setup\nsetup(python_requires='{claim}')"}
    )
    assert isinstance(found, StaticMetadata)
    assert (found.metadata.requires_python, found.metadata.invalid_requires_python) == (None, claim)


PATHS = ["PKG-INFO", "pyproject.toml", "setup.py", "setup.cfg", "foo.egg-info/PKG-INFO", "foo.egg-info/requires.txt"]
LINES = st.lists(
    st.sampled_from(
        ["[project]", "[options]", "install_requires =", "  a; b", "dependencies = ['a']", "[x:y]", "((", "six", info()]
    )
).map(lambda lines: "\n".join(lines).encode())


@given(st.dictionaries(st.sampled_from(PATHS), st.binary() | LINES))
def test_no_bytes_break_it(content: dict[str, bytes]) -> None:
    files = SdistFiles(files={"foo.egg-info/PKG-INFO": info().encode(), **content}, members=tuple(content))
    with suppress(InvalidMetadata):
        static_metadata(files, project=NAME, version=Version("1.0"))
    with suppress(InvalidMetadata):
        static_build(files)
