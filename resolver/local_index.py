"""The `Index` port over a directory: archives that lie in it, or the pages of a Simple repository below ``simple/``.

No network: a page that links to one is an error where the file is wanted. It caches nothing on disk, since reading a
local file again costs less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from packaging.utils import NormalizedName, canonicalize_name

from resolver.errors import IndexFailure, IntegrityError, InvalidMetadata, ProjectNotFound
from resolver.http_index.direct import DirectURL, parse_direct
from resolver.http_index.urls import plain, shown
from resolver.index import Project
from resolver.metadata.archives import sdist_files
from resolver.metadata.core import parse_core
from resolver.metadata.model import CoreMetadata, SdistFiles
from resolver.metadata.wheels import wheel_metadata
from resolver.simple.filenames import parse_filename
from resolver.simple.model import File, filenames
from resolver.simple.parse import HTML_TYPE, JSON_TYPE, parse
from resolver.simple.releases import releases_of

_PAGES = {"index.json": JSON_TYPE, "index.html": HTML_TYPE}
_STRONG = frozenset({"sha256", "sha384", "sha512"})
_CHUNK = 1 << 20

T = TypeVar("T")


class LocalFiles:
    """Archives behind ``file://`` URLs. A file is digested again only when its size or time has changed."""

    def __init__(self) -> None:
        self._digests: dict[tuple[Path, int, int, str], str] = {}

    def listed(self, path: Path) -> File:
        """What a page would list for the archive at ``path``."""
        hashes = {"sha256": self._digest(path, "sha256")}
        return File(filename=path.name, url=path.absolute().as_uri(), hashes=hashes, size=path.stat().st_size)

    def direct(self, direct: DirectURL) -> File:
        """The file behind a direct URL, verified against what its fragment promised."""
        path = path_of(direct.url)
        file = _reading(path, lambda: self.listed(path))
        self.verified(replace(file, hashes={**file.hashes, **direct.hashes}))
        return replace(file, url=direct.url)

    def wheel_metadata(self, file: File) -> CoreMetadata:
        """METADATA of a wheel whose bytes have been verified."""
        path = self.verified(file)
        return _reading(path, lambda: _wheel(path, file.filename))

    def sdist_files(self, file: File) -> SdistFiles:
        """The answering files of an sdist whose bytes have been verified."""
        path = self.verified(file)
        return _reading(path, lambda: _sdist(path, file.filename))

    def verified(self, file: File) -> Path:
        """The path of a file whose bytes have been verified."""
        path = path_of(file.url)
        for algorithm, promised in sorted(file.hashes.items()):
            if algorithm in _STRONG:
                actual = _reading(path, lambda name=algorithm: self._digest(path, name))  # type: ignore[misc]
                if actual != promised:
                    raise IntegrityError(f"{path}: its {algorithm} is {actual}, but {promised} was promised")
        return path

    def _digest(self, path: Path, algorithm: str) -> str:
        status = path.stat()
        key = (path, status.st_size, status.st_mtime_ns, algorithm)
        if key not in self._digests:
            digest = hashlib.new(algorithm)
            with path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
            self._digests[key] = digest.hexdigest()
        return self._digests[key]


class LocalIndex:
    """The index ``name`` in ``directory``, which the lock calls ``location``.

    A project's files are those that its page below ``simple/`` (or below the directory itself) lists, and where it has
    no page, the archives that lie in the directory, by name.
    """

    def __init__(self, name: str, directory: Path, location: str) -> None:
        self.name = name
        self.location = location
        self._directory = directory
        self._local = LocalFiles()
        self._projects: dict[NormalizedName, Project] = {}
        self._archives: dict[NormalizedName, list[Path]] | None = None

    def project(self, name: NormalizedName) -> Project:
        """The project's files. Raises `ProjectNotFound`, and `IndexFailure` where there is no such directory."""
        if name not in self._projects:
            files = _reading(self._directory, lambda: self._files(name))
            if files is None:
                raise ProjectNotFound(name, self.name)
            self._projects[name] = Project(
                name=name, index=self.name, files=files, releases=releases_of(filenames(files), name)
            )
        return self._projects[name]

    def wheel_metadata(self, file: File) -> CoreMetadata:
        """METADATA of a wheel."""
        return self._local.wheel_metadata(file)

    def sdist_files(self, file: File) -> SdistFiles:
        """The answering files of an sdist."""
        return self._local.sdist_files(file)

    def direct(self, name: NormalizedName, url: str) -> File:
        """The file behind a ``file://`` URL; others raise `IndexFailure`."""
        return self._local.direct(parse_direct(name, url))

    def artifact(self, file: File) -> Path:
        """The file itself."""
        return self._local.verified(file)

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:  # noqa: ARG002  (the port names it)
        """Everything is here already."""
        return False

    def prefetch_metadata(self, file: File) -> None:
        """Everything is here already."""

    def next_come(self) -> None:
        """Nothing is ever on its way."""

    def _files(self, name: NormalizedName) -> tuple[File, ...] | None:
        if not self._directory.is_dir():
            raise IndexFailure(f"index {self.name!r}: there is no directory {self._directory}")
        for pages in (self._directory / "simple", self._directory):
            for filename, content_type in _PAGES.items():
                page = pages / name / filename
                if page.is_file():
                    return self._from_page(page, content_type, name)
        if self._archives is None:
            self._archives = _by_name(self._directory)
        found = (path for path in self._archives.get(name, ()) if _belongs(path.name, name) and path.is_file())
        return tuple(self._local.listed(path) for path in found) or None

    def _from_page(self, page: Path, content_type: str, name: NormalizedName) -> tuple[File, ...]:
        try:
            files = parse(page.read_bytes(), content_type, project=name).files
        except IndexFailure as error:
            raise IndexFailure(f"index {self.name!r}: {page}: {error}") from error
        at = page.absolute().as_uri()
        return tuple(
            replace(
                file,
                url=plain(urljoin(at, file.url)),
                provenance=plain(urljoin(at, file.provenance)) if file.provenance is not None else None,
            )
            for file in files
        )


def path_of(url: str) -> Path:
    """The path behind a ``file://`` URL (RFC 8089). Raises `IndexFailure` for other URLs and other hosts."""
    from urllib.request import url2pathname  # noqa: PLC0415  (it loads an HTTP client, which nothing here needs)

    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        raise IndexFailure(f"{shown(url)}: a local index can only read file:// URLs of this machine")
    return Path(url2pathname(parts.path))


def _by_name(directory: Path) -> dict[NormalizedName, list[Path]]:
    """What lies in a flat directory, by all that its name may begin with: a dash may be a part of a project's name."""
    found: dict[NormalizedName, list[Path]] = {}
    for path in sorted(directory.iterdir(), key=lambda one: one.name):
        parts = path.name.split("-")
        for count in range(1, len(parts)):
            found.setdefault(canonicalize_name("-".join(parts[:count])), []).append(path)
    return found


def _belongs(filename: str, project: NormalizedName) -> bool:
    """Whether a file in a flat directory is the project's. Of a wheel only the first part of its name is looked at."""
    if filename.endswith(".whl"):
        return canonicalize_name(filename.partition("-")[0]) == project
    try:
        parse_filename(filename, project)
    except InvalidMetadata:
        return False
    return True


def _wheel(path: Path, filename: str) -> CoreMetadata:
    with path.open("rb") as stream:
        return parse_core(wheel_metadata(stream, filename))


def _sdist(path: Path, filename: str) -> SdistFiles:
    with path.open("rb") as stream:
        return sdist_files(stream, filename)


def _reading(path: Path, read: Callable[[], T]) -> T:
    """Do ``read``, with a message of ours where the disk refuses."""
    try:
        return read()
    except OSError as error:
        raise IndexFailure(f"{error.filename or path}: cannot be read: {error.strerror}") from error
