"""Files and folders: opened without following a link, written as a whole or not at all, locked among processes."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
import time
from typing import List, Optional

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # of the process or the machine: no fault of the tree


FILE_FLAGS = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_BINARY", "O_NONBLOCK"):  # a pipe must not stop a worker
    FILE_FLAGS |= getattr(os, _flag, 0)
FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)


def open_below(root: str, parts: List[str]) -> int:
    """A descriptor of a file below ``root``, reached through real folders only. Raises OSError.

    Each folder is opened from the one above it, so that none can be exchanged for a link between look and use. Where
    the system has no such call (Windows), folders are looked at first.
    """
    if os.open not in os.supports_dir_fd:
        folder_path = root
        for part in parts[:-1]:
            folder_path = os.path.join(folder_path, part)
            if not stat.S_ISDIR(os.lstat(folder_path).st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "not a folder", folder_path)
        path = os.path.join(folder_path, parts[-1])
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return os.open(path, FILE_FLAGS)
    folder = os.open(root, os.O_RDONLY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def write_whole(
    path: str, content: bytes, *, mode: int = 0o644, keep: bool = False, folder: Optional[str] = None
) -> None:
    """Write a file as a whole or not at all. ``keep``: with the owner and the mode of the one that it replaces."""
    descriptor, name = tempfile.mkstemp(dir=folder or os.path.dirname(os.path.abspath(path)), prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, mode)
        if keep and os.path.lexists(path) and os.name == "posix":
            before = os.stat(path)
            os.chown(name, before.st_uid, before.st_gid)
            os.chmod(name, stat.S_IMODE(before.st_mode))
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


FSYNC_FOLDERS = os.name == "posix"


class FolderLock:
    """A lock among threads and processes, which dies with its holder."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> FolderLock:
        flags = getattr(os, "O_NOFOLLOW", 0)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | flags, 0o644)
        except PermissionError:  # it belongs to the user of the server, and whoever vendors is another
            self._descriptor = os.open(self._path, os.O_RDONLY | flags)
        try:
            hold(self._descriptor, wait=True)
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def hold(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file for as long as it is open; False where another has it and nobody wants to ``wait``."""
    while True:
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            return True
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise
            if not wait:
                return False
            time.sleep(0.02)


def flush_folder(path: str) -> None:
    """See that the disk has the names in a folder, where the system and its file system can be told to."""
    if FSYNC_FOLDERS:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # which says that there is no such call: on shared folders, and networks
                raise
        finally:
            os.close(descriptor)


def listed(folder: str) -> List[str]:
    """The names in a folder but hidden ones; none where it is not there."""
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
