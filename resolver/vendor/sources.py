"""Where artifacts come from: the hosts that the lock names, over HTTP, and directories beside the lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import unquote

from resolver.errors import StorageError, TransferError, Unreached
from resolver.http_index.origins import Origin, origin
from resolver.http_index.transport import OF_A_DIRECT_URL, Transport
from resolver.http_index.urls import shown
from resolver.lock.model import Artifact
from resolver.vendor.layout import CHUNK, PROVENANCE
from resolver.vendor.ports import Partial
from resolver.vendor.regular import NotRegular, open_regular

DIRECT = "direct"
"""The name under which a URL that belongs to no index is asked, for its credentials."""


_LARGEST_PROVENANCE = 8 << 20
_PROVENANCE_TYPES = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"
_ABSENT = frozenset({404, 410})


class Sources:
    """The ports `Fetch` and `Provenances` for a lock that lies in ``directory``.

    ``indexes``: the Simple API of each index, by name.
    """

    def __init__(self, indexes: Mapping[str, str], directory: Path) -> None:
        self._directory = directory
        self._stopped = threading.Event()
        self._stack = ExitStack()
        urls = {**indexes, DIRECT: ""}
        called = {DIRECT: OF_A_DIRECT_URL}
        self._transports = {
            name: self._stack.enter_context(Transport(name, url, called=called.get(name))) for name, url in urls.items()
        }
        self._silent: dict[Origin | None, Unreached] = {}
        self._heard: set[Origin | None] = set()

    def __enter__(self) -> Sources:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def fetch(self, artifact: Artifact, url: str, partial: Partial) -> None:
        """Complete ``partial`` from ``url``; see `resolver.vendor.ports.Fetch`.

        A host that has not answered at all is not asked again: nobody waits for it once for each of a thousand files.
        """
        if not url.startswith(("http://", "https://")):
            _copy(self._local(url), partial)
            return
        host = origin(url)
        silent = self._silent.get(host)
        if silent is not None and host not in self._heard:
            raise Unreached(silent.called, shown(url), 0, silent.reason)
        try:
            self._fetch(artifact, url, partial)
        except Unreached as error:
            self._silent[host] = error
            raise
        except TransferError:
            self._heard.add(host)
            raise
        self._heard.add(host)

    def _fetch(self, artifact: Artifact, url: str, partial: Partial) -> None:
        transport = self._transports[artifact.index or DIRECT]
        start = partial.size
        rest = None if artifact.size is None else max(artifact.size - start, 0)
        if start == 0 or not transport.download_rest(url, _Sink(partial, self._stopped, start), start, limit=rest):
            transport.download(url, _Sink(partial, self._stopped, 0), limit=artifact.size)

    def place(self, url: str) -> str:
        """The URL itself."""
        return url

    def provenance(self, artifact: Artifact, url: str) -> bytes | None:
        """See `resolver.vendor.ports.Provenances`."""
        if not url.startswith(("http://", "https://")):
            return _read(self._local(url))
        transport = self._transports[artifact.index or DIRECT]
        reply = transport.get(url, limit=_LARGEST_PROVENANCE, headers={"Accept": _PROVENANCE_TYPES})
        if reply.status in _ABSENT:
            return None
        if reply.status != 200:
            raise transport.refusal(url, reply)
        return reply.content

    def _local(self, url: str) -> Path:
        from resolver.local_index import path_of  # noqa: PLC0415  (most files come over HTTP)

        return path_of(url) if url.startswith("file:") else self._directory / unquote(url)

    def stop(self) -> None:
        """See `resolver.vendor.ports.Fetch`."""
        self._stopped.set()


class Folder:
    """The ports `Fetch` and `Provenances` over a directory that holds every artifact under its own name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def fetch(self, artifact: Artifact, url: str, partial: Partial) -> None:  # noqa: ARG002  (the port's signature)
        """Copy the file; see `resolver.vendor.ports.Fetch`."""
        _copy(self._directory / artifact.filename, partial)

    def place(self, url: str) -> str:  # noqa: ARG002  (the port's signature)
        """Nothing: no URL was asked, and the directory is in the message."""
        return ""

    def provenance(self, artifact: Artifact, url: str) -> bytes | None:  # noqa: ARG002  (the port's signature)
        """What lies beside the file; see `resolver.vendor.ports.Provenances`."""
        return _read(self._directory / f"{artifact.filename}{PROVENANCE}")

    def stop(self) -> None:
        """Nothing is under way: a copy is short."""


def _read(path: Path) -> bytes | None:
    try:
        with open_regular(path) as stream:
            content = stream.read(_LARGEST_PROVENANCE + 1)
    except (FileNotFoundError, NotADirectoryError, NotRegular):
        return None
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error
    if len(content) > _LARGEST_PROVENANCE:
        raise TransferError(f"{path}: is larger than the {_LARGEST_PROVENANCE} bytes that it may have")
    return content


def _copy(path: Path, partial: Partial) -> None:
    """What ``partial`` raises is passed on: its disk may be full, and that is no fault of ``path``."""
    with _told_of(path):
        stream = open_regular(path)
    with stream:
        partial.cut(0)
        while chunk := _read_from(stream, path):
            partial.write(chunk)


def _read_from(stream: BinaryIO, path: Path) -> bytes:
    with _told_of(path):
        return stream.read(CHUNK)


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise TransferError(f"{path.name} is not in {path.parent}") from None
    except NotRegular as error:
        raise TransferError(f"{path}: {error.strerror}") from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


class _Sink:
    """Writes to a file until the run is over; every new try begins at ``start`` again."""

    def __init__(self, partial: Partial, stopped: threading.Event, start: int) -> None:
        self._partial = partial
        self._stopped = stopped
        self._start = start

    def restart(self) -> None:
        self._partial.cut(self._start)

    def write(self, chunk: bytes, /) -> None:
        if self._stopped.is_set():
            raise TransferError("the run ended before the file was here")
        self._partial.write(chunk)
