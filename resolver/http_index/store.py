"""A directory of entries that prove themselves: whatever was truncated, swapped or scribbled on counts as absent.

Two kinds of entries: records (small, a digest in front of the bytes) and blobs (any size, named by their sha256).
Writes are atomic and content-addressed, so two runs share a store without locks. It knows nothing of what it keeps.
A disk that refuses costs the store, never the run: the first refusal is told through ``warn``.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from resolver.errors import StorageError
from resolver.http_index.entries import LAYOUT, entry_path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ABANDONED = 24 * 3600  # seconds after which a temporary file belongs to a run that was killed
_CHUNK = 1 << 20


class Store:
    """Entries below ``root()``, which is asked for at the first use; nothing is touched before."""

    def __init__(self, root: Callable[[], Path], warn: Callable[[str], None]) -> None:
        self._root = root
        self._warn = warn
        self._warned = False
        self._writable = True
        self._opened = False
        self._directory: Path | None = None
        self._opening = threading.Lock()

    def read(self, kind: str, key: str) -> bytes | None:
        """The record ``key`` (64 hex digits), or None where there is none that is whole; a broken one is removed."""
        path = self._path(kind, key)
        if path is None:
            return None
        try:
            digest, _, content = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refused(error)
            return None
        if digest == _seal(kind, key, content):
            return content
        self._drop(path)
        return None

    def has(self, kind: str, key: str) -> bool:
        """Whether there is such a record, whole or not."""
        path = self._path(kind, key)
        return path is not None and path.exists()

    def has_kind(self, kind: str) -> bool:
        """Whether there was ever such a record."""
        directory = self._open()
        return directory is not None and (directory / kind).exists()

    def write(self, kind: str, key: str, content: bytes) -> None:
        """Keep a record, in place of an older one."""
        path = self._path(kind, key)
        if path is None or not self._writable:
            return
        assert self._directory is not None  # `_path` has opened it
        staged = str(self._directory / "tmp" / os.urandom(16).hex())
        try:
            with open(staged, "xb") as stream:  # noqa: PTH123  (hundreds are written in a run)
                stream.write(_seal(kind, key, content) + b"\n" + content)
            _renamed(staged, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(staged)  # noqa: PTH108
            self._refused(error)

    def blob_path(self, sha256: str) -> Path | None:
        """The blob with this digest, read and verified now, or None; a broken one is removed."""
        path = self._path("blobs", sha256)
        if path is None:
            return None
        try:
            with path.open("rb") as stream:
                if _digest(stream) == sha256:
                    return path
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refused(error)
            return None
        self._drop(path)
        return None

    def add_blob(self, sha256: str, source: Path) -> Path | None:
        """Keep the bytes of ``source``, verified by the caller: by a hard link where the disk allows one."""
        path = self._path("blobs", sha256)
        if path is None or not self._writable:
            return None
        try:
            self._place(source, path)
        except OSError as error:
            self._refused(error)
            return None
        return path

    @contextmanager
    def scratch(self) -> Iterator[BinaryIO]:
        """A new file for reading and writing, gone afterwards, on the store's disk where that accepts it.

        Raises `StorageError` where no disk does.
        """
        stream, name = self._scratch_file()
        try:
            with stream:
                yield stream
        finally:
            with suppress(OSError):
                Path(name).unlink()

    def tell(self, message: str) -> None:
        """Warn, unless that was done before."""
        if not self._warned:
            self._warned = True
            self._warn(message)

    def _scratch_file(self) -> tuple[BinaryIO, str]:
        import tempfile  # noqa: PLC0415  (as shutil)

        directory = self._open()
        if directory is not None:
            try:
                descriptor, name = tempfile.mkstemp(dir=directory / "tmp")
                return _named(descriptor, name), name
            except OSError as error:
                self._refused(error)
        try:
            descriptor, name = tempfile.mkstemp(prefix="wheelhouse-")
            return _named(descriptor, name), name
        except OSError as error:
            raise StorageError(f"there is no place for a temporary file: {error}") from error

    def _place(self, source: Path, path: Path) -> None:
        """Let ``path`` be the bytes of ``source``, all at once; ``source``, maybe on another disk, stays."""
        assert self._directory is not None  # `_path` has opened it
        staged = self._directory / "tmp" / os.urandom(16).hex()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            try:
                os.link(source, staged)
            except OSError:
                import shutil  # noqa: PLC0415  (with all that compresses; most runs keep no file)

                shutil.copyfile(source, staged)
            staged.replace(path)
        finally:
            # Renaming one hard link over another of the same file leaves both names.
            with suppress(OSError):
                staged.unlink(missing_ok=True)

    def _path(self, kind: str, key: str) -> Path | None:
        directory = self._open() if _SHA256.fullmatch(key) else None
        return None if directory is None else Path(entry_path(str(directory.parent), kind, key))

    def _open(self) -> Path | None:
        """The directory, made where it is missing; None where it cannot be had or is not ours alone."""
        with self._opening:
            if not self._opened:
                self._opened = True
                self._directory = self._made()
            return self._directory

    def _made(self) -> Path | None:
        try:
            directory = self._root() / LAYOUT
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            trouble = _open_to_others(directory)
        except (OSError, RuntimeError) as error:  # RuntimeError: no home directory
            self._refused(error)
            return None
        if trouble:
            self.tell(f"the cache {directory} {trouble}, so it is not used")
            return None
        with suppress(OSError):  # a cache that may only be read still answers
            (directory / "tmp").mkdir(mode=0o700, exist_ok=True)
            _sweep(directory / "tmp")
        return directory

    def _drop(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._refused(error)

    def _refused(self, error: Exception) -> None:
        """From the first refusal on nothing more is written; what is there is still read."""
        self._writable = False
        self.tell(f"the cache cannot be used fully: {error}; what it lacks is fetched again each time")


def _renamed(staged: str, path: Path) -> None:
    """Give a file its name, in a folder that may not be there yet."""
    try:
        os.replace(staged, path)  # noqa: PTH105
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.replace(staged, path)  # noqa: PTH105


def _seal(kind: str, key: str, content: bytes) -> bytes:
    """Binds a record's bytes to its place, so that an entry copied over another is found out too."""
    return hashlib.sha256(f"{kind}/{key}\n".encode() + content).hexdigest().encode()


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _named(descriptor: int, name: str) -> BinaryIO:
    """An open file whose ``name`` is its path, which `os.fdopen` does not give."""
    os.close(descriptor)
    return Path(name).open("w+b")


def _open_to_others(directory: Path) -> str:
    """What makes the directory untrustworthy, or nothing: metadata in it steers resolutions."""
    if sys.platform == "win32":
        return ""  # below the user's profile; access lists are not ours to judge
    status = directory.stat()
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    return "may be written by other users" if status.st_mode & 0o022 else ""


def _sweep(directory: Path) -> None:
    """Remove what killed runs left behind."""
    for path in directory.iterdir():
        if time.time() - path.stat().st_mtime > _ABANDONED:
            path.unlink()
