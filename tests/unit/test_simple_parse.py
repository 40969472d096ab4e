"""Project pages in both formats: what the standards say, what the wild has, and what is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resolver.errors import IndexFailure
from resolver.simple.model import File, ProjectPage
from resolver.simple.parse import CONTENT_TYPES, HTML_TYPE, JSON_TYPE, check_end, parse
from resolver.simple.usual import usual_files

A, B = "a" * 64, "b" * 64


def entry(**changes: Any) -> dict[str, Any]:
    return {"filename": "six-1.0.tar.gz", "url": "six-1.0.tar.gz", "hashes": {"sha256": A}} | changes


PAGE_WITH_AN_END = """<!DOCTYPE html>
<HTML><body class="a"><h1>Links for six</h1>
<a href="six-1.0.zip">six-1.0.zip</a><br/>
<abbr>x</abbr><A HREF="six-1.1.zip">six-1.1.zip</A>
</body ></HTML>"""


def json_page(*files: Any, **changes: Any) -> bytes:
    return json.dumps({"meta": {"api-version": "1.0"}, "name": "six", "files": list(files)} | changes).encode()


def from_json(*files: Any, **changes: Any) -> ProjectPage:
    return parse(json_page(*files, **changes), JSON_TYPE, project="six")


def from_html(text: str | bytes, content_type: str = "text/html") -> ProjectPage:
    return parse(text if isinstance(text, bytes) else text.encode(), content_type, project="six")


def only(page: ProjectPage) -> File:
    (file,) = page.files
    return file


def test_json_carries_everything() -> None:
    file = only(
        from_json(
            entry(
                **{
                    "url": "https://files.index.example/six-1.0.tar.gz#sha256=ignored",
                    "hashes": {"SHA256": A.upper(), "md5": "c" * 32},
                    "requires-python": ">=3.6.*",
                    "yanked": "broken",
                    "core-metadata": {"sha256": B},
                    "size": 12,
                    "upload-time": "2020-01-31T01:02:03.4Z",
                    "provenance": "https://index.example/integrity/six/1.0/six-1.0.tar.gz/provenance",
                }
            ),
            meta={"api-version": "1.9", "_last-serial": 1},
            unknown="keys are for later versions",
        )
    )
    assert file == File(
        filename="six-1.0.tar.gz",
        url="https://files.index.example/six-1.0.tar.gz",
        hashes={"sha256": A, "md5": "c" * 32},
        requires_python=">=3.6.*",
        yanked="broken",
        metadata={"sha256": B},
        size=12,
        upload_time="2020-01-31T01:02:03.4Z",
        provenance="https://index.example/integrity/six/1.0/six-1.0.tar.gz/provenance",
    )


@pytest.mark.parametrize(("given_", "read"), [(True, ""), ("why", "why"), (False, None), ("", None), (None, None)])
def test_json_yanked(given_: object, read: str | None) -> None:
    assert only(from_json(entry(yanked=given_))).yanked == read


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ({"core-metadata": True}, {}),
        ({"dist-info-metadata": {"sha256": A}}, {"sha256": A}),
        ({"core-metadata": {"sha256": B}, "dist-info-metadata": {"sha256": A}}, {"sha256": B}),
        ({"core-metadata": False, "dist-info-metadata": {"sha256": A}}, None),
        ({}, None),
    ],
)
def test_json_sidecar_the_newer_name_wins(keys: dict[str, Any], read: dict[str, str] | None) -> None:
    assert only(from_json(entry(**keys))).metadata == read


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"hashes": None}, "`hashes` is missing"),
        ({"hashes": {"sha256": 1}}, "not a string"),
        ({"hashes": {"sha256": "abc"}}, "not a sha256 digest"),
        ({"url": 3}, "`url` is not a string"),
        ({"url": "http://[/six.whl"}, "cannot be read"),
        ({"url": ""}, "no path"),
        ({"filename": "../../etc/passwd"}, "not a file name"),
        ({"yanked": 1}, "`yanked`"),
        ({"size": -1}, "`size`"),
        ({"size": True}, "`size`"),
        ({"upload-time": "2020-13-01T00:00:00Z"}, "upload time"),
        ({"upload-time": "2020-01-01T00:00:00"}, "upload time"),
        ({"core-metadata": "yes"}, "`core-metadata`"),
        ({"provenance": True}, "`provenance` is not a string"),
        ({"provenance": "http://[/"}, "cannot be read"),
    ],
)
def test_json_a_malformed_entry_is_named(bad: dict[str, Any], reason: str) -> None:
    with pytest.raises(IndexFailure, match=r"project 'six'.*file 2 ") as raised:
        from_json(entry(), entry(**bad))
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"<html>", JSON_TYPE, "not JSON"),
        (b"\xff\xff{}", JSON_TYPE, "not JSON"),
        (b"[" * 100_000, JSON_TYPE, "nested"),
        (b"[]", JSON_TYPE, "not an object"),
        (json_page(meta={"api-version": "2.0"}), JSON_TYPE, "only version 1"),
        (json_page(meta={"api-version": "new"}), JSON_TYPE, "not of the form"),
        (json_page(meta=[]), JSON_TYPE, "`meta`"),
        (json_page(name="seven"), JSON_TYPE, "another project, 'seven'"),
        (json_page(files={}), JSON_TYPE, "`files` is not a list"),
        (json_page(3), JSON_TYPE, "file 1 is not an object"),
        (b"{}", "application/vnd.pypi.simple.v2+json", "only version 1"),
        (b"{}", "application/json", "application/json"),
        (b"", "", "no content type"),
        (b'<meta name="pypi:repository-version" content="2.0">', "text/html", "only version 1"),
        (b'<a href="http://[/six.whl">x</a>', "text/html", "cannot be read|Invalid"),
        (b'<a href="six.whl#sha256=zz">x</a>', "text/html", "six.whl"),
        (b'<a href="%2e%2e%2fsix.whl">x</a>', "text/html", "not a file name"),
        (b"<p>\xe9</p>", "text/html", "not text"),
        (b"<p></p>", "text/html; charset=hex", "charset 'hex'"),
        (b"<form action=/login><INPUT name=user></form><a href=/forgot>?</a>", "text/html", "people .it has a <form>"),
        (b"", "text/html", "it is empty"),
        (b" \n", HTML_TYPE, "it is empty"),
        (b"<div id=app></div><script src=app.js></script>", "text/html", "people .it has a <script>"),
    ],
)
def test_pages_that_are_refused(content: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(IndexFailure, match=reason) as raised:
        parse(content, content_type, project="six")
    assert "'six'" in str(raised.value)


def test_html_carries_what_it_can() -> None:
    page = from_html(
        f"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body>
        <a href="../../p/six-1.0-py3-none-any.whl#sha256={A}" data-requires-python="&gt;=3.8, &lt;4"
           data-yanked="it &amp; broke" data-core-metadata="sha256={B}" data-dist-info-metadata="sha256={A}"
           data-provenance=" https://index.example/integrity/six ">six</a>
        </body></html>""",
        f"{HTML_TYPE}; charset=UTF-8",
    )
    assert page.name == "six"
    assert only(page) == File(
        filename="six-1.0-py3-none-any.whl",
        url="../../p/six-1.0-py3-none-any.whl",
        hashes={"sha256": A},
        requires_python=">=3.8, <4",
        yanked="it & broke",
        metadata={"sha256": B},
        provenance="https://index.example/integrity/six",
    )


def test_html_an_attribute_without_a_value_says_nothing_of_metadata() -> None:
    assert only(from_html("<a data-core-metadata href=six-1.0-py3-none-any.whl>six</a>")).metadata is None


def test_html_no_token_of_a_link_is_shown() -> None:
    with pytest.raises(IndexFailure) as raised:
        from_html("<a href='https://me:secret@x.example/six-1.0.zip?key=secret#sha256=secret'>six</a>")
    assert "https://x.example/six-1.0.zip" in str(raised.value)
    assert "me:" not in str(raised.value)
    assert "?key" not in str(raised.value)


def test_html_of_an_index_may_be_empty_and_may_be_pretty() -> None:
    assert from_html("<!DOCTYPE html><html><body><h1>Links for six</h1></body></html>").files == ()
    pretty = from_html("<script>x()</script><form><input></form><a href='six-1.0.zip?token=1#sha256=" + A + "'>six</a>")
    assert only(pretty).filename == "six-1.0.zip"
    old = from_html("<script>x()</script><a href='six-1.0-py2.5.egg'>six</a><a href='six-1.0.win32.exe'>six</a>")
    assert len(old.files) == 2


@given(st.integers(min_value=0))
def test_html_that_breaks_off_is_told_from_html_that_does_not(lost: int) -> None:
    page = PAGE_WITH_AN_END.encode()
    check_end(page, "text/html; charset=utf-8", project="six")
    check_end(page + b"\n", HTML_TYPE, project="six")
    cut = page[: -1 - lost % (len(page) - len("<!DOCTYPE html>"))]
    with pytest.raises(IndexFailure, match="'six' cannot be used: it breaks off"):
        check_end(cut, "text/html", project="six")


def test_html_without_ends_is_let_go_where_it_is_all_that_was_meant() -> None:
    check_end(b"<!DOCTYPE html><title>six</title><a href=six-1.0.zip>six</A >", "text/html", project="six")
    check_end(b'{"files": []}', JSON_TYPE, project="six")


@pytest.mark.parametrize(
    ("extra", "is_whole"),
    [
        ("<!-- such as <a href=x> or <body> -->", True),
        ("<!-- one --><a href='a-1.zip'>a</a><!--> <a href='b-1.zip'>b</a> <!-- two --!>", True),
        ("<a name='top'/><a/><a id=top />", True),
        ("<a href=top/>top</a>", True),
        ("<a href=top/>top", False),
        ("<!-- </a> --><a href='a-1.zip'>a", False),
        ("<!-- such as <a href=x>x</a>", False),
    ],
)
def test_only_elements_that_want_an_end_are_looked_at(extra: str, is_whole: bool) -> None:
    page = f"<html><body>{extra}<a href='six-1.0.zip'>six</a></body></html>".encode()
    if is_whole:
        check_end(page, HTML_TYPE, project="six")
    else:
        with pytest.raises(IndexFailure, match="tells no length of the page, and its HTML is not closed"):
            check_end(page, HTML_TYPE, project="six")


def test_html_from_the_wild() -> None:
    page = from_html(
        """<HTML><BODY><A HREF=six-1.0.zip#md5=0cc175b9c0f1b6a831c399e269772661 DATA-YANKED>six-1...</A><br>
        <a name=top>no file</a> <a href="../">up</a> <a href="?C=N;O=D">sort</a> <a href=#top>top</a>
        <!-- <a href="six-0.9.zip">hidden</a> -->
        <a href=" six-1.1%2Blocal-py3-none-any.whl?token=1#egg=six " data-dist-info-metadata=true>x"""
    )
    assert page.files == (
        File(
            filename="six-1.0.zip",
            url="six-1.0.zip",
            hashes={"md5": "0cc175b9c0f1b6a831c399e269772661"},
            yanked="",
        ),
        File(filename="six-1.1+local-py3-none-any.whl", url="six-1.1%2Blocal-py3-none-any.whl?token=1", metadata={}),
    )


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://files.index.example/p/", "https://files.index.example/p/six-1.0.zip"),
        ("../../p/", "../../p/six-1.0.zip"),
        ("/p/", "/p/six-1.0.zip"),
    ],
)
def test_html_base(base: str, url: str) -> None:
    anchor = '<a href="six-1.0.zip" data-provenance="x">x</a>'
    text = f'<head><base href="{base}"><base href="https://second.example/"></head>{anchor}'
    assert only(from_html(text)).url == url
    assert only(from_html(text)).provenance == url.replace("six-1.0.zip", "x")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("<a href=s.zip data-yanked='é'>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<a href=s.zip data-yanked='é'>".encode("latin-1"), 'text/html;charset="latin-1"'),
        ("<meta charset=cp1252><a href=s.zip data-yanked='é'>".encode("cp1252"), "text/html"),
        ("\ufeff<a href=s.zip data-yanked='é'>".encode(), "text/html; charset=latin-1"),
        ("<a href=s.zip data-yanked='é'>".encode(), "TEXT/HTML"),
    ],
)
def test_html_charsets(content: bytes, content_type: str) -> None:
    assert only(from_html(content, content_type)).yanked == "é"


def test_json_is_preferred() -> None:
    assert CONTENT_TYPES.split(", ")[0] == JSON_TYPE
    assert [part.partition(";q=")[2] for part in CONTENT_TYPES.split(", ")] == ["", "0.2", "0.01"]


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_keys = ["filename", "url", "hashes", "requires-python", "yanked", "core-metadata", "size", "upload-time"]
_pieces = [
    "<a href=",
    "<base href='",
    "'",
    '"',
    ">",
    "<!",
    "<![",
    "//[",
    "#sha256=",
    "&#0;",
    "data-core-metadata=",
    "%00",
]


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from(_pieces) | st.text(max_size=4), max_size=12).map(lambda p: "".join(p).encode("utf-8")),
    st.sampled_from([JSON_TYPE, HTML_TYPE, "text/html; charset=utf-16", "text/html; charset=big5"]) | st.text(),
)
def test_arbitrary_bytes_raise_nothing_else(content: bytes, content_type: str) -> None:
    with suppress(IndexFailure):
        parse(content, content_type, project="six")


@given(st.dictionaries(st.sampled_from(_keys), _json_values))
def test_arbitrary_entries_raise_nothing_else(changes: dict[str, Any]) -> None:
    with suppress(IndexFailure):
        from_json(entry(**changes))


_entry = st.fixed_dictionaries(
    {
        "filename": st.sampled_from(["a-1.tar.gz", ".a", ".ab", "", ".", "..", "a\nb", "a/b", 1]),
        "url": st.builds("https://index.example/{}".format, st.text(max_size=3) | st.sampled_from(["a#b", "a?b", "["]))
        | st.sampled_from(
            ["https://index.example/a", "http://h:80/a%20b", "a", "", "https://h/a\nb", "https://h", "https://h:x/a", 2]
        ),
        "hashes": st.sampled_from(
            [
                {"sha256": "0" * 64},
                {"sha256": "A" * 64},
                {"sha256": "0" * 63},
                {"sha256": "g" * 64},
                {},
                {"md5": "0"},
                [],
            ]
        ),
    },
    optional={
        "requires-python": st.sampled_from([None, ">=3", "no", 3]),
        "size": st.sampled_from([None, 0, 7, -1, True, "7"]),
        "upload-time": st.sampled_from(
            [f"{date}T10:20:30.5Z" for date in ("2024-02-29", "2023-02-29", "2100-02-29", "0000-01-01", "2024-04-31")]
            + [
                "2024-12-31T24:00:00.000000Z",
                "2024-12-31T10:20:30.123Z",
                "0001-01-01T00:00:00Z",
                "٢024-12-31T23:59:59Z",
            ]
            + [None, "", "2024-12-31T23:59:59Z", "2024-12-31T23:59:60Z", "2024-12-31T23:59:59Z\n", 5]
        ),
        "yanked": st.sampled_from([None, False, True, "", "why", 1]),
        "core-metadata": st.sampled_from([None, False, True, {"sha256": "1" * 64}, {}, {"sha256": "x"}, "no"]),
        "dist-info-metadata": st.sampled_from([None, False, True, {"sha256": "2" * 64}]),
        "provenance": st.sampled_from([None, "https://index.example/p", "p", "", "https://h", "https://h/ü", 3]),
    },
)


@given(st.lists(_entry, max_size=2))
@example([entry(**{"url": "https://h/a", "upload-time": ""})])
@example([entry(url="https://h/a"), entry(**{"url": "https://h/\n", "upload-time": "2024-12-31T23:59:59Z"})])
@example([entry(**{"url": "https://h/a", "upload-time": time}) for time in ("2024-12-31T23:59:59Z", "")])
@settings(max_examples=500)
def test_files_that_are_checked_at_once_are_those_that_are_good_one_by_one(entries: list[dict[str, Any]]) -> None:
    at_once = usual_files(entries)
    if at_once is not None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("resolver.simple.from_json.usual_files", lambda _: None)
            assert at_once == from_json(*entries).files


def test_a_page_as_nearly_all_are_is_checked_at_once() -> None:
    plain: dict[str, Any] = {
        "filename": "a-1.tar.gz",
        "url": "https://index.example/a-1.tar.gz",
        "hashes": {"sha256": "0" * 64},
    }
    full = {**plain, "requires-python": ">=3", "size": 7, "upload-time": "2024-02-29T10:20:30.123456Z", "yanked": False}
    full["provenance"] = "https://index.example/integrity/a/1/a-1.tar.gz/provenance"
    other = {**plain, "url": "https://files.index.example:8443/a-1.tar.gz", "upload-time": "2024-02-29T10:20:30Z"}
    for entries in (
        [],
        [plain],
        [full, plain, {**full, "core-metadata": {"sha256": "1" * 64}, "yanked": "why"}],
        [plain, other],
    ):
        assert usual_files(entries) is not None, entries
