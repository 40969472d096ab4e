"""METADATA out of a wheel, without unpacking it: the central directory is read, and that one member."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from packaging.utils import canonicalize_name

from resolver.errors import InvalidMetadata
from resolver.metadata import plain_zip

_LARGEST = 16 << 20
"""Bytes of METADATA that are read."""


def wheel_metadata(stream: BinaryIO, filename: str) -> bytes:
    """METADATA of the wheel ``filename``, a seekable stream; its contents are not judged here.

    Raises `InvalidMetadata`, which names the file, where the archive is broken, where it has not exactly one
    ``.dist-info`` directory, or where that is another project's.
    """
    found = plain_zip.directory(stream)
    if found is not None:
        content = plain_zip.member(stream, found, _metadata_member(found.names, filename), _LARGEST)
        if content is not None:
            return content
    return _read_by_zipfile(stream, filename)


def _read_by_zipfile(stream: BinaryIO, filename: str) -> bytes:
    """Whatever is not plain, and what is wrong with it in words."""
    import zipfile  # noqa: PLC0415  (it and tarfile take a while to import, and nearly all wheels are plain)

    from resolver.metadata.containers import (  # noqa: PLC0415
        Unusable,
        broken_archives_are_unusable,
        read_zip_member,
    )

    try:
        with broken_archives_are_unusable(), zipfile.ZipFile(stream) as archive:
            return read_zip_member(archive, archive.infolist()[_metadata_member(archive.namelist(), filename)])
    except Unusable as error:
        raise InvalidMetadata(f"{filename}: {error}") from None


def _metadata_member(paths: Sequence[str], filename: str) -> int:
    """Which of its members is a wheel's METADATA: that of its only ``{name}-{version}.dist-info``, whose version is for
    METADATA to state."""
    folders = {path.partition("/")[0] for path in paths if ".dist-info/" in path}
    found = sorted(folder for folder in folders if folder.endswith(".dist-info"))
    if len(found) != 1:
        named = ", ".join(found) or "none"
        raise InvalidMetadata(f"{filename}: it must have one .dist-info directory and has {named}")
    name = found[0].removesuffix(".dist-info").rpartition("-")[0]
    if canonicalize_name(name) != canonicalize_name(filename.partition("-")[0]):
        raise InvalidMetadata(f"{filename}: its only .dist-info directory, {found[0]}, is another project's")
    path = f"{found[0]}/METADATA"
    if paths.count(path) != 1:
        raise InvalidMetadata(f"{filename}: it has {paths.count(path) or 'no'} {path}")
    return paths.index(path)
