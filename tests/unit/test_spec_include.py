"""Included files: requirements files as pip documents them, pyproject.toml with its extras and groups."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from resolver.spec.meanings import Surroundings
from resolver.spec.model import Declared
from resolver.spec.pyproject import Pyproject
from resolver.spec.report import Report
from resolver.spec.stated import Places
from tests.unit.spec_files import HEAD, loaded, problems, told

DEV = canonicalize_name("dev")


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
    assert texts(spec.constraints) == ["urllib3<3"]
    assert [str(d.origin) for d in spec.requirements[:4]] == [
        "in/base.in:2",
        "in/base.in:3",
        "in/base.in:6",
        "in/more/dev.txt:1",
    ]
    assert sorted(spec.inputs) == sorted(["spec.yaml", *files])


def test_what_a_constraints_file_requires_is_required() -> None:
    files = {"r.txt": "-c bounds.txt\nrequests\n", "bounds.txt": "-r more.txt\nurllib3<3\n", "more.txt": "six\n"}
    spec = loaded(f"{HEAD}include: [r.txt]\n", files)
    assert (texts(spec.requirements), texts(spec.constraints)) == (["six", "requests"], ["urllib3<3"])


def test_a_requirements_file_can_be_a_group() -> None:
    files = {
        "in/dev.in": "-r ../base.in\n-c ../base.txt\npytest\n",
        "base.in": "requests\n",
        "base.txt": "requests[socks]==2.32.3\nsix==1.16.0 ; python_version < '4'\n",
    }
    spec = loaded(f"{HEAD}include: [{{file: in/dev.in, group: Dev}}, base.in]\ngroups: {{dev: [rich]}}\n", files)
    assert texts(spec.requirements) == ["requests"]
    assert {name: texts(listed) for name, listed in spec.groups.items()} == {DEV: ["rich", "requests", "pytest"]}
    assert texts(spec.constraints) == ["requests==2.32.3", 'six==1.16.0; python_version < "4"']
    assert sorted(spec.inputs) == sorted(["spec.yaml", *files])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{file: pyproject.toml, group: dev}", '"pyproject.toml" is no group as a whole'),
        ("{file: dev.in, group: '-'}", '"-" is not the name of a group'),
        ("{file: dev.in, group: dev, extras: all}", '"dev.in" has neither extras nor groups'),
        ("{file: gone.in, group: dev}", 'there is no file "gone.in"'),
    ],
)
def test_what_is_no_group_is_told(entry: str, said: str) -> None:
    files = {"pyproject.toml": '[project]\nname = "a"\nversion = "1"\ndependencies = []\n', "dev.in": "six\n"}
    (problem,) = problems(f"{HEAD}include: [{entry}]\n", files)
    assert (problem.message, problem.line) == (said, 3)


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
    ("a==1 --config-settings x=y", "--config-settings"),
    ("--unheard-of", "--unheard-of"),
]


@pytest.mark.parametrize(("line", "option"), OPTIONS)
def test_an_option_is_never_dropped_in_silence(line: str, option: str) -> None:
    (problem,) = problems(f"{HEAD}include: [r.txt]\n", {"r.txt": f"# first\n{line}\n"})
    assert (problem.file, problem.line) == ("r.txt", 2)
    assert problem.message == f'the option "{option}" cannot be read from here'
    assert problem.hint


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("r.txt", "-e ."),
        ("r.txt", "."),
        ("more/r.txt", "--editable=./"),
        ("more/r.txt", "../"),
        ("web/r.txt", "-e ../lib/.."),
    ],
)
def test_a_folder_whose_project_is_included_is_that_project(path: str, line: str) -> None:
    project = '[project]\nname = "app"\ndependencies = ["six"]\noptional-dependencies = {a = ["attrs"], b = ["rich"]}\n'
    text = f"{HEAD}include: [{path}, {{file: pyproject.toml, extras: []}}]\n"
    for extras, found in (("", []), ("[A]", ["attrs"]), ("[a, b]", ["attrs", "rich"])):
        files = {path: f"{line}{extras}\nflask\n", "pyproject.toml": project}
        assert texts(loaded(text, files).requirements) == [*found, "flask", "six"]
    (problem,) = problems(text, {path: f"{line}[c]\n", "pyproject.toml": project})
    assert (problem.file, problem.line, problem.message) == (path, 1, 'the project has no extra "c"')


@pytest.mark.parametrize("line", ["-e other", "-e git+https://git.example/app", "-e . --config-settings x=y", ". ; a"])
def test_no_other_folder_is_that_of_an_included_project(line: str) -> None:
    project = '[project]\nname = "app"\ndependencies = ["six"]\n'
    (problem,) = problems(f"{HEAD}include: [r.txt, pyproject.toml]\n", {"r.txt": line, "pyproject.toml": project})
    assert (problem.file, problem.line) == ("r.txt", 1)


@pytest.mark.parametrize(
    "line",
    [
        "Lib[fast] @ git+https://user:token@git.example/lib@main ; os_name == 'nt'",
        "Lib[fast] @ file:///home/me/lib ; os_name == 'nt'",
        "-e git+https://git.example/lib@main#egg=Lib[fast]",
        "--editable=git+ssh://git.example/lib#subdirectory=x&egg=Lib[fast]",
    ],
)
def test_a_project_that_says_that_it_comes_from_elsewhere(line: str) -> None:
    """It is what it is in a pyproject.toml."""
    marker = '; os_name == "nt"' if "os_name" in line else ""
    text, lib = f"{HEAD}include: [r.txt]\n", '[project]\nname = "lib"\noptional-dependencies = {fast = ["attrs"]}\n'
    for include in ("", "-c c.txt\n"):
        files = {"r.txt": f"six\n{include or line}", "c.txt": line.replace("[fast]", "")}
        (found,) = told(text, files)
        assert "Lib comes from " in found
        assert "include its pyproject.toml" in found
        assert "projects: [Lib]" in found
        assert "token" not in found
    bound = loaded(text + BOUND, {"r.txt": line})
    assert texts(bound.requirements) == [f"Lib[fast]{marker}"]
    beside = loaded(
        text.replace("]", ", {file: lib/pyproject.toml, groups: all}]"), {"r.txt": line, "lib/pyproject.toml": lib}
    )
    assert texts(beside.requirements) == [f"attrs{marker}"]


def test_an_index_that_the_spec_names_may_be_named_again() -> None:
    named = "indexes: [{name: corp, url: 'https://corp.example/simple/'}]\n"
    files = {"r.txt": "-i https://corp.example/simple\n--extra-index-url=https://corp.example/simple/\na\n"}
    assert texts(loaded(f"{HEAD}{named}include: [r.txt]\n", files).requirements) == ["a"]
    files["r.txt"] += "--index-url https://other.example/simple/\n"
    (problem,) = problems(f"{HEAD}{named}include: [r.txt]\n", files)
    assert (problem.line, problem.message) == (4, 'the option "--index-url" cannot be read from here')


def test_an_option_on_every_line_is_told_once() -> None:
    compiled = "".join(f"a{n}==1 \\\n    --config-settings=x=y\n" for n in range(9))
    (problem, other) = problems(f"{HEAD}include: [r.txt]\n", {"r.txt": f"{compiled}-e .\n"})
    assert (problem.line, other.line) == (1, 19)
    assert problem.message == 'the option "--config-settings" cannot be read from here, nor on 8 more lines'


ONE, OTHER = "1" * 64, "2" * 64


def test_hashes_name_the_files_that_may_be_taken() -> None:
    compiled = f"""\
Flask==3.0 ; sys_platform == "win32" \\
    --hash=sha256:{ONE} \\
    --hash sha512:{ONE * 2}
    # via -r requirements.in
b @ https://files.index.example/b-1.0.zip --hash=sha256:{ONE.replace("1", "A")}
c
"""
    spec = loaded(f"{HEAD}include: [r.txt]\n", {"r.txt": f"-c bounds.txt\n{compiled}", "bounds.txt": BOUNDS})
    assert texts(spec.requirements) == [
        'Flask==3.0; sys_platform == "win32"',
        str(Requirement(f"b @ https://files.index.example/b-1.0.zip#sha256={'a' * 64}")),
        "c",
    ]
    assert [(n.project, str(n.versions), sorted(n.digests), str(n.origin)) for n in spec.named_files] == [
        ("d", "==2", [f"sha256:{OTHER}"], "bounds.txt:1"),
        ("flask", "==3.0", [f"sha256:{ONE}", f"sha512:{ONE * 2}"], "r.txt:2"),
    ]


BOUNDS = f"d==2 --hash=sha256:{OTHER}\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a==1 --hash=sha256:00", '"sha256:00" is no hash'),
        ("a==1 --hash=md5:00000000000000000000000000000000", '"md5:00000000000000000000000000000000" is no hash'),
        ("a==1 --hash=00", '"00" is no hash'),
        (
            f"a @ https://files.index.example/a-1.zip --hash=sha256:{ONE} --hash=sha256:{OTHER}",
            "a URL leads to one file, and 2 hashes are given",
        ),
    ],
)
def test_a_hash_that_names_no_file_is_refused(line: str, message: str) -> None:
    (problem,) = problems(f"{HEAD}include: [r.txt]\n", {"r.txt": f"{line}\n"})
    assert (problem.line, problem.message) == (1, message)


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


POETRY = """\
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.10"
Flask = "^3.0"
sqlalchemy = {version = "~2.0", extras = ["asyncio"], platform = "linux|darwin", allow-prereleases = true}
numpy = [{version = "<2.3", python = "<3.13"}, {version = "*", markers = "os_name == 'nt'"}]
psycopg = {version = "3.2.*", optional = true}
six = {url = "https://files.index.example/six-1.16.0-py2.py3-none-any.whl"}
[tool.poetry.extras]
pg = ["Psycopg"]
[tool.poetry.group.test]
include-groups = ["lint"]
[tool.poetry.group.test.dependencies]
pytest = "^8"
[tool.poetry.group.lint.dependencies]
ruff = "*"
[tool.poetry.dev-dependencies]
black = "24.*"
"""


def test_a_project_of_poetry() -> None:
    assert included("pyproject.toml", POETRY) == {
        "": [
            "Flask<4,>=3.0",
            'sqlalchemy[asyncio]<2.1,>=2.0; sys_platform == "linux" or sys_platform == "darwin"',
            'numpy<2.3; python_version < "3.13"',
            'numpy; os_name == "nt"',
            str(Requirement("six @ https://files.index.example/six-1.16.0-py2.py3-none-any.whl")),
        ],
        "pg": ["psycopg==3.2.*"],
        "test": ["pytest<9,>=8", "ruff"],
        "lint": ["ruff"],
        "dev": ["black==24.*"],
    }


FLIT = """\
[tool.flit.metadata]
module = "app_core"
dist-name = "App.Core"
requires = ["requests (>=2.6)", "configparser; python_version < '3.15'"]
dev-requires = ["pytest"]
requires-python = ">=3.5"
[tool.flit.metadata.requires-extra]
doc = ["sphinx", "app-core[web]"]
web = ["flask"]
"""


def test_a_project_of_flit_before_the_standard() -> None:
    spec = loaded(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": FLIT})
    assert texts(spec.requirements) == ["requests>=2.6", 'configparser; python_version < "3.15"']
    groups = {name: texts(declared) for name, declared in spec.groups.items()}
    assert groups == {"doc": ["sphinx", "flask"], "web": ["flask"], "dev": ["pytest"]}
    assert [str(one.origin) for one in spec.supported] == ["pyproject.toml:6"]
    assert list(spec.included) == ["app-core"]
    wrong = FLIT.replace('["flask"]', '"flask"').replace('"pytest"', '"py test"')
    found = [(one.line, one.path) for one in problems(f"{HEAD}include: [p.toml]\n", {"p.toml": wrong})]
    assert found == [(0, "tool.flit.metadata.requires-extra.web"), (5, "tool.flit.metadata.dev-requires[0]")]


SETUP_CFG = """\
[metadata]
name = App_Core
version = attr: app.__version__
[options]
python_requires = >=3.9
install_requires =
    requests>=2.6
    # a comment
    tomli; python_version < "3.11"
tests-require = pytest
[options.extras_require]
web = flask; jinja2
all = app-core[web]
in words = %(web)s
doc = file: docs.txt, more.txt
"""


def test_a_setup_cfg() -> None:
    files = {"setup.cfg": SETUP_CFG, "docs.txt": "sphinx\n", "more.txt": "furo\n", "r.txt": "-e .[doc]\n"}
    spec = loaded(f"{HEAD}include: [setup.cfg]\n", files)
    assert texts(spec.requirements) == ["requests>=2.6", 'tomli; python_version < "3.11"']
    web = ["flask", "jinja2"]
    groups = {name: texts(declared) for name, declared in spec.groups.items()}
    assert groups == {"web": web, "all": web, "in-words": web, "doc": ["sphinx", "furo"]}
    assert [str(one.origin) for one in spec.requirements[:2]] == ["setup.cfg:7", "setup.cfg:9"]
    assert [str(one.pythons) for one in spec.supported] == [">=3.9"]
    assert [one.origin.path for one in spec.unread] == ["options.tests_require"]
    assert list(spec.included) == ["app-core"]
    chosen = loaded(f"{HEAD}include: [r.txt, {{file: setup.cfg, extras: []}}]\n", files)
    assert texts(chosen.requirements)[:2] == ["sphinx", "furo"]
    assert not chosen.groups


def test_extras_of_a_setup_cfg_beside_a_pyproject_for_groups_alone() -> None:
    files = {"setup.cfg": SETUP_CFG, "docs.txt": "sphinx\n", "more.txt": "furo\n", "r.txt": "-e .[doc]\n"}
    files["pyproject.toml"] = '[dependency-groups]\ndev = ["pytest"]\n'
    spec = loaded(f"{HEAD}include: [pyproject.toml, {{file: setup.cfg, extras: []}}, r.txt]\n", files)
    assert texts(spec.requirements)[-2:] == ["sphinx", "furo"]
    assert texts(spec.groups[DEV]) == ["pytest"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[options\n", "setup.cfg:0 : is no setup.cfg that setuptools can read"),
        ("[options]\ninstall_requires = %(x)s\n", "setup.cfg:0 : is no setup.cfg that setuptools can read"),
        ("[metadata]\nname = a\n", 'spec.yaml:3 include[0]: "setup.cfg" declares no requirements'),
        ("[options]\ninstall_requires =\n    py test\n", "setup.cfg:3 options.install_requires: "),
        ("[options]\ninstall_requires = file: r.txt\n", "setup.cfg:2 options.install_requires: there is no file"),
    ],
)
def test_what_is_wrong_with_a_setup_cfg_is_told(text: str, expected: str) -> None:
    (line,) = told(f"{HEAD}include: [setup.cfg]\n", {"setup.cfg": text})
    assert line.startswith(expected)
    assert not line.endswith("| "), "there is a hint"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("setup.py", "a pyproject.toml"),
        ("environment.yml", "into a requirements file"),
        ("Pipfile", "pipenv requirements"),
        ("poetry.lock", "resolve --prefer"),
        ("pylock.toml", "resolve --prefer"),
        ("pixi.toml", "into the spec"),
    ],
)
def test_a_file_of_another_tool_is_refused_once_and_not_for_each_of_its_lines(name: str, hint: str) -> None:
    (problem,) = problems(f"{HEAD}include: [app/{name}]\n", {f"app/{name}": "from a import b\nx: y\n"})
    assert (problem.file, problem.line) == ("spec.yaml", 3)
    assert problem.message == f'"app/{name}" is neither a pyproject.toml, a setup.cfg nor a requirements file'
    assert hint in problem.hint


def test_a_compiled_requirements_file_may_be_called_a_lock() -> None:
    assert texts(loaded(f"{HEAD}include: [requirements-dev.lock]\n", {"requirements-dev.lock": "six==1"}).requirements)


def test_what_pixi_states_alone_is_told() -> None:
    project = '[project]\nname = "a"\n[tool.pixi.dependencies]\npython = "*"\ngdal = "*"\n'
    project += '[tool.pixi.feature.test.pypi-dependencies]\npytest = "*"\n'
    spec = loaded(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": project})
    assert [(one.origin.path, one.message[13:22]) for one in spec.unread] == [
        ("tool.pixi.dependencies", "gdal come"),
        ("tool.pixi.feature.test.pypi-dependencies", "pytest go"),
    ]


def test_what_the_standard_states_goes_before_the_table_of_poetry() -> None:
    """Poetry 2: the second table says more of what the first one requires. Groups of both count."""
    text = (
        f'[project]\nname = "shop"\ndependencies = ["flask"]\n[dependency-groups]\nDev = ["mypy"]\n{POETRY}'
        '[tool.uv]\ndev-dependencies = ["uvloop"]\n[tool.pdm.dev-dependencies]\ndoc = ["sphinx"]\n'
    )
    found = included("pyproject.toml", text)
    assert (found[""], found["dev"], found["doc"]) == (["flask"], ["mypy", "black==24.*", "uvloop"], ["sphinx"])
    dynamic = text.replace('dependencies = ["flask"]', 'dynamic = ["dependencies"]')
    assert included("pyproject.toml", dynamic)[""] == included("pyproject.toml", POETRY)[""]


def test_the_old_table_of_rye_is_a_group() -> None:
    found = included("pyproject.toml", '[project]\nname = "x"\n[tool.rye]\ndev-dependencies = ["pytest"]\n')
    assert found["dev"] == ["pytest"]


def test_a_group_is_for_the_pythons_that_uv_is_told() -> None:
    text = """[dependency-groups]
Dev = ["scipy>=1.16", "six ; os_name == 'nt'"]
lint = [{include-group = "dev"}, "ruff"]
any = ["rich"]
[tool.uv.dependency-groups]
dev = {requires-python = ">=3.11,<4"}
any = {requires-python = ""}
"""
    python = 'python_version >= "3.11" and python_version < "4.0"'
    limited = [f"scipy>=1.16; {python}", f'six; os_name == "nt" and ({python})']
    found = included("pyproject.toml", text)
    assert found["dev"] == [str(Requirement(one)) for one in limited]
    assert (found["lint"], found["any"]) == ([*found["dev"], "ruff"], ["rich"])


RULES = """[project]
name = "shop"
dependencies = ["flask"]
[tool.uv]
constraint-dependencies = ["urllib3<2.4"]
build-constraint-dependencies = ["setuptools<80"]
override-dependencies = ["werkzeug>=3", "click>=8 ; os_name == 'nt'", "click>=7 ; os_name != 'nt'"]
exclude-dependencies = ["colorama"]
[tool.pdm.resolution]
excludes = ["watchdog"]
[tool.pdm.resolution.overrides]
asgiref = "3.2.10"
jinja2 = ">=3,<4"
blinker = "*"
six = "https://files.index.example/six-1.16.0-py2.py3-none-any.whl"
"""


def test_what_tools_say_of_every_resolution_counts() -> None:
    head = f"{HEAD}constraints: [idna<4]\nbuild: {{constraints: [cython<3]}}\n"
    spec = loaded(f"{head}include: [pyproject.toml]\n", {"pyproject.toml": RULES})
    assert texts(spec.requirements) == ["flask"]
    assert texts(spec.constraints) == ["idna<4", "urllib3<2.4"]
    assert texts(spec.build.constraints) == ["cython<3", "setuptools<80"]
    assert texts(spec.overrides) == [
        "werkzeug>=3",
        'click>=8; os_name == "nt"',
        'click>=7; os_name != "nt"',
        'colorama; python_version < "0"',
        'watchdog; python_version < "0"',
        "asgiref==3.2.10",
        "jinja2<4,>=3",
        "blinker",
        str(Requirement("six @ https://files.index.example/six-1.16.0-py2.py3-none-any.whl")),
    ]
    assert [str(one.origin) for one in spec.overrides[::5]] == [
        "pyproject.toml:7",
        "pyproject.toml (tool.pdm.resolution.overrides.asgiref)",
    ]


def test_an_override_of_the_spec_stands_alone() -> None:
    spec = loaded(f"{HEAD}include: [pyproject.toml]\noverrides: [Click==8.1.7]\n", {"pyproject.toml": RULES})
    assert [one for one in texts(spec.overrides) if "lick" in one] == ["Click==8.1.7"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('constraint-dependencies = ["urllib3=2"]', '"urllib3=2" is not a requirement: = compares nothing'),
        ('constraint-dependencies = ["a[b]<2"]', '"a[b]<2": a constraint has no extras'),
        ("override-dependencies = [3]", '"3" is not text'),
    ],
)
def test_what_tools_say_wrongly_is_told(line: str, message: str) -> None:
    text = f'[project]\nname = "shop"\ndependencies = ["flask"]\n[tool.uv]\n{line}\n'
    [problem] = problems(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": text})
    assert message in str(problem)


SOURCES = """[project]
name = "app"
dependencies = ["lib[fast]>=1 ; os_name == 'nt'", "torch", "tool"]
[tool.uv.sources]
lib = {workspace = true}
torch = [{index = "cpu", marker = "os_name == 'nt'"}, {index = "cuda"}]
tool = {git = "https://git.example/tool"}
"""
LIB = """[project]
name = "Lib"
dependencies = ["attrs"]
[project.optional-dependencies]
fast = ["orjson", "app"]
[tool.uv.sources]
app = {workspace = true}
"""
BOUND = """indexes:
  - {name: pypi}
  - {name: corp, url: "https://index.example/", projects: [torch, tool, lib]}
"""


def test_a_project_from_elsewhere_is_not_asked_of_an_index() -> None:
    found = told(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": SOURCES})
    assert [line.partition(" | ")[0] for line in found] == [
        "pyproject.toml:0 tool.uv.sources.lib: lib comes from another folder, which no lock can hold",
        (
            "pyproject.toml:0 tool.uv.sources.tool: tool comes from version control "
            '("https://git.example/tool"), which no lock can hold'
        ),
        'pyproject.toml:0 tool.uv.sources.torch: torch comes from the index "cpu", and the spec binds it to none',
    ]


def test_a_project_that_the_spec_binds_to_an_index_is_asked_of_it() -> None:
    spec = loaded(f"{HEAD}include: [pyproject.toml]\n{BOUND}", {"pyproject.toml": SOURCES})
    assert texts(spec.requirements) == ['lib[fast]>=1; os_name == "nt"', "torch", "tool"]


def test_a_folder_that_is_included_too_stands_for_what_it_requires() -> None:
    text = f"{HEAD}include: [pyproject.toml, {{file: lib/pyproject.toml, extras: []}}]\n{BOUND}"
    spec = loaded(text.replace(", lib]", "]"), {"pyproject.toml": SOURCES, "lib/pyproject.toml": LIB})
    assert texts(spec.requirements) == ['orjson; os_name == "nt"', "torch", "tool", "attrs"]


WORKSPACE = """[tool.uv.workspace]
members = ["packages/*"]
[tool.uv.sources]
lib = {workspace = true}
torch = {index = "cpu"}
six = {url = "https://files.index.example/six-1.0.zip"}
"""
MEMBER = """[project]
name = "web"
dependencies = ["lib[fast]", "six", "torch"]
"""


def test_the_sources_of_a_workspace_are_those_of_its_members() -> None:
    text = f"{HEAD}include: [pyproject.toml, packages/web/pyproject.toml]\n"
    files = {"pyproject.toml": WORKSPACE, "packages/web/pyproject.toml": MEMBER}
    assert [line.partition(" | ")[0] for line in told(text, files)] == [
        "pyproject.toml:0 tool.uv.sources.lib: lib comes from another folder, which no lock can hold",
        'pyproject.toml:0 tool.uv.sources.torch: torch comes from the index "cpu", and the spec binds it to none',
    ]
    own = '[tool.uv.sources]\ntorch = {url = "https://files.index.example/torch-2.0.zip"}\n'
    files["packages/web/pyproject.toml"] = f"{MEMBER}{own}"
    files["lib/pyproject.toml"] = LIB.replace(', "app"', "")
    spec = loaded(text.replace("]\n", ", {file: lib/pyproject.toml, groups: all}]\n"), files)
    assert texts(spec.requirements) == [
        "orjson",
        str(Requirement("six @ https://files.index.example/six-1.0.zip")),
        str(Requirement("torch @ https://files.index.example/torch-2.0.zip")),
        "attrs",
    ]


def test_the_sources_of_a_workspace_say_nothing_of_other_folders() -> None:
    text = f"{HEAD}include: [shop/pyproject.toml, other/pyproject.toml]\n"
    files = {"shop/pyproject.toml": WORKSPACE, "other/pyproject.toml": MEMBER}
    assert texts(loaded(text, files).requirements) == ["lib[fast]", "six", "torch"]


def test_a_project_that_is_included_is_never_another_one_of_its_name() -> None:
    lib = LIB.partition("[tool")[0].replace(', "app"', "")
    files = {"web/pyproject.toml": MEMBER, "lib/pyproject.toml": lib}
    text = f"{HEAD}include: [web/pyproject.toml, {{file: lib/pyproject.toml, groups: all}}]\n"
    assert texts(loaded(text, files).requirements) == ["orjson", "six", "torch", "attrs"]
    assert texts(loaded(f"{text}{BOUND}", files).requirements) == ["lib[fast]", "six", "torch", "attrs"]


def test_of_two_projects_of_one_name_the_first_is_meant_by_whatever_asks() -> None:
    lib = '[project]\nname = "lib"\n[project.optional-dependencies]\n'
    files = {
        "a/pyproject.toml": f'{lib}fast = ["attrs"]\n',
        "b/pyproject.toml": f'{lib}fast = ["rich"]\n',
        "app.toml": '[project]\nname = "app"\ndependencies = ["lib[fast]"]\n',
        "r.txt": "lib[fast] @ git+https://git.example/lib@main\n",
    }
    for first, wanted in (("a", "attrs"), ("b", "rich")):
        both = [f"{{file: {folder}/pyproject.toml, groups: all}}" for folder in sorted("ab", reverse=first == "b")]
        for asking in ("app.toml", "r.txt"):
            text = f"{HEAD}include: [{', '.join([*both, asking])}]\n"
            assert texts(loaded(text, files).requirements) == [wanted], (first, asking)


def test_a_requirement_that_is_cloned_is_one_from_version_control() -> None:
    cloned = "Lib[fast] @ git+https://user:token@git.example/lib@main ; os_name == 'nt'"
    app = f'[project]\nname = "app"\ndependencies = [\n"{cloned}"]\n'
    files = {
        "pyproject.toml": app,
        "lib/pyproject.toml": '[project]\nname = "lib"\noptional-dependencies = {fast = ["attrs"]}\n',
    }
    (found,) = told(f"{HEAD}include: [pyproject.toml]\n", files)
    place = "pyproject.toml:4 project.dependencies[0]: "
    assert found.startswith(f'{place}Lib comes from version control ("git+https://git.example/lib@main"), ')
    bound = loaded(f"{HEAD}include: [pyproject.toml]\n{BOUND}", files)
    assert texts(bound.requirements) == ['Lib[fast]; os_name == "nt"']
    beside = f"{HEAD}include: [pyproject.toml, {{file: lib/pyproject.toml, groups: all}}]\n"
    assert texts(loaded(beside, files).requirements) == ['attrs; os_name == "nt"']


@pytest.mark.parametrize(
    "text",
    [
        "lib[fast] @ file:///${PROJECT_ROOT}/lib",
        "lib[fast] @ {root:uri}/lib",
        "-e file:///${PROJECT_ROOT}/lib#egg=lib[fast]",
        "-e git+https://git.example/lib@main#subdirectory=x&egg=lib[fast]",
    ],
)
def test_a_folder_by_its_url_is_a_folder(text: str) -> None:
    files = {
        "pyproject.toml": f'[project]\nname = "app"\n[tool.pdm.dev-dependencies]\ndev = ["{text}"]\n',
        "lib/pyproject.toml": '[project]\nname = "lib"\noptional-dependencies = {fast = ["attrs"]}\n',
    }
    (found,) = told(f"{HEAD}include: [pyproject.toml]\n", files)
    assert found.startswith("pyproject.toml:4 tool.pdm.dev-dependencies.dev[0]: lib comes from ")
    assert texts(loaded(f"{HEAD}include: [pyproject.toml]\n{BOUND}", files).groups[DEV]) == ["lib[fast]"]
    beside = f"{HEAD}include: [pyproject.toml, {{file: lib/pyproject.toml, groups: all}}]\n"
    assert texts(loaded(beside, files).groups[DEV]) == ["attrs"]


@pytest.mark.parametrize("text", ["lib @ file:///abs/lib-1.whl", "-e file:///abs/lib", "-e ."])
def test_a_file_and_a_folder_without_a_name_are_refused(text: str) -> None:
    project = f'[project]\nname = "app"\n[tool.pdm.dev-dependencies]\ndev = ["{text}"]\n'
    (problem,) = problems(f"{HEAD}include: [pyproject.toml]\n{BOUND}", {"pyproject.toml": project})
    assert problem.path == "tool.pdm.dev-dependencies.dev[0]"


def test_a_folder_of_poetry_and_a_file_by_url() -> None:
    text = (
        '[tool.poetry.dependencies]\nlib = {path = "../lib", develop = true}\nsix = "*"\n'
        '[tool.uv.sources]\nsix = {url = "https://files.index.example/six-1.0.zip"}\n'
    )
    files = {"pyproject.toml": text, "lib/pyproject.toml": LIB}
    spec = loaded(f"{HEAD}include: [pyproject.toml, {{file: lib/pyproject.toml, groups: all}}]\n", files)
    assert texts(spec.requirements) == [str(Requirement("six @ https://files.index.example/six-1.0.zip")), "attrs"]


OWN_INDEXES = {
    "uv": '[[tool.uv.index]]\nname = "corp"\nurl = "https://index.example/"\n',
    "uv, older": '[tool.uv]\nextra-index-url = ["https://index.example/"]\n',
    "uv pip": '[tool.uv.pip]\nindex-url = "https://index.example/"\n',
    "Poetry": '[[tool.poetry.source]]\nname = "corp"\nurl = "https://index.example/"\npriority = "primary"\n',
    "PDM": '[[tool.pdm.source]]\nname = "corp"\nurl = "https://index.example/"\n',
}


@pytest.mark.parametrize("text", OWN_INDEXES.values(), ids=OWN_INDEXES)
def test_an_index_of_the_project_is_never_dropped_in_silence(text: str) -> None:
    files = {"pyproject.toml": f'[project]\ndependencies = ["attrs"]\n{text}'}
    (problem,) = problems(f"{HEAD}include: [pyproject.toml]\n", files)
    assert problem.message.startswith("asks the index ")
    assert not problems(f"{HEAD}include: [pyproject.toml]\nindexes: [{{name: pypi}}]\n", files)


def test_an_index_is_told_by_its_url_where_it_has_no_name() -> None:
    text = '[tool.uv.pip]\nextra-index-url = ["https://me:secret@a.example/", "https://b.example/"]\n'
    found = problems(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": f"[project]\ndependencies = []\n{text}"})
    assert [(one.path, one.message.partition(",")[0]) for one in found] == [
        ("tool.uv.pip.extra-index-url", 'asks the index "https://***@a.example/"'),
        ("tool.uv.pip.extra-index-url", 'asks the index "https://b.example/"'),
    ]


def test_an_index_for_named_projects_alone_is_no_index_of_the_project() -> None:
    for text in ("[[tool.uv.index]]\nexplicit = true\n", '[[tool.poetry.source]]\npriority = "explicit"\n'):
        files = {"pyproject.toml": f'[project]\ndependencies = ["attrs"]\n{text}name = "corp"\n'}
        assert not problems(f"{HEAD}include: [pyproject.toml]\n", files)


_KEYS = [
    "name",
    "dependencies",
    "python",
    "version",
    "extras",
    "group",
    "dev-dependencies",
    "sources",
    "index",
    "source",
]
_KEYS += ["include-groups", "include-group", "path", "url", "optional", "markers", "platform", "a", "dev", "explicit"]
_ANY = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.sampled_from(["", "a", "^1", "x y", "https://x.example/a.zip"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=150)
@given(
    st.dictionaries(st.sampled_from(["poetry", "flit", "uv", "pdm", "rye", "hatch", "setuptools"]), _ANY, max_size=3),
    _ANY,
)
def test_whatever_tools_state_is_read_or_refused(tool: dict[str, object], project: object) -> None:
    report = Report()
    data, file = {"tool": tool, "project": project}, "pyproject.toml"
    found = Pyproject(data, Places(file, ""), file, report, Surroundings())
    found.check_indexes()
    declared = [*found.dependencies()]
    assert all(one.message for one in found.unread())
    for name in found.extras:
        declared += found.of_extra(name)
    for name in found.groups:
        declared += found.of_group(name)
    assert all(isinstance(one, Declared) for one in declared)
    assert all(problem.hint for problem in report.problems())


BAD = {
    "no constraint of Poetry": (
        '[tool.poetry.dependencies]\na = "^x"\n',
        'pyproject.toml:0 tool.poetry.dependencies.a: "^x" is no constraint of Poetry\'s',
    ),
    "a Python of a group": (
        '[dependency-groups]\na = []\n[tool.uv.dependency-groups]\na = {requires-python = "3.x"}\n',
        "pyproject.toml:0 tool.uv.dependency-groups.a.requires-python: ",
    ),
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


@settings(max_examples=100)
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
