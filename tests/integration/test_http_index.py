"""The index over HTTP against a real server on the loopback interface; what it costs is counted."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from resolver.errors import DirectFailure, IndexFailure, InputError, IntegrityError, InvalidMetadata, ProjectNotFound
from resolver.http_index.cache import Cache
from resolver.http_index.default_index import default_index_url
from resolver.http_index.index import HttpIndex
from resolver.http_index.reply import Reply
from resolver.http_index.transport import Transport
from resolver.metadata.core import parse_core
from resolver.metadata.model import CoreMetadata
from resolver.simple.model import File
from resolver.simple.parse import JSON_TYPE
from tests.support.archives import html_page, json_page, metadata, sdist, sha256, wheel
from tests.support.events import wait_for
from tests.support.http_server import Route, Server, basic, serving
from tests.support.scripted_server import answer, scripted

FOO = canonicalize_name("foo")
NAME = "foo-1.0-py3-none-any.whl"
SIDECAR = metadata("foo", "1.0", "bar")
PARSED = parse_core(SIDECAR)
BIG = wheel("foo", "1.0", "bar", padding=400_000)
LONG = wheel("foo", "1.0", "bar", padding=200_000, members=3000)  # its central directory is longer than the first range
SDIST = sdist("foo", "1.0", {"pyproject.toml": b"[build-system]\n"})
PAGE = "/simple/foo/"


@pytest.fixture
def server(no_proxies: None) -> Iterator[Server]:
    with serving() as running:
        yield running


class Runs:
    """Indexes on one server and one cache; each is a run of its own."""

    def __init__(self, server: Server, cache: Path) -> None:
        self.server = server
        self.cache = cache
        self.opened: list[tuple[HttpIndex, Transport]] = []

    def index(
        self, *, name: str = "corp", path: str = "/simple/", tries: int = 4, cache: Cache | None = None
    ) -> HttpIndex:
        url = self.server.url + path
        transport = Transport(name, url, tries=tries, backoff=0.001, timeout=(20, 20))
        index = HttpIndex(name, url, transport=transport, cache=cache or Cache(self.cache))
        self.opened.append((index, transport))
        return index


@pytest.fixture
def runs(server: Server, tmp_path: Path) -> Iterator[Runs]:
    made = Runs(server, tmp_path / "cache")
    yield made
    for index, transport in made.opened:
        index.close()
        transport.close()


def row(content: bytes, filename: str = NAME, **more: Any) -> dict[str, object]:
    return {"filename": filename, "url": f"../../files/{filename}", "hashes": {"sha256": sha256(content)}, **more}


def offer(server: Server, content: bytes, filename: str = NAME, /, **more: Any) -> Route:
    """List one file on foo's page and serve it."""
    server.routes[PAGE] = Route(body=json_page("foo", row(content, filename, **more)), content_type=JSON_TYPE)
    server.routes[f"/files/{filename}"] = Route(body=content)
    return server.routes[f"/files/{filename}"]


def only_file(index: HttpIndex) -> File:
    [file] = index.project(FOO).files
    return file


def transferred(server: Server) -> int:
    return sum(asked.sent for asked in server.asked)


# Pages


def test_json_page_gives_absolute_urls(runs: Runs) -> None:
    offer(runs.server, BIG, size=len(BIG), yanked="a reason")
    file = only_file(runs.index())
    assert file.url == f"{runs.server.url}/files/{NAME}"
    assert (file.size, file.yanked, file.hashes) == (len(BIG), "a reason", {"sha256": sha256(BIG)})
    assert runs.server.asked[0].headers["Accept"].startswith(JSON_TYPE)
    assert runs.server.asked[0].headers["User-Agent"].startswith("rules-wheelhouse/")


def test_html_page_relative_to_where_a_redirect_led_and_without_credentials(runs: Runs) -> None:
    host = runs.server.url.removeprefix("http://")
    runs.server.routes[PAGE] = Route(redirect="/elsewhere/foo/")
    links = {NAME: f"./{NAME}#sha256={sha256(BIG)}", "foo-2.0.tar.gz": f"http://user:secret@{host}/foo-2.0.tar.gz"}
    runs.server.routes["/elsewhere/foo/"] = Route(body=html_page(links), content_type="text/html; charset=utf-8")
    files = runs.index().project(FOO).files
    assert [f.url for f in files] == [f"{runs.server.url}/elsewhere/foo/{NAME}", f"{runs.server.url}/foo-2.0.tar.gz"]


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        ("/größe/".encode(), "/gr%C3%B6%C3%9Fe/"),
        ("/größe/".encode("latin-1"), "/gr%F6%DFe/"),
        (b"/gr%C3%B6%C3%9Fe/", "/gr%C3%B6%C3%9Fe/"),
    ],
)
def test_a_redirect_to_a_url_that_is_not_quoted_means_its_bytes(runs: Runs, sent: bytes, asked: str) -> None:
    runs.server.routes[PAGE] = Route(redirect=sent.decode("latin-1"))  # which http.server takes for bytes
    runs.server.routes[asked] = Route(body=json_page("foo"), content_type=JSON_TYPE)
    runs.index().project(FOO)
    assert runs.server.take() == [(PAGE, 302), (asked, 200)]


def test_a_page_is_asked_for_once_in_a_run(runs: Runs) -> None:
    offer(runs.server, BIG)
    index = runs.index()
    assert index.project(FOO) is index.project(FOO)
    assert runs.server.take() == [(PAGE, 200)]
    runs.index().project(FOO)
    assert runs.server.take() == [(PAGE, 200)], "without validators and max-age another run asks again"


def test_a_page_with_an_etag_is_revalidated(runs: Runs) -> None:
    offer(runs.server, BIG)
    runs.server.routes[PAGE].etag = '"1"'
    first = runs.index().project(FOO)
    assert runs.index().project(FOO) == first
    assert runs.server.take() == [(PAGE, 200), (PAGE, 304)]
    runs.server.routes[PAGE] = Route(body=json_page("foo"), content_type=JSON_TYPE, etag='"2"')
    assert runs.index().project(FOO).files == ()
    assert runs.index().project(FOO).files == ()
    assert runs.server.take() == [(PAGE, 200), (PAGE, 304)]


def test_a_fresh_page_costs_no_request(runs: Runs) -> None:
    offer(runs.server, BIG)
    runs.server.routes[PAGE].headers = {"Cache-Control": "max-age=600, public"}
    assert runs.index().project(FOO) == runs.index().project(FOO)
    assert runs.server.take() == [(PAGE, 200)]


def test_a_page_is_parsed_once_for_all_runs(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(runs.server, BIG)
    runs.server.routes[PAGE].headers["ETag"] = '"1"'
    first = runs.index().project(FOO)
    with monkeypatch.context() as patch:
        patch.setattr("resolver.http_index.pages.parse", pytest.fail)
        second = runs.index().project(FOO)
    assert list(first.files) == list(second.files)
    runs.server.routes[PAGE].headers["ETag"] = '"2"'
    runs.server.routes[PAGE].body = json_page("foo", row(BIG, "foo-2.0-py3-none-any.whl"))
    assert [file.filename for file in runs.index().project(FOO).files] == ["foo-2.0-py3-none-any.whl"]


def test_metadata_is_parsed_once_for_all_runs_of_this_program(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(runs.server, BIG, **{"core-metadata": True})
    runs.server.routes[f"/files/{NAME}.metadata"] = Route(body=SIDECAR)

    def read() -> CoreMetadata:
        index = runs.index()
        return index.wheel_metadata(only_file(index))

    assert read() == PARSED
    with monkeypatch.context() as patch:
        patch.setattr("resolver.metadata.core.parse_core", pytest.fail)
        assert read() == PARSED
    assert [status for path, status in runs.server.take() if path.endswith(".metadata")] == [200]
    monkeypatch.setattr("resolver.http_index.cache.READER", "another program")
    assert read() == PARSED
    assert [status for path, status in runs.server.take() if path.endswith(".metadata")] == [200]


def test_metadata_that_cannot_be_read_is_refused_each_time(runs: Runs) -> None:
    offer(runs.server, BIG, **{"core-metadata": True})
    runs.server.routes[f"/files/{NAME}.metadata"] = Route(body=b"Metadata-Version: 2.1\n\n")
    for _ in range(2):
        index = runs.index()
        with pytest.raises(InvalidMetadata, match="no Name"):
            index.wheel_metadata(only_file(index))


def test_what_is_at_hand_is_not_left_to_a_thread(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(runs.server, BIG, **{"core-metadata": True}).headers["Cache-Control"] = "max-age=60"
    runs.server.routes[PAGE].headers["Cache-Control"] = "max-age=60"
    runs.server.routes[f"/files/{NAME}.metadata"] = Route(body=SIDECAR)
    index = runs.index()
    index.wheel_metadata(only_file(index))
    again = runs.index()
    monkeypatch.setattr(again._workers, "submit", pytest.fail)
    again.prefetch([FOO])
    again.prefetch_metadata(only_file(again))
    assert again.wheel_metadata(only_file(again)) == PARSED


def test_an_absent_project(runs: Runs) -> None:
    index = runs.index()
    index.prefetch([FOO])
    for _ in range(2):
        with pytest.raises(ProjectNotFound, match="index 'corp' has no project 'foo'"):
            index.project(FOO)
    assert runs.server.take() == [(PAGE, 404)]


@pytest.mark.parametrize(
    ("route", "message"),
    [
        (Route(first=[(403, {})]), "'corp' answers 403 .*WHEELHOUSE_INDEX_CORP_USERNAME"),
        (Route(login="a:b"), "'corp' answers 401 .*WHEELHOUSE_INDEX_CORP_PASSWORD.*netrc"),
        (Route(first=[(418, {})]), "'corp' answers 418"),
        (Route(first=[(503, {})] * 4), "'corp' answers 503 .*try again later"),
        (Route(first=[(429, {"Retry-After": "86400"})]), "asks to wait for more than 120 s"),
        (Route(body=b"{", content_type=JSON_TYPE), "'corp': http://.*/simple/foo/: .*'foo'"),
        (Route(body=b"\x89PNG", content_type="image/png"), "'corp': http://.*/simple/foo/: .*image/png"),
        (Route(redirect=PAGE), "redirects"),
        (Route(redirect="file:///etc/passwd"), "redirects to what is no URL of http or https"),
        (Route(redirect="http://localhost:99999/"), "redirects to what is no URL of http or https"),
        (Route(redirect="http://[::1/"), "redirects to what is no URL of http or https"),
        (Route(body=b"x" * 100, cut=4), r"\(4 tries\): the answer was cut off"),
    ],
)
def test_a_page_that_cannot_be_had_is_explained(runs: Runs, route: Route, message: str) -> None:
    runs.server.routes[PAGE] = route
    with pytest.raises(IndexFailure, match=message):
        runs.index().project(FOO)


def test_nobody_listens() -> None:
    transport = Transport("corp", "http://127.0.0.1:9/simple/", tries=2, backoff=0.001)
    with transport, pytest.raises(IndexFailure, match=r"http://127\.0\.0\.1:9/simple/foo/ .*\(2 tries\): .*refused"):
        transport.get("http://user:secret@127.0.0.1:9/simple/foo/?token=secret", limit=1)


@pytest.mark.parametrize("url", ["http://localhost:99999/simple/", "http://[::1/simple/", "http://a b/", "https://"])
def test_a_url_that_is_none(url: str, tmp_path: Path) -> None:
    with Transport("corp", url, tries=1) as transport:
        index = HttpIndex("corp", url, transport=transport, cache=Cache(tmp_path))
        with pytest.raises(IndexFailure, match="'corp'"):
            index.project(FOO)
        file = File(filename=NAME, url=url + NAME, hashes={"sha256": "0" * 64})
        with pytest.raises(IndexFailure, match="'corp'"):
            index.wheel_metadata(file)


def test_a_proxy_that_is_none_is_told_with_the_variables(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "foo://user:secret@proxy.example")
    monkeypatch.setenv("NO_PROXY", "")
    with Transport("corp", "http://index.example/simple/", tries=1) as transport:
        index = HttpIndex("corp", "http://index.example/simple/", transport=transport, cache=Cache(tmp_path))
        with pytest.raises(IndexFailure, match=r"the proxy foo://proxy.example cannot be used .*HTTP_PROXY") as told:
            index.project(FOO)
    assert "secret" not in str(told.value)


def test_a_silent_server_is_given_up(runs: Runs) -> None:
    runs.server.routes[PAGE] = Route(delay=1)
    url = runs.server.url + PAGE
    transport = Transport("corp", url, tries=2, backoff=0.001, timeout=(0.2, 0.2))
    with transport, pytest.raises(IndexFailure, match=r"\(2 tries\): no answer in time"):
        transport.get(url, limit=1)


def test_an_answer_without_end_is_refused(runs: Runs) -> None:
    runs.server.routes[PAGE] = Route(body=b"x" * 1000)
    url = runs.server.url + PAGE
    with Transport("corp", url) as transport, pytest.raises(IndexFailure, match="larger than the 999 bytes"):
        transport.get(url, limit=999)


# Retries


@pytest.mark.parametrize(
    "first",
    [
        [(503, {}), (502, {})],
        [(500, {}), (504, {}), (429, {})],
        [(429, {"Retry-After": "0"})],
        [(429, {"Retry-After": "whenever"})],
    ],
)
def test_passing_failures_pass(runs: Runs, first: list[tuple[int, dict[str, str]]]) -> None:
    offer(runs.server, BIG)
    runs.server.routes[PAGE].first = list(first)
    runs.index().project(FOO)
    assert runs.server.take() == [*((PAGE, status) for status, _ in first), (PAGE, 200)]


@pytest.mark.parametrize(
    "value", [lambda: "1", lambda: formatdate(time.time() + 2, usegmt=True)], ids=["number", "date"]
)
def test_retry_after_is_honoured(runs: Runs, value: Callable[[], str]) -> None:
    offer(runs.server, BIG)
    runs.server.routes[PAGE].first = [(429, {"Retry-After": value()})]
    begun = time.monotonic()
    runs.index().project(FOO)
    assert time.monotonic() - begun >= 0.9


def test_a_body_that_was_cut_off_is_had_again(runs: Runs) -> None:
    offer(runs.server, SDIST, "foo-1.0.tar.gz").cut = 2
    runs.server.routes[PAGE].cut = 1
    index = runs.index()
    index.sdist_files(only_file(index))
    assert [path for path, _ in runs.server.take()] == [PAGE] * 2 + ["/files/foo-1.0.tar.gz"] * 3


@pytest.mark.parametrize("encoding", [(), ("Content-Encoding: identity",), ("Content-Encoding: br, unheard-of",)])
@pytest.mark.parametrize("kept", [1.0, 0.8, 0.3, 0.0])
def test_a_page_that_ends_with_its_connection_is_taken_if_it_is_whole(
    runs: Runs, kept: float, encoding: tuple[str, ...]
) -> None:
    """Cut off, it would be that of a project with fewer releases, and nobody would be told."""
    page = html_page({f"foo-{minor}.0.zip": f"../../files/foo-{minor}.0.zip" for minor in range(10)})
    sent = answer(page[: int(kept * len(page))], "Content-Type: text/html", "Connection: close", *encoding)
    sent = re.sub(rb"Content-Length: \d+\r\n", b"", sent)
    with scripted([sent]) as server:
        runs.server.routes[PAGE] = Route(redirect=f"{server.url}/page/")
        if kept == 1:
            assert len(runs.index().project(FOO).files) == 10
        else:
            with pytest.raises(IndexFailure, match=r"'corp': .*/page/: .*'foo' .*: it (breaks off|is empty)"):
                runs.index().project(FOO)


# Metadata of wheels


def test_a_sidecar_that_may_have_been_cut_off_is_none(runs: Runs) -> None:
    file = offer(runs.server, BIG, **{"core-metadata": True})
    assert file.body == BIG
    cut = metadata("foo", "1.0", "bar", "baz").partition(b"Requires-Dist: baz")[0]
    sent = re.sub(rb"Content-Length: \d+\r\n", b"", answer(cut, "Connection: close"))
    with scripted([sent]) as server:
        runs.server.routes[f"/files/{NAME}.metadata"] = Route(redirect=f"{server.url}/")
        index = runs.index()
        assert index.wheel_metadata(only_file(index)) == PARSED
    assert [status for path, status in runs.server.take() if path == f"/files/{NAME}"] == [206]


@pytest.mark.parametrize("hashes", [True, {"sha256": sha256(SIDECAR)}], ids=["unhashed", "hashed"])
def test_a_sidecar_costs_one_request_and_no_byte_of_the_wheel(runs: Runs, hashes: object) -> None:
    offer(runs.server, BIG, **{"core-metadata": hashes})
    runs.server.routes[f"/files/{NAME}.metadata"] = Route(body=SIDECAR)
    index = runs.index()
    file = only_file(index)
    runs.server.take()
    assert index.wheel_metadata(file) == PARSED
    assert runs.server.take() == [(f"/files/{NAME}.metadata", 200)]
    again = runs.index()
    again.wheel_metadata(only_file(again))
    assert runs.server.take() == [(PAGE, 200)], "another run asks for no metadata"


def test_a_sidecar_with_another_hash_is_refused(runs: Runs) -> None:
    offer(runs.server, BIG, **{"core-metadata": {"sha256": "0" * 64}})
    runs.server.routes[f"/files/{NAME}.metadata"] = Route(body=SIDECAR)
    index = runs.index()
    with pytest.raises(IntegrityError, match=rf"{NAME}: the sha256 of its METADATA is .*0000 was promised"):
        index.wheel_metadata(only_file(index))


@pytest.mark.parametrize("hashes", [True, {"sha256": sha256(SIDECAR)}], ids=["unhashed", "hashed"])
def test_a_sidecar_that_is_not_there_after_all(runs: Runs, hashes: object) -> None:
    offer(runs.server, BIG, **{"core-metadata": hashes})
    index = runs.index()
    assert index.wheel_metadata(only_file(index)) == PARSED
    assert runs.server.take()[1:] == [(f"/files/{NAME}.metadata", 404), (f"/files/{NAME}", 206)]


def test_metadata_in_a_wheel_that_is_not_what_the_page_promised_is_refused(runs: Runs) -> None:
    offer(runs.server, BIG, **{"core-metadata": {"sha256": "0" * 64}})
    index = runs.index()
    with pytest.raises(IntegrityError, match=rf"{NAME}: the sha256 of its METADATA is .*0000 was promised"):
        index.wheel_metadata(only_file(index))


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize(("content", "requests"), [(BIG, 1), (LONG, 2)], ids=["short", "long"])
def test_metadata_by_ranges(runs: Runs, content: bytes, requests: int, sized: bool) -> None:
    offer(runs.server, content, **({"size": len(content)} if sized else {}))
    index = runs.index()
    file = only_file(index)
    runs.server.asked.clear()
    assert index.wheel_metadata(file) == PARSED
    assert transferred(runs.server) < len(content) - 150_000
    assert runs.server.take() == [(f"/files/{NAME}", 206)] * requests
    again = runs.index()
    again.wheel_metadata(only_file(again))
    assert runs.server.take() == [(PAGE, 200)]


@pytest.mark.parametrize("ranges", ["ignored", 416, 501])
def test_without_ranges_the_whole_wheel_is_had_and_kept(runs: Runs, ranges: str | int) -> None:
    offer(runs.server, BIG).ranges = ranges
    cache = Cache(runs.cache)
    index = runs.index(cache=cache)
    assert index.wheel_metadata(only_file(index)) == PARSED
    assert [status for _, status in runs.server.take()] == [200, 200 if ranges == "ignored" else ranges, 200]
    blob = cache.blob_path(sha256(BIG))
    assert blob is not None
    assert blob.read_bytes() == BIG


def test_a_server_without_ranges_is_not_asked_for_them_again(runs: Runs) -> None:
    other = "foo-2.0-py3-none-any.whl"
    contents = {NAME: BIG, other: wheel("foo", "2.0", padding=100_000)}
    rows = [row(content, name) for name, content in contents.items()]
    runs.server.routes[PAGE] = Route(body=json_page("foo", *rows), content_type=JSON_TYPE)
    for name, content in contents.items():
        runs.server.routes[f"/files/{name}"] = Route(body=content, ranges="ignored")
    index = runs.index()
    for file in index.project(FOO).files:
        index.wheel_metadata(file)
    assert [path for path, _ in runs.server.take()] == [PAGE, f"/files/{NAME}", f"/files/{NAME}", f"/files/{other}"]


@pytest.mark.parametrize("ranges", ["honoured", "ignored"])
def test_wrong_bytes_are_refused_wherever_all_of_them_are_seen(runs: Runs, ranges: str) -> None:
    small = wheel("foo", "1.0", "bar")
    offer(runs.server, small, hashes={"sha256": "0" * 64}).ranges = ranges
    index = runs.index()
    with pytest.raises(IntegrityError, match=rf"^http://[^@]*/files/{NAME}: its sha256 is {sha256(small)}, but 0000"):
        index.wheel_metadata(only_file(index))


def test_a_size_that_is_not_the_promised_one_is_refused(runs: Runs) -> None:
    offer(runs.server, BIG, size=len(BIG) + 1)
    index = runs.index()
    with pytest.raises(
        IntegrityError, match=f"^http://.*/{NAME}: it has {len(BIG)} bytes, but {len(BIG) + 1} were promised"
    ):
        index.wheel_metadata(only_file(index))


def test_a_wheel_is_called_broken_on_verified_bytes_only(runs: Runs) -> None:
    broken = BIG[:-30] + b"\0" * 30
    offer(runs.server, broken)
    index = runs.index()
    with pytest.raises(InvalidMetadata, match=NAME):
        index.wheel_metadata(only_file(index))
    assert [status for _, status in runs.server.take()][-2:] == [206, 200]


def test_a_damaged_cache_is_filled_again(runs: Runs) -> None:
    offer(runs.server, SDIST, "foo-1.0.tar.gz")
    runs.server.routes[PAGE].etag = '"1"'
    index = runs.index()
    found = index.sdist_files(only_file(index))
    runs.server.take()
    for path in runs.cache.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-7])
    index = runs.index()
    assert index.sdist_files(only_file(index)) == found
    assert runs.server.take() == [(PAGE, 200), ("/files/foo-1.0.tar.gz", 200)]


class Vanishing(Cache):
    """The first that it has is removed as by who clears it beside the run: after it is verified (True), or before."""

    def __init__(self, root: Path, verified: list[bool]) -> None:
        super().__init__(root)
        self._verified = verified

    def blob_path(self, sha256: str) -> Path | None:
        found = super().blob_path(sha256)
        if found is None or not self._verified:
            return found
        found.unlink()
        return found if self._verified.pop(0) else None


@pytest.mark.parametrize("verified", [[True], [False], [True, False], [False, False]])
def test_a_file_that_goes_from_the_cache_meanwhile_is_had_again(runs: Runs, verified: list[bool]) -> None:
    offer(runs.server, SDIST, "foo-1.0.tar.gz")
    index = runs.index()
    file = only_file(index)
    index.artifact(file)
    runs.server.take()
    index = runs.index(cache=Vanishing(runs.cache, list(verified)))
    assert index.artifact(file).read_bytes() == SDIST
    assert runs.server.take() == [("/files/foo-1.0.tar.gz", 200)] * len(verified)


# Sdists and direct URLs


def test_an_sdist_is_downloaded_once_and_its_bytes_are_kept_for_vendoring(runs: Runs) -> None:
    offer(runs.server, SDIST, "foo-1.0.tar.gz")
    index = runs.index()
    assert index.sdist_files(only_file(index)).files["pyproject.toml"] == b"[build-system]\n"
    cache = Cache(runs.cache)
    blob = cache.blob_path(sha256(SDIST))
    assert blob is not None
    assert blob.read_bytes() == SDIST
    runs.server.take()
    again = runs.index()
    again.sdist_files(only_file(again))
    assert runs.server.take() == [(PAGE, 200)]


def test_without_a_usable_cache_everything_works_still(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    told: list[str] = []
    offer(runs.server, SDIST, "foo-1.0.tar.gz")
    index = runs.index(cache=Cache(tmp_path / "file", warn=told.append))
    assert "PKG-INFO" in index.sdist_files(only_file(index)).files
    assert len(told) == 1


def test_a_direct_url_with_a_hash_costs_nothing_until_it_is_read(runs: Runs) -> None:
    runs.server.routes[f"/{NAME}"] = Route(body=BIG)
    index = runs.index()
    file = index.direct(FOO, f"{runs.server.url}/{NAME}#sha256={sha256(BIG)}")
    assert runs.server.take() == []
    assert (file.url, file.hashes) == (f"{runs.server.url}/{NAME}", {"sha256": sha256(BIG)})
    assert index.wheel_metadata(file) == PARSED


def test_a_direct_url_without_a_hash_is_downloaded_once(runs: Runs) -> None:
    runs.server.routes[f"/{NAME}"] = Route(body=BIG)
    index = runs.index()
    file = index.direct(FOO, f"{runs.server.url}/{NAME}")
    assert (file.hashes["sha256"], file.size) == (sha256(BIG), len(BIG))
    assert index.direct(FOO, f"{runs.server.url}/{NAME}") == file
    assert index.wheel_metadata(file) == PARSED
    assert runs.server.take() == [(f"/{NAME}", 200)]


@pytest.mark.parametrize("fragment", ["", f"#sha256={sha256(BIG)}"], ids=["bare", "with a digest"])
def test_a_direct_url_that_cannot_be_had_is_not_blamed_on_the_index(runs: Runs, fragment: str) -> None:
    runs.server.routes[f"/{NAME}"] = Route(login="a:b")
    url = f"{runs.server.url}/{NAME}?token=secret{fragment}"
    index = runs.index()
    with pytest.raises(DirectFailure, match=rf"^foo: .*direct URL answers 401 for http://.*/{NAME};.*netrc") as told:
        index.wheel_metadata(index.direct(FOO, url))
    assert told.value.url == url
    assert all(word not in str(told.value) for word in ("corp", "CORP", "secret"))


def test_a_direct_url_of_other_bytes_is_told_by_its_requirement(runs: Runs) -> None:
    runs.server.routes[f"/{NAME}"] = Route(body=BIG)
    index = runs.index()
    file = index.direct(FOO, f"{runs.server.url}/{NAME}#sha256={'0' * 64}")
    with pytest.raises(DirectFailure, match=rf"^foo: http://.*/{NAME}: its sha256 is {sha256(BIG)}"):
        index.artifact(file)


def test_direct_urls_of_files_and_of_repositories(runs: Runs, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(BIG)
    index = runs.index()
    assert index.wheel_metadata(index.direct(FOO, path.as_uri())) == PARSED
    with pytest.raises(InputError, match="version control"):
        index.direct(FOO, "git+https://git.example/foo@main")


def test_a_page_cannot_make_us_read_local_files(runs: Runs, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(BIG)
    offer(runs.server, BIG, url=path.as_uri())
    index = runs.index()
    with pytest.raises(IndexFailure, match="cannot be had"):
        index.wheel_metadata(only_file(index))


# Credentials


def locked(server: Server) -> None:
    offer(server, BIG)
    for route in server.routes.values():
        route.login = "user:pässword"


def test_credentials_from_the_environment(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    locked(runs.server)
    monkeypatch.setenv("WHEELHOUSE_INDEX_CORP_1_USERNAME", "user")
    monkeypatch.setenv("WHEELHOUSE_INDEX_CORP_1_PASSWORD", "pässword")
    index = runs.index(name="corp-1")
    assert index.wheel_metadata(only_file(index)) == PARSED
    assert {status for _, status in runs.server.take()} == {200, 206}


def test_credentials_from_netrc(runs: Runs, tmp_path: Path) -> None:
    locked(runs.server)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password pässword\n", encoding="utf-8")
    assert only_file(runs.index()).filename == NAME


def keyring(monkeypatch: pytest.MonkeyPatch, before: Callable[[], object] = lambda: None) -> list[str]:
    """A keyring that knows the login, and does ``before`` ahead of each answer. Returns what it will be asked for."""
    asked: list[str] = []

    class Found:
        username, password = "user", "pässword"

    class Keyring:
        @staticmethod
        def get_credential(url: str, username: None) -> Found:
            asked.append(url)
            before()
            return Found()

    monkeypatch.setitem(sys.modules, "keyring", Keyring)
    return asked


def test_a_keyring_is_asked_only_after_a_401(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = keyring(monkeypatch)
    offer(runs.server, BIG)
    only_file(runs.index())
    assert asked == []
    locked(runs.server)
    index = runs.index()
    assert index.wheel_metadata(only_file(index)) == PARSED
    assert asked == [f"{runs.server.url}/simple/"]
    assert [status for _, status in runs.server.take()] == [200, 401, 200, 206]


def test_what_a_keyring_says_serves_all_who_were_refused_meanwhile(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [canonicalize_name(name) for name in ("foo", "bar", "baz")]
    asked = keyring(monkeypatch, lambda: wait_for(lambda: len(runs.server.asked) == len(names)))
    all_came = threading.Barrier(len(names), timeout=30).wait  # who comes while the keyring is asked waits, unrefused
    for name in names:
        page = json_page(name, row(BIG, f"{name}-1.0-py3-none-any.whl"))
        route = Route(body=page, content_type=JSON_TYPE, login="user:pässword", refusing=all_came)
        runs.server.routes[f"/simple/{name}/"] = route
    index = runs.index()
    assert index.prefetch(names)
    assert [len(index.project(name).files) for name in names] == [1, 1, 1]
    assert asked == [f"{runs.server.url}/simple/"]
    assert sorted(status for _, status in runs.server.take()) == [200, 200, 200, 401, 401, 401]


@pytest.mark.parametrize("how", ["redirect", "link"])
def test_credentials_do_not_follow_to_another_host(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    monkeypatch.setenv("WHEELHOUSE_INDEX_CORP_USERNAME", "user")
    monkeypatch.setenv("WHEELHOUSE_INDEX_CORP_PASSWORD", "secret")
    (tmp_path / "netrc").write_text("default login everybody password secret\n", encoding="utf-8")
    elsewhere = f"{runs.server.other_url}/elsewhere/{NAME}"
    offer(runs.server, BIG, **({"url": elsewhere} if how == "link" else {}))
    runs.server.routes[f"/files/{NAME}"] = Route(redirect=elsewhere)
    runs.server.routes[f"/elsewhere/{NAME}"] = Route(body=LONG)
    index = runs.index()
    assert index.wheel_metadata(only_file(index)) == PARSED
    own = [asked for asked in runs.server.asked if asked.headers["Host"].startswith("127.0.0.1")]
    others = [asked for asked in runs.server.asked if asked.headers["Host"].startswith("localhost")]
    assert {asked.headers.get("Authorization") for asked in own} == {basic("user:secret")}
    assert others
    assert {asked.headers.get("Authorization") for asked in others} == {None}


def test_no_secret_is_said_or_logged(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WHEELHOUSE_INDEX_CORP_USERNAME", "user")
    monkeypatch.setenv("WHEELHOUSE_INDEX_CORP_PASSWORD", "secret")
    monkeypatch.setenv("http_proxy", "http://proxyuser:secret@127.0.0.1:9")
    with caplog.at_level(logging.WARNING), pytest.raises(IndexFailure, match=r"proxy .*HTTP_PROXY") as caught:
        runs.index(tries=2).project(FOO)
    assert "secret" not in str(caught.value) + caplog.text


# Proxies and certificate authorities


def test_a_proxy_of_the_environment_and_hosts_that_need_none(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", runs.server.url.replace("//", "//proxyuser:word@"))
    monkeypatch.setenv("no_proxy", "127.0.0.0/8")
    url = "http://index.example/simple/"
    runs.server.routes[f"{url}foo/"] = Route(body=json_page("foo"), content_type=JSON_TYPE)
    with Transport("far", url, tries=1) as transport:
        assert transport.get(f"{url}foo/", limit=1 << 20).status == 200
    [asked] = runs.server.asked
    assert asked.headers["Host"] == "index.example"
    assert asked.headers["Proxy-Authorization"] == basic("proxyuser:word")
    runs.server.asked.clear()
    offer(runs.server, BIG)
    runs.index().project(FOO)
    assert [asked.path for asked in runs.server.asked] == [PAGE], "not through the proxy"
    assert "Proxy-Authorization" not in runs.server.asked[0].headers


def test_a_bundle_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = tmp_path / "authorities.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    url = "https://127.0.0.1:9/simple/"
    with Transport("corp", url, tries=2, backoff=0.001) as transport:
        with pytest.raises(IndexFailure, match=f"'corp'.*{bundle.name} is not there"):
            transport.get(url, limit=1)
        bundle.write_text("no certificate")
        with pytest.raises(IndexFailure, match="'corp'"):
            transport.get(url, limit=1)


# Prefetching


def test_a_question_waits_for_the_prefetch_that_is_under_way(runs: Runs) -> None:
    offer(runs.server, BIG).delay = 0.05
    runs.server.routes[PAGE].delay = 0.05
    index = runs.index()
    index.prefetch([FOO, FOO])
    file = only_file(index)
    index.prefetch_metadata(file)
    assert index.wheel_metadata(file) == PARSED
    assert runs.server.take() == [(PAGE, 200), (f"/files/{NAME}", 206)]


def test_prefetches_run_at_once_and_a_question_overtakes_those_that_queue(runs: Runs) -> None:
    names = [canonicalize_name(f"p{number}") for number in range(256)]  # five times as many as are asked at once
    for name in [*names, FOO]:
        runs.server.routes[f"/simple/{name}/"] = Route(body=json_page(name), content_type=JSON_TYPE, delay=0.3)
    index = runs.index()
    begun = time.monotonic()
    index.prefetch([*names, FOO])
    index.project(FOO)
    before = len(runs.server.asked)
    for name in names:
        index.project(name)
    assert before < 257, "it waited for the queue"
    assert time.monotonic() - begun < 256 * 0.3 / 2
    assert len(runs.server.take()) == 257


def test_an_error_of_a_prefetch_is_raised_where_it_is_asked_for(runs: Runs) -> None:
    runs.server.routes[PAGE] = Route(first=[(418, {})])
    index = runs.index()
    index.prefetch([FOO])
    time.sleep(0.1)
    with pytest.raises(IndexFailure, match="418"):
        index.project(FOO)
    assert len(runs.server.take()) == 1


def test_ctrl_c_does_not_wait_for_a_silent_server(server: Server, tmp_path: Path) -> None:
    server.routes[PAGE] = Route(delay=30)
    program = f"""
        from resolver.http_index.cache import Cache
        from resolver.http_index.index import HttpIndex
        from resolver.http_index.transport import Transport
        from pathlib import Path
        url = {server.url!r} + "/simple/"
        cache = Cache(Path({str(tmp_path)!r}))
        with Transport("corp", url) as transport, HttpIndex("corp", url, transport=transport, cache=cache) as i:
            i.prefetch(["foo"])
            print("ready", flush=True)
            i.project("foo")
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert time.monotonic() - begun < 15
    assert b"KeyboardInterrupt" in errors


# Start-up, and the real index


def test_no_http_library_is_loaded_before_it_is_needed() -> None:
    program = """
        import sys
        from pathlib import Path
        from resolver.http_index.cache import Cache
        from resolver.http_index.index import HttpIndex
        from resolver.http_index.transport import Transport
        url = "https://index.example/simple/"
        HttpIndex("corp", url, transport=Transport("corp", url), cache=Cache(Path("nowhere"))).close()
        print(sorted({"requests", "urllib3", "http.client", "ssl", "distlib", "platformdirs"} & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.pypi
@pytest.mark.parametrize(
    ("name", "wanted", "most"),
    [
        ("numpy", "2.2.6-cp312-cp312-manylinux", 1_000_000),
        ("torch", "2.5.1-cp312-cp312-manylinux1", 2_000_000),  # 900 MB, whose central directory alone has 1.3 MB
    ],
)
def test_metadata_of_a_big_wheel_costs_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, wanted: str, most: int
) -> None:
    url = default_index_url()
    with (
        Transport("pypi", url) as transport,
        HttpIndex("pypi", url, transport=transport, cache=Cache(tmp_path)) as index,
    ):
        project = index.project(canonicalize_name(name))
        file = next(f for f in project.files if f.filename.startswith(f"{name}-{wanted}") and "x86_64" in f.filename)
        received = []
        get_range = transport.get_range

        def counted(url: str, byte_range: str) -> Reply:
            reply = get_range(url, byte_range)
            received.append(len(reply.content))
            return reply

        monkeypatch.setattr(transport, "get_range", counted)
        found = index.wheel_metadata(file)
    assert found.name == canonicalize_name(name)
    assert sum(received) < most, received
    assert len(received) <= 3, received
    assert not list(tmp_path.rglob("blobs"))
