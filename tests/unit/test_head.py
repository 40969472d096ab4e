"""Heads of responses: what http.client would make of them, and where we say more than it does."""

from __future__ import annotations

import io
import socket
from http.client import (
    BadStatusLine,
    HTTPException,
    HTTPResponse,
    IncompleteRead,
    LineTooLong,
    RemoteDisconnected,
    UnknownProtocol,
)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.http_index.answers import folded
from resolver.http_index.head import BadLength, Head, read_head

_names = st.sampled_from(["ETag", "X-Served-By", "cache-control", "Content-Length", "Age", "Keep-Alive"])
_values = st.from_regex(r"([a-c0-9;=,\"'()\u00e9]+( [a-c0-9;=,]+)?)?", fullmatch=True)
_ends = st.sampled_from([b"\r\n", b"\n"])


def read(sent: bytes) -> Head:
    return read_head(io.BufferedReader(io.BytesIO(sent)))


class _Socket(socket.socket):
    """What http.client reads a response from."""

    def __init__(self, sent: bytes) -> None:
        super().__init__()
        self._sent = sent

    def makefile(self, *_how: object, **_named: object) -> io.BytesIO:  # type: ignore[override]
        return io.BytesIO(self._sent)


def by_http_client(sent: bytes) -> HTTPResponse:
    with _Socket(sent) as one:
        response = HTTPResponse(one)
        response.begin()
        return response


@given(st.lists(st.tuples(_names, _values, st.lists(_values.filter(bool), max_size=1)), max_size=8), _ends)
def test_headers_are_those_that_http_client_reads(stated: list[tuple[str, str, list[str]]], end: bytes) -> None:
    lines = [f"{name}:{value}".encode("latin-1") + end for name, value, _ in stated]
    for place, (_, _, more) in reversed(list(enumerate(stated))):
        lines[place + 1 : place + 1] = [b" " + one.encode("latin-1") + end for one in more]
    sent = b"HTTP/1.1 200 OK" + end + b"".join(lines) + end + b"body"
    whole = by_http_client(sent).getheaders()
    assert read(sent).headers == folded((name, " ".join(value.split())) for name, value in whole)


@given(
    st.sampled_from(["HTTP/1.0", "HTTP/0.9", "HTTP/1.1", "HTTP/1.2"]),
    st.sampled_from([200, 204, 206, 304, 404, 999]),
    st.sampled_from(["", "Content-Length: 0\r\n", "Content-Length: 12\r\n"]),
    st.sampled_from(["", "Transfer-Encoding: Chunked\r\n", "Transfer-Encoding: gzip\r\n"]),
    st.sampled_from(["", "Connection: close\r\n", "CONNECTION: x, Keep-Alive\r\n", "Keep-Alive: timeout=5\r\n"]),
    st.sampled_from([" OK", "", " Not  Found"]),
)
def test_a_body_is_framed_as_http_client_frames_it(
    version: str, status: int, length: str, coding: str, connection: str, reason: str
) -> None:
    sent = f"{version} {status}{reason}\r\n{length}{coding}{connection}\r\n".encode()
    head, response = read(sent), by_http_client(sent)
    assert (head.version, head.status) == (response.version, response.status)
    assert (head.is_chunked, head.length) == (response.chunked and status not in {204, 304}, response.length)
    assert head.is_last == response.will_close


@pytest.mark.parametrize(
    "lengths", [("many",), ("-1",), ("5", "6"), ("0", "6"), ("+5",), ("9" * 5000,), ("1_0",), ("\xb2",), ("",)]
)
def test_a_length_that_is_none_is_refused(lengths: tuple[str, ...]) -> None:
    stated = "".join(f"Content-Length: {length}\r\n" for length in lengths)
    head = read(f"HTTP/1.1 200 OK\r\n{stated}\r\n".encode("latin-1"))
    with pytest.raises(BadLength):
        assert head.length is None


def test_a_length_that_is_stated_twice_is_one() -> None:
    assert read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\n").length == 5


@pytest.mark.parametrize("status", [100, 102, 103])
def test_an_informational_answer_leaves_nothing_to_the_next(status: int) -> None:
    first = f"HTTP/1.1 {status} Early\r\nLink: x\r\n\r\n".encode()
    assert read(first + first + b"HTTP/1.1 200 OK\r\nAge: 1\r\n\r\n") == Head(11, 200, {"age": "1"})


def test_a_line_that_is_no_header_is_let_go() -> None:
    assert read(b"HTTP/1.1 200 OK\r\n goes on\r\nno header\r\nAge: 1\r\n\r\n").headers == {"age": "1"}


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"", RemoteDisconnected),
        (b"HTTP/1.1 200 OK\r\n", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nAge: 1\r\n", IncompleteRead),
        (b"HTTP/1.1 103 Early\r\n\r\n", RemoteDisconnected),
        (b"\r\n", BadStatusLine),
        (b"HTTP/1.1\r\n\r\n", BadStatusLine),
        (b"HTTP/1.1 OK 200\r\n\r\n", BadStatusLine),
        (b"HTTP/1.1 2000 OK\r\n\r\n", BadStatusLine),
        (b"HTTP/1.1 099 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", BadStatusLine),
        (b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n", BadStatusLine),
        (b"SSH-2.0-OpenSSH_9.6\r\n", BadStatusLine),
        (b"HTTP/2 200 OK\r\n\r\n", UnknownProtocol),
        (b"HTTP/1.1 200 " + b"O" * 70_000, LineTooLong),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, LineTooLong),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n", HTTPException),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n" + b" and more\r\n" * 100 + b"\r\n", HTTPException),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 200 + b"HTTP/1.1 200 OK\r\n\r\n", HTTPException),
        (b"HTTP/1.1 200 OK\r\n" + b"no header\r\n" * 101 + b"\r\n", HTTPException),
    ],
)
def test_what_is_no_head_is_refused(sent: bytes, error: type[HTTPException]) -> None:
    with pytest.raises(HTTPException) as found:
        read(sent)
    assert type(found.value) is error


def test_there_is_room_for_the_headers_of_an_index() -> None:
    assert read(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100 + b"\r\n").headers == {"a": "b"}


def test_the_body_is_left() -> None:
    stream = io.BufferedReader(io.BytesIO(b"HTTP/1.1 200 OK\r\nAge: 1\r\n\r\nbody"))
    read_head(stream)
    assert stream.read() == b"body"
