"""The Pythons of this machine, as they are found and as packaging sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import packaging
import pytest
from packaging.specifiers import SpecifierSet

from resolver.sandbox.interpreters import find, host_environment
from resolver.sandbox.model import Interpreter
from tests.support.machine import interpreters

ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from packaging import markers, tags
print(json.dumps({"tags": [str(tag) for tag in tags.sys_tags()], "markers": markers.default_environment()}))
"""
FOUND = find()
THEIRS = SpecifierSet(metadata("packaging")["Requires-Python"])
"""What the packaging that is installed runs on; an older one knows the tags of others (test_tags_real)."""


def test_every_python_of_this_machine_is_found_once() -> None:
    minors = {".".join(path.name.removeprefix("python").split(".")[:2]) for path in interpreters()} - {"3.7"}
    assert minors <= {".".join(one.version.split(".")[:2]) for one in FOUND}
    assert len({one.executable for one in FOUND}) == len(FOUND)
    assert Path(sys.executable).resolve() in {one.executable for one in FOUND}


def test_it_is_the_installation_and_no_virtual_environment() -> None:
    assert sys.prefix != sys.base_prefix
    assert Path(sys.prefix).resolve() not in {one.prefix for one in FOUND}
    assert all(one.stdlib.joinpath("os.py").is_file() for one in FOUND)


@pytest.mark.parametrize(
    "python",
    [one for one in FOUND if THEIRS.contains(one.version)],
    ids=lambda one: f"{one.version} {one.prefix.name}",
)
def test_it_is_an_environment_as_packaging_sees_it(python: Interpreter) -> None:
    where = str(Path(packaging.__file__).parents[1])
    told = json.loads(subprocess.check_output([python.executable, "-I", "-c", ASK, where]))
    ours = host_environment(python)
    assert [str(tag) for tag in ours.tags] == told["tags"]
    same = {
        "python_version",
        "python_full_version",
        "sys_platform",
        "os_name",
        "platform_machine",
        "implementation_name",
    }
    assert {key: ours.markers[key] for key in same} == {key: told["markers"][key] for key in same}
