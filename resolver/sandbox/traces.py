"""Tells whether backends would be asked on this machine as they were before, by looking at files alone.

Which Python answers depends on those that `resolver.sandbox.interpreters` finds, and on the kind of the machine;
whether it can be run at all, on bubblewrap; what it finds there, on the libraries that a sandbox shows. Files are told
apart by size and time. Nothing is imported that Python has not loaded by itself: this runs before all else is loaded.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLLOWED = frozenset({"path", "asdf", "pyenv", "rye", "uv", "macos", "winreg"})
"""The providers of findpython whose folders are looked at here (``winreg`` finds nothing on such machines)."""

NAMES = (
    *("python", "pypy", "ironpython", "jython", "anaconda", "miniconda"),
    *("stackless", "activepython", "pyston", "micropython"),
)
"""What the file name of a Python begins with, whatever its case."""

_WITHIN = ("", "bin", "install/bin")
"""Where below its own folder a Python of a version manager may lie."""


class Traces:
    """``paths`` are those of files that may be Pythons; ``text`` is all that was seen, to be compared later."""

    def __init__(self, paths: Iterable[str], text: str) -> None:
        self.paths = paths
        self.text = text

    def show(self, executables: Iterable[str]) -> bool:
        """Whether all of these, real paths, are among what was seen."""
        return set(executables) <= set(map(os.path.realpath, self.paths))


def traces() -> Traces | None:
    """The traces of this machine, or None where what decides does not show: no Linux with glibc, no macOS."""
    kind = _kind()
    if kind is None:
        return None
    paths = sorted({*_pythons(), sys.executable})
    sandbox = next(filter(None, (_seen(f"{folder}/bwrap") for folder in _path())), "no sandbox")
    return Traces(paths, "\n".join([kind, f"user {os.geteuid()}", sandbox, *map(_seen, [*_libraries(), *paths])]))


def _kind() -> str | None:
    """The system, its machine and its C library."""
    if sys.platform == "win32":
        return None
    system = os.uname()
    if sys.platform == "darwin":
        return f"{system.sysname} {system.release} {system.machine}"
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):  # another C library
        return None
    return f"{system.sysname} {system.machine} {libc}" if libc else None


def _seen(path: str) -> str:
    """A line that changes with the file behind ``path``, or nothing where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  (pathlib takes longer to import than all of this)
    except OSError:
        return ""
    return f"{path} {status.st_dev} {status.st_ino} {status.st_mode} {status.st_size} {status.st_mtime_ns}"


def _libraries() -> Iterator[str]:
    """What changes whenever a library comes or goes: the loader's cache, and the folders in which they are."""
    yield from ("/etc/ld.so.cache", "/nix/store", "/gnu/store")
    for folder in ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32"):
        yield folder
        yield from (f"{folder}/{name}" for name in sorted(_names(folder)) if "-linux-" in name)


def _pythons() -> Iterator[str]:
    """Every file that may be a Python, in the folders in which findpython looks."""
    for folder in [*_path(), *_managed()]:
        for name in _names(folder):
            if name.lower().startswith(NAMES):
                yield f"{folder}/{name}"


def _path() -> list[str]:
    return [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]


def _managed() -> Iterator[str]:
    """Folders of Pythons that version managers, and the installer of macOS, have made."""
    for root in _roots():
        for name in _names(root):
            for within in _WITHIN:
                yield f"{root}/{name}/{within}".rstrip("/")


def _roots() -> Iterator[str]:
    data = os.environ.get("XDG_DATA_HOME", "").strip() or "~/.local/share"
    yield f"{_given('ASDF_DATA_DIR', '~/.asdf')}/installs/python"
    yield f"{_given('PYENV_ROOT', '~/.pyenv')}/versions"
    yield _given("RYE_PY_ROOT", "~/.rye/py")
    yield _given("UV_PYTHON_INSTALL_DIR", f"{data}/uv/python")
    if sys.platform == "darwin":
        yield _given("UV_PYTHON_INSTALL_DIR", "~/Library/Application Support/uv/python")
        yield "/Library/Frameworks/Python.framework/Versions"


def _given(variable: str, default: str) -> str:
    return os.path.expanduser(os.path.expandvars(os.environ.get(variable, default)))  # noqa: PTH111


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []
