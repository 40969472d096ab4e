"""HTTP to the byte: what servers send, well or badly, straight and through a proxy; what connections are used for."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import subprocess
import sys
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from resolver.errors import IndexFailure
from resolver.http_index import patient
from resolver.http_index.patient import PatientConnection, is_readable
from resolver.http_index.pool import Pool
from resolver.http_index.transport import Transport
from resolver.http_index.turns import turn
from tests.support.certificates import Certificate, write_certificate
from tests.support.events import wait_for
from tests.support.http_server import serving
from tests.support.scripted_server import HANG_UP, HOLD, Scripted, Sent, answer, scripted

BODY = b"What was asked for. " * 400
CHUNKED = "Transfer-Encoding: chunked"
LIMIT = 1 << 20
Way = Callable[[Scripted], str]
"""From a server to the URL by which it is asked."""


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def deflated(body: bytes, bits: int) -> bytes:
    stream = zlib.compressobj(wbits=bits)
    return stream.compress(body) + stream.flush()


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


def transport(*, tries: int = 1, timeout: tuple[float, float] = (5.0, 5.0), name: str = "corp") -> Transport:
    return Transport(name, "", tries=tries, backoff=0.001, timeout=timeout)


@pytest.fixture(autouse=True)
def _no_proxy(no_proxies: None) -> None:
    pass


@pytest.fixture(params=["straight", "proxied"])
def route(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Makes the URL by which a server is asked: its own, or one for which it is the proxy."""

    def url(server: Scripted) -> str:
        if request.param == "straight":
            return f"{server.url}/x"
        monkeypatch.setenv("http_proxy", server.url)
        return "http://index.example/x"

    return url


# What is an answer, and what is none


@pytest.mark.parametrize(
    ("sent", "body"),
    {
        "length": (answer(BODY), BODY),
        "no body": (answer(b""), b""),
        "a type twice": (answer(BODY, "Content-Type: a/b", "content-type: a/b"), BODY),
        "the same length twice": (answer(BODY, f"Content-Length: {len(BODY)}", f"content-length: {len(BODY)}"), BODY),
        "to the end": (b"HTTP/1.1 200 OK\r\n\r\n" + BODY, BODY),
        "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\n" + BODY, BODY),
        "chunks": (answer(chunks(BODY[:5], BODY[5:]), CHUNKED), BODY),
        "chunks and a trailer": (answer(chunks(BODY, end=b"0;x=y\r\nDigest: none\r\n\r\n"), CHUNKED), BODY),
        "100 first": (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(BODY), BODY),
        "gzip": (answer(gzipped(BODY), "Content-Encoding: gzip"), BODY),
        "x-gzip": (answer(gzipped(BODY), "Content-Encoding: X-GZIP"), BODY),
        "gzip in chunks": (
            answer(chunks(gzipped(BODY)[:1], gzipped(BODY)[1:]), CHUNKED, "Content-Encoding: gzip"),
            BODY,
        ),
        "members": (answer(gzipped(BODY) + gzipped(b"") + gzipped(BODY), "Content-Encoding: gzip"), 2 * BODY),
        "padding": (answer(gzipped(BODY) + bytes(99), "Content-Encoding: gzip"), BODY),
        "gzip of nothing": (answer(gzipped(b""), "Content-Encoding: gzip"), b""),
        "nothing of gzip": (answer(b"", "Content-Encoding: gzip"), b""),
        "deflate": (answer(deflated(BODY, 15), "Content-Encoding: deflate"), BODY),
        "raw deflate": (answer(deflated(BODY, -15), "Content-Encoding: deflate"), BODY),
        "one in another": (answer(gzipped(deflated(BODY, 15)), "Content-Encoding: deflate, gzip"), BODY),
        "no encoding that we know": (answer(BODY, "Content-Encoding: aws-chunked"), BODY),
    }.values(),
)
def test_an_answer_is_read_to_its_end(route: Way, sent: bytes, body: bytes) -> None:
    with scripted([sent, HOLD] if b"Length" in sent or b"chunked" in sent else [sent]) as server, transport() as asking:
        found = asking.get(route(server), limit=LIMIT)
    assert (found.status, found.content) == (200, body)


@pytest.mark.parametrize(
    ("sent", "words"),
    {
        "short of its length": (answer(BODY, f"Content-Length: {len(BODY) + 1}"), "was cut off"),
        "nothing of its length": (answer(b"", "Content-Length: 1"), "was cut off"),
        "chunks without an end": (answer(chunks(BODY, end=b""), CHUNKED), "was cut off"),
        "half a chunk": (answer(b"ff\r\nhalf", CHUNKED), "was cut off"),
        "a chunk of no length": (answer(b"zz\r\n" + BODY, CHUNKED), "was cut off"),
        "half of gzip": (answer(gzipped(BODY)[:-9], "Content-Encoding: gzip"), "compression is broken"),
        "no gzip": (answer(BODY, "Content-Encoding: gzip"), "compression is broken"),
        "a damaged member": (
            answer(gzipped(BODY) + gzipped(BODY)[:20], "Content-Encoding: gzip"),
            "compression is broken",
        ),
        "half of deflate": (answer(deflated(BODY, 15)[:-3], "Content-Encoding: deflate"), "compression is broken"),
        "too much of it": (
            answer(gzipped(b""), "Content-Encoding: " + ", ".join(["gzip"] * 2000)),
            "compression is broken",
        ),
        "two lengths": (
            answer(BODY, "Content-Length: 5", "Content-Length: 6"),
            "length that the answer states is none",
        ),
        "no length": (answer(BODY, "Content-Length: many"), "length that the answer states is none"),
        "a length below nothing": (answer(BODY, "Content-Length: -1"), "length that the answer states is none"),
        "less than nothing": (answer(b"-2\r\n" + BODY, CHUNKED), "was cut off"),
        "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n" + BODY, "does not speak HTTP/1.1"),
        "another version": (b"HTTP/2 200 OK\r\n\r\n" + BODY, "does not speak HTTP/1.1"),
        "headers without end": (answer(b"", *(f"X-{i}: y" for i in range(200))), "headers are too long"),
        "a header without end": (answer(b"", "X: " + "y" * 70_000), "headers are too long"),
        "headers alone": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", "was cut off"),
    }.values(),
)
def test_what_is_no_whole_answer_is_explained(sent: bytes, words: str) -> None:
    with (
        scripted([sent], [sent]) as server,
        transport(tries=2) as asking,
        pytest.raises(IndexFailure, match=rf"\(2 tries\): .*{words}"),
    ):
        asking.get(f"{server.url}/x", limit=LIMIT)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (answer(BODY, f"Content-Length: {len(BODY) + 1}"), "was cut off"),
        (answer(BODY, "Content-Encoding: gzip"), "compression is broken"),
        (answer(BODY, "Content-Length: 5", "Content-Length: 6"), "length that the answer states is none"),
        (answer(b"", *(f"X-{i}: y" for i in range(200))), "headers are too long"),
        (HANG_UP, "closed the connection"),
    ],
)
def test_both_ways_have_the_same_words(route: Way, sent: bytes, words: str) -> None:
    with scripted([sent]) as server, transport() as asking, pytest.raises(IndexFailure, match=words):
        asking.get(route(server), limit=LIMIT)


def test_a_few_bytes_that_stand_for_many_are_stopped_at_the_limit(route: Way) -> None:
    bomb = gzipped(bytes(1 << 26))
    with (
        scripted([answer(bomb, "Content-Encoding: gzip")]) as server,
        transport() as asking,
        pytest.raises(IndexFailure, match=f"larger than the {LIMIT} bytes"),
    ):
        asking.get(route(server), limit=LIMIT)


# Which connections are used again


@pytest.mark.parametrize(
    "first",
    [
        answer(BODY),
        answer(chunks(BODY), CHUNKED),
        answer(gzipped(BODY), "Content-Encoding: gzip"),
        answer(b"nothing here", status="404 Not Found"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(BODY),
        answer(BODY, "Connection: keep-alive", version="HTTP/1.0"),
        answer(b"", "Location: /y", status="302 Found"),
    ],
)
def test_a_connection_is_used_again(first: bytes) -> None:
    with scripted([first, answer(BODY), HOLD]) as server, transport() as asking:
        asking.get(f"{server.url}/x", limit=LIMIT)
        if b"302" not in first:
            assert asking.get(f"{server.url}/y", limit=LIMIT).content == BODY
    assert server.connections == [0, 0]


@pytest.mark.parametrize(
    "first",
    [
        answer(BODY, "Connection: close"),
        answer(BODY, version="HTTP/1.0"),
        answer(b"x" * 3 * LIMIT),  # which nobody reads to its end
        answer(b"x" * (1 << 17), status="404 Not Found"),
        answer(chunks(BODY), CHUNKED, status="404 Not Found"),
        answer(BODY) + b"HTTP/1.1 200 that nobody asked for\r\n\r\n" + bytes(1 << 16),
    ],
)
def test_a_connection_that_is_not_where_an_answer_begins_is_left(first: bytes) -> None:
    with scripted([first, HOLD], [answer(BODY)]) as server, transport() as asking:
        try:
            asking.get(f"{server.url}/x", limit=LIMIT)
        except IndexFailure as error:
            assert "larger" in str(error)  # noqa: PT017  (one of many)
        assert asking.get(f"{server.url}/y", limit=LIMIT).content == BODY
    assert server.connections == [0, 1]


def test_a_connection_that_was_closed_meanwhile_is_noticed() -> None:
    with scripted([answer(BODY)], [answer(BODY)]) as server, transport() as asking:
        asking.get(f"{server.url}/x", limit=LIMIT)
        threading.Event().wait(0.1)
        assert asking.get(f"{server.url}/y", limit=LIMIT).content == BODY
    assert server.connections == [0, 1]


def test_a_connection_that_is_closed_when_it_is_used_again_costs_no_try() -> None:
    with scripted([answer(BODY), HANG_UP], [answer(BODY)]) as server, transport() as asking:
        asking.get(f"{server.url}/x", limit=LIMIT)
        assert asking.get(f"{server.url}/y", limit=LIMIT).content == BODY
    assert server.connections == [0, 0, 1]


def test_what_breaks_off_over_a_connection_that_was_kept_is_a_try() -> None:
    with scripted([answer(BODY), b"HTTP/1.1 200 OK\r\nContent-Le"], [answer(BODY)]) as server, transport() as asking:
        asking.get(f"{server.url}/x", limit=LIMIT)
        with pytest.raises(IndexFailure, match="was cut off"):
            asking.get(f"{server.url}/y", limit=LIMIT)
    assert server.connections == [0, 0]


def test_a_new_connection_that_is_closed_is_a_try() -> None:
    with (
        scripted([HANG_UP], [HANG_UP], [answer(BODY)]) as server,
        transport(tries=2) as asking,
        pytest.raises(IndexFailure, match=r"\(2 tries\): the server closed the connection"),
    ):
        asking.get(f"{server.url}/x", limit=LIMIT)
    assert server.connections == [0, 1]


@contextmanager
def pooled(count: int) -> Iterator[Pool]:
    pool = Pool(count, (5.0, 5.0), ssl.create_default_context)
    yield pool
    pool.close()


def test_the_connection_that_was_used_last_is_used_first_and_only_so_many_are_kept() -> None:
    many = [answer(BODY)] * 2
    with scripted([*many, HOLD], [*many, HOLD], [*many, HOLD], many) as server, pooled(2) as pool:
        answers = [pool.get(f"{server.url}/{number}", {}) for number in range(3)]
        for one in answers:
            assert b"".join(one.chunks(1 << 16)) == BODY
            one.close()
        again = [pool.get(f"{server.url}/again", {}) for _ in range(3)]
        assert server.connections[3:] == [1, 0, 3], "the third had no place"
        for one in again:
            one.close()


def test_what_is_given_back_twice_is_had_once() -> None:
    with scripted([answer(BODY)] * 2, [answer(BODY)]) as server, pooled(2) as pool:
        first = pool.get(f"{server.url}/", {})
        first.drain()
        first.close()
        first.close()
        others = [pool.get(f"{server.url}/", {}) for _ in range(2)]
        first.close()
        assert [b"".join(other.chunks(1 << 16)) for other in others] == [BODY, BODY]
        for other in others:
            other.close()
    assert server.connections == [0, 0, 1]


def test_threads_that_take_turns_share_connections_and_wait_together() -> None:
    def ask(number: int) -> int:
        with turn():
            return asking.get(f"{server.url}/{number}", limit=LIMIT).status

    with serving() as server, transport() as asking, ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(100))) == {404}
    assert sorted(path for path, _ in server.take()) == sorted(f"/{number}" for number in range(100))


def test_only_so_many_hosts_are_kept() -> None:
    ways = [[answer(BODY)] * 2 + [HOLD]] * 3
    with scripted(*ways) as first, scripted(*ways) as second, scripted(*ways) as third, pooled(2) as pool:
        for server in (first, second, third, first):
            one = pool.get(f"{server.url}/", {})
            one.drain()
            one.close()
    assert (first.connections, second.connections) == ([0, 1], [0])


def test_what_is_given_back_after_the_end_is_closed() -> None:
    with scripted([answer(BODY)] * 2, [answer(BODY)]) as server, pooled(2) as pool:
        one = pool.get(f"{server.url}/", {})
        pool.close()
        assert b"".join(one.chunks(1 << 16)) == BODY
        one.close()
        pool.get(f"{server.url}/", {}).close()
    assert server.connections == [0, 1]


# What is sent


def test_a_request_says_what_it_has_to_and_no_more() -> None:
    with scripted([answer(BODY)]) as server, transport() as asking:
        asking.get(server.url.replace("//", "//user:secret@") + "/a b/%2b?q=ü#part", limit=LIMIT)
    request, *headers = server.heads[0][1].splitlines()
    assert request == "GET /a%20b/%2B?q=%C3%BC HTTP/1.1"
    names = {line.partition(": ")[0]: line.partition(": ")[2] for line in headers}
    assert names.keys() == {"Host", "Accept-Encoding", "User-Agent"}
    assert names["Host"] == server.url.removeprefix("http://")
    assert names["Accept-Encoding"] == "gzip, deflate"
    assert names["User-Agent"].startswith("rules-wheelhouse")


def test_no_url_becomes_a_header() -> None:
    with scripted([answer(BODY)]) as server, transport() as asking:
        asking.get(f"{server.url}/x HTTP/1.1\r\nX-Mine: 1\r\n\r\n", limit=LIMIT)
    assert "\nX-Mine" not in server.heads[0][1]


def test_the_version_that_is_told_is_ours() -> None:
    with scripted([answer(BODY)]) as server, transport() as asking:
        asking.get(f"{server.url}/", limit=LIMIT)
    assert f"User-Agent: rules-wheelhouse/{version('rules-wheelhouse')}" in server.heads[0][1]


def test_an_address_of_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with scripted([answer(BODY)], host="::1") as server, transport() as asking:
        assert asking.get(f"{server.url}/", limit=LIMIT).content == BODY
    assert f"Host: {server.url.removeprefix('http://')}" in server.heads[0][1]


def test_a_tree_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nowhere"), str(tmp_path)])
    with scripted([answer(BODY)]) as server, transport() as asking:
        asking.get(f"{server.url}/", limit=LIMIT)
    assert "User-Agent: rules-wheelhouse\r\n" in server.heads[0][1]


def test_without_a_proxy_there_is_no_need_of_urllib3() -> None:
    program = """
import sys
from resolver.http_index.transport import Transport
print(Transport("corp", "").get(sys.argv[1], limit=1 << 20).status)
print(sorted({"requests", "urllib3", "certifi", "importlib.metadata", "urllib.request"} & set(sys.modules)))
"""
    with scripted([answer(BODY)]) as server:
        done = subprocess.run(
            [sys.executable, "-c", program, f"{server.url}/x"],
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "no_proxy": "localhost"},
        )
    assert done.stdout == "200\n[]\n"


# Waiting


def test_nobody_takes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(address: object, timeout: float) -> socket.socket:
        assert timeout == 0.25
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", silence)
    with transport(timeout=(0.25, 5)) as asking, pytest.raises(IndexFailure, match="no connection in time"):
        asking.get("http://index.example/", limit=LIMIT)


@pytest.mark.parametrize("sent", [HOLD, answer(b"half", "Content-Length: 8")], ids=["nothing", "half"])
def test_a_silence_is_not_waited_for(sent: bytes) -> None:
    with (
        scripted([sent, HOLD]) as server,
        transport(timeout=(5, 0.2)) as asking,
        pytest.raises(IndexFailure, match="no answer in time"),
    ):
        asking.get(f"{server.url}/", limit=LIMIT)


def slowly(*parts: bytes) -> Sent:
    """An answer whose parts come after pauses, none of which is a silence that ends an exchange of `hasty`."""

    def after_a_pause(part: bytes) -> bytes:
        threading.Event().wait(0.05)
        return part

    return [partial(after_a_pause, part) for part in parts]


def hasty(tries: int = 1) -> Transport:
    return transport(tries=tries, timeout=(5, 0.25))


def single(sent: bytes) -> list[bytes]:
    return [sent[place : place + 1] for place in range(len(sent))]


@pytest.mark.parametrize(
    "parts",
    {
        "head": single(answer(BODY)),
        "body": [answer(b"", f"Content-Length: {len(BODY)}"), *single(BODY)],
        "chunks": [answer(b"", CHUNKED), *single(chunks(BODY))],
        "to the end": [b"HTTP/1.1 200 OK\r\n\r\n", *single(BODY)],
        "refusal": [answer(b"", "Content-Length: 99", status="404 Not Found"), *single(BODY)],
    }.values(),
)
def test_an_answer_that_trickles_is_not_waited_for(route: Way, parts: list[bytes]) -> None:
    begun = monotonic()
    with scripted([slowly(*parts)], [answer(BODY)]) as server, hasty(tries=2) as asking:
        found = asking.get(route(server), limit=LIMIT)
    assert found.status in {200, 404}
    assert monotonic() - begun < 5, "a twentieth of what the answer would take"


def test_what_trickles_again_is_told(route: Way) -> None:
    parts = [answer(b"", f"Content-Length: {len(BODY)}"), *single(BODY)]
    words = r"/x cannot be had \(2 tries\): the answer comes too slowly, at less than 64 bytes a second; try again"
    with scripted([slowly(*parts)], [slowly(*parts)]) as server, hasty(tries=2) as asking:
        url = route(server)
        with pytest.raises(IndexFailure, match=words):
            asking.get(url, limit=LIMIT)


def test_an_answer_that_comes_slowly_and_steadily_is_waited_for(route: Way) -> None:
    parts = [answer(b"", f"Content-Length: {len(BODY)}"), *(BODY[at : at + 400] for at in range(0, len(BODY), 400))]
    with scripted([slowly(*parts)]) as server, hasty() as asking:
        assert asking.get(route(server), limit=LIMIT).content == BODY


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    words = r"name cannot be resolved \(Name or service not known\).*HTTPS_PROXY"
    with transport() as asking, pytest.raises(IndexFailure, match=words):
        asking.get("http://nowhere.example/", limit=LIMIT)


@contextmanager
def once_others_had_their_turn(tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """A server that answers only then, and sends the body only after one more. Whoever asks it has the turn."""
    head, body = answer(BODY)[: -len(BODY)], BODY

    def had(sent: bytes) -> bytes:
        threading.Event().wait(0.1)  # so that whoever asks is waiting again
        with turn():
            return sent

    with scripted([[lambda: had(head), lambda: had(body)]], tls=tls) as server, turn():
        yield server


def test_others_have_their_turn_while_one_waits(route: Way) -> None:
    with once_others_had_their_turn() as server, transport() as asking:
        assert asking.get(route(server), limit=LIMIT).content == BODY


def test_others_have_their_turn_between_two_tries() -> None:
    def ask() -> bytes:
        with turn():
            return asking.get(f"{server.url}/", limit=LIMIT).content

    busy = answer(b"", "Retry-After: 2", status="503 Service Unavailable")
    with scripted([busy, answer(BODY)]) as server, transport(tries=2) as asking, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask)
        wait_for(lambda: server.heads)
        threading.Event().wait(0.2)
        with turn():
            assert len(server.heads) == 1, "the second try is still to come"
        assert asked.result() == BODY


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return write_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def tls(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def test_over_tls(certificate: Certificate, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
    tls.set_alpn_protocols(["h2", "http/1.1"])
    told: list[tuple[str | None, str]] = []
    tls.sni_callback = lambda _, name, __: told.append((name, "SNI"))
    with scripted([answer(BODY), answer(BODY), HANG_UP], [answer(BODY)], tls=tls) as server, transport() as asking:
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        for path in ("x", "y", "z"):
            assert asking.get(f"{url}/{path}", limit=LIMIT).content == BODY
    assert server.connections == [0, 0, 0, 1]
    assert set(server.protocols) == {"http/1.1"}
    assert told[0] == ("localhost", "SNI")


def test_tickets_of_tls_are_no_answer(
    certificate: Certificate, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They follow the handshake (RFC 8446, 4.6.1), and are there before whoever asks has the turn again."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
    connect = PatientConnection.connect

    def connect_slowly(connection: PatientConnection) -> None:
        connect(connection)
        wait_for(lambda: is_readable(connection.sock))

    monkeypatch.setattr(PatientConnection, "connect", connect_slowly)
    with once_others_had_their_turn(tls) as server, transport() as asking:
        assert asking.get(server.url.replace("http:", "https:"), limit=LIMIT).content == BODY


def test_a_certificate_of_somebody_else_is_refused_at_once(
    certificate: Certificate, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
    monkeypatch.setattr(patient, "_addresses", Known())
    with scripted(*[[answer(BODY)]] * 3, tls=tls) as server, transport(tries=3) as asking:
        url = server.url.replace("http://127.0.0.1", "https://other.example")
        with pytest.raises(IndexFailure, match=r"had: its certificate is not trusted \(Hostname mismatch"):
            asking.get(url, limit=LIMIT)


class Known:
    """Every host is here."""

    def connection(self, host: str, connect: Callable[[str], socket.socket]) -> socket.socket:
        assert host == "other.example"
        return connect("127.0.0.1")


def test_an_authority_that_nobody_knows(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with (
        scripted(*[[answer(BODY)]] * 3, tls=tls) as server,
        transport(tries=3) as asking,
        pytest.raises(IndexFailure, match=r"had: its certificate is not trusted .*REQUESTS_CA_BUNDLE"),
    ):
        asking.get(server.url.replace("http:", "https:"), limit=LIMIT)


def test_an_authority_that_is_named_may_lack_what_newer_pythons_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write_certificate(tmp_path, strict=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.authority))
    default = ssl.create_default_context

    def as_since_python_3_13(**given: Any) -> ssl.SSLContext:
        context = default(**given)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", as_since_python_3_13)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.certificate, made.key)
    with scripted([answer(BODY)], tls=tls) as server, transport() as asking:
        assert asking.get(server.url.replace("http:", "https:"), limit=LIMIT).content == BODY


def test_a_folder_of_authorities(
    certificate: Certificate, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(certificate.authority)],
        capture_output=True,
        check=True,
        text=True,
    )
    (tmp_path / f"{digest.stdout.strip()}.0").write_bytes(certificate.authority.read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    with scripted([answer(BODY)], tls=tls) as server, transport() as asking:
        assert asking.get(server.url.replace("http:", "https:"), limit=LIMIT).content == BODY


def test_tls_of_old(certificate: Certificate, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.maximum_version = tls.minimum_version = ssl.TLSVersion.TLSv1_1
    with (
        scripted([answer(BODY)], tls=tls) as server,
        transport() as asking,
        pytest.raises(IndexFailure, match="TLS failed: "),
    ):
        asking.get(server.url.replace("http:", "https:"), limit=LIMIT)


def test_no_tls_at_all(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as connection:
            connection.sendall(answer(BODY))
            connection.recv(1 << 16)

    with socket.create_server(("127.0.0.1", 0)) as listening, transport() as asking:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        with pytest.raises(IndexFailure, match="TLS failed: "):
            asking.get(f"https://127.0.0.1:{listening.getsockname()[1]}/", limit=LIMIT)
