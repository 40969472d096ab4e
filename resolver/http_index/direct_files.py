"""The files behind direct URLs, over HTTP or on this machine. Errors name the requirement, never an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from resolver.errors import DirectFailure, IndexFailure, IntegrityError
from resolver.http_index.blobs import cached_file, whole_file
from resolver.http_index.cache import Cache
from resolver.http_index.direct import DirectURL, parse_direct
from resolver.http_index.reader import Reader
from resolver.http_index.transport import OF_A_DIRECT_URL, Transport
from resolver.metadata.known import load_core
from resolver.metadata.model import CoreMetadata, SdistFiles
from resolver.records import record
from resolver.simple.model import File

if TYPE_CHECKING:
    from resolver.local_index import LocalFiles


@record
class _Asked:
    """Who asked for a file: the ``project`` of ``project @ url``, and whether it lies on this machine."""

    project: NormalizedName
    url: str
    is_local: bool


class DirectFiles:
    """Files behind direct URLs, fetched as by ``transport``. Errors other than `InputError` are `DirectFailure`."""

    def __init__(self, transport: Transport, cache: Cache) -> None:
        self._transport = transport = transport.called_otherwise(OF_A_DIRECT_URL)
        self._cache = cache
        self._reader = Reader(transport.name, "", transport, cache)
        self._asked: dict[str, _Asked] = {}

    def __contains__(self, file: File) -> bool:
        return file.url in self._asked

    def close(self) -> None:
        """Give up what is under way."""
        self._transport.close()

    def file(self, project: NormalizedName, url: str) -> File:
        """The file behind a URL; it is downloaded, and its size known, where the fragment gives no sha256."""
        direct = parse_direct(project, url)
        asked = _Asked(project=project, url=url, is_local=direct.url.startswith("file:"))
        with _about(asked):
            file = self._local.direct(direct) if asked.is_local else self._remote(direct)
        self._asked.setdefault(file.url, asked)
        return file

    def wheel_metadata(self, file: File) -> CoreMetadata:
        """METADATA of a wheel (see `LazyWheels`)."""
        asked = self._asked[file.url]
        with _about(asked):
            return self._local.wheel_metadata(file) if asked.is_local else load_core(self._reader.metadata(file))

    def sdist_files(self, file: File) -> SdistFiles:
        """The answering files of an sdist."""
        asked = self._asked[file.url]
        with _about(asked):
            return self._local.sdist_files(file) if asked.is_local else self._reader.sdist_files(file)

    def artifact(self, file: File) -> Path:
        """The whole file."""
        asked = self._asked[file.url]
        with _about(asked):
            return self._local.verified(file) if asked.is_local else cached_file(self._transport, self._cache, file)

    def _remote(self, direct: DirectURL) -> File:
        file = File(filename=direct.filename, url=direct.url, hashes=direct.hashes)
        if "sha256" in direct.hashes:
            return file
        with whole_file(self._transport, self._cache, file) as (stream, sha256):
            return replace(file, hashes={**direct.hashes, "sha256": sha256}, size=stream.seek(0, 2))

    @cached_property
    def _local(self) -> LocalFiles:
        from resolver.local_index import LocalFiles  # noqa: PLC0415  (few specs name files of the machine)

        return LocalFiles()


@contextmanager
def _about(asked: _Asked) -> Iterator[None]:
    try:
        yield
    except (IndexFailure, IntegrityError) as error:
        raise DirectFailure(asked.project, asked.url, str(error)) from error
