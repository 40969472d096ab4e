"""This machine's programs that a job may see: the names of the spec to files, with the links that lead to them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from resolver.errors import BuildFailed

_BINUTILS = ("as", "ld", "ld.bfd", "ld.gold", "ar", "ranlib", "nm", "strip", "objcopy", "objdump")
_C = ("cc", "gcc", "x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc", *_BINUTILS)
_CXX = ("c++", "g++", "x86_64-linux-gnu-g++", "aarch64-linux-gnu-g++")
COMPANIONS = {
    "cc": _C,
    "gcc": (*_C, "gcc-ar", "gcc-ranlib", "gcc-nm"),
    "c++": (*_C, *_CXX),
    "g++": (*_C, *_CXX),
    "gfortran": (*_C, "gfortran"),
    "clang": ("ld.lld", *_BINUTILS),
    "clang++": ("clang", "ld.lld", *_BINUTILS),
    "rustc": _C,
    "cargo": ("rustc", *_C),
}
"""Programs that a program runs: without its assembler and linker a compiler is of no use. Absent ones are left out."""

_VISIBLE = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/nix/store", "/gnu/store")
_DEPTH = 40  # links from one to another, as many as Linux follows


@dataclass(slots=True)
class Tools:
    """``files`` are to be seen at their own paths; ``links``: path to target, as ``readlink`` has it."""

    files: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)


def locate(names: Sequence[str]) -> Tools:
    """The files behind ``names`` on PATH. Raises `BuildFailed` that names those that are not on this machine."""
    found = Tools()
    missing = tuple(name for name in names if "/" in name or shutil.which(name) is None)
    if missing:
        raise BuildFailed(f"its build needs {', '.join(missing)}, which this machine does not have", missing=missing)
    wanted = list(dict.fromkeys([*names, *(other for name in names for other in COMPANIONS.get(name, ()))]))
    for name in wanted:
        if (program := shutil.which(name)) is not None:
            _add(found, Path(program), name)
    return found


def _add(found: Tools, program: Path, name: str) -> None:
    """Add a program with the links that lead to its file; where that is a script, its interpreter too."""
    place = _real_folder(program)
    if str(place.parent) != "/usr/bin" and f"/usr/bin/{name}" not in found.files:
        found.links.setdefault(f"/usr/bin/{name}", str(place))
    for _ in range(_DEPTH):
        if not place.is_symlink():
            break
        if not _visible(place):
            found.links[str(place)] = str(place.readlink())
        place = _real_folder(place.parent / place.readlink())
    if _visible(place) or str(place) in found.files:
        return
    found.links.pop(str(place), None)
    found.files.append(str(place))
    for interpreter in _shebang(place):
        if (other := shutil.which(interpreter)) is not None:
            _add(found, Path(other), Path(other).name)


def _real_folder(path: Path) -> Path:
    return path.parent.resolve() / path.name


def _visible(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _VISIBLE)


def _shebang(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            line = stream.readline(256)
    except OSError:
        return []
    words = os.fsdecode(line[2:]).split() if line.startswith(b"#!") else []
    if words and Path(words[0]).name == "env":
        return [word for word in words[1:2] if not word.startswith("-")]
    return [word for word in words[:1] if word not in {"/bin/sh", "/usr/bin/env"}]
