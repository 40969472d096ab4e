"""Archives: nothing is unpacked, everything is read once, and no more of a hostile one than the limits."""

from __future__ import annotations

import csv
import errno
import struct
import tarfile
import zipfile
import zlib
from typing import BinaryIO

from resolver.server.members import BadArchive
from resolver.server.metadata import Metadata, read_metadata
from resolver.server.names import Filename
from resolver.server.sdists import tar_pkg_info, zip_pkg_info
from resolver.server.wheels import check_wheel

BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    LookupError,
    RuntimeError,  # encrypted members; NotImplementedError and RecursionError are kinds of it
    MemoryError,
    csv.Error,
)


def check_archive(stream: BinaryIO, filename: Filename) -> Metadata:
    """Read all of a wheel or an sdist, and return what it says of itself. Raises BadArchive."""
    try:
        stream.seek(0)
        if filename.kind == "wheel":
            return check_wheel(stream, filename)
        content = tar_pkg_info(stream) if filename.text.endswith(".tar.gz") else zip_pkg_info(stream)
        return read_metadata(content, "PKG-INFO")
    except BROKEN as error:
        raise BadArchive("the archive is broken: {}".format(str(error) or type(error).__name__)) from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # gzip raises it bare
            raise
        raise BadArchive("the archive is broken: {}".format(error)) from error
