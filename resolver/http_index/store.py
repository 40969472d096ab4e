"""A directory of entries that carry their digests: one that was cut off, swapped or changed counts as absent.

Three kinds of entries: records (small, a digest in front of the bytes), journals (many records in one file, see
`journal`), and blobs (any size, named by their sha256). Writes are atomic, or bear what others append meanwhile, so two
runs share a store without locks. It knows nothing of what it keeps.
Where the disk refuses, the run goes on without the store; ``warn`` is told of the first refusal.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from resolver.errors import StorageError
from resolver.http_index.entries import ABANDONED, LAYOUT, TEMPORARY, entry_path, kind_path
from resolver.http_index.journal import Journal, journal_entry
from resolver.http_index.pieces import Pieces, length, sealable

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 18
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_MORE = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_AT_ONCE = 64  # pieces of a record: each by itself takes longer, and all of a long one more memory
_FIRST = 1 << 16  # bytes of a record in pieces that are read at first: the head of most


class Store:
    """Entries below ``root()``, which is asked for at the first use; nothing is touched before."""

    def __init__(self, root: Callable[[], Path], warn: Callable[[str], None]) -> None:
        self._root = root
        self._warn = warn
        self.trouble = ""
        self._writable = True
        self._opened = False
        self._directory: Path | None = None
        self._base = ""  # the directory above it, in the form that is wanted hundreds of times
        self._opening = threading.Lock()

    def read(self, kind: str, key: str) -> bytes | None:
        """The record ``key`` (64 hex digits), or None where there is none that is whole; a broken one is removed."""
        path = self._path(kind, key)
        content = self._contents(path) if path is not None else None
        if path is None or content is None:
            return None
        digest, _, content = content.partition(b"\n")
        if digest == _seal(kind, key, content):
            return content
        self._drop(path)
        return None

    def read_pieces(self, kind: str, key: str) -> Pieces | None:
        """The record ``key`` as `write_pieces` was given it, of which a broken piece is removed with all of it."""
        path = self._path(kind, key)
        beginning = self._contents(path, _FIRST) if path is not None else None
        if path is None or beginning is None:
            return None
        digest, _, content = beginning.partition(b"\n")
        begin = len(digest) + 1
        try:
            end = begin + length(content)
        except ValueError:
            end = begin
        sealed = content[: end - begin] if end <= len(beginning) else self._part(path, begin, end - begin)
        if digest == _seal(kind, key, sealed):
            found = Pieces(sealed, lambda place, size: self._part(path, end + place, size))
            if _size(path) == end + found.size:
                return found
        self._drop(path)
        return None

    def has(self, kind: str, key: str) -> bool:
        """Whether there is such a record, whole or not."""
        path = self._path(kind, key)
        return path is not None and os.path.exists(path)  # noqa: PTH110  (hundreds are looked for in a run)

    def has_kind(self, kind: str) -> bool:
        """Whether there was ever such a record."""
        return self._open() is not None and os.path.exists(kind_path(self._base, kind))  # noqa: PTH110  (the layout is text)

    def write(self, kind: str, key: str, content: bytes) -> None:
        """Keep a record, in place of an older one."""
        self._write(kind, key, [_seal(kind, key, content) + b"\n" + content])

    def write_pieces(self, kind: str, key: str, head: bytes, pieces: Sequence[bytes]) -> bool:
        """Keep a record of which the head will be read at once, and each piece by itself; whether the disk took it."""
        sealed = sealable(head, pieces)
        many = (b"".join(pieces[begin : begin + _AT_ONCE]) for begin in range(0, len(pieces), _AT_ONCE))
        return self._write(kind, key, chain([_seal(kind, key, sealed) + b"\n" + sealed], many))

    def journal(self, kind: str, name: str) -> Journal:
        """The records that were appended to the journal ``name`` (64 hex digits) up to now."""
        path = self._path(kind, name)
        return Journal(name, (self._contents(path) if path is not None else None) or b"")

    def append(self, kind: str, name: str, key: str, content: bytes) -> bool:
        """Keep the record ``key`` (64 hex digits) in a journal; whether the disk took it."""
        path = self._path(kind, name)
        if path is None or not self._writable:
            return False
        parts = [journal_entry(name, key, content)]
        try:
            try:
                _written(path, parts, _MORE)
            except FileNotFoundError:
                _make_folder(path)
                _written(path, parts, _MORE)
        except OSError as error:
            self._refused(error)
            return False
        return True

    def blob_path(self, sha256: str) -> Path | None:
        """The blob with this digest, read and verified now, or None; a broken one is removed."""
        path = self._path("blobs", sha256)
        if path is None:
            return None
        try:
            with open(path, "rb") as stream:  # noqa: PTH123  (as a record is)
                if _digest(stream) == sha256:
                    return Path(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refused(error)
            return None
        self._drop(path)
        return None

    def take_blob(self, sha256: str, target: Path) -> bool:
        """Let ``target`` be the blob with this digest, if there is one: by a hard link where the disk allows one."""
        path = self.blob_path(sha256)
        if path is None:
            return False
        with suppress(OSError):
            os.link(path, target)
            return True
        with suppress(OSError):
            import shutil  # noqa: PLC0415  (it loads the compressors, and where links can be made nothing is copied)

            shutil.copyfile(path, target)
            with target.open("rb") as stream:
                if _digest(stream) == sha256:
                    return True
        with suppress(OSError):  # what does not fit here is fetched, and whoever does that says why it cannot be kept
            target.unlink(missing_ok=True)
        return False

    def add_blob(self, sha256: str, source: Path) -> Path | None:
        """Keep the bytes of ``source``, verified by the caller: by a hard link where the disk allows one."""
        path = self._path("blobs", sha256)
        if path is None or not self._writable:
            return None
        try:
            self._place(source, Path(path))
        except OSError as error:
            self._refused(error)
            return None
        return Path(path)

    @contextmanager
    def scratch(self) -> Iterator[BinaryIO]:
        """A new file for reading and writing, gone afterwards, on the store's disk where that accepts it.

        Raises `StorageError` where no disk does.
        """
        stream, name = self._scratch_file()
        try:
            yield stream
        finally:
            with suppress(OSError):  # a disk that is full refuses the rest again, which whoever wrote it has told
                stream.close()
            with suppress(OSError):
                Path(name).unlink()

    def tell(self, message: str) -> None:
        """Warn, unless that was done before."""
        if not self.trouble:
            self.trouble = message
            self._warn(message)

    def _scratch_file(self) -> tuple[BinaryIO, str]:
        import tempfile  # noqa: PLC0415  (it loads the compressors, and what is known needs no file)

        directory = self._open()
        if directory is not None:
            try:
                descriptor, name = tempfile.mkstemp(dir=directory / TEMPORARY)
                return _named(descriptor, name), name
            except OSError as error:
                self._refused(error)
        try:
            descriptor, name = tempfile.mkstemp(prefix="wheelhouse-")
            return _named(descriptor, name), name
        except OSError as error:
            raise StorageError(f"there is no place for a temporary file: {error}") from error

    def _contents(self, path: str, most: int = -1) -> bytes | None:
        """The bytes of a file, up to ``most`` of them, or None where there is none."""
        try:
            with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  (hundreds are read in a run)
                return stream.read(most)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refused(error)
            return None

    def _part(self, path: str, place: int, size: int) -> bytes:
        """As many of these bytes as can be had."""
        try:
            with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  (as above)
                stream.seek(place)
                return stream.read(size)
        except OSError:
            return b""

    def _write(self, kind: str, key: str, parts: Iterable[bytes]) -> bool:
        """Whether the disk took it."""
        path = self._path(kind, key)
        if path is None or not self._writable:
            return False
        staged = entry_path(self._base, TEMPORARY, os.urandom(16).hex())
        try:
            _written(staged, parts, _NEW)
            _renamed(staged, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(staged)  # noqa: PTH108
            self._refused(error)
            return False
        return True

    def _place(self, source: Path, path: Path) -> None:
        """Let ``path`` be the bytes of ``source``, all at once; ``source``, maybe on another disk, stays."""
        assert self._directory is not None  # `_path` has opened it
        staged = self._directory / TEMPORARY / os.urandom(16).hex()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            try:
                os.link(source, staged)
            except OSError:
                import shutil  # noqa: PLC0415  (as in `take_blob`)

                shutil.copyfile(source, staged)
            staged.replace(path)
        finally:
            # Renaming one hard link over another of the same file leaves both names.
            with suppress(OSError):
                staged.unlink(missing_ok=True)

    def _path(self, kind: str, key: str) -> str | None:
        is_there = _SHA256.fullmatch(key) is not None and self._open() is not None
        return entry_path(self._base, kind, key) if is_there else None

    def _open(self) -> Path | None:
        """The directory, made where it is missing; None where it cannot be had or is not ours alone."""
        with self._opening:
            if not self._opened:
                self._opened = True
                self._directory = self._made()
                self._base = "" if self._directory is None else str(self._directory.parent)
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
            (directory / TEMPORARY).mkdir(mode=0o700, exist_ok=True)
            _sweep(directory / TEMPORARY)
        return directory

    def _drop(self, path: str) -> None:
        try:
            os.unlink(path)  # noqa: PTH108
        except FileNotFoundError:
            return
        except OSError as error:
            self._refused(error)

    def _refused(self, error: Exception) -> None:
        """From the first refusal on nothing more is written; what is there is still read."""
        self._writable = False
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        where = self._directory or getattr(error, "filename", None)
        cache = f"the cache {where}" if where else "the cache"
        self.tell(f"{cache} cannot be used fully: {reason}; what it lacks is fetched again each time")


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  (hundreds are asked for in a run)
    except OSError:
        return -1


def _written(path: str, parts: Iterable[bytes], how: int) -> None:
    """Write to a file. That is done hundreds of times in a run, and what `open` adds takes as long as these calls."""
    descriptor = os.open(path, how, 0o666)
    try:
        for part in parts:
            rest = part
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _renamed(staged: str, path: str) -> None:
    """Give a file its name, in a folder that may not be there yet."""
    try:
        os.replace(staged, path)  # noqa: PTH105
    except FileNotFoundError:
        _make_folder(path)
        os.replace(staged, path)  # noqa: PTH105


def _make_folder(path: str) -> None:
    """The folder that a file is to be in."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120


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
    status = directory.lstat()
    if stat.S_ISLNK(status.st_mode):  # in a folder of another user's it could lead to anything of this one's
        return "is a link"
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    return "may be written by other users" if status.st_mode & 0o022 else ""


def _sweep(directory: Path) -> None:
    """Remove what killed runs left behind. Raises OSError where the directory cannot be read."""
    for path in directory.iterdir():
        with suppress(OSError):  # a run beside this one was faster; no reason to leave the rest
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
