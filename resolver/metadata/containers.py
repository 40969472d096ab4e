"""Tar and zip files as one thing: paths, links, and the bytes of the members that are asked for.

Knows nothing of distributions. Each scan is one pass, within the limits below; what breaks them, or the format,
raises `Unusable` with the reason alone.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import posixpath
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, BinaryIO, cast

from resolver.simple.filenames import SDIST_EXTENSIONS

MOST_MEMBERS = 250_000
LARGEST_FILE = 16 << 20  # bytes of one member that is read
LARGEST_SUM = 64 << 20  # bytes of all members that are read
LARGEST_UNPACKED = 4 << 30  # bytes of a whole tar; no bomb is unpacked further than that
LARGEST_EXTENSION = 1 << 20  # bytes of a tar's extended header, which tarfile reads into memory

_DRIVE = re.compile(r"[A-Za-z]:")
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_EXTENDED_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_ENDS = (tarfile.EOFHeaderError, tarfile.EmptyHeaderError)  # type: ignore[attr-defined]
"""The blank block that ends an archive, and nothing at all."""
# What the standard library raises for broken archives, besides OSError without an errno.
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    LookupError,
    RuntimeError,  # encrypted members; NotImplementedError and RecursionError are kinds of it
    MemoryError,
)


class Unusable(Exception):
    """An archive is broken, unsafe or not what it should be; ``str()`` is the reason in words."""


@contextmanager
def broken_archives_are_unusable() -> Iterator[None]:
    """Turn what the standard library raises for broken archives into `Unusable`; a failing disk stays what it is."""
    try:
        yield
    except _BROKEN as error:
        raise Unusable(f"the archive is broken: {str(error) or type(error).__name__}") from error
    except OSError as error:
        # gzip and bz2 raise it bare; a position before the start of a file on disk is EINVAL
        if error.errno not in (None, errno.EINVAL):
            raise
        raise Unusable(f"the archive is broken: {error}") from error


@dataclass(slots=True, kw_only=True)
class Contents:
    """What a scan found, by path in the archive.

    ``paths``  every regular file and every link.
    ``files``  bytes of the regular files that were asked for.
    ``links``  what a link points to, as a path in the archive (not normalised, it may lead out).
    """

    paths: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    _read: int = 0

    def add_file(self, path: str, content: bytes | None) -> None:
        """Note a regular file; ``content`` is None where it was not asked for."""
        self._forget(path)
        self.paths.add(path)
        if content is not None:
            self.files[path] = content
            self._read += len(content)
            if self._read > LARGEST_SUM:
                raise Unusable(f"the files that describe it are larger than {LARGEST_SUM >> 20} MiB")

    def add_link(self, path: str, target: str) -> None:
        """Note a symbolic or a hard link."""
        self._forget(path)
        self.paths.add(path)
        self.links[path] = target

    def _forget(self, path: str) -> None:
        """Drop an earlier member of the same path: unpacking would overwrite it."""
        self.files.pop(path, None)
        self.links.pop(path, None)


Wanted = Callable[[str], bool]


def scan(stream: BinaryIO, filename: str, wanted: Wanted) -> Contents:
    """Read an archive of the format that ``filename`` states from its start, and the files that ``wanted`` asks for."""
    with broken_archives_are_unusable():
        stream.seek(0)
        if filename.endswith(".zip"):
            return _scan_zip(stream, wanted)
        if filename.endswith((".tar.gz", ".tgz")):
            return _scan_tar(gzip.GzipFile(fileobj=stream), wanted)
        if filename.endswith(".tar.bz2"):
            return _scan_tar(bz2.BZ2File(stream), wanted)
        if filename.endswith(".tar.xz"):
            return _scan_tar(lzma.LZMAFile(stream), wanted)
    raise Unusable(f"its extension is none of {', '.join(SDIST_EXTENSIONS)}")


class _CheckedHeader(tarfile.TarInfo):
    """A header of a tar file, checked where `tarfile` would silently end the archive or trust a length.

    Every Python calls these two methods. Newer patch releases pass `frombuf` over, which would be the place.
    """

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> _CheckedHeader:
        try:
            return super().fromtarfile(tar)
        except _ENDS:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from None

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if not 0 <= self.size <= LARGEST_UNPACKED:  # a sparse member then shows another size than it is skipped by
            raise tarfile.ReadError(f"a member claims {self.size} bytes")
        if self.type in _EXTENDED_HEADERS and self.size > LARGEST_EXTENSION:
            raise tarfile.ReadError(f"an extended header has {self.size} bytes")
        return cast("tarfile.TarInfo", super()._proc_member(tar))  # type: ignore[misc]


def _scan_tar(unpacked: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile, wanted: Wanted) -> Contents:
    """One pass forward. The decompressor is ours: tarfile's own neither checks gzip's checksum nor reads past the
    first part of a file that was compressed in parts."""
    contents = Contents()
    with (
        unpacked,
        tarfile.open(
            fileobj=unpacked,
            mode="r|",
            bufsize=1 << 16,
            tarinfo=_CheckedHeader,
            encoding="utf-8",  # the default follows the host's locale
            errors="surrogateescape",
        ) as tar,
    ):
        for count, member in enumerate(tar, start=1):
            _check_count(count)
            if member.size < 0 or member.offset_data + member.size > LARGEST_UNPACKED:
                raise Unusable(f"it unpacks to more than {LARGEST_UNPACKED >> 30} GiB")
            path = _safe_path(member.name)
            if path and not member.isdir():
                _add_tar_member(contents, tar, member, path, wanted)
    return contents


def _add_tar_member(
    contents: Contents, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, wanted: Wanted
) -> None:
    if member.issym():
        contents.add_link(path, posixpath.join(posixpath.dirname(path), member.linkname))
    elif member.islnk():
        contents.add_link(path, member.linkname)
    elif not member.isreg():
        if wanted(path):
            raise Unusable(f"{path} is a device or a pipe")
    elif not wanted(path):
        contents.add_file(path, None)
    else:
        _check_size(path, member.size)
        source = tar.extractfile(member)
        assert source is not None  # it is a regular file
        contents.add_file(path, _read(source, path, member.size))


def _scan_zip(stream: BinaryIO, wanted: Wanted) -> Contents:
    contents = Contents()
    with zipfile.ZipFile(stream) as archive:
        for count, info in enumerate(archive.infolist(), start=1):
            _check_count(count)
            # What zipfile makes of a backslash depends on the host. Those who write one mean a separator.
            name = info.orig_filename.replace("\\", "/")
            path = _safe_path(name)
            if not path or name.endswith("/"):
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                target = read_zip_member(archive, info).decode("utf-8", "surrogateescape")
                contents.add_link(path, posixpath.join(posixpath.dirname(path), target))
            else:
                contents.add_file(path, read_zip_member(archive, info) if wanted(path) else None)
    return contents


def read_zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of one member, whose size and checksum must be as the archive declares them."""
    _check_size(info.filename, info.file_size)
    if info.compress_type not in _ZIP_METHODS:
        raise Unusable(f"{info.filename} is compressed by method {info.compress_type}; distributions use deflate")
    with archive.open(info) as source:
        return _read(source, info.filename, info.file_size)


def _read(source: IO[bytes], path: str, size: int) -> bytes:
    content = source.read(size + 1)
    if len(content) != size:
        raise Unusable(f"{path} should have {size} bytes and has {'more' if len(content) > size else len(content)}")
    return content


def _safe_path(name: str) -> str:
    """The path without ``.`` and empty segments; empty for the root itself. What leads out is refused."""
    parts = name.split("/")
    if name.startswith("/") or _DRIVE.match(name) or ".." in parts or "\0" in name:
        raise Unusable(f"its member {name!r} would be unpacked outside of its folder")
    return "/".join(part for part in parts if part not in ("", "."))


def _check_count(count: int) -> None:
    if count > MOST_MEMBERS:
        raise Unusable(f"it has more than {MOST_MEMBERS} members")


def _check_size(path: str, size: int) -> None:
    if size > LARGEST_FILE:
        raise Unusable(f"{path} has {size} bytes, and more than {LARGEST_FILE >> 20} MiB are not read")
