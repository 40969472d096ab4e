"""Whole files: downloaded once, verified while they arrive, kept in the cache for vendoring."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from resolver.errors import IntegrityError, StorageError
from resolver.http_index.cache import Cache
from resolver.http_index.transport import Transport
from resolver.http_index.urls import shown
from resolver.simple.model import File

STRONG = ("sha256", "sha384", "sha512")
"""Digests that are verified. A weaker one is not looked at: it proves nothing."""

REPLACED = "the file was replaced or damaged on its way: do not use it before you know which"

_LARGEST = 1 << 36  # bytes of a file whose size its page does not state
_TRIES = 3  # to have a file in a cache that may be cleared meanwhile


class HashingSink:
    """Writes to a stream, and computes the size and the digests of what was written."""

    def __init__(self, stream: BinaryIO, algorithms: Iterable[str]) -> None:
        self._stream = stream
        self._algorithms = sorted(algorithms)
        self.restart()

    def restart(self) -> None:
        """Forget everything: a new try begins."""
        self._stream.seek(0)
        self._stream.truncate()
        self.size = 0
        self._digests = {algorithm: hashlib.new(algorithm) for algorithm in self._algorithms}

    def write(self, chunk: bytes, /) -> None:
        """Take the next bytes. Raises `StorageError`."""
        with _disk(self._stream):
            self._stream.write(chunk)
        self.size += len(chunk)
        for digest in self._digests.values():
            digest.update(chunk)

    def finish(self) -> dict[str, str]:
        """Flush the stream. Returns hex digests by algorithm; raises `StorageError`."""
        with _disk(self._stream):
            self._stream.flush()
        return {algorithm: digest.hexdigest() for algorithm, digest in self._digests.items()}


@contextmanager
def _disk(stream: BinaryIO) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = Path(str(getattr(stream, "name", ""))).parent
        raise StorageError(f"{where}: a download cannot be written: {error.strerror}") from error


def verify(file: File, size: int, hashes: Mapping[str, str]) -> None:
    """Raise `IntegrityError` unless a file's bytes are what its index promised; ``hashes`` has what is promised."""
    for algorithm in STRONG:
        promised = file.hashes.get(algorithm)
        if promised is not None and promised != hashes[algorithm]:
            raise IntegrityError(
                f"{shown(file.url)}: its {algorithm} is {hashes[algorithm]}, but {promised} was promised; {REPLACED}"
            )
    if file.size is not None and file.size != size:
        raise IntegrityError(f"{shown(file.url)}: it has {size} bytes, but {file.size} were promised")


@contextmanager
def whole_file(transport: Transport, cache: Cache, file: File) -> Iterator[tuple[BinaryIO, str]]:
    """A file's verified bytes, and their sha256. Raises `IntegrityError`, `IndexFailure` and `StorageError`."""
    kept = _kept(cache, file.hashes.get("sha256", ""))
    if kept is not None:
        with kept:
            yield kept, file.hashes["sha256"]
        return
    with cache.scratch() as stream:
        sink = HashingSink(stream, {"sha256", *file.hashes} & set(STRONG))
        transport.download(file.url, sink, limit=file.size or _LARGEST)
        hashes = sink.finish()
        verify(file, sink.size, hashes)
        cache.add_blob(hashes["sha256"], Path(stream.name))
        stream.seek(0)
        yield stream, hashes["sha256"]


def _kept(cache: Cache, sha256: str) -> BinaryIO | None:
    path = cache.blob_path(sha256)
    with suppress(FileNotFoundError):  # who clears the cache was faster
        return None if path is None else path.open("rb")
    return None


def cached_file(transport: Transport, cache: Cache, file: File) -> Path:
    """Where a file's verified bytes lie in the cache, from which they may go. Raises what `whole_file` raises."""
    for _ in range(_TRIES):
        with whole_file(transport, cache, file) as (_stream, sha256):
            path = cache.blob_path(sha256)
        if path is not None:
            return path
        if cache.trouble:
            break
    why = cache.trouble or "the cache cannot keep it"
    raise StorageError(f"{file.filename} has to be in the cache: {why}; --cache-dir names another folder")
