"""What an index says of single files now. The rest of their pages is not read, and nothing is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from packaging.utils import NormalizedName

from resolver.concurrency import Memo, Workers
from resolver.errors import IndexFailure
from resolver.http_index.cache import Cache
from resolver.http_index.pages import ABSENT, LARGEST, Pages
from resolver.http_index.transport import Transport
from resolver.http_index.urls import shown
from resolver.simple.glance import glance
from resolver.simple.model import File, filenames
from resolver.simple.parse import CONTENT_TYPES

_WORKERS = 3
"""Few: files are downloaded at the same time."""


class Listing:
    """The index ``name`` at ``url``. Close it, or use it as a context manager.

    ``wanted``: by project, the names of the files that may be asked about.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        transport: Transport,
        cache: Cache,
        wanted: Mapping[NormalizedName, Collection[str]],
    ) -> None:
        self._name = name
        self._transport = transport
        self._cache = cache
        self._wanted = wanted
        self._pages = Pages(name, url.rstrip("/") + "/", transport, cache)
        self._workers = Workers(_WORKERS)
        self._found: Memo[NormalizedName, Mapping[str, File]] = Memo(self._workers)

    def __enter__(self) -> Listing:
        return self

    def __exit__(self, *exception: object) -> None:
        self._workers.close()

    def expect(self, project: NormalizedName) -> None:
        """Begin to fetch a page; an error is raised by `file` alone."""
        self._found.hint(project, lambda: self._read(project))

    def file(self, project: NormalizedName, filename: str) -> File | None:
        """What the index lists under a name, its URLs as the page has them. Raises `IndexFailure`."""
        return self._found.ask(project, lambda: self._read(project)).get(filename)

    def _read(self, project: NormalizedName) -> Mapping[str, File]:
        wanted = self._wanted[project]
        url = self._pages.url(project)
        if self._cache.page(url) is not None:  # it needs no request, or a short one
            page = self._pages.read(project)
            files = page.files if page is not None else ()
            return {name: files[number] for number, name in enumerate(filenames(files)) if name in wanted}
        reply = self._transport.get(url, limit=LARGEST, headers={"Accept": CONTENT_TYPES})
        if reply.status in ABSENT:
            return {}
        if reply.status != 200:
            raise self._transport.refusal(url, reply)
        try:
            return glance(reply.content, reply.headers.get("content-type", ""), project=project, wanted=wanted)
        except IndexFailure as error:
            raise IndexFailure(f"index {self._name!r}: {shown(reply.url)}: {error}") from error
