"""An index that counts what it is asked, so that a person sees the progress of a long run."""

from __future__ import annotations

from collections.abc import Callable

from packaging.utils import NormalizedName

from resolver.index import Index, Project, Wrapped
from resolver.lock.describe import counted
from resolver.metadata.model import CoreMetadata, SdistFiles
from resolver.simple.model import File


class Counting(Wrapped):
    """The `Index` behind ``index``; ``tell`` is given this one, as text a phrase, whenever a count has changed."""

    def __init__(self, index: Index, tell: Callable[[object], None]) -> None:
        super().__init__(index)
        self._tell = tell
        self._pages = self._wheels = self._sdists = 0

    def __str__(self) -> str:
        read = [counted(self._pages, "page"), f"metadata of {counted(self._wheels, 'wheel')}"]
        return ", ".join([*read, counted(self._sdists, "sdist")] if self._sdists else read)

    def project(self, name: NormalizedName) -> Project:
        found = super().project(name)
        self._pages += 1
        self._tell(self)
        return found

    def wheel_metadata(self, file: File) -> CoreMetadata:
        found = super().wheel_metadata(file)
        self._wheels += 1
        self._tell(self)
        return found

    def sdist_files(self, file: File) -> SdistFiles:
        found = super().sdist_files(file)
        self._sdists += 1
        self._tell(self)
        return found
