"""Source distributions: one folder at the top, with a PKG-INFO, and no link that leads out of it."""

from __future__ import annotations

import gzip
import re
import tarfile
from typing import Any, BinaryIO, Dict, List, cast

from resolver.server.limits import BLOCK, MAX_METADATA, MAX_UNPACKED
from resolver.server.members import BadArchive, Members
from resolver.server.zips import check_contents, open_zip, zip_members, zip_text


def zip_pkg_info(stream: BinaryIO) -> bytes:
    """PKG-INFO of an sdist that is a zip, all of which is read. Raises BadArchive, and what `zipfile` raises."""
    with open_zip(stream) as archive:
        infos = zip_members(stream, archive)
        members = Members()
        for path, info in infos.items():
            members.add(path, info.file_size, folder=False)
        path = members.only_folder() + "/PKG-INFO"
        if path not in infos:
            raise BadArchive("it has no {}".format(path))
        check_contents(archive, infos, {})
        return zip_text(archive, infos[path])


class _Header(tarfile.TarInfo):
    """A head of a tar, checked where `tarfile` would end the archive in silence or read a length into memory.

    ``allowed``: bytes that all the extended heads of an archive may still have; `tarfile` keeps what they say.
    """

    allowed = [0]  # noqa: RUF012  (each archive has a class of its own)

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> _Header:
        try:
            return super().fromtarfile(tar)
        except (tarfile.EOFHeaderError, tarfile.EmptyHeaderError):  # type: ignore[attr-defined]
            raise  # the blank block that ends an archive, or nothing at all
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from None

    # `frombuf` would be the place, but newer patch releases of Python pass it over.
    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        extended = self.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, b"X", b"L", b"K")
        if not 0 <= self.size <= (self.allowed[0] if extended else MAX_UNPACKED):
            raise tarfile.ReadError("a member claims {} bytes".format(self.size))
        self.allowed[0] -= self.size if extended else 0
        return cast("tarfile.TarInfo", super()._proc_member(tar))  # type: ignore[misc]


def tar_pkg_info(stream: BinaryIO) -> bytes:
    """PKG-INFO of an sdist, all of which is read. Links may point only to what lies in the archive's own folder."""
    members = Members()
    links: List[str] = []
    found: Dict[str, bytes] = {}
    # The decompressor is ours: tarfile's own neither checks the checksum nor reads past the first of several parts.
    plain = gzip.GzipFile(fileobj=stream, mode="rb")
    header = type("_Header", (_Header,), {"allowed": [MAX_METADATA]})
    options: Any = {"bufsize": BLOCK, "tarinfo": header, "encoding": "utf-8", "errors": "surrogateescape"}
    with tarfile.open(fileobj=plain, mode="r|", **options) as archive:
        for member in iter(archive.next, None):
            archive.members.clear()  # type: ignore[attr-defined]  # which would be kept to the end
            path = members.add(member.name, 512 + (member.size if member.isreg() else 0), folder=member.isdir())
            if member.issym() or member.islnk():
                above = path.rpartition("/")[0] + "/" if member.issym() else ""
                links.append(_target(path, above, member.linkname))
            elif not (member.isreg() or member.isdir()):
                raise BadArchive("its member {!r} is a device or a pipe".format(path))
            elif path.count("/") == 1 and path.endswith("/PKG-INFO"):
                source = archive.extractfile(member)
                if source is None or member.size > MAX_METADATA:
                    raise BadArchive("{} cannot be read".format(path))
                found[path] = source.read()
        _check_the_rest(cast("BinaryIO", archive.fileobj))
    members.check_nesting()
    top = members.only_folder()
    outside = [target for target in links if target.partition("/")[0] != top]
    if outside:
        raise BadArchive("it has a link to {!r}, outside of its folder".format(outside[0][:200]))
    if top + "/PKG-INFO" not in found:
        raise BadArchive("it has no {}/PKG-INFO".format(top))
    return found[top + "/PKG-INFO"]


def _target(path: str, above: str, linkname: str) -> str:
    """Where a link leads, as a path in the archive. Raises BadArchive where it leads out at any point of the way."""
    parts: List[str] = []
    for part in (above + linkname).split("/"):
        if part == ".." and not parts:
            raise BadArchive("its member {!r} is a link that leads out".format(path))
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if linkname.startswith("/") or re.search(r"[\\\x00]|^[A-Za-z]:", linkname):
        raise BadArchive("its member {!r} is a link that leads out".format(path))
    return "/".join(parts)


def _check_the_rest(plain: BinaryIO) -> None:
    """Behind the end of a tar only blanks may follow: some programs would read on."""
    blank = b"\0" * BLOCK
    rest = 0
    for block in iter(lambda: plain.read(BLOCK), b""):
        rest += len(block)
        if rest > MAX_METADATA or block != blank[: len(block)]:
            raise BadArchive("something lies behind the end of the archive")
