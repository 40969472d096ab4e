"""What is kept from one run to the next: what indexes gave (pages, metadata, files), and what build backends answered.

Typed entries, which `CacheRecords` and `CacheFiles` read and write. No network here, and no judgement of freshness.
Only what was verified against a digest is keyed by that digest alone. METADATA of which the page states no digest is an
index's claim about a wheel, so its key holds that index too: no index can speak for the wheels of another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from resolver.http_index.cache_directory import CacheDirectory
from resolver.http_index.cache_records import CacheRecords
from resolver.http_index.freshness import StoredPage
from resolver.http_index.pieces import Pieces
from resolver.metadata.revision import READER
from resolver.simple.model import File, stated_metadata

if TYPE_CHECKING:
    from resolver.http_index.cache_files import CacheFiles
    from resolver.http_index.journal import Journal
    from resolver.metadata.model import SdistFiles


def default_root() -> Path:
    """``WHEELHOUSE_CACHE_DIR``, else the user's cache directory as the platform has it."""
    given = os.environ.get("WHEELHOUSE_CACHE_DIR")
    if given:
        return Path(given)
    from platformdirs import user_cache_path  # noqa: PLC0415  (not needed where a directory is given)

    return user_cache_path("rules-wheelhouse", appauthor=False)


class Cache:
    """A cache at ``root`` (None: `default_root`). Every method is safe in threads and never raises for the disk.

    ``warn`` is told once, in a sentence, when the disk refuses; answers are then had again from the index.
    """

    def __init__(self, root: Path | None = None, *, warn: Callable[[str], None] | None = None) -> None:
        self.root = root
        self._directory = CacheDirectory(default_root if root is None else lambda: root, warn or _nobody)
        self._records = CacheRecords(self._directory)
        self._journals: dict[str, Journal] = {}
        self._appended: set[str] = set()

    def refused(self, message: str) -> None:
        """Warn, as the cache of another process does: its disk is the same."""
        self._directory.tell(message)

    @property
    def trouble(self) -> str:
        """What the disk refused first, in a sentence; empty where it refused nothing."""
        return self._directory.trouble

    def metadata(self, key: MetadataKey) -> bytes | None:
        """METADATA as it was parsed. What other processes add after the first look at a project may not be seen."""
        found = self._journal(key.journal).read(key.record)
        if found is None and key.record in self._appended:  # since the journal was read, maybe by another thread
            self._journals[key.journal] = self._records.journal("core-metadata", key.journal)
            found = self._journals[key.journal].read(key.record)
        return found

    def has_metadata(self, key: MetadataKey) -> bool:
        """Whether `metadata` has an answer, most likely."""
        return key.record in self._appended or self._journal(key.journal).has(key.record)

    def add_metadata(self, key: MetadataKey, content: bytes) -> None:
        """Keep what parsing METADATA gave, for ever."""
        if self._records.append("core-metadata", key.journal, key.record, content):
            self._appended.add(key.record)

    def _journal(self, name: str) -> Journal:
        found = self._journals.get(name)
        if found is None:
            found = self._journals[name] = self._records.journal("core-metadata", name)
        return found

    def sdist_files(self, sha256: str) -> SdistFiles | None:
        """The answering files of the sdist with this digest."""
        content = self._records.read("sdists", sha256)
        return None if content is None else _load_sdist(content)

    def has_sdist_files(self, sha256: str) -> bool:
        """Whether `sdist_files` has an answer, most likely: it is not read for this."""
        return self._directory.has("sdists", sha256)

    def add_sdist_files(self, sha256: str, files: SdistFiles) -> None:
        """Keep the answering files of an sdist that was verified, for ever."""
        self._records.write("sdists", sha256, _dump_sdist(files))

    def answer(self, key: str) -> bytes | None:
        """What a build backend once answered; ``key`` digests all that the answer may depend on."""
        return self._records.read("answers", key)

    def add_answer(self, key: str, content: bytes) -> None:
        """Keep a backend's answer for ever."""
        self._records.write("answers", key, content)

    def has_pages(self) -> bool:
        """Whether a page was ever kept."""
        return self._directory.has_kind("pages")

    def page(self, url: str) -> StoredPage | None:
        """The page last had from ``url``, fresh or stale."""
        content = self._records.read("pages", page_key(url))
        return None if content is None else StoredPage.load(content)

    def add_page(self, url: str, page: StoredPage) -> None:
        """Keep a page in place of an older one."""
        self._records.write("pages", page_key(url), page.dump())

    def view(self, key: str) -> Pieces | None:
        """A page as it was read before; ``key`` digests all that the reading depended on."""
        return self._records.read_pieces("views", key)

    def has_view(self, key: str) -> bool:
        """Whether `view` has an answer, most likely: it is not read for this."""
        return self._directory.has("views", key)

    def add_view(self, key: str, head: bytes, pieces: Sequence[bytes]) -> bool:
        """Keep what reading a page gave, for ever; whether the disk took it."""
        return self._records.write_pieces("views", key, head, pieces)

    def reading(self, key: str) -> bytes | None:
        """What the files of an sdist say, as it was read before; ``key`` digests all that the reading depended on."""
        return self._records.read("readings", key)

    def add_reading(self, key: str, content: bytes) -> None:
        """Keep what the files of an sdist say, for ever."""
        self._records.write("readings", key, content)

    def has_blob(self, sha256: str) -> bool:
        """Whether `blob_path` has an answer, most likely: it is not read for this."""
        return self._directory.has("blobs", sha256)

    def blob_path(self, sha256: str) -> Path | None:
        """A whole artifact, verified against its digest at this call. The file is the cache's: read it, link it."""
        return self._files.path(sha256)

    def take_blob(self, sha256: str, target: Path) -> bool:
        """Let ``target``, where nothing is, be the artifact with this digest, verified now: a hard link where possible.

        Returns whether there is one; else nothing is at ``target``.
        """
        return self._files.take(sha256, target)

    def add_blob(self, sha256: str, source: Path) -> Path | None:
        """Keep an artifact that the caller verified; a hard link to ``source`` where possible, else a copy.

        Returns where it is kept, or None where the disk refuses.
        """
        return self._files.add(sha256, source)

    def scratch(self) -> AbstractContextManager[BinaryIO]:
        """An empty file, open for reading and writing, that is removed at the end; ``name`` is its path."""
        return self._files.scratch()

    @cached_property
    def _files(self) -> CacheFiles:
        from resolver.http_index.cache_files import CacheFiles  # noqa: PLC0415  (wheels are locked by METADATA alone)

        return CacheFiles(self._directory)


def page_key(url: str) -> str:
    """What the page of ``url`` is kept under."""
    return _key(url)


class MetadataKey(NamedTuple):
    """What METADATA of a wheel is kept under, each 64 hex digits.

    A project has one ``journal`` for all its releases, since to make a file takes long (docs/speed.md); and another
    for each `READER`, so that what nobody will ask for any more is not read either.
    """

    journal: str
    record: str


def metadata_key(index_url: str, file: File) -> MetadataKey | None:
    """The key of a wheel's METADATA; None where no digest says which METADATA, or which wheel, that is."""
    stated, wheel = stated_metadata(file), file.hashes.get("sha256", "")
    if not stated and not wheel:
        return None
    project = file.filename.partition("-")[0].lower()
    return MetadataKey(_key(READER, project), _key(READER, stated) if stated else _key(READER, index_url, wheel))


def _nobody(message: str) -> None:
    """Warnings are dropped."""


@lru_cache(maxsize=1 << 10)  # of a wheel it is asked three times
def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _dump_sdist(files: SdistFiles) -> bytes:
    contents = {path: base64.b64encode(content).decode() for path, content in sorted(files.files.items())}
    return json.dumps({"files": contents, "members": files.members}).encode()


def _load_sdist(content: bytes) -> SdistFiles | None:
    """The value, or None where another version of this program wrote another shape."""
    from resolver.metadata.model import SdistFiles  # noqa: PLC0415  (the assistant has no use for requirements)

    try:
        data = json.loads(content)
        files = {path: base64.b64decode(text) for path, text in data["files"].items()}
        return SdistFiles(files=files, members=tuple(data["members"]))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return None
