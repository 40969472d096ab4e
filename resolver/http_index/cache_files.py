"""Files of any size: entries of the cache that are named by their sha256, and temporary ones that may become such.

They are placed by hard links where the disk allows that, so that a distribution in a tree takes no space twice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from resolver.errors import StorageError
from resolver.http_index.cache_directory import CacheDirectory

_CHUNK = 1 << 18


class CacheFiles:
    """Files in a directory, which is told where the disk refuses."""

    def __init__(self, directory: CacheDirectory) -> None:
        self._directory = directory

    def path(self, sha256: str) -> Path | None:
        """The file with this digest, read and verified now, or None; a broken one is removed."""
        path = self._directory.entry("blobs", sha256)
        if path is None:
            return None
        try:
            with open(path, "rb") as stream:  # noqa: PTH123  (the path is text)
                if _digest(stream) == sha256:
                    return Path(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._directory.refused(error)
            return None
        self._directory.drop(path)
        return None

    def take(self, sha256: str, target: Path) -> bool:
        """Let ``target`` be the file with this digest, if there is one: by a hard link where the disk allows one."""
        path = self.path(sha256)
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

    def add(self, sha256: str, source: Path) -> Path | None:
        """Keep the bytes of ``source``, verified by the caller: by a hard link where the disk allows one."""
        path = self._directory.entry("blobs", sha256)
        if path is None or not self._directory.is_writable:
            return None
        try:
            self._place(source, Path(path))
        except OSError as error:
            self._directory.refused(error)
            return None
        return Path(path)

    @contextmanager
    def scratch(self) -> Iterator[BinaryIO]:
        """A new file for reading and writing, gone afterwards, on the cache's disk where that accepts it.

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

    def _scratch_file(self) -> tuple[BinaryIO, str]:
        import tempfile  # noqa: PLC0415  (it loads the compressors, and what is known needs no file)

        folder = self._directory.temporary()
        if folder is not None:
            try:
                descriptor, name = tempfile.mkstemp(dir=folder)
                return _named(descriptor, name), name
            except OSError as error:
                self._directory.refused(error)
        try:
            descriptor, name = tempfile.mkstemp(prefix="wheelhouse-")
            return _named(descriptor, name), name
        except OSError as error:
            raise StorageError(f"there is no place for a temporary file: {error}") from error

    def _place(self, source: Path, path: Path) -> None:
        """Let ``path`` be the bytes of ``source``, all at once; ``source``, maybe on another disk, stays."""
        staged = Path(self._directory.staging())
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            try:
                os.link(source, staged)
            except OSError:
                import shutil  # noqa: PLC0415  (as in `take`)

                shutil.copyfile(source, staged)
            staged.replace(path)
        finally:
            # Renaming one hard link over another of the same file leaves both names.
            with suppress(OSError):
                staged.unlink(missing_ok=True)


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _named(descriptor: int, name: str) -> BinaryIO:
    """An open file whose ``name`` is its path, which `os.fdopen` does not give."""
    os.close(descriptor)
    return Path(name).open("w+b")
