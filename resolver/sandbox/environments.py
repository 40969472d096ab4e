"""Wheels -> the folder of a build environment, which a sandbox mounts read-only at ``/env``.

It has the layout of a virtual environment (PEP 405), and its links and scripts lead to where things lie inside. Wheels
are installed by the library installer; they were verified before, and nothing in them can lead out of the folder.
"""

from __future__ import annotations

import filecmp
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.exceptions import InstallerError
from installer.records import RecordEntry
from installer.sources import WheelContentElement, WheelFile
from installer.utils import Scheme

from resolver.errors import BuildFailed, StorageError, is_full
from resolver.sandbox.model import ENVIRONMENT, PYTHON, UNWANTED, Interpreter

if TYPE_CHECKING:
    from installer.scripts import ScriptSection


def make(
    wheels: Sequence[Path],
    interpreter: Interpreter,
    directory: Path,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> None:
    """Install ``wheels`` for ``interpreter`` into ``directory``, which is not there yet, as a whole or not at all.

    An interrupt does not wait until what was begun is removed: that lies beside it, where all is about to go.

    Raises `BuildFailed` for a wheel that is broken, for two that differ in a file, and at the next file once it
    ``is_unwanted``; `StorageError` where the disk is full.
    """
    try:
        _make(wheels, interpreter, directory, is_unwanted)
    except OSError as error:
        if not is_full(error):
            raise
        hint = "TMPDIR names another folder for build environments"
        raise StorageError(f"{directory.parent}: {error.strerror}; {hint}") from error


def _make(wheels: Sequence[Path], interpreter: Interpreter, directory: Path, is_unwanted: Callable[[], bool]) -> None:
    staged = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}-"))
    try:
        _skeleton(staged, interpreter)
        for wheel in wheels:
            _install(wheel, staged, interpreter, is_unwanted)
        _open_to_all(staged)
        staged.rename(directory)
    except Exception:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def site_packages(interpreter: Interpreter) -> str:
    """Where modules lie below the folder."""
    return f"lib/{_name(interpreter)}/site-packages"


def _name(interpreter: Interpreter) -> str:
    minor = ".".join(interpreter.version.split(".")[:2])
    kind = "pypy" if interpreter.implementation == "pypy" else "python"
    return f"{kind}{minor}{'t' if interpreter.freethreaded else ''}"


def _open_to_all(folder: Path) -> None:
    """Whoever runs in the sandbox is another user, and our umask may be narrow."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _skeleton(folder: Path, interpreter: Interpreter) -> None:
    (folder / site_packages(interpreter)).mkdir(parents=True)
    (folder / "bin").mkdir()
    for name in ("python", "python3", _name(interpreter)):
        (folder / "bin" / name).symlink_to(f"{PYTHON}/bin/{_name(interpreter)}")
    lines = [f"home = {PYTHON}/bin", "include-system-site-packages = false", f"version = {interpreter.version}"]
    (folder / "pyvenv.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _install(wheel: Path, folder: Path, interpreter: Interpreter, is_unwanted: Callable[[], bool]) -> None:
    site = str(folder / site_packages(interpreter))
    project = wheel.name.partition("-")[0]
    places = {
        "purelib": site,
        "platlib": site,
        "scripts": str(folder / "bin"),
        "headers": str(folder / "include" / "site" / _name(interpreter) / project),
        "data": str(folder),
    }
    destination = _Destination(places, f"{ENVIRONMENT}/bin/python", "posix", is_unwanted=is_unwanted)
    try:
        with _Wheel.open(wheel) as source:
            install(source, destination, {"INSTALLER": b"wheelhouse\n"})
    except _Differs as clash:
        raise BuildFailed(f"{wheel.name} cannot be installed: {clash} is there already, from another wheel") from None
    except (InstallerError, zipfile.BadZipFile, ValueError, KeyError, OSError, RuntimeError, AssertionError) as error:
        if isinstance(error, OSError) and is_full(error):  # no fault of the wheel
            raise
        raise BuildFailed(f"{wheel.name} cannot be installed: {error}") from error


class _Differs(Exception):
    """Two wheels hold a file of the same name with other bytes; ``str()`` is its path."""


class _Wheel(WheelFile):
    """Without its bytecode, of which the library warns: which warnings are shown is one setting for all threads."""

    def get_contents(self) -> Iterator[WheelContentElement]:
        """What is to be installed."""
        return (item for item in super().get_contents() if "__pycache__" not in item[0][0].split("/"))


@dataclass
class _Destination(SchemeDictionaryDestination):
    """Where one wheel goes. Lets two bring the same bytes, as files of namespace packages often are."""

    is_unwanted: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self._entry_points: dict[str, RecordEntry] = {}

    def write_script(self, name: str, module: str, attr: str, section: ScriptSection) -> RecordEntry:
        """Write the script of an entry point."""
        record = super().write_script(name, module, attr, section)
        self._entry_points[record.path] = record
        return record

    def write_to_fs(self, scheme: Scheme, path: str, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        """Write one file; a script gives way to an entry point of the same wheel, as in pip.

        Raises `_Differs`, and `BuildFailed` once it ``is_unwanted``.
        """
        if self.is_unwanted():
            raise BuildFailed(UNWANTED)
        if scheme == "scripts" and path in self._entry_points:
            return self._entry_points[path]
        target = self._path_with_destdir(scheme, path)
        if target.is_symlink():  # the interpreter's; here it leads to a path of the host
            raise ValueError(f"it would overwrite {path}")
        if not target.exists():
            return super().write_to_fs(scheme, path, stream, is_executable)
        before = target.with_name(f"{target.name}.first")
        target.rename(before)
        record = super().write_to_fs(scheme, path, stream, is_executable)
        if not filecmp.cmp(before, target, shallow=False):
            raise _Differs(path)
        before.unlink()
        return record
