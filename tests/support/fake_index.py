"""A hand-written index: projects, their files and what these claim, without bytes of real archives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import NormalizedName, canonicalize_name

from resolver.errors import ProjectNotFound
from resolver.index import Index, Project
from resolver.metadata.core import parse_core
from resolver.metadata.model import CoreMetadata, SdistFiles
from resolver.simple.model import File, filenames
from resolver.simple.releases import releases_of

if TYPE_CHECKING:
    from typing_extensions import Self


class FakeIndex:
    """Implements `resolver.index.Index`; ``asked`` records every project page that was asked for."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.asked: list[str] = []
        self.read: list[str] = []
        self._files: dict[NormalizedName, list[File]] = {}
        self._metadata: dict[str, bytes] = {}
        self._sdists: dict[str, SdistFiles] = {}

    def wheel(
        self,
        project: str,
        version: str,
        *requires: str,
        tag: str = "py3-none-any",
        extras: Iterable[str] = (),
        build: str = "",
        **file: Any,
    ) -> Self:
        """Add a wheel whose metadata asks for ``requires``; ``file`` overrides fields of its `File`."""
        stem = "-".join([project.replace("-", "_"), version, *([build] if build else []), tag])
        lines = ["Metadata-Version: 2.1", f"Name: {project}", f"Version: {version}"]
        lines += [f"Requires-Dist: {r}" for r in requires] + [f"Provides-Extra: {e}" for e in extras]
        added = self._add(project, f"{stem}.whl", file)
        self._metadata[added.url] = "\n".join(lines).encode() + b"\n\n"
        return self

    def sdist(self, project: str, version: str, files: dict[str, str], **file: Any) -> Self:
        """Add an sdist with these files below its top folder; PKG-INFO is made where it is not given."""
        files = {"PKG-INFO": f"Metadata-Version: 2.2\nName: {project}\nVersion: {version}\n", **files}
        added = self._add(project, f"{project.replace('-', '_')}-{version}.tar.gz", file)
        self._sdists[added.url] = SdistFiles(
            files={name: text.encode() for name, text in files.items()}, members=tuple(sorted(files))
        )
        return self

    def nothing(self, project: str) -> Self:
        """Add a page that lists no file, as a page of something else than an index does."""
        self._files[canonicalize_name(project)] = []
        return self

    def _add(self, project: str, filename: str, fields: dict[str, Any]) -> File:
        values = {
            "filename": filename,
            "url": f"https://files.index.example/{self.name}/{filename}",
            "hashes": {"sha256": hashlib.sha256(f"{self.name}/{filename}".encode()).hexdigest()},
            "size": 1000,
            **fields,
        }
        added = File(**values)
        self._files.setdefault(canonicalize_name(project), []).append(added)
        return added

    def shuffled(self) -> FakeIndex:
        """The same index with every page in the opposite order."""
        other = FakeIndex(self.name)
        other._files = {name: files[::-1] for name, files in self._files.items()}
        other._metadata, other._sdists = self._metadata, self._sdists
        return other

    # The port.

    def project(self, name: NormalizedName) -> Project:
        self.asked.append(name)
        if name not in self._files:
            raise ProjectNotFound(name, self.name)
        files = tuple(self._files[name])
        return Project(name=name, index=self.name, files=files, releases=releases_of(filenames(files), name))

    def wheel_metadata(self, file: File) -> CoreMetadata:
        self.read.append(file.filename)
        return parse_core(self._metadata[file.url])

    def sdist_files(self, file: File) -> SdistFiles:
        self.read.append(file.filename)
        return self._sdists[file.url]

    def artifact(self, file: File) -> Path:
        raise AssertionError("nothing of a resolution asks for a whole file")

    def direct(self, name: NormalizedName, url: str) -> File:
        plain = url.partition("#")[0]
        return next(file for file in self._files[name] if file.url == plain)

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        """Everything is here already."""
        return False

    def prefetch_metadata(self, file: File) -> str | None:
        """Everything is here already."""
        return None

    def next_come(self) -> str | None:
        return None


Universe = Mapping[tuple[str, int], list[str]]
"""(project, version) -> what that release requires."""


def published(
    universe: Universe,
    yanked: Set[tuple[str, int]] = frozenset(),
    *,
    with_prereleases: bool = False,
    sdists: Set[tuple[str, int]] = frozenset(),
) -> FakeIndex:
    """An index of the universe; of its releases the third and the fourth may be pre-releases, and some ``sdists``."""
    index = FakeIndex()
    for (name, version), requires in universe.items():
        text = written(str(version)) if with_prereleases else str(version)
        asked = [written(one) for one in requires] if with_prereleases else requires
        reason = "" if (name, version) in yanked else None
        if (name, version) in sdists:
            claims = [f"Requires-Dist: {one}" for one in asked]
            head = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {text}", "Provides-Extra: x"]
            index.sdist(name, text, {"PKG-INFO": "\n".join([*head, *claims, ""])}, yanked=reason)
        else:
            index.wheel(name, text, *asked, extras=["x"], yanked=reason)
    return index


def written(text: str) -> str:
    """A version, or a requirement on one, where the third and the fourth release are pre-releases."""
    return text.replace("3", "3rc1").replace("4", "4b1")


if TYPE_CHECKING:
    _is_one: Index = FakeIndex()
