"""Included files: requirements files as pip documents them, pyproject.toml with its extras and groups."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resolver.spec.model import Declared
from tests.unit.spec_files import HEAD, loaded, problems, told


def texts(declared: tuple[Declared, ...]) -> list[str]:
    return [str(one.requirement) for one in declared]


REQUIREMENTS = """\
# what we need
requests[socks] >= 2.31   # with a proxy
numpy \\
    < 2.3 ; \\
    python_version < "3.13"
a @ https://files.index.example/a-1.0.zip#sha256=00
--require-hashes
-r more/dev.txt
-cmore/bounds.txt
"""


def test_a_requirements_file_with_everything_that_is_read() -> None:
    files = {
        "in/base.in": REQUIREMENTS,
        "in/more/dev.txt": "pytest\n--requirement=../../top.txt",
        "in/more/bounds.txt": "--constraint other.txt\nurllib3<3\n",
        "in/more/other.txt": "-r ../../top.txt\n",
        "top.txt": "\ufeffsix\r\n",
    }
    spec = loaded(f"{HEAD}include: [./in/base.in]\n", files)
    assert texts(spec.requirements) == [
        "requests[socks]>=2.31",
        'numpy<2.3; python_version < "3.13"',
        str(Requirement("a @ https://files.index.example/a-1.0.zip#sha256=00")),
        "pytest",
        "six",
    ]
    assert texts(spec.constraints) == ["six", "urllib3<3"]
    assert [str(d.origin) for d in spec.requirements[:4]] == [
        "in/base.in:2",
        "in/base.in:3",
        "in/base.in:6",
        "in/more/dev.txt:1",
    ]
    assert sorted(spec.inputs) == sorted(["spec.yaml", *files])


def test_places_are_told_beside_the_spec_and_inputs_below_it() -> None:
    spec = loaded(f"{HEAD}include: [../r.txt]\n", {"../r.txt": "a"}, path="sub/dir/spec.yaml")
    assert str(spec.requirements[0].origin) == "sub/r.txt:1"
    assert sorted(spec.inputs) == ["../r.txt", "spec.yaml"]


OPTIONS = [
    ("-e .", "-e"),
    ("--index-url=https://index.example/", "--index-url"),
    ("-ihttps://index.example/", "-i"),
    ("--find-links wheels", "--find-links"),
    ("--pre", "--pre"),
    ("--no-binary :all:", "--no-binary"),
    ("a==1 --hash=sha256:00", "--hash"),
    ("a==1 --config-settings x=y", "--config-settings"),
    ("--unheard-of", "--unheard-of"),
]


@pytest.mark.parametrize(("line", "option"), OPTIONS)
def test_an_option_is_never_dropped_in_silence(line: str, option: str) -> None:
    (problem,) = problems(f"{HEAD}include: [r.txt]\n", {"r.txt": f"# first\n{line}\n"})
    assert (problem.file, problem.line) == ("r.txt", 2)
    assert problem.message == f'the option "{option}" cannot be read from here'
    assert problem.hint


def test_an_option_on_every_line_is_told_once() -> None:
    compiled = "".join(f"a{n}==1 \\\n    --hash=sha256:00\n" for n in range(9))
    (problem, other) = problems(f"{HEAD}include: [r.txt]\n", {"r.txt": f"{compiled}-e .\n"})
    assert (problem.line, other.line) == (1, 19)
    assert problem.message == 'the option "--hash" cannot be read from here, nor on 8 more lines'


@pytest.mark.parametrize(
    "line", ["./local", "../up.whl", "x-1.0-py3-none-any.whl", "/abs", "file:///abs", "C:\\x", "${HOME}/x", "-r", "a b"]
)
def test_what_no_lock_can_hold_is_refused_with_its_line(line: str) -> None:
    (problem,) = problems(f"{HEAD}include: [r.txt]\n", {"r.txt": f"ok\n{line}\n"})
    assert (problem.file, problem.line) == ("r.txt", 2)
    assert problem.hint


@pytest.mark.parametrize("path", ["/etc/passwd", "a\\b.txt", "C:/x.txt", "https://x.example/r.txt", "", "a\nb"])
def test_includes_are_relative_paths(path: str) -> None:
    (problem,) = problems(f"{HEAD}include: [{json.dumps(path)}]\n")
    assert (problem.line, "is not a relative path" in problem.message) == (3, True)


def test_files_that_include_each_other_are_named() -> None:
    found = told(f"{HEAD}include: [a.txt]\n", {"a.txt": "x\n-r b.txt", "b.txt": "-c a.txt\n-r b.txt"})
    assert [line.partition(" |")[0] for line in found] == [
        "b.txt:1 : the file includes itself: a.txt -> b.txt -> a.txt",
        "b.txt:2 : the file includes itself: b.txt -> b.txt",
    ]


PYPROJECT = """\
[project]
name = "My.Pkg"
dependencies = ["requests>=2", 'my_pkg[fast]']

[project.optional-dependencies]
fast = ["uvloop ; sys_platform != 'win32'"]
all = ["my-pkg[fast,docs] ; python_version < '3.13'", "rich"]
docs = ["sphinx", "My.Pkg[all]"]

[dependency-groups]
Test_Unit = ["pytest>=8", {include-group = "lint"}]
lint = ["ruff", "my.pkg[fast]"]
fast = ["orjson"]
broken = ["="]
"""
WANTED = 'uvloop; sys_platform != "win32"'


def included(choice: str, pyproject: str = PYPROJECT.replace('broken = ["="]\n', "")) -> dict[str, list[str]]:
    spec = loaded(f"{HEAD}include: [{choice}]\n", {"pyproject.toml": pyproject})
    return {"": texts(spec.requirements), **{name: texts(declared) for name, declared in spec.groups.items()}}


def test_a_whole_pyproject() -> None:
    """The project itself stands for its extras, in circles too; an extra and a group of one name add up."""
    narrowed = 'uvloop; sys_platform != "win32" and python_version < "3.13"'
    everything = included("pyproject.toml")
    assert everything == included("{file: pyproject.toml}")
    assert everything == {
        "": ["requests>=2", WANTED],
        "fast": [WANTED, "orjson"],
        "all": ['sphinx; python_version < "3.13"', narrowed, "rich"],
        "docs": ["sphinx", narrowed, "rich"],
        "test-unit": ["pytest>=8", "ruff", WANTED],
        "lint": ["ruff", WANTED],
    }


def test_the_object_form_restricts() -> None:
    assert set(included("{file: pyproject.toml, extras: [FAST]}")) == {"", "fast"}
    assert set(included("{file: pyproject.toml, extras: [], groups: all}")) == {"", "fast", "test-unit", "lint"}
    assert included("{file: pyproject.toml, groups: [test.unit]}", PYPROJECT)["test-unit"], "`broken` was not asked for"


def test_lines_of_a_pyproject_are_told_where_they_are_sure() -> None:
    text = '[project]\ndependencies = [\n  "a=1",\n  \'b=1\',\n  "c=1",\n  "c=1", # twice\n]\n'
    found = problems(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": text})
    lines = {p.path: p.line for p in found}
    assert lines == {
        "project.dependencies[0]": 3,
        "project.dependencies[1]": 4,
        "project.dependencies[2]": 0,
        "project.dependencies[3]": 0,
    }


BAD = {
    "not TOML": ("[project]\nname =\n", "pyproject.toml:2 : is not TOML: Invalid value"),
    "deep": (f"a = {'[' * 3000}", "pyproject.toml:0 : is not TOML: "),
    "dynamic": (
        '[project]\nname = "x"\ndynamic = ["dependencies"]\n',
        "pyproject.toml:3 project.dependencies: is dynamic: only the build backend knows it",
    ),
    "another tool's": ("[tool.poetry]\n", 'spec.yaml:3 include[0]: "pyproject.toml" declares no requirements'),
    "no table": ("project = 1\n", "pyproject.toml:0 project: is not a table"),
    "no list": ('[project]\ndependencies = "a"\n', "pyproject.toml:0 project.dependencies: is not a list"),
    "two spellings": (
        "[dependency-groups]\na_b = []\na-b = []\n",
        'pyproject.toml:0 dependency-groups.a-b: "a-b" and "a_b" are one name, a-b',
    ),
    "circle": (
        '[dependency-groups]\na = [{include-group = "A"}]\n',
        "pyproject.toml:0 dependency-groups.a: the group includes itself: a -> a",
    ),
    "odd object": (
        '[dependency-groups]\na = [{include-group = "a", x = 1}]\n',
        "pyproject.toml:0 dependency-groups.a[0]: is neither a requirement nor an include-group",
    ),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_what_is_wrong_with_a_pyproject_is_told(text: str, expected: str) -> None:
    (line,) = told(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": text})
    assert line.startswith(expected)
    assert not line.endswith("| "), "there is a hint"


@settings(max_examples=150)
@given(st.binary(max_size=80), st.text(max_size=80))
def test_any_included_bytes_are_read_or_refused(data: bytes, text: str) -> None:
    problems(
        f"{HEAD}include: [a.txt, b.txt, a.toml, b.toml]\n",
        {
            "a.txt": data,
            "b.txt": text.encode("utf-8", "replace"),
            "a.toml": data,
            "b.toml": text.encode("utf-8", "replace"),
        },
    )
