"""Archives with the same bytes for the same content: entries sorted, one time for all, modes of two kinds."""

import gzip
import io
import os
import tarfile
import zipfile

from wheelhouse_tools.failure import Failure

EPOCH = 315532800
"""1980-01-01, the oldest time that a zip file can state; SOURCE_DATE_EPOCH of builds."""


def zipped(path, entries):
    """Write a zip file. ``entries``: name -> (bytes, whether it is executable)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries, key=_records_last):
            content, executable = entries[name]
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, whatever the machine
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(info, content)


def _records_last(name):
    # The specification of wheels recommends that the metadata be at the end.
    return (name.partition("/")[0].endswith(".dist-info"), name)


def tarred(path, entries, compressed=True):
    """Write a tar file. ``entries``: name -> (bytes, or the path of a file; whether it is executable)."""
    with open(path, "wb") as raw:
        stream = gzip.GzipFile("", "wb", 6, raw, EPOCH) if compressed else raw
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in sorted(entries):
                _add(archive, name, *entries[name])
        if compressed:
            stream.close()


def _add(archive, name, content, executable):
    info = tarfile.TarInfo(name)
    info.mtime = EPOCH
    info.mode = 0o755 if executable else 0o644
    if isinstance(content, bytes):
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    else:
        info.size = os.stat(content).st_size
        with open(content, "rb") as file:
            archive.addfile(info, file)


def unpack(archive, directory):
    """Unpack a source distribution (tar or zip) below ``directory``; the folder that it holds. Raises `Failure`."""
    if archive.endswith(".zip"):
        _unpack_zip(archive, directory)
    else:
        _unpack_tar(archive, directory)
    folders = sorted(os.listdir(directory))
    if len(folders) != 1:
        raise Failure(
            "%s does not hold one folder, but: %s" % (os.path.basename(archive), ", ".join(folders) or "nothing")
        )
    return os.path.join(directory, folders[0])


def _unpack_zip(archive, directory):
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            inside(directory, info.filename)
            path = file.extract(info, directory)
            if info.external_attr >> 16 & 0o111 and os.path.isfile(path):
                os.chmod(path, 0o755)


def _unpack_tar(archive, directory):
    links = []
    with tarfile.open(archive) as file:
        for info in file:
            _check_place(directory, info)
            if info.issym() or info.islnk():  # a hard link to a link is one, in another folder
                links.append(info.name)
            info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
            info.uid = info.gid = os.getuid() if hasattr(os, "getuid") else 0
            file.extract(info, directory, **_CHECKED)
    # A link may lead through one that came after it.
    for name in links:
        _check_followed(directory, name, name)


# What is checked here is not changed by a filter, which Python 3.14 has by default and which differs between releases.
_CHECKED = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}


def _check_place(directory, info):
    """What is unpacked is written, and a link leads, to a place inside, by the links that are on the disk by then."""
    inside(directory, info.name)
    folder = os.path.dirname(info.name.rstrip("/"))
    _check_followed(directory, folder, info.name)
    if info.issym():
        _check_followed(directory, os.path.join(folder, info.linkname), info.name)
    elif info.islnk():
        inside(directory, info.linkname)
        _check_followed(directory, info.linkname, info.name)
    elif info.isreg() or info.isdir():
        _check_followed(directory, info.name, info.name)  # a link that came before it would be written through
    else:
        raise Failure("%s: a device or a pipe in an archive" % info.name)


def _check_followed(directory, path, name):
    root = os.path.realpath(directory)
    followed = os.path.realpath(os.path.join(root, path))
    if not (followed == root or followed.startswith(root + os.sep)):
        raise Failure("%s leads out of its archive" % name)


def inside(directory, name):
    """The path of an entry below ``directory``. Raises `Failure` where its name leads out."""
    root = os.path.realpath(directory)
    path = os.path.normpath(os.path.join(root, name))
    if os.path.isabs(name) or not (path == root or path.startswith(root + os.sep)):
        raise Failure("%s leads out of its archive" % name)
    return path
