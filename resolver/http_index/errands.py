"""Has pages, METADATA and sdists of one index read by an `Assistant`, or reads them here where there is none."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from packaging.utils import NormalizedName

from resolver.http_index.assistant import Assistant, NoAssistant
from resolver.http_index.pages import Page
from resolver.http_index.reader import Reader
from resolver.metadata.model import SdistFiles
from resolver.simple.model import File, stated_metadata
from resolver.simple.rows import row_of

_Key = tuple[str, str]


class Errands:
    """Reads for one index: by the assistant, or else by ``reader`` in this process. Safe in threads."""

    def __init__(self, name: str, url: str, reader: Reader, assistant: Assistant | None) -> None:
        self._index = name
        self._url = url
        self._reader = reader
        self._assistant = assistant
        self._numbers: dict[_Key, int] = {}

    def begin_page(self, name: NormalizedName) -> bool:
        """Have the assistant read a page. False where there is none."""
        return self._begin(("page", name), name)

    def begin_metadata(self, file: File) -> bool:
        """Have the assistant read METADATA. False where there is none."""
        return self._begin(("metadata", metadata_of(file)), row_of(file))

    def begin_sdist(self, file: File) -> bool:
        """Have the assistant download an sdist and read its answering files. False where there is none."""
        return self._begin(("sdist", file.url), row_of(file))

    def next_come(self) -> str | None:
        """As `Index.next_come`, but for all that the assistant was asked, for other indexes too."""
        return None if self._assistant is None else self._assistant.next_come()

    def page(self, name: NormalizedName) -> Page | None:
        """As `Reader.page`."""
        if ("page", name) in self._numbers or not self._reader.has_page(name):
            with suppress(NoAssistant):
                found = self._answer(("page", name), name)
                page = None if found is None else self._reader.told(name, found)
                if found is None or page is not None:
                    return page
        return self._reader.page(name)

    def metadata(self, file: File) -> bytes:
        """As `Reader.metadata`."""
        key = ("metadata", metadata_of(file))
        if key in self._numbers or not self._reader.has_metadata(file):
            with suppress(NoAssistant):
                return cast("bytes", self._answer(key, row_of(file)))
        return self._reader.metadata(file)

    def sdist_files(self, file: File) -> SdistFiles:
        """As `Reader.sdist_files`; one that was not begun is read here."""
        if ("sdist", file.url) in self._numbers:
            with suppress(NoAssistant):
                files, members = self._answer(("sdist", file.url), row_of(file))
                return SdistFiles(files=files, members=members)
        return self._reader.sdist_files(file)

    def _begin(self, key: _Key, what: Any) -> bool:  # noqa: ANN401  (whatever marshal can write)
        if self._assistant is None:
            return False
        if key not in self._numbers:
            try:
                self._numbers[key] = self._assistant.ask(key[1], self._index, self._url, key[0], what)
            except NoAssistant:
                self._assistant = None
                return False
        return True

    def _answer(self, key: _Key, what: Any) -> Any:  # noqa: ANN401  (as above)
        if not self._begin(key, what) or self._assistant is None:
            raise NoAssistant
        return self._assistant.answer(self._numbers.pop(key))


def metadata_of(file: File) -> str:
    """The name for a wheel's METADATA while it is on its way, the same for all wheels with the same METADATA."""
    stated = stated_metadata(file)
    return f"METADATA with sha256 {stated}" if stated else file.url
