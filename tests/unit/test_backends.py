"""What build backends would ask for, from files: setuptools against its recorded answers, others by their rules."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resolver.errors import InvalidMetadata
from resolver.metadata.model import SdistFiles, StaticBuild, Unknown
from resolver.metadata.static import static_build
from tests.support.setuptools_projects import PROJECTS

OWN_PATH = 'backend-path = ["."]'


def build(files: dict[str, str | bytes], *more: str) -> StaticBuild:
    content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return static_build(SdistFiles(files=content, members=(*content, *more)))


def pyproject(backend: str, rest: str = "", own: str = "", requires: str = "") -> dict[str, str | bytes]:
    listed = [requires] if requires else []
    return {"pyproject.toml": f'[build-system]\nrequires = {listed}\nbuild-backend = "{backend}"\n{own}\n{rest}'}


def answer(found: StaticBuild) -> list[str] | str:
    return found.hook.reason if isinstance(found.hook, Unknown) else [str(one) for one in found.hook]


# Projects whose answer needs setup.py to run: it must not be guessed, though each would have one on this machine.
RUNS = {
    "kwargs changed", "kwargs renamed", "kwargs of a function", "appended by platform", "appended under another name",
    "appended by a function", "appended in a dict", "appended in a loop", "augmented", "walrus", "imported",
    "shadowed", "own setup", "two calls", "pytest runner", "cfg file", "cfg twice",
}  # fmt: skip


@pytest.mark.parametrize("project", PROJECTS)
def test_setuptools_answers_as_recorded_or_is_unknown(project: str) -> None:
    found = build(dict(PROJECTS[project].files))
    if project in RUNS:
        assert isinstance(found.hook, Unknown), found.hook
        return
    recorded = PROJECTS[project].answer
    assert recorded is not None
    assert answer(found) == [str(Requirement(text)) for text in recorded]


def test_older_setuptools_add_wheel() -> None:
    assert {
        k: [str(r) for r in v]
        for k, v in build({"setup.py": "import setuptools; setuptools.setup()"}).extra_before.items()
    } == {"70.1": ["wheel"]}


@pytest.mark.parametrize(
    ("setup", "reason"),
    [
        (
            ("from distutils.core import setup\nfrom setuptools import dist\n"
            "dist.Distribution().fetch_build_eggs(['numpy'])\nsetup()"),
            "fetch_build_eggs",
        ),
        ("from skbuild import setup\nsetup()", "calls no setup()"),
        ("import helper\nhelper.run()", "calls no setup()"),
        ("import setuptools\nfrom x import D\nsetuptools.setup(distclass=D)", "distclass"),
        ("from setuptools import setup\nglobals()['r'] = ['a']\nr = []\nsetup(setup_requires=r)", "globals()"),
        (
            ("from setuptools import setup, Distribution\nclass D(Distribution):\n    def parse(self):\n"
            "        self.setup_requires += ['a']\nsetup(distclass=D)"),
            "changes setup_requires",
        ),
        ("from setuptools import setup\nprint 'two'\nsetup(setup_requires=['a'])", "not Python 3"),
        ("from setuptools import setup\nsetup(setup_requires={'a': 1})", "computes setup_requires"),
        ("from setuptools import setup\nsetup(setup_requires=['not a requirement'])", "is invalid"),
        (f"from setuptools import setup\nsetup(setup_requires=['a<2,>={'1' * 5000}'])", "more than 640 digits"),
        ("from setuptools import setup\nsetup(**__import__('x').kwargs)", "__import__"),
        ("# coding: utf-7\nfrom setuptools import setup\nsetup()", "encoding"),
        ("from setuptools import setup\nsetup(setup_requires=" + "(" * 5000 + ")" * 5000 + ")", "without running it"),
        ("from setuptools import setup\nsetup(setup_requires=" + "['a'] + " * 3000 + "[])", "setup.py c"),
    ],
)  # fmt: skip
def test_setup_scripts_that_hide_their_answer(setup: str, reason: str) -> None:
    found = answer(build({"setup.py": setup}))
    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize(
    ("files", "evidence"),
    [
        ({"setup.cfg": f"[options]\nsetup_requires = a<2,>={'1' * 5000}\n"}, "setup.cfg"),
        (pyproject("hatchling.build", f"[tool.hatch.build]\ndependencies = ['a<2,>={'1' * 5000}']"), "pyproject.toml"),
    ],
)
def test_a_number_that_python_does_not_read_is_no_answer(files: dict[str, str | bytes], evidence: str) -> None:
    reason = f"what {evidence} requires of its build is invalid: it has a number of more than 640 digits"
    assert answer(build(files)) == reason


@pytest.mark.parametrize(
    ("files", "members", "expected"),
    [
        (pyproject("hatchling.build"), (), []),
        (pyproject("hatchling.build", "[tool.hatch.build.hooks.vcs]\nversion-file = 'v'\n"), (), []),
        (
            pyproject("hatchling.build", "[tool.hatch.build.targets.wheel]\ndependencies = ['a']\n"
            "[tool.hatch.build]\ndependencies = ['b']"), (),
            ["a", "b"],
        ),
        (pyproject("hatchling.build", "[tool.hatch.build.hooks.version]\ndependencies = ['c']\n"), (), ["c"]),
        (
            pyproject("hatchling.build", "[tool.hatch.build.hooks.mypyc]\nenable-by-default = false\n"
            "dependencies = ['d']\n"), (),
            [],
        ),
        (pyproject("hatchling.build", "[tool.hatch.build.hooks.mypyc]\n"), (), "its build hook mypyc"),
        (pyproject("hatchling.build", "[tool.hatch.build.targets.wheel.hooks.custom]\n"), (), "its build hook custom"),
        (
            pyproject("hatchling.build", "[tool.hatch.build.hooks.vcs]\n"
            "require-runtime-dependencies = true\n"), (),
            "run-time",
        ),
        (pyproject("hatchling.build"), ("hatch.toml",), "hatch.toml"),
        (pyproject("hatchling.ouroboros", own=OWN_PATH), (), "its own tree"),
        (pyproject("setuptools.build_meta", '[project]\nname = "other"', own=OWN_PATH), (), "its own tree"),
        (pyproject("flit_core.buildapi", '[project]\nname = "flit_core"\ndynamic = ["version"]', own=OWN_PATH), (), []),
        (pyproject("poetry.core.masonry.api", '[project]\nname = "poetry-core"', own=OWN_PATH), (), []),
        (pyproject("flit_core.buildapi", '[project]\nname = "p"\nversion = "1"\ndependencies = ["a"]'), (), []),
        (
            pyproject("flit_core.buildapi", '[project]\nname = "p"\ndynamic = ["version"]\n'
            'dependencies = ["a"]'), (),
            "its version",
        ),
        (pyproject("flit.buildapi", '[tool.flit.metadata]\nmodule = "p"\nrequires = ["a"]'), (), "its version"),
        (pyproject("flit.buildapi", '[tool.flit.metadata]\nmodule = "p"'), (), []),
        (pyproject("poetry.masonry.api", requires="poetry>=0.12"), (), []),
        (pyproject("poetry.masonry.api", requires="poetry>=1.1.4, <2"), (), []),
        (pyproject("poetry.masonry.api", requires="poetry~=1.4"), (), []),
        (pyproject("poetry.masonry.api", requires="poetry==0.12.17"), (), "older than poetry 1.1"),
        (pyproject("poetry.masonry.api", requires="poetry==1.0.*"), (), "older than poetry 1.1"),
        (pyproject("poetry.masonry.api", requires="Poetry>=0.12,<1"), (), "older than poetry 1.1"),
        (pyproject("poetry.masonry.api", requires="poetry===local"), (), "older than poetry 1.1"),
        (pyproject("pdm.backend"), (), []),
        (pyproject("pdm.backend", "[tool.pdm.build]\nrun-setuptools = true"), (), ["setuptools>=40.8.0"]),
        (pyproject("mesonpy"), (), "by what the machine has"),
        (pyproject("jupyter_packaging.build_api"), (), "may ask for more"),
    ],
)  # fmt: skip
def test_the_other_backends(files: dict[str, str | bytes], members: tuple[str, ...], expected: list[str] | str) -> None:
    found = answer(build(files, *members))
    assert found == expected if isinstance(expected, list) else expected in found


@pytest.mark.parametrize(("version", "expected"), [("58.0.0", ["wheel"]), ("80.9.0", [])])
def test_setuptools_builds_itself(version: str, expected: list[str]) -> None:
    info = f"Metadata-Version: 2.1\nName: setuptools\nVersion: {version}\n\n"
    script = "import setuptools\nsetuptools.setup()"
    found = build({**pyproject("setuptools.build_meta", own=OWN_PATH), "PKG-INFO": info, "setup.py": script})
    assert answer(found) == expected
    assert not found.extra_before


@given(
    st.sampled_from(["setup.py", "setup.cfg", "pyproject.toml", "PKG-INFO"]),
    st.binary() | st.text().map(str.encode),
    st.sampled_from(["setuptools.build_meta", "hatchling.build", "flit_core.buildapi", "pdm.backend"]),
)
def test_no_bytes_break_it(path: str, content: bytes, backend: str) -> None:
    files: dict[str, str | bytes] = {**pyproject(backend), "setup.py": "", path: content}
    with suppress(InvalidMetadata):
        build(files)
