"""The files of a lock's repository, held against golden files; `UPDATE_GOLDEN=1` writes them anew.

That buildifier would leave them as they are is held by `tests/integration/test_buildifier.py`.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from resolver.lock.codec import dumps, loads
from tests.support.starlark import Failed, Module
from tests.unit.hub_example import HUB, OVERRIDES, document, lock

GOLDEN = Path(__file__).parents[1] / "golden/hub"
COMMAND = "UPDATE_GOLDEN=1 pytest tests/unit/test_rules_golden.py"
BUILD_FILES = Module("rules/private/hub/build_files.bzl")


def files(document: object, overrides: object = None, default_python: str = "", stale: str = "") -> dict[str, str]:
    found: Any = BUILD_FILES.call("hub_files", HUB, document, overrides or {}, default_python, stale)
    return dict(found)


def test_golden() -> None:
    found = files(document(), OVERRIDES, "3.11")
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(GOLDEN, ignore_errors=True)
        for path, text in found.items():
            (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / path).write_bytes(text.encode())
    there = {p.relative_to(GOLDEN).as_posix(): p.read_bytes().decode() for p in GOLDEN.rglob("*") if p.is_file()}
    assert sorted(found) == sorted(there), f"to renew them: {COMMAND}"
    for path, text in found.items():
        assert text == there[path], f"{path} differs; to renew it: {COMMAND}"


def test_the_lock_is_one_that_the_resolver_could_write() -> None:
    assert loads(dumps(lock())) == lock()


def test_the_order_of_the_lock_does_not_show() -> None:
    def backwards(value: Any) -> Any:
        return {k: backwards(v) for k, v in reversed(value.items())} if isinstance(value, dict) else value

    assert files(backwards(document()), OVERRIDES, "3.11") == files(document(), OVERRIDES, "3.11")


def test_every_label_is_one_of_a_file_that_is_there() -> None:
    found = files(document())
    text = "\n".join(found.values())
    for name in document()["artifacts"]:
        assert f'    name = "{name}",' in found["_files/BUILD.bazel"]
    for sdist, build in document()["builds"].items():
        for environment in build["environments"]:
            assert f'    name = "{sdist}@{environment}",' in found["_builds/BUILD.bazel"]
    for project in ("harbor", "keel", "sail", "mast-tools", "rudder"):
        assert f"{project}/BUILD.bazel" in found
    assert "forge/BUILD.bazel" not in found  # it builds keel, and nothing imports it
    assert "//_files:forge" not in text  # what is built is asked of _builds


def test_a_project_of_several_words_has_every_target_under_both_names() -> None:
    changed = document()
    for pins in changed["resolutions"].values():
        pins["mast-tools"]["extras"] = ["dark-sails"]
    sdist = changed["resolutions"]["linux-py311"]["mast-tools"]["artifact"]
    changed["artifacts"][sdist]["kind"] = "sdist"
    text = files(changed)["mast_tools/BUILD.bazel"]
    assert '    extras = ["dark-sails"],\n    has_sdist = True,\n    project = "mast-tools",\n' in text


def test_a_stale_lock_is_said_in_the_root_and_nowhere_else() -> None:
    fresh, stale = files(document()), files(document(), stale='lock.json is "stale":\nrun wheelhouse')
    assert {path for path in fresh if fresh[path] != stale[path]} == {"BUILD.bazel"}
    assert '    stale = "lock.json is \\"stale\\":\\nrun wheelhouse",\n' in stale["BUILD.bazel"]
    assert "stale" not in fresh["BUILD.bazel"]


def test_an_override_of_nothing_is_an_error() -> None:
    with pytest.raises(Failed, match="override of kel: the lock has no artifact of that project"):
        files(document(), {"kel": {}})
    files(document(), {"forge": {"env": {"A": "1"}}})  # of what only builds


def test_a_lock_of_nothing() -> None:
    empty = {
        "lock_version": 1,
        "indexes": {},
        "environments": {},
        "artifacts": {},
        "resolutions": {},
        "builds": {},
        "closures": {},
    }
    found = files(json.loads(json.dumps(empty)))
    assert sorted(found) == [
        "BUILD.bazel",
        "_builds/BUILD.bazel",
        "_files/BUILD.bazel",
        "_wheels/BUILD.bazel",
        "requirements.bzl",
    ]
    assert "_PROJECTS = []\n" in found["requirements.bzl"]
