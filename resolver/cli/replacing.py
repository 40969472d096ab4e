"""A user's file, written as a whole or not at all.

Without `tempfile`, which takes longer to import than a short run takes.
"""

from __future__ import annotations

import os


def replace_file(path: str, content: bytes) -> None:
    """Let ``path``, or what it is a link to, be a file of these bytes, with the permissions of the older one.

    Raises OSError, and all is as it was. The bytes are on the disk before the name is theirs.
    """
    path = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(path), f".wheelhouse-{os.urandom(8).hex()}")  # noqa: PTH118, PTH120
    try:
        with open(temporary, "xb") as stream:  # noqa: PTH123
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if os.path.exists(path):  # noqa: PTH110
            os.chmod(temporary, os.stat(path).st_mode & 0o777)  # noqa: PTH101, PTH116
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:  # of Ctrl-C too
        _removed(temporary)
        raise


def _removed(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        return
