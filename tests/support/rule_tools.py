"""The programs that actions of the rules run, `rules/private/tools`, as modules, and what tests of them look at."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib
import importlib.util
import stat
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

RULES = Path(__file__).parents[2] / "rules/private"
TOOLS = RULES / "tools"


@cache
def program(name: str) -> Any:
    """``rules/private/tools/<name>.py``; under a name of its own, for `build` is also that of a distribution."""
    library("failure")
    return _executed(f"wheelhouse_program_{name}", TOOLS / f"{name}.py")


@cache
def library(name: str) -> Any:
    """A module of ``wheelhouse_tools``."""
    sys.path.insert(0, str(TOOLS))
    try:
        return importlib.import_module(f"wheelhouse_tools.{name}")
    finally:
        sys.path.remove(str(TOOLS))


def _executed(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(TOOLS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOOLS))
    return module


def installed(folder: Path, wheel: Path) -> tuple[Path, Path]:
    """Where the program `install` puts a wheel: its site-packages, and the folder of its metadata."""
    site, metadata = folder / "site-packages", folder / "metadata"
    program("install").run({"wheel": str(wheel), "site_packages": str(site), "dist_info": str(metadata)})
    return site, metadata


def written(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """The paths of ``files`` in ``folder``, where they are now; scripts can be executed."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755 if content.startswith(b"#!") else 0o644)
    return [str(folder / name) for name in files]


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their paths there."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def record(wheel: Path) -> dict[str, tuple[str, str]]:
    """RECORD of a wheel: digest and size by name."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
        return {row[0]: (row[1], row[2]) for row in csv.reader(archive.read(name).decode().splitlines())}


def holds_its_record(wheel: Path) -> bool:
    """Whether RECORD says of each file what is there."""
    with zipfile.ZipFile(wheel) as archive:
        expected = {}
        for name in archive.namelist():
            content = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            expected[name] = ("", "") if name.endswith("/RECORD") else (f"sha256={digest}", str(len(content)))
    return record(wheel) == expected
