"""Reading and writing the user's files for the command line: specs, locks, what specs include."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.replacing import replace_file
from resolver.errors import InputError, StorageError

if TYPE_CHECKING:
    from resolver.lock.model import Lock


def lock_path(lock: str | None, spec: str | None = None) -> Path:
    """Where the lock lies: as given, or ``lock.json`` beside the spec, or in the working directory."""
    if lock is not None:
        return Path(lock)
    return Path(spec).parent / "lock.json" if spec is not None else Path("lock.json")


def reader(spec: Path) -> Callable[[str], bytes]:
    """A function that reads files by their path relative to the spec's directory.

    It raises FileNotFoundError for what is not there, and `InputError` for what cannot be read.
    """

    def read(relative: str) -> bytes:
        path = spec.parent / relative
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from error

    return read


def read_lock(path: Path) -> Lock:
    """The lock at ``path``. Raises `InputError` where there is none and `LockError` where it breaks the contract."""
    return parse_lock(read_lock_bytes(path), path)


def parse_lock(content: bytes, path: Path) -> Lock:
    """A lock from its bytes; ``path`` names it in errors. Raises `LockError`."""
    from resolver.lock.codec import loads

    return loads(content, str(path))


def read_lock_bytes(path: Path) -> bytes:
    """The bytes of the lock at ``path``. Raises `InputError` where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such lock; `wheelhouse resolve` makes one") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that the user named. Raises `InputError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def seen_from(folder: Path, place: Path) -> str | None:
    """The relative path from ``folder`` to ``place``; ``..`` goes up from where a folder that is a link leads.

    None where there is no such path: on Windows, from one drive to another.
    """
    try:
        return Path(os.path.relpath(place, folder.resolve())).as_posix()
    except ValueError:
        return None


def named_from(folder: Path, path: Path) -> str | None:
    """`seen_from` with ``path`` as it was given: links in it may lead elsewhere one day.

    Where ``folder`` is reached through a link, such a path would miss the file, and links in it are followed.
    """
    is_straight = folder.resolve() == Path(os.path.abspath(folder))  # noqa: PTH100  (``..`` goes by the text)
    return seen_from(folder, path if is_straight else by_its_own_name(path))


def by_its_own_name(path: Path) -> Path:
    """The path of a file with the links among its folders followed; the file itself may still be a link."""
    return path.parent.resolve() / path.name


def check_other(path: Path, read: Iterable[Path]) -> None:
    """See that a file that will be written is none of those that are ``read``. Raises `InputError`."""
    for one in read:
        if path.exists() and one.exists() and path.samefile(one):
            raise InputError(f"{path}: is read here, and would be overwritten; name another file")


def check_own(old: Lock, spec_path: Path, path: Path) -> None:
    """See that what is overwritten is no combined lock, nor that of another spec. Raises `InputError`."""
    other = other_spec(old, spec_path, path)
    if other is None and not old.inputs.combined:
        return
    what = f"combined of {', '.join(old.inputs.files)}" if other is None else f"the lock of {other}"
    own = own_lock(spec_path, path)
    raise InputError(f"{path}: is {what}; give {spec_path.name} its own (--lock {own}), or remove {path}")


def other_spec(lock: Lock, spec_path: Path, path: Path) -> str | None:
    """The spec that the lock at ``path`` is of, where that is another one, which is still there.

    That may be the one that the spec extends.
    """
    inputs = lock.inputs
    if inputs.combined or inputs.are_of(spec_path.name):
        return None
    made_from = inputs.files if inputs.spec is None else (inputs.spec,)
    others = (name for name in made_from if name.endswith((".yaml", ".yml", ".json")))
    folders = (spec_path.parent, path.parent)
    return next((name for name in others if any((folder / name).exists() for folder in folders)), None)


def own_lock(spec_path: Path, path: Path) -> Path:
    """Where the lock of a spec can lie, if ``path`` is taken."""
    usual = "lock.json" if spec_path.stem == "spec" else f"{spec_path.stem}.lock.json"
    return path.with_name(usual if path.name != usual else f"{spec_path.stem}.{path.name}")


def check_writable(path: Path) -> None:
    """See before long work whether `write_text` will find a place. Raises `InputError` and `StorageError`."""
    if path.is_dir():
        raise InputError(f"{path}: is a directory; name a file")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is a device or a pipe, and a file would take its place; name a file")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no directory {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise StorageError(f"{path}: cannot be written: its directory is read-only")


def make_folder(path: Path) -> None:
    """Raises `StorageError` where there can be no such folder."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path}: cannot be made: {error.strerror}") from error


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole or not at all. Raises `StorageError`; an older file then stays as it was."""
    try:
        replace_file(str(path), text.encode())
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
