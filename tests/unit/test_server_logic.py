"""The parts of the server that know no sockets: negotiation, ranges, paths, heads, the manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resolver.server as module
from resolver.server import (
    HTML_TYPE,
    JSON_TYPE,
    PLAIN_HTML,
    Refused,
    Site,
    Tree,
    TreeError,
    byte_range,
    decode_path,
    is_plain,
    matches,
    negotiate,
    parse_head,
    split_target,
)

OFFERED = (PLAIN_HTML, JSON_TYPE, HTML_TYPE)
LATEST_JSON = "application/vnd.pypi.simple.latest+json"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, PLAIN_HTML),
        ("  ", PLAIN_HTML),
        ("*/*", PLAIN_HTML),
        (JSON_TYPE, JSON_TYPE),
        (LATEST_JSON, JSON_TYPE),
        (f"{JSON_TYPE}, {HTML_TYPE};q=0.1, text/html;q=0.01", JSON_TYPE),  # what pip sends
        (f"{JSON_TYPE}, {HTML_TYPE};q=0.2, text/html;q=0.01", JSON_TYPE),  # what uv sends
        (f"{JSON_TYPE} ; Q=0.3 , text/html;q=0.2", JSON_TYPE),
        ("application/*", JSON_TYPE),
        ("application/*;q=0.5, text/html;q=0.4", JSON_TYPE),
        (f"text/html;q=0, */*;q=0.1, {HTML_TYPE};q=0.2", HTML_TYPE),
        (f"{JSON_TYPE};q=nonsense, text/html;q=0.001", PLAIN_HTML),
        (f"{JSON_TYPE};q=nan", None),
        ("text/html;q=0", None),
        ("application/vnd.pypi.simple.v2+json", None),
        ("image/png, audio/*", None),
    ],
)
def test_the_best_representation_is_chosen(accept: str | None, expected: str | None) -> None:
    assert negotiate(accept, OFFERED) == expected


@given(st.text(st.characters(max_codepoint=255)))
def test_no_accept_header_breaks_the_choice(accept: str) -> None:
    assert negotiate(accept, OFFERED) in {*OFFERED, None}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-", (2, 10)),
        ("bytes=2-99999999999999999", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("bytes=+1-2", None),
        ("bytes=\u0661-2", None),
        ("lines=0-1", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_ranges(header: str, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_ranges_outside_the_file(header: str, size: int) -> None:
    with pytest.raises(ValueError, match="unsatisfiable"):
        byte_range(header, size)


@given(st.integers(0, 30), st.none() | st.integers(0, 40), st.none() | st.integers(0, 40))
def test_a_range_is_a_part_of_the_file(size: int, first: int | None, last: int | None) -> None:
    try:
        found = byte_range(f"bytes={'' if first is None else first}-{'' if last is None else last}", size)
    except ValueError:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


def test_entity_tags() -> None:
    assert matches('"x", W/"a" , "b"', '"a"')
    assert matches("*", '"a"')
    assert not matches('"aa"', '"a"')
    assert not matches(None, '"a"')


# --- paths ----------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("path", ["files/a-1.whl", "simple/a/index.html", "lock.json", "files/a-1!2.0+x.whl", "a..b"])
def test_plain_paths(path: str) -> None:
    assert is_plain(path)


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "..", "a/../b", "./a", ".x", "a/.x", "a\\b", "C:a", "a\0"])
def test_paths_that_no_manifest_may_name(path: str) -> None:
    assert not is_plain(path)


EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
NAMED = ["files/a-1.whl", "simple/a/index.html", "simple/a/index.json", "simple/index.html", "server.py"]


def manifest(tree: Path, files: object) -> Path:
    tree.mkdir(exist_ok=True)
    (tree / "manifest.json").write_text(json.dumps({"manifest_version": 1, "lock": "", "files": files}))
    return tree


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A tree of empty files, with secrets in it and beside it."""
    tree = manifest(
        tmp_path_factory.mktemp("here") / "tree", {path: {"sha256": EMPTY_SHA256, "size": 0} for path in NAMED}
    )
    for path in [*NAMED, "secret", ".secret", "files/secret", "../secret"]:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text("" if path in NAMED else "secret")
    return Site(Tree(str(tree)))


PIECES = ["/", "//", ".", "..", "%2e", "%2F", "%5c", "\\", "%00", "secret", "files", "simple", "a", "a-1.whl", "?", "#"]


@given(
    st.lists(st.sampled_from([*PIECES, "http://x"]) | st.text(st.characters(min_codepoint=33, max_codepoint=126))).map(
        "".join
    )
)
def test_no_target_leads_to_what_the_manifest_does_not_name(site: Site, target: str) -> None:
    path = decode_path(target)
    if path is not None:
        entry = site.tree.find(path[1:])
        assert entry is None or entry.path in NAMED
    if not target:
        return
    answer = site.answer(parse_head(f"GET {target} HTTP/1.1\r\nHost: x\r\n".encode()))
    assert answer.status in {200, 301, 404}
    assert b"secret" not in answer.body
    assert answer.file is None  # each of the files is a small one
    if answer.status == 301:
        assert answer.headers["Location"].startswith("/simple/")


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ([], "cannot be read"),
        ({"a": {"size": 1}}, "sha256"),
        ({"a": {"sha256": 'x"\r\nSet-Cookie: y', "size": 1}}, "no sha256"),
        ({"a": {"sha256": EMPTY_SHA256, "size": -1}}, "no size"),
        ({"a": {"sha256": EMPTY_SHA256, "size": "many"}}, "cannot be read"),
    ],
)
def test_a_manifest_that_cannot_be_read(tmp_path: Path, files: object, named: str) -> None:
    with pytest.raises(TreeError, match=named):
        Tree(str(manifest(tmp_path, files)))


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_manifest_of_another_version_is_refused(tmp_path: Path, version: object) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"manifest_version": version, "lock": "", "files": {}}))
    with pytest.raises(TreeError, match="this server reads 1"):
        Tree(str(tmp_path))


def test_the_descriptors_of_the_process_bound_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    def limit(soft: int) -> int:
        monkeypatch.setattr(module.resource, "getrlimit", lambda _: (soft, soft))
        return module.connection_limit(32)

    assert limit(1024) == 1024 - 96
    assert limit(64) == module.MIN_CONNECTIONS
    assert limit(module.resource.RLIM_INFINITY) == limit(1 << 20) == module.MAX_CONNECTIONS


def test_what_is_no_plain_path_is_not_served_even_if_named(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("")
    tree = Tree(str(manifest(tmp_path, {".netrc": {"sha256": EMPTY_SHA256, "size": 0}})))
    assert tree.find(".netrc") is None


# --- heads ----------------------------------------------------------------------------------------------------------


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
