"""Reading what anybody may have put there: a named pipe never begins, and a device may never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_FLAGS = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_BINARY"):  # to open a pipe waits for whoever writes into it
    _FLAGS |= getattr(os, _flag, 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


_NOTHING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
"""What opening says of a path where no file is, of a circle of links and of a socket."""


class NotRegular(OSError):
    """What is there is no regular file."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "is no regular file", str(path))

    def __str__(self) -> str:
        return "it is no regular file"


def open_regular(path: Path, *, follow: bool = True) -> BinaryIO:
    """A regular file, open for reading. Raises OSError, also `NotRegular`.

    ``follow``: whether a link to one will do. What was looked at is what is open: nobody can exchange it in between.
    """
    if not follow and path.is_symlink():
        raise NotRegular(path)
    descriptor = os.open(path, _FLAGS | (0 if follow else _NO_LINK))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular(path)
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, *, follow: bool = True) -> bytes:
    """Its bytes; see `open_regular`."""
    with open_regular(path, follow=follow) as stream:
        return stream.read()


def regular_bytes(path: Path) -> bytes | None:
    """The bytes of a regular file, or of one that a link leads to; None where none is. Raises OSError as it is read."""
    try:
        return read_regular(path)
    except NotRegular:
        return None
    except OSError as error:
        if error.errno in _NOTHING or path.is_dir():  # a folder cannot even be opened on Windows
            return None
        raise
