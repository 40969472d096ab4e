"""``[build-system]`` by PEP 517 and 518: its defaults, and what breaks it."""

from __future__ import annotations

import pytest

from resolver.errors import InvalidMetadata
from resolver.metadata.build_system import LEGACY_BACKEND, build_system
from resolver.metadata.model import BuildSystem, SdistFiles

MEMBERS = ("pyproject.toml", "_build/backend.py", "top.py")


def read(text: str | None) -> BuildSystem:
    files = {} if text is None else {"pyproject.toml": text.encode()}
    return build_system(SdistFiles(files=files, members=MEMBERS))


@pytest.mark.parametrize(
    ("text", "backend", "requires", "origin"),
    [
        (None, LEGACY_BACKEND, ["setuptools>=40.8.0"], "default"),
        ("[tool.black]", LEGACY_BACKEND, ["setuptools>=40.8.0"], "default"),
        ('[build-system]\nrequires = ["a", "b"]', LEGACY_BACKEND, ["a", "b"], "build-system"),
        ('[build-system]\nrequires = []\nbuild-backend = "x.y"', "x.y", [], "build-system"),
    ],
)  # fmt: skip
def test_defaults(text: str | None, backend: str, requires: list[str], origin: str) -> None:
    found = read(text)
    assert (found.backend, [str(one) for one in found.requires], found.origin) == (backend, requires, origin)


@pytest.mark.parametrize("path", [".", "_build", "./_build", "_build/"])
def test_a_backend_in_the_tree(path: str) -> None:
    found = read(f'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["{path}"]')
    assert found.backend_path == (path,)


def test_the_one_path_that_released_backends_give_without_its_list() -> None:
    """flit-core 2.3.0 and mesonpep517 0.2 do."""
    assert read('[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = "."').backend_path == (".",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("build-system = 1", "build-system"),
        ("[build-system]", "requires"),
        ('[build-system]\nrequires = "setuptools"', "requires"),
        ("[build-system]\nrequires = [1]", "requires"),
        ('[build-system]\nrequires = ["a b"]', "'a b'"),
        (f'[build-system]\nrequires = ["a<2,>={"1" * 5000}"]', "it has a number of more than 640 digits"),
        ("[build-system]\nrequires = []\nbuild-backend = 1", "build-backend"),
        ("[build-system]\nrequires = []\nbackend-path = 'src'", "backend-path"),
        ("[build-system]\nrequires = []\nbackend-path = ['..']", "backend-path"),
        ("[build-system]\nrequires = []\nbackend-path = ['/tmp']", "backend-path"),
        ("[build-system]\nrequires = []\nbackend-path = ['_bui']", "backend-path"),
        ("[build-system", "not TOML"),
        ("x = " + "[" * 9000, "not TOML"),
        ("x = " + "9" * 9000, "not TOML"),
    ],
)
def test_what_breaks_it_is_named(text: str, named: str) -> None:
    with pytest.raises(InvalidMetadata, match=r"pyproject\.toml") as caught:
        read(text)
    assert named in str(caught.value)


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(InvalidMetadata, match="not TOML"):
        build_system(SdistFiles(files={"pyproject.toml": b"\xff"}))
