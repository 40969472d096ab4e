"""Requirements that a build backend takes from files, where a pyproject.toml names these."""

from __future__ import annotations

import pytest

from tests.unit.spec_files import HEAD, loaded, told

SETUPTOOLS = """[project]
name = "shop"
dynamic = ["dependencies", "optional-dependencies", "version"]
[tool.setuptools.dynamic]
version = {attr = "shop.version"}
dependencies = {file = ["requirements.txt", "more/extra.txt"]}
optional-dependencies.Dev = {file = "requirements_dev.txt"}
optional-dependencies.all = {file = ["all.txt"]}
"""
HATCH = """[project]
name = "shop"
dynamic = ["dependencies", "optional-dependencies"]
[tool.hatch.metadata.hooks.requirements_txt]
filename = "requirements.txt"
optional-dependencies.dev = ["requirements_dev.txt"]
optional-dependencies.all = ["all.txt"]
"""
FILES = {
    "app/requirements.txt": "flask>=3  # the web\n-c bounds.txt\n",
    "app/bounds.txt": "urllib3<3\n",
    "app/more/extra.txt": "rich\n",
    "app/requirements_dev.txt": "pytest\n-r more/tools.txt\n",
    "app/more/tools.txt": "mypy\n",
    "app/all.txt": "shop[dev]\nruff\n",
}


@pytest.mark.parametrize(("text", "more"), [(SETUPTOOLS, ["rich"]), (HATCH, [])])
def test_what_a_backend_takes_from_files_is_read_there(text: str, more: list[str]) -> None:
    spec = loaded(f"{HEAD}include: [app/pyproject.toml]\n", {**FILES, "app/pyproject.toml": text})
    groups = {name: [str(one.requirement) for one in declared] for name, declared in spec.groups.items()}
    assert [str(one.requirement) for one in spec.requirements] == ["flask>=3", *more]
    assert groups == {"dev": ["pytest", "mypy"], "all": ["pytest", "mypy", "ruff"]}
    assert [str(one.requirement) for one in spec.constraints] == ["urllib3<3"]
    assert str(spec.requirements[0].origin) == "app/requirements.txt:1"
    assert {"app/requirements.txt", "app/bounds.txt", "app/requirements_dev.txt"} <= set(spec.inputs)


def test_the_hook_of_hatchling_reads_requirements_txt_if_nothing_is_said() -> None:
    text = '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.hatch.metadata.hooks.requirements_txt]\n'
    spec = loaded(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": text, "requirements.txt": "flask\n"})
    assert [str(one.requirement) for one in spec.requirements] == ["flask"]


def test_what_is_taken_from_files_may_come_from_elsewhere() -> None:
    text = f'{SETUPTOOLS}[tool.uv.sources]\nflask = {{git = "https://git.example/flask"}}\n'
    found = told(f"{HEAD}include: [app/pyproject.toml]\n", {**FILES, "app/pyproject.toml": text})
    assert len(found) == 1
    assert found[0].startswith("app/pyproject.toml:0 tool.uv.sources.flask: flask comes from version control")


def test_what_files_have_wrong_is_told() -> None:
    files = {**FILES, "app/pyproject.toml": SETUPTOOLS, "app/requirements.txt": "flask 3\n"}
    del files["app/all.txt"]
    found = [line.partition(" | ")[0] for line in told(f"{HEAD}include: [app/pyproject.toml]\n", files)]
    assert len(found) == 2
    assert found[0].startswith(
        'app/pyproject.toml:8 tool.setuptools.dynamic.optional-dependencies.all: there is no file "app/all.txt"'
    )
    assert found[1].startswith("app/requirements.txt:1 ")


@pytest.mark.parametrize(
    "table",
    [
        "",
        "[tool.setuptools.dynamic]\ndependencies = 1\n",
        "[tool.setuptools.dynamic]\ndependencies = {attr = 'a.b'}\n",
        "[tool.hatch.metadata.hooks]\nrequirements_txt = 1\n",
        "[tool.hatch.metadata.hooks.custom]\n",
    ],
)
def test_what_only_a_backend_knows_is_told(table: str) -> None:
    text = f'[project]\nname = "x"\ndynamic = ["dependencies"]\n{table}'
    found = told(f"{HEAD}include: [pyproject.toml]\n", {"pyproject.toml": text})
    assert [line.partition(" | ")[0] for line in found] == [
        "pyproject.toml:3 project.dependencies: is dynamic: only the build backend knows it"
    ]
