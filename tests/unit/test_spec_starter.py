"""The starter spec: it loads as it stands, and with everything that is commented out put in."""

from __future__ import annotations

import re

import pytest
from packaging.utils import canonicalize_name

from resolver.environments.expand import expand
from resolver.spec.model import ShortEnvironment
from resolver.spec.starter import starter
from tests.unit.spec_files import loaded, told

PYPROJECT = b'[project]\nname = "x"\nrequires-python = ">=3.9,<3.12"\ndependencies = ["rich"]\n'
BASE = {"../machines.yaml": b"version: 1\n"}
FILES = {"pyproject.toml": PYPROJECT, "requirements.in": b"six\n"}


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^(\s*)#(?! \S)", r"\1", text)


@pytest.mark.parametrize("files", [{}, FILES, {"requirements.in": b"six\n"}], ids=["none", "both", "requirements"])
def test_every_key_of_the_starter_is_right(files: dict[str, bytes]) -> None:
    text = starter(files)
    assert text.startswith("# yaml-language-server: $schema=")
    assert told(text, files) == []
    whole = loaded(uncommented(text), {**FILES, **BASE})
    assert whole.own_file == "spec.yaml"
    assert len(whole.environments) == 4
    assert len(expand(whole.environments)) == 5
    assert (len(whole.metadata_overrides), len(whole.indexes), len(whole.projects)) == (1, 2, 2)
    assert whole.policy.exclude_newer is not None
    assert whole.build.requires
    assert whole.groups[canonicalize_name("dev")]
    assert len(whole.requirements) >= 3


def test_what_is_included_decides_what_is_locked() -> None:
    spec = loaded(starter(FILES), FILES)
    assert [str(d.requirement) for d in spec.requirements] == ["rich", "six"]
    assert [environment.name for environment in expand(spec.environments)] == ["linux-py310", "linux-py311"]


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["requirements.in", "dev.in", "requirements-test.txt"], {"dev": "dev.in", "test": "requirements-test.txt"}),
        (["pyproject.toml", "requirements/docs.txt"], {"docs": "requirements/docs.txt"}),
        (["requirements.in", "requirements-gpu.in", "dev-tools.in"], {}),
        (["dev.in", "test.in"], {}),
        (["requirements.in", "docs/requirements.txt"], {"docs": "docs/requirements.txt"}),
        (["a/requirements.in", "b/requirements.txt"], {}),
    ],
)
def test_files_that_only_those_need_who_work_on_a_project_are_groups(names: list[str], groups: dict[str, str]) -> None:
    files = {name: PYPROJECT if name.endswith(".toml") else b"six\n" for name in names}
    spec = loaded(starter(files), files)
    assert {name: listed[0].origin.file for name, listed in spec.groups.items()} == groups
    assert {one.origin.file for one in spec.requirements} == {*names} - {*groups.values()}


@pytest.mark.parametrize(
    ("requires", "pythons"),
    [
        (">=3.8", ("3.12", "3.13")),
        ("==3.11.7", ("3.11",)),
        ("~=3.8.0", ("3.8",)),
        (">=3.14", ("3.14",)),
        (">=4", ("3.12", "3.13")),
    ],
)
def test_pythons_follow_requires_python(requires: str, pythons: tuple[str, ...]) -> None:
    pyproject = f'[project]\nname = "x"\nrequires-python = "{requires}"\n'.encode()
    first = loaded(starter({"pyproject.toml": pyproject}), {"pyproject.toml": pyproject}).environments[0]
    assert isinstance(first, ShortEnvironment)
    assert first.python == pythons


def test_a_file_that_cannot_be_read_right_is_told_by_the_loader_not_by_the_starter() -> None:
    nonsense = b'[project]\nname = "x"\nrequires-python = "nonsense"\n'
    files = {'odd "name" é.toml': b"\xff", "r.txt": b"-e .", "x.toml": nonsense}
    found = told(starter(files), files)
    assert [line.partition(":")[0] for line in found] == ['odd "name" é.toml', "r.txt", "x.toml"]
