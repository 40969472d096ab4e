"""A body is decompressed while it arrives, a bounded piece at a time."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.http_index.encodings import DecodeError, decoded


def _deflated(bits: int) -> Callable[[bytes], bytes]:
    def encode(body: bytes) -> bytes:
        stream = zlib.compressobj(wbits=bits)
        return stream.compress(body) + stream.flush()

    return encode


def _in_members(body: bytes) -> bytes:
    return gzip.compress(body[::2]) + gzip.compress(b"") + gzip.compress(body[1::2])


ENCODED: dict[str, tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress, bytes),
    "members": ("x-gzip", _in_members, lambda body: body[::2] + body[1::2]),
    "padded": ("GZip", lambda body: gzip.compress(body) + bytes(9), bytes),
    "zlib": ("deflate", _deflated(zlib.MAX_WBITS), bytes),
    "raw": ("deflate", _deflated(-zlib.MAX_WBITS), bytes),
    "both": ("deflate, gzip", lambda body: gzip.compress(_deflated(15)(body)), bytes),
    "unknown": ("br", bytes, bytes),
    "none": ("identity", bytes, bytes),
}


def cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize("how", ENCODED)
@given(
    body=st.binary() | st.builds(lambda unit, times: unit * times, st.binary(max_size=9), st.integers(0, 5000)),
    received=st.integers(2, 99),
    size=st.integers(1, 999),
)
def test_a_body_is_what_it_was_however_it_arrives(how: str, body: bytes, received: int, size: int) -> None:
    encoding, encode, meant = ENCODED[how]
    pieces = list(decoded(cut(encode(body), received), encoding, size))
    assert b"".join(pieces) == meant(body)
    assert how in {"unknown", "none"} or all(0 < len(piece) <= size for piece in pieces)


@pytest.mark.parametrize("how", ["gzip", "members", "zlib", "raw"])
@given(body=st.binary(min_size=1), data=st.data())
def test_what_breaks_off_is_no_body(how: str, body: bytes, data: st.DataObject) -> None:
    encoding, encode, _ = ENCODED[how]
    whole = encode(body)
    ends = (
        {len(gzip.compress(body[::2])), len(gzip.compress(body[::2]) + gzip.compress(b""))} if how == "members" else ()
    )
    broken = data.draw(st.integers(1, len(whole) - 1).filter(lambda end: end not in ends))
    with pytest.raises(DecodeError):
        list(decoded(cut(whole[:broken], 64), encoding, 64))


def test_nothing_is_the_encoding_of_nothing() -> None:
    assert list(decoded([], "gzip", 9)) == list(decoded([], "deflate", 9)) == []


def test_encodings_without_end_are_refused() -> None:
    with pytest.raises(DecodeError):
        list(decoded([b""], ",".join(["gzip"] * 9999), 9))


def test_no_more_is_made_than_is_taken() -> None:
    bomb = gzip.compress(gzip.compress(bytes(1 << 26)))  # a hundred kilobytes of the inner one
    tracemalloc.start()
    try:
        pieces = decoded([bomb], "gzip, gzip", 1 << 16)
        assert len(next(pieces)) == 1 << 16
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
