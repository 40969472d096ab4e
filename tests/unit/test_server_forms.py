"""Bodies and forms as they arrive, in whatever pieces: nothing but Refused ever comes of them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.server import multipart as module
from resolver.server.bodies import Body
from resolver.server.multipart import Fields, Multipart, Part, boundary_of, read_part
from resolver.server.requests import Refused
from tests.support.uploads import BOUNDARY, form

# --- bodies ---------------------------------------------------------------------------------------------------------


def chunks(content: bytes, sizes: list[int], extension: bytes = b"", trailer: bytes = b"") -> bytes:
    """``content`` as chunks of these sizes, the last of the rest."""
    found = b""
    for size in [*sizes, len(content)]:
        piece, content = content[:size], content[size:]
        if piece:
            found += b"%x%s\r\n%s\r\n" % (len(piece), extension, piece)
    return found + b"0\r\n" + trailer + b"\r\n"


def pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(content) + 1) for cut in cuts})
    return [content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True)]


@settings(deadline=None)  # how long it takes depends on what else runs
@given(st.binary(max_size=200), st.lists(st.integers(1, 20)), st.lists(st.integers(0, 500)), st.booleans())
def test_a_body_is_the_same_in_whatever_pieces_it_comes(
    content: bytes, sizes: list[int], cuts: list[int], chunked: bool
) -> None:
    body = Body(None if chunked else len(content), 1000)
    sent = chunks(content, sizes, b";x=y", b"X: y\r\n") if chunked else content
    found = b""
    for piece in pieces(sent + b"NEXT", cuts):
        if body.done:
            body.rest += piece
        else:
            found += body.feed(piece)
    assert (found, body.done, body.rest) == (content, True, b"NEXT")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"x\r\n", 400),
        (b"\r\n", 400),
        (b"-1\r\n", 400),
        (b"0x5\r\n", 400),
        (b"5\nhello", None),
        (b"3\r\nabcd\r\n", 400),
        (b"ffffffffffff\r\n", 413),
        (b"1" * 20000, 400),
        (b"0\r\n" + b"x" * 20000, 400),
    ],
)
def test_chunks_that_are_refused(sent: bytes, status: int | None) -> None:
    body = Body(None, 1000)
    if status is None:
        assert body.feed(sent) == b""
        assert not body.done
        return
    with pytest.raises(Refused) as caught:
        body.feed(sent)
    assert caught.value.status == status


def test_what_says_that_it_is_too_large_is_refused() -> None:
    Body(1000, 1000).check()
    with pytest.raises(Refused) as caught:
        Body(1001, 1000).check()
    assert caught.value.status == 413


# --- forms ----------------------------------------------------------------------------------------------------------


class Kept(Fields):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.found: list[tuple[Part, bytes]] = []

    def begin(self, part: Part) -> None:
        self.found.append((part, b""))

    def data(self, content: bytes) -> None:
        part, before = self.found[-1]
        self.found[-1] = (part, before + content)


def read(sent: list[bytes]) -> Kept:
    kept = Kept()
    multipart = Multipart(BOUNDARY.encode(), kept)
    for piece in sent:
        multipart.feed(piece)
    assert multipart.done
    return kept


NEARLY = st.sampled_from([b"\r\n", b"--", BOUNDARY.encode(), b"\r\n--" + BOUNDARY.encode()[:-1], b"\r\n--x", b"-"])
CONTENTS = st.lists(st.binary(max_size=30) | NEARLY, max_size=6).map(b"".join)


@settings(deadline=None)  # how long it takes depends on what else runs
@given(st.lists(st.text(alphabet="ab:é ", max_size=9), max_size=3), CONTENTS, st.lists(st.integers(0, 2000)))
def test_a_form_is_the_same_in_whatever_pieces_it_comes(values: list[str], content: bytes, cuts: list[int]) -> None:
    if b"\r\n--" + BOUNDARY.encode() in b"\r\n" + content:
        return
    kept = read(pieces(form([("f", value) for value in values], "x.whl", content) + b"epilogue", cuts))
    assert kept.found == [
        *((Part("f", None), value.encode()) for value in values),
        (Part("content", "x.whl"), content),
    ]


TOKENS = [
    b"--", BOUNDARY.encode(), b"\r\n", b"\r\n\r\n", b"Content-Disposition: form-data; ", b'name="content"; ',
    b'filename="x.whl"', b"--" + BOUNDARY.encode() + b"\r\n", b"--" + BOUNDARY.encode() + b"--", b'"', b"\\", b";",
    b"Content-Transfer-Encoding: base64\r\n",
]  # fmt: skip


@settings(deadline=None)  # how long it takes depends on what else runs
@given(st.lists(st.sampled_from(TOKENS) | st.binary(max_size=20), max_size=30), st.lists(st.integers(0, 500)))
def test_no_bytes_break_the_reader(sent: list[bytes], cuts: list[int]) -> None:
    multipart = Multipart(BOUNDARY.encode(), Kept())
    with suppress(Refused):
        for piece in pieces(b"".join(sent), cuts):
            multipart.feed(piece)
    assert len(multipart._buffer) <= len(b"".join(sent)) + 2


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"x" * 9000, "does not begin with its boundary"),
        (f"--{BOUNDARY}xx".encode(), "is damaged"),
        (f"--{BOUNDARY}\r\n\r\n\r\n".encode(), "headers cannot be read"),
        (f"--{BOUNDARY}\r\nX: y\r\n\r\n".encode(), "has no name"),
        (f"--{BOUNDARY}\r\nX: {'y' * 9000}".encode(), "is too long"),
        (f"--{BOUNDARY}\r\nX: {'y' * 9000}\r\n\r\n".encode(), "is too long"),
    ],
)
def test_forms_that_are_refused(sent: bytes, told: str) -> None:
    with pytest.raises(Refused, match=told):
        Multipart(BOUNDARY.encode(), Kept()).feed(sent)


def test_a_form_of_too_many_fields_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FIELDS", 3)
    read([form([("a", "1"), ("b", "2")], "x", b"")])
    with pytest.raises(Refused, match="more than 3 fields"):
        read([form([("a", "1"), ("b", "2"), ("c", "3")], "x", b"")])


@pytest.mark.parametrize(
    ("head", "part"),
    [
        ('form-data; name="content"; filename="a b.whl"', Part("content", "a b.whl")),
        ("form-data; name=content; filename=a.whl", Part("content", "a.whl")),
        (r'form-data; name="a\"b"', Part('a"b', None)),
        ("FORM-DATA; NAME=x", Part("x", None)),
        ("form-data; name=\"content\"; filename*=UTF-8''a%2B1.whl", Part("content", "a+1.whl")),
        ('form-data; name="content"; filename="x"; filename*=utf-8\'\'y', Part("content", "y")),
        ('form-data; name="content"; filename="é.whl"', Part("content", "é.whl")),
    ],
)
def test_heads_of_fields(head: str, part: Part) -> None:
    assert read_part(f"Content-Disposition: {head}\r\nContent-Type: text/plain".encode()) == part


@pytest.mark.parametrize(
    "head",
    [
        "Content-Disposition: attachment; name=x",
        "Content-Disposition: form-data; name=x; name=y",
        'Content-Disposition: form-data; name="x',
        "Content-Disposition: form-data; name=x\r\nContent-Disposition: form-data; name=y",
        "Content-Disposition: form-data; name=x\r\nContent-Transfer-Encoding: base64",
        "nothing",
    ],
)
def test_heads_of_fields_that_are_refused(head: str) -> None:
    with pytest.raises(Refused):
        read_part(head.encode())


def test_boundaries() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    assert boundary_of("Multipart/Form-Data; charset=utf-8; boundary=----x") == b"----x"
    for wrong in (
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 71,
    ):
        with pytest.raises(Refused, match="boundary"):
            boundary_of(wrong)
