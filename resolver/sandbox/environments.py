"""Wheels -> the folder of a build environment, which a sandbox mounts read-only at ``/env``.

It has the layout of a virtual environment (PEP 405), and its links and scripts lead to where things lie inside. Wheels
are installed by the library installer; they were verified before, and nothing in them can lead out of the folder.
"""

from __future__ import annotations

import configparser
import csv
import lzma
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.exceptions import InstallerError
from installer.records import Hash, InvalidRecordEntry, RecordEntry
from installer.sources import WheelContentElement, WheelFile
from installer.utils import Scheme, copyfileobj_with_hashing

from resolver.errors import BuildFailed, StorageError, is_full
from resolver.sandbox.model import ENVIRONMENT, PYTHON, UNWANTED, Interpreter

if TYPE_CHECKING:
    from installer.scripts import ScriptSection


_BROKEN = (
    *(InstallerError, InvalidRecordEntry, configparser.Error, csv.Error),  # of its RECORD, of its entry points
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(ValueError, LookupError, OSError, RuntimeError, AssertionError, OverflowError),
)
"""What the library installer, and the libraries that it reads with, raise for a wheel that is broken or hostile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two wheels, by their names, have a file of the same ``path`` with different bytes."""

    path: str
    kept: str
    lost: str


def make(
    wheels: Sequence[Path],
    interpreter: Interpreter,
    directory: Path,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> tuple[Clash, ...]:
    """Install ``wheels`` for ``interpreter`` into ``directory``, which is not there yet, as a whole or not at all.

    Where two wheels have different files of one path, that of the first wheel by name is kept, in whatever order they
    come. No standard says which one wins; with installers it is the last one, and of two that do not require each other
    pip installs this one last. After an interrupt, what was begun is left beside ``directory``, to be removed with all
    that lies there.

    Raises `BuildFailed` for a wheel that is broken, and at the next file once it ``is_unwanted``; `StorageError`
    where the disk is full.
    """
    try:
        return _make(wheels, interpreter, directory, is_unwanted)
    except OSError as error:
        if not is_full(error):
            raise
        hint = "TMPDIR names another folder for build environments"
        raise StorageError(f"{directory.parent}: {error.strerror}; {hint}") from error


def _make(
    wheels: Sequence[Path], interpreter: Interpreter, directory: Path, is_unwanted: Callable[[], bool]
) -> tuple[Clash, ...]:
    owners: dict[Path, str] = {}
    clashes: list[Clash] = []
    staged = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}-"))
    try:
        _skeleton(staged, interpreter)
        for wheel in sorted(wheels, key=lambda wheel: wheel.name, reverse=True):
            clashes += _install(wheel, staged, interpreter, owners, is_unwanted)
        _open_to_all(staged)
        staged.rename(directory)
    except Exception:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return tuple(clashes)


def site_packages(interpreter: Interpreter) -> str:
    """The folder of modules in an environment."""
    return f"lib/{interpreter.program}/site-packages"


def _open_to_all(folder: Path) -> None:
    """Let others read it, whatever our umask is: in the sandbox it is another user who runs."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _skeleton(folder: Path, interpreter: Interpreter) -> None:
    (folder / site_packages(interpreter)).mkdir(parents=True)
    (folder / "bin").mkdir()
    for name in ("python", "python3", interpreter.program):
        (folder / "bin" / name).symlink_to(f"{PYTHON}/bin/{interpreter.program}")
    lines = [f"home = {PYTHON}/bin", "include-system-site-packages = false", f"version = {interpreter.version}"]
    (folder / "pyvenv.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _install(
    wheel: Path, folder: Path, interpreter: Interpreter, owners: dict[Path, str], is_unwanted: Callable[[], bool]
) -> list[Clash]:
    """Install one wheel. ``owners`` says which wheel each file came from, and grows by this one's."""
    site = str(folder / site_packages(interpreter))
    project = wheel.name.partition("-")[0]
    places = {
        "purelib": site,
        "platlib": site,
        "scripts": str(folder / "bin"),
        "headers": str(folder / "include" / "site" / interpreter.program / project),
        "data": str(folder),
    }
    destination = _Destination(
        places, f"{ENVIRONMENT}/bin/python", "posix", wheel=wheel.name, owners=owners, is_unwanted=is_unwanted
    )
    try:
        with _Wheel.open(wheel) as source:
            install(source, destination, {"INSTALLER": b"wheelhouse\n"})
    except _BROKEN as error:
        if isinstance(error, OSError) and is_full(error):  # no fault of the wheel
            raise
        raise BuildFailed(f"{wheel.name} cannot be installed: {error}") from error
    return destination.clashes


class _Wheel(WheelFile):
    """A wheel without its bytecode, of which the library would warn: to silence warnings is not safe in threads."""

    def get_contents(self) -> Iterator[WheelContentElement]:
        """What is to be installed."""
        return (item for item in super().get_contents() if "__pycache__" not in item[0][0].split("/"))


@dataclass
class _Destination(SchemeDictionaryDestination):
    """Where ``wheel`` is installed, over earlier ones: ``owners`` says which wheel each file there came from."""

    wheel: str = ""
    owners: dict[Path, str] = field(default_factory=dict)
    is_unwanted: Callable[[], bool] = lambda: False
    clashes: list[Clash] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._entry_points: dict[str, RecordEntry] = {}

    def write_script(self, name: str, module: str, attr: str, section: ScriptSection) -> RecordEntry:
        """Write the script of an entry point."""
        record = super().write_script(name, module, attr, section)
        self._entry_points[record.path] = record
        return record

    def write_to_fs(self, scheme: Scheme, path: str, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        """Write one file; a script gives way to an entry point of the same wheel, as in pip.

        Two wheels often have the same bytes, as of namespace packages: that is no clash. Raises `BuildFailed` once it
        ``is_unwanted``.
        """
        if self.is_unwanted():
            raise BuildFailed(UNWANTED)
        if scheme == "scripts" and path in self._entry_points:
            return self._entry_points[path]
        target = self._path_with_destdir(scheme, path)
        other = self.owners.get(target)
        if target.is_symlink() or (other is None and target.exists()):  # the interpreter's, of which some lead outside
            raise ValueError(f"it would overwrite {path}")
        self.owners[target] = self.wheel
        if other is None:
            return super().write_to_fs(scheme, path, stream, is_executable)
        before = self._digest(target)
        target.unlink()  # writing over it would keep its mode
        record = super().write_to_fs(scheme, path, stream, is_executable)
        if other != self.wheel and record.hash_ != before:
            self.clashes.append(Clash(path=path, kept=self.wheel, lost=other))
        return record

    def _digest(self, path: Path) -> Hash:
        with path.open("rb") as stream, Path(os.devnull).open("wb") as nowhere:
            digest, _ = copyfileobj_with_hashing(stream, nowhere, self.hash_algorithm)
        return Hash(self.hash_algorithm, digest)
