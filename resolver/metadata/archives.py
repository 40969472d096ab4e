"""The files that answer questions, out of a wheel or an sdist, without unpacking it.

Follows the specifications of wheels and of source distributions, and pip where old sdists follow none. Takes seekable
streams; writes nothing, runs nothing, and reads no more of a hostile archive than the limits below. Contents are not
judged here. A path that occurs twice in an sdist means its last occurrence, as it does to whoever unpacks it.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import BinaryIO

from packaging.utils import canonicalize_name

from resolver.errors import InvalidMetadata
from resolver.metadata import plain_zip
from resolver.metadata.containers import (
    LARGEST_FILE,
    Contents,
    Unusable,
    broken_archives_are_unusable,
    read_zip_member,
    scan,
)
from resolver.metadata.model import SdistFiles

_AT_THE_TOP = frozenset({"PKG-INFO", "pyproject.toml", "setup.py", "setup.cfg", "setup_requires.txt"})
_IN_EGG_INFO = frozenset({"PKG-INFO", "requires.txt"})
_MOST_HOPS = 8


def wheel_metadata(stream: BinaryIO, filename: str) -> bytes:
    """METADATA of the wheel ``filename``. Only the central directory and that one member are read.

    Raises `InvalidMetadata`, which names the file, where the archive is broken, where it has not exactly one
    ``.dist-info`` directory, or where that is another project's.
    """
    try:
        with broken_archives_are_unusable():
            plain = plain_zip.directory(stream)
            if plain is not None:
                number = _metadata_member(plain.names, filename)
                content = plain_zip.member(stream, plain, number, LARGEST_FILE)
                if content is not None:
                    return content
            with zipfile.ZipFile(stream) as archive:
                number = _metadata_member(archive.namelist(), filename)
                return read_zip_member(archive, archive.infolist()[number])
    except Unusable as error:
        raise InvalidMetadata(f"{filename}: {error}") from None


def _metadata_member(paths: Sequence[str], filename: str) -> int:
    """Which of a wheel's members is its METADATA."""
    path = f"{_dist_info(paths, filename)}/METADATA"
    found = paths.count(path)
    if found != 1:
        raise Unusable(f"it has {found or 'no'} {path}")
    return paths.index(path)


def _dist_info(paths: Iterable[str], filename: str) -> str:
    """The wheel's only ``{name}-{version}.dist-info``; its version is for METADATA to state."""
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    found = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(found) != 1:
        raise Unusable(f"it must have one .dist-info directory and has {', '.join(found) or 'none'}")
    name = found[0].removesuffix(".dist-info").rpartition("-")[0]
    if canonicalize_name(name) != canonicalize_name(filename.partition("-")[0]):
        raise Unusable(f"its only .dist-info directory, {found[0]}, is another project's")
    return found[0]


def sdist_files(stream: BinaryIO, filename: str) -> SdistFiles:
    """The answering files of the sdist ``filename``, whose extension tells its format.

    Paths in the answer are below the archive's only top folder, whatever its name is; of an archive that has a project
    at its root they are as they stand. An answering file that is a link is followed inside the archive.
    Raises `InvalidMetadata`, which names the file, where the archive is broken or unsafe.
    """
    try:
        contents = scan(stream, filename, _may_answer)
        base = _base(contents.paths)
        files = _answers(contents, base, lambda wanted: scan(stream, filename, wanted))
    except Unusable as error:
        raise InvalidMetadata(f"{filename}: {error}") from None
    members = sorted(path[len(base) :] for path in contents.paths)
    return SdistFiles(files=files, members=tuple(members))


def _may_answer(path: str) -> bool:
    """Whether a path could name an answering file; which folder is the top is not known before the end."""
    parts = path.split("/")
    if parts[-1] in _AT_THE_TOP and len(parts) <= 2:
        return True
    return len(parts) >= 2 and parts[-2].endswith(".egg-info") and parts[-1] in _IN_EGG_INFO


def _base(paths: set[str]) -> str:
    """What every path begins with: ``folder/``, or nothing for a project at the root of its archive."""
    if not paths:
        raise Unusable("it holds no files")
    tops = {path.partition("/")[0] for path in paths}
    if len(tops) == 1 and all("/" in path for path in paths):
        return f"{tops.pop()}/"
    if paths & _AT_THE_TOP:
        return ""
    named = ", ".join(sorted(tops)[:4])
    raise Unusable(f"it has neither a single top folder nor a project at its root (but {named})")


def _answers(contents: Contents, base: str, rescan: Callable[[Callable[[str], bool]], Contents]) -> Mapping[str, bytes]:
    """Path below ``base`` to bytes. Rarely, what a link points to was passed over, and is read by scanning again."""
    sources = {}
    for path in sorted(contents.paths):
        if path.startswith(base) and _answers_below(path[len(base) :]):
            sources[path] = _follow(path, contents)
    found = dict(contents.files)
    passed_over = frozenset(sources.values()) - found.keys()
    if passed_over:
        found.update(rescan(passed_over.__contains__).files)
    return {path[len(base) :]: found[source] for path, source in sources.items()}


def _answers_below(path: str) -> bool:
    return path in _AT_THE_TOP or ("/" in path and _may_answer(path) and path.rpartition("/")[2] in _IN_EGG_INFO)


def _follow(path: str, contents: Contents) -> str:
    """The file that ``path`` means: itself, or what it is a link to."""
    target = path
    for _ in range(_MOST_HOPS):
        if target not in contents.links:
            break
        target = posixpath.normpath(contents.links[target])
    if target not in contents.paths or target in contents.links:
        raise Unusable(f"{path} is a link to {target!r}, which is no file of the archive")
    return target
