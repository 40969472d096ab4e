"""The Simple repository API as values (PEP 503, 592, 658, 691, 700, 714 and 740)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, overload

from resolver.records import field, record

T_co = TypeVar("T_co", covariant=True)


@record
class File:
    """One file of a project page.

    ``url``           as the page gives it (it may be relative) after ``parse``; absolute once an index answers.
    ``hashes``        algorithm to lower-case hex digest; empty where the page gives none.
    ``requires_python``  verbatim, None where absent; it may be invalid.
    ``yanked``        None: not yanked; else the reason, which may be empty.
    ``metadata``      hashes of the sidecar ``<url>.metadata`` (empty mapping: it exists, unhashed); None: no sidecar.
    ``size``          bytes.   ``upload_time``  ISO 8601 with ``Z``, verbatim.
    ``provenance``    where the file's provenance object lies, a URL as ``url`` is one; None where it has none.
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    requires_python: str | None = None
    yanked: str | None = None
    metadata: Mapping[str, str] | None = None
    size: int | None = None
    upload_time: str | None = None
    provenance: str | None = None


def stated_metadata(file: File) -> str:
    """The sha256 of a wheel's METADATA as its page states it; empty where it states none.

    The wheels of one release mostly have the same METADATA, whatever platforms they are for.
    """
    return "" if file.metadata is None else file.metadata.get("sha256", "")


FIELDS = tuple(File.__annotations__)
"""What a `File` is made of, in its order."""


class LazySequence(Sequence[T_co]):
    """A sequence by its length and `item`, which makes or reads what is looked at."""

    @overload
    def __getitem__(self, index: int) -> T_co: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...

    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        if isinstance(index, slice):
            return tuple(self.item(number) for number in range(*index.indices(len(self))))
        return self.item(range(len(self))[index])

    @abstractmethod
    def item(self, number: int) -> T_co:
        """The item at a place, which is neither negative nor beyond the end."""


class LazyFiles(LazySequence[File]):
    """Files whose names are known; each is made when it is first looked at. Equal to any sequence of the same files."""

    def __init__(self, filenames: Sequence[str], make: Callable[[int], File]) -> None:
        self.filenames = filenames
        self._make = make
        self._made: dict[int, File] = {}

    def __len__(self) -> int:
        return len(self.filenames)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self.filenames))

    def item(self, number: int) -> File:
        if number not in self._made:
            self._made[number] = self._make(number)
        return self._made[number]


def filenames(files: Sequence[File]) -> Sequence[str]:
    """The names of files, in their order; no lazy file is made for that."""
    return files.filenames if isinstance(files, LazyFiles) else [file.filename for file in files]


@record
class ProjectPage:
    """A project's page: the name as the page has it, and its files in the order of the page."""

    name: str
    files: Sequence[File]
