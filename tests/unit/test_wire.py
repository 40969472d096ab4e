"""How long is waited for another try, and what headers say."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from resolver.errors import IndexFailure
from resolver.http_index.answers import folded, length
from resolver.http_index.wire import Wire, _retry_after, redirected


def test_waits_double_after_the_second_try_and_end_somewhere() -> None:
    wire = Wire("corp", "https://index.example/", tries=9, backoff=0.5, timeout=(1, 1), called="index")
    for tried, least in ((1, 0.0), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (20, 30.0), (2000, 30.0)):
        most = least if tried == 1 else min(least + 0.25, 30.0)
        assert all(least <= wire._pause(tried) <= most for _ in range(20)), tried
    wire.close()


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("0", 0, 0),
        (" 17 ", 17, 17),
        ("9" * 400, float("inf"), float("inf")),
        pytest.param(formatdate(time.time() + 3600, usegmt=True), 3000, 3600, id="in an hour"),  # alike in every worker
        (formatdate(0, usegmt=True), 0, 0),
    ],
)
def test_a_server_says_when_to_come_back(value: str, least: float, most: float) -> None:
    asked = _retry_after(value)
    assert asked is not None
    assert least <= asked <= most


@pytest.mark.parametrize("location", ["http://[::1?secret", "ftp://x/?secret", "http://a b/", "http://x:99999/"])
def test_a_redirect_to_no_url_is_told_as_such(location: str) -> None:
    with pytest.raises(IndexFailure, match=r"index\.example/a redirects to what is no URL") as told:
        redirected("http://index.example/a?token=secret", location)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("value", [None, "", "soon", "-1", "1.5", "0, 9", "Thu, 99 Foo 2026 99:99:99 GMT"])
def test_or_does_not_say_it(value: str | None) -> None:
    assert _retry_after(value) is None


def test_headers_that_come_again() -> None:
    sent = [("ETag", '"a"'), ("etag", '"a"'), ("Cache-Control", "public"), ("cache-control", "max-age=9")]
    assert folded(sent) == {"etag": '"a"', "cache-control": "public, max-age=9"}


@pytest.mark.parametrize(
    ("stated", "meant"),
    [("0", 0), ("17", 17), ("", None), ("-1", None), ("5, 6", None), ("9" * 5000, None), ("٣", None)],
)
def test_the_length_of_a_body(stated: str, meant: int | None) -> None:
    assert length({"content-length": stated}) == (float("inf") if meant is None else meant)
    assert length({}) == float("inf")
