"""What `wheelhouse export` writes, held against golden files; `UPDATE_GOLDEN=1` writes them anew.

The lock has something of everything: a release with a wheel here and an sdist there, an sdist that builds another one,
a URL that the spec states, a group, and a publisher that must have signed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resolver.emit.bom import boms
from resolver.emit.dockerfile import dockerfiles
from resolver.emit.graph import dot
from resolver.emit.places import Places
from resolver.emit.pylock import pylocks
from resolver.emit.requirements import requirements_files
from resolver.emit.selection import Selection, selection
from resolver.licenses.model import License
from resolver.lock.model import Lock
from tests.support.exports import ENVIRONMENTS, entry
from tests.unit.lock_examples import example

GOLDEN = Path(__file__).parents[1] / "golden" / "exports"
DIRECT = "sail @ https://files.example/direct/sail-0.9-py3-none-any.whl"
PLACES = Places(lock="..")
LICENSES = {
    "harbor-2.1.0-py3-none-any.whl": License(expression="MIT OR Apache-2.0", source="License-Expression"),
    "keel-1.4.tar.gz": License(expression="LicenseRef-Own", source="License-Expression"),
    "sail-0.9-py3-none-any.whl": License(expression="ISC", source="License"),
    "anvil-1.0-py3-none-any.whl": License(names=("BSD License", "MIT"), source="Classifier"),
}


def harbor() -> Lock:
    lock = example()
    linux = replace(entry(ENVIRONMENTS["linux311"]), python="3.11", os="linux", arch="x86_64", libc="glibc 2.28")
    windows = replace(entry(ENVIRONMENTS["windows"]), python="3.13", os="windows", arch="amd64")
    return replace(
        lock,
        environments={"linux-py311": linux, "windows-py313": windows},
        roots={name: {**groups, "": (*groups[""], DIRECT)} for name, groups in lock.roots.items()},
    )


FORMATS: dict[str, Callable[[Selection], dict[str, str]]] = {
    "pylock": lambda chosen: pylocks(chosen, PLACES),
    "cyclonedx": lambda chosen: boms(
        chosen, LICENSES, version="1.2.3", default_index="https://default.example/simple/"
    ),
    "dockerfile": lambda chosen: dockerfiles(replace(chosen, environments=("linux-py311",)), Places(tree="tree")),
    "dot": dot,
    "requirements": lambda chosen: requirements_files(chosen, PLACES),
}


@pytest.mark.parametrize("name", FORMATS)
def test_golden(name: str) -> None:
    made = FORMATS[name](selection(harbor()))
    folder = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        folder.mkdir(exist_ok=True)
        for path, text in made.items():
            (folder / path).write_text(text, encoding="utf-8")
    assert made == {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
