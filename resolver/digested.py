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
from resolver.http_index.blobs import REPLACED
from resolver.index import Index, Project, Wrapped
from resolver.simple.model import File

_CHUNK = 1 << 20


class Digested(Wrapped):
    """``index``, with projects whose files are fetched and digested when a sha256 is asked for (`Project.digest`)."""

    def __init__(self, index: Index, evidence: Evidence) -> None:
        super().__init__(index)
        self._evidence = evidence

    def project(self, name: NormalizedName) -> Project:
        return replace(super().project(name), digest=self._digest)

    def _digest(self, file: File) -> File:
        """Raises `TransferError`, and `IntegrityError` where the bytes are not what a weaker digest of the page says.

        Such a digest proves nothing against an attacker, but tells damage.
        """
        self._evidence.unrepeatable()  # the same page may come with other bytes next time
        stated = {algorithm for algorithm in file.hashes if algorithm in hashlib.algorithms_available}
        found, size = _digests(self._index.artifact(file), {*stated, "sha256"})
        for algorithm in sorted(stated):
            if found[algorithm] != file.hashes[algorithm]:
                promised = f"its index promised {file.hashes[algorithm]}; {REPLACED}"
                raise IntegrityError(f"{file.filename}: its {algorithm} is {found[algorithm]}, but {promised}")
        return replace(file, hashes={**file.hashes, "sha256": found["sha256"]}, size=size)


def _digests(path: Path, algorithms: Iterable[str]) -> tuple[dict[str, str], int]:
    """The hex digests of a file, by algorithm, and its size in bytes."""
    digests, size = {one: hashlib.new(one, usedforsecurity=one == "sha256") for one in algorithms}, 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                for digest in digests.values():
                    digest.update(chunk)
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
    return {one: digest.hexdigest() for one, digest in digests.items()}, size
