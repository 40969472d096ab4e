"""What a request asks for: paths, and heads that are read in one way or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.server.requests import Refused, decode_path, parse_head, split_target


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/files/a%20b.whl", "/files/a b.whl"),
        ("/files/x-1%2B2.whl?download=1#frag", "/files/x-1+2.whl"),
        ("http://index.example:8080/simple/x/?format=y", "/simple/x/"),
        ("HTTP://index.example/", "/"),
        ("/%C3%A9", "/é"),
        ("/%ff", None),
        ("/a%00b", None),
        ("/a%2525%252e", None),
        ("/a%252Fb", None),
        ("/a\\b", None),
        ("/a%5cb", None),
        ("/files%2fa-1.whl", None),
        ("/files%2Fa-1.whl", None),
        ("/files/a%2D1.whl?x=%2f", "/files/a-1.whl"),
        ("//host/simple/", None),
        ("/a//b", None),
        ("//[", None),
        ("*", None),
        ("host:443", None),
        ("http://host", None),
        ("ftp://host/files/x", None),
    ],
)
def test_paths(target: str, expected: str | None) -> None:
    assert decode_path(target) == expected


def test_the_query_stays_as_it_was() -> None:
    assert split_target("/simple/?format=a%2Bb?c#d") == ("/simple/", "format=a%2Bb?c")


def test_a_head() -> None:
    request = parse_head(b"GET /simple/ HTTP/1.1\r\nHOST:  x \r\nAccept: a\r\naccept: b\r\nX-Empty:\r\n")
    assert (request.method, request.target, request.keeps) == ("GET", "/simple/", True)
    assert request.headers == {"host": "x", "accept": "a, b", "x-empty": ""}


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: Close\r\n", False),
        ("1.1", "Connection: x, close\r\n", False),
        ("1.0", "", False),
        ("1.0", "Connection: keep-alive\r\n", True),
    ],
)
def test_who_keeps_a_connection(version: str, connection: str, keeps: bool) -> None:
    assert parse_head(f"GET / HTTP/{version}\r\nHost: x\r\n{connection}".encode()).keeps is keeps


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n Transfer-Encoding: chunked\r\n", 400),
        (b"GET / HTTP/1.1\r\n Host: x\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\n\nTransfer-Encoding: chunked\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\rTransfer-Encoding: chunked\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\x00\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n", 400),
        (b"GET / HTTP/1.1\r\nFrom x\r\nHost: x\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nX: y\r\n", 400),
        (b"GET / HTTP/1.1\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x/<script>\r\n", 400),
        (b"GET / HTTP/1.1\n\r\nHost: x\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: x\r\n", 400),
        (b"GET /\r\n", 400),
        (b"", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\n", 411),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n", 400),
        (b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n", 405),
        (b"get / HTTP/1.1\r\nHost: x\r\n", 405),
    ],
)
def test_heads_that_are_refused(head: bytes, status: int) -> None:
    with pytest.raises(Refused) as caught:
        parse_head(head)
    assert caught.value.status == status


@given(st.binary() | st.binary().map(lambda tail: b"GET / HTTP/1.1\r\nHost: x\r\n" + tail))
def test_a_head_is_read_or_refused(head: bytes) -> None:
    try:
        request = parse_head(head)
    except Refused:
        return
    assert "transfer-encoding" not in request.headers
    assert not any(c in text for text in request.headers.values() for c in "\r\n\0")
