"""Decompresses a body while it arrives. Pure.

At most ``size`` bytes are decompressed at a time, from however few, so that the reader can stop a bomb.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

ACCEPTED = "gzip, deflate"
"""What a request may ask for."""

_MOST = 5  # encodings one around another
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_HEADER = 2  # bytes of zlib's
_MAGIC = b"\x1f\x8b"  # RFC 1952, 2.3.1
_Decoder = Callable[[Iterable[bytes], int], Iterator[bytes]]


class DecodeError(Exception):
    """A body is not what its Content-Encoding says."""


def is_decoded(encoding: str) -> bool:
    """Whether `decoded` decompresses anything for the Content-Encoding ``encoding``, and so would notice a cut."""
    return any(name in _DECODERS for name in _names(encoding))


def decoded(chunks: Iterable[bytes], encoding: str, size: int) -> Iterator[bytes]:
    """``chunks`` without the Content-Encoding ``encoding``; an unknown encoding is left as it is.

    Raises `DecodeError`, also for a body that ends before its compression does.
    """
    decoders = [_DECODERS[name] for name in reversed(_names(encoding)) if name in _DECODERS]
    if len(decoders) > _MOST:
        raise DecodeError("too many encodings")
    for decoder in decoders:
        chunks = decoder(chunks, size)
    try:
        yield from chunks
    except zlib.error as error:
        raise DecodeError(str(error)) from error


def _names(encoding: str) -> list[str]:
    return [name.strip().lower() for name in encoding.split(",")]


def _gunzipped(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Any number of members (RFC 1952, 2.2); what follows them and is no member is ignored, as in browsers."""
    member, is_first, is_over = None, True, False
    for received in chunks:
        rest = received
        while rest and not is_over:
            if member is None:
                is_over = not is_first and not _MAGIC.startswith(rest[:2])
                member, is_first = None if is_over else zlib.decompressobj(_GZIP), False
            if member is not None:
                yield from _inflated(member, rest, size)
                rest, member = (member.unused_data, None) if member.eof else (b"", member)
    if member is not None:
        raise DecodeError("incomplete")


def _undeflated(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """With the header of zlib (RFC 1950, 2.2), as RFC 9110, 8.4.1.2 has it, or without, as some servers send it."""
    stream, begun = None, b""
    for chunk in chunks:
        if stream is None:
            begun += chunk
            if len(begun) < _HEADER:
                continue
            has_header = begun[0] & 0x0F == zlib.DEFLATED and int.from_bytes(begun[:_HEADER], "big") % 31 == 0
            stream = zlib.decompressobj(_ZLIB if has_header else _RAW)
            yield from _inflated(stream, begun, size)
        elif not stream.eof:
            yield from _inflated(stream, chunk, size)
    if begun and (stream is None or not stream.eof):
        raise DecodeError("incomplete")


def _inflated(stream: zlib._Decompress, data: bytes, size: int) -> Iterator[bytes]:
    while True:
        made = stream.decompress(data, size)
        if made:
            yield made
        data = stream.unconsumed_tail
        if stream.eof or (not data and len(made) < size):
            return


_DECODERS: Mapping[str, _Decoder] = {"gzip": _gunzipped, "x-gzip": _gunzipped, "deflate": _undeflated}
