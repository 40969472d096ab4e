"""Reads from an sdist, without unpacking it, the files that answer questions (see `SdistFiles`).

Follows the specification of source distributions, and pip for old ones that do not. Takes seekable streams; writes
nothing, runs nothing, and reads no more of a hostile archive than the limits of `resolver.metadata.containers` allow.
Contents are not judged here. Of a path that occurs twice the last one counts, as for whoever unpacks it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import BinaryIO

from resolver.errors import InvalidMetadata
from resolver.metadata.containers import Contents, Unusable, scan
from resolver.metadata.model import SdistFiles

_AT_THE_TOP = frozenset({"PKG-INFO", "pyproject.toml", "setup.py", "setup.cfg", "setup_requires.txt"})
_IN_EGG_INFO = frozenset({"PKG-INFO", "requires.txt"})
_MOST_HOPS = 8  # links from one to another


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
    """Whether a path could be that of an answering file: which folder is the top is only known at the end."""
    parts = path.split("/")
    if parts[-1] in _AT_THE_TOP and len(parts) <= 2:
        return True
    return len(parts) >= 2 and parts[-2].endswith(".egg-info") and parts[-1] in _IN_EGG_INFO


def _base(paths: set[str]) -> str:
    """What all paths begin with: ``folder/``, or nothing where the project lies at the root of its archive."""
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
    """The answering files, by path below ``base``. What only a link leads to was not read, and takes a second scan."""
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
