"""Heads of responses: what http.client would make of all of it, and what it is told."""

from __future__ import annotations

import io
from http.client import HTTPException, parse_headers

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.http_index.answers import folded
from resolver.http_index.head import Head

LONGEST = 65537
_names = st.sampled_from(["ETag", "X-Served-By", "cache-control", "Content-Length", "Connection", "Age"])
_values = st.from_regex(r"([a-c0-9;=,\"'()\u00e9]+( [a-c0-9;=,]+)?)?", fullmatch=True)
_ends = st.sampled_from([b"\r\n", b"\n"])


def told(head: Head) -> list[bytes]:
    """The lines after the status up to the blank one."""
    head.readline(LONGEST)
    lines = []
    while line := head.readline(LONGEST):
        lines.append(line)
        if not line.strip():
            break
    return lines


@given(st.lists(st.tuples(_names, _values, st.lists(_values.filter(bool), max_size=1)), max_size=8), _ends)
def test_headers_are_those_that_http_client_reads(stated: list[tuple[str, str, list[str]]], end: bytes) -> None:
    lines = [f"{name}:{value}".encode("latin-1") + end for name, value, _ in stated]
    for place, (_, _, more) in reversed(list(enumerate(stated))):
        lines[place + 1 : place + 1] = [b" " + one.encode("latin-1") + end for one in more]
    content = b"".join(lines) + end
    head = Head(io.BufferedReader(io.BytesIO(b"HTTP/1.1 200 OK" + end + content + b"body")))
    told(head)
    whole = parse_headers(io.BytesIO(content)).items()
    assert head.headers == folded((name, " ".join(value.split())) for name, value in whole)


def test_http_client_is_told_what_frames_the_body() -> None:
    lines = [
        b"Server: x\r\n",
        b"Transfer-Encoding: chunked,\r\n",
        b"  gzip\r\n",
        b"no header\r\n",
        b"CONNECTION: close\r\n",
    ]
    head = Head(io.BufferedReader(io.BytesIO(b"".join([b"HTTP/1.1 200 OK\r\n", *lines, b"\r\n", b"body"]))))
    assert told(head) == [lines[1], lines[2], lines[4], b"\r\n"]
    assert head.headers == {"server": "x", "transfer-encoding": "chunked, gzip", "connection": "close"}
    assert not head.has_ended


def test_an_informational_answer_leaves_nothing_to_the_next() -> None:
    head = Head(
        io.BufferedReader(io.BytesIO(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nAge: 1\r\n\r\n"))
    )
    told(head)
    told(head)
    assert head.headers == {"age": "1"}


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nAge: 1\r\n"])
def test_a_head_that_breaks_off_says_so(sent: bytes) -> None:
    head = Head(io.BufferedReader(io.BytesIO(sent)))
    assert told(head) == []
    assert head.has_ended


def test_headers_have_a_bound() -> None:
    head = Head(io.BufferedReader(io.BytesIO(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101)))
    with pytest.raises(HTTPException, match="100 headers"):
        told(head)


def test_a_line_that_is_too_long_is_for_http_client_to_refuse() -> None:
    head = Head(io.BufferedReader(io.BytesIO(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100 + b"\r\n")))
    head.readline(50)
    assert len(head.readline(50)) == 50
