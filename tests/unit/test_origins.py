"""A URL becomes a host to connect to and a path to ask for, as urllib3 has them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from resolver.http_index.origins import Origin, origin, target
from resolver.http_index.urls import plain

INDEX = Origin("https", "index.example", 443)


@pytest.mark.parametrize(
    ("url", "there", "path"),
    [
        ("https://index.example", INDEX, "/"),
        ("https://index.example/simple/six/", INDEX, "/simple/six/"),
        ("https://user:secret@index.example/x#sha256=0", INDEX, "/x"),
        ("HTTPS://Index.Example:443/x", INDEX, "/x"),
        ("https://index.example?q=1", INDEX, "/?q=1"),
        ("http://127.0.0.1:8080/x?a=/b?c&d=%2F", Origin("http", "127.0.0.1", 8080), "/x?a=/b?c&d=%2F"),
        ("http://[::1]:8080/x", Origin("http", "::1", 8080), "/x"),
        ("https://bücher.example/x", Origin("https", "xn--bcher-kva.example", 443), "/x"),
        ("https://index.example./x", Origin("https", "index.example.", 443), "/x"),
        ("https://index.example/torch-2.0%2Bcpu.whl", INDEX, "/torch-2.0%2Bcpu.whl"),
        ("https://index.example/torch-2.0%2bcpu.whl", INDEX, "/torch-2.0%2Bcpu.whl"),
        ("https://index.example/a b/ü", INDEX, "/a%20b/%C3%BC"),
        ("https://index.example/100%/x", INDEX, "/100%25/x"),
        ("https://index.example/a/./b/../c", INDEX, "/a/c"),
        ("https://index.example/..a/.b/c..", INDEX, "/..a/.b/c.."),
        ("https://index.example//double", INDEX, "//double"),
        ("https://index.example/x HTTP/1.1\r\nHost: other.example\r\n", INDEX, "/x%20HTTP/1.1Host:%20other.example"),
    ],
)
def test_what_a_url_asks_for(url: str, there: Origin, path: str) -> None:
    assert target(url) == (there, path)
    assert origin(url) == there


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///x",
        "file:///etc/passwd",
        "ftp://index.example/",
        "//index.example/",
        "http://a b/",
        "http://[::1/",
        "http://index.example:99999/",
        "http://index.example:http/",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (whatever it says: `failure.reason` has the words)
        target(url)
    assert origin(url) is None


_PIECES = st.sampled_from(
    [*"/.?=&%:;@~!$'()*+,|\\^ {}\"<>", "a", "Z", "%2f", "%2F", "%zz", "..", "./", "ü", "\x7f", "-_"]
)


@given(
    host=st.sampled_from(["index.example", "INDEX.example:8443", "a_b.example", "127.0.0.1:1", "[::1]", "x.:0"]),
    rest=st.lists(_PIECES, max_size=12).map("".join),
)
def test_it_is_what_urllib3_makes_of_it(host: str, rest: str) -> None:
    url = f"http://{host}/{rest}"
    parts = parse_url(plain(url))
    assert parts.host is not None
    there, path = target(url)
    assert (there.scheme, there.host) == (parts.scheme, parts.host.strip("[]"))
    assert there.port == (80 if parts.port is None else parts.port)
    assert path == parts.request_uri
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path


def test_usual_urls_and_other_schemes_need_no_urllib3() -> None:
    program = """
import sys
from resolver.http_index.origins import origin
for url in ("https://index.example/simple/six/", "http://127.0.0.1:80/a-1.0%2Bcpu.whl.metadata?x=y&z=/", "", "file:x"):
    origin(url)
print("urllib3" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"
