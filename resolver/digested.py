"""An index whose files can all be locked: the sha256 that a page does not state is that of the bytes that come.

pip, uv, Poetry and PDM do the same. Here the spec has to ask for it (`digests: computed`), because a file is then what
the index gives at the first fetch, and no one says what it should be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from packaging.utils import NormalizedName

from resolver.errors import IntegrityError, StorageError
from resolver.evidence import Evidence
from resolver.index import Index, Project
from resolver.metadata.model import CoreMetadata, SdistFiles
from resolver.simple.model import File

_CHUNK = 1 << 20


class Digested:
    """``index``, with projects whose files are fetched and digested when a sha256 is asked for (`Project.digest`)."""

    def __init__(self, index: Index, evidence: Evidence) -> None:
        self._index = index
        self._evidence = evidence

    def project(self, name: NormalizedName) -> Project:
        return replace(self._index.project(name), digest=self._digest)

    def wheel_metadata(self, file: File) -> CoreMetadata:
        return self._index.wheel_metadata(file)

    def sdist_files(self, file: File) -> SdistFiles:
        return self._index.sdist_files(file)

    def direct(self, name: NormalizedName, url: str) -> File:
        return self._index.direct(name, url)

    def artifact(self, file: File) -> Path:
        return self._index.artifact(file)

    def prefetch(self, names: Iterable[NormalizedName]) -> bool:
        return self._index.prefetch(names)

    def prefetch_metadata(self, file: File) -> str | None:
        return self._index.prefetch_metadata(file)

    def next_come(self) -> str | None:
        return self._index.next_come()

    def _digest(self, file: File) -> File:
        """Raises `TransferError`, and `IntegrityError` where the bytes are not what a weaker digest of the page says.

        Such a digest proves nothing against an attacker, but tells damage.
        """
        self._evidence.unrepeatable()  # the same page may come with other bytes next time
        path = self._index.artifact(file)
        stated = {algorithm for algorithm in file.hashes if algorithm in hashlib.algorithms_available}
        digests = {one: hashlib.new(one, usedforsecurity=one == "sha256") for one in {*stated, "sha256"}}
        size = 0
        try:
            with path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    for digest in digests.values():
                        digest.update(chunk)
        except OSError as error:
            raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
        found = {one: digest.hexdigest() for one, digest in digests.items()}
        for algorithm in sorted(stated):
            if found[algorithm] != file.hashes[algorithm]:
                raise IntegrityError(
                    f"{file.filename}: its {algorithm} is {found[algorithm]}, but its index "
                    f"promised {file.hashes[algorithm]}"
                )
        return replace(file, hashes={**file.hashes, "sha256": found["sha256"]}, size=size)
