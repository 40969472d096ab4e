"""The tree: what its manifest names, and nothing else, whatever is asked for."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.server.layout import SWITCH
from resolver.server.requests import decode_path, parse_head
from resolver.server.site import Site, open_site
from resolver.server.tree import Tree, TreeError, is_plain


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
        assert urljoin(f"http://x{path}", answer.headers["Location"]).startswith("http://x/simple/")


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_manifest_that_is_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        make(tmp_path / "manifest.json")
        with pytest.raises(TreeError, match="it is no regular file"):
            Tree(str(tmp_path))
        (tmp_path / "manifest.json").unlink()


def test_what_is_no_plain_path_is_not_served_even_if_named(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("")
    tree = Tree(str(manifest(tmp_path, {".netrc": {"sha256": EMPTY_SHA256, "size": 0}})))
    assert tree.find(".netrc") is None


def test_what_vouches_for_a_file_is_asked_for_again(tmp_path: Path) -> None:
    """The bytes of a distribution never change under its name; who vouches for it may."""
    contents = {"files/a-1.whl": b"wheel", "files/a-1.whl.metadata": b"", "files/a-1.whl.provenance": b"{}"}
    tree = manifest(
        tmp_path,
        {path: {"sha256": hashlib.sha256(one).hexdigest(), "size": len(one)} for path, one in contents.items()},
    )
    (tree / "files").mkdir()
    for path, content in contents.items():
        (tree / path).write_bytes(content)
    site = Site(Tree(str(tree)))
    answers = {path: site.answer(parse_head(f"GET /{path} HTTP/1.0\r\n".encode())) for path in contents}
    assert {path: answer.body for path, answer in answers.items()} == contents
    seen = {path: (one.headers["Content-Type"], one.headers["Cache-Control"]) for path, one in answers.items()}
    assert seen == {
        "files/a-1.whl": ("application/octet-stream", "max-age=31536000, immutable"),
        "files/a-1.whl.metadata": ("text/plain; charset=utf-8", "max-age=31536000, immutable"),
        "files/a-1.whl.provenance": ("application/vnd.pypi.integrity.v1+json", "max-age=60"),
    }


@pytest.mark.parametrize("path", ["files/a-1.whl", "simple/index.html", "lock.json"])
def test_a_tree_between_two_states_says_so(tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is named is not there yet, or no longer; without a step under way it is damage."""
    (tmp_path / "tree").mkdir()
    tree = manifest(tmp_path / "tree", {path: {"sha256": EMPTY_SHA256, "size": 0}})
    site = Site(Tree(str(tree)))
    request = parse_head(f"GET {'/' if path == 'lock.json' else '/' + path} HTTP/1.0\r\n".encode())
    assert "Retry-After" not in site.answer(request).headers
    (tree / SWITCH).parent.mkdir()
    (tree / SWITCH).write_text("{}")
    answer = site.answer(request)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert b"`wheelhouse verify` on the tree puts the rest in place" in answer.body
    (tree / "uploads/files/acme/1").mkdir(parents=True)
    tokens = tmp_path / "tokens"
    tokens.touch(0o600)
    assert open_site(str(tree), tokens=str(tokens)).writable
    assert "one was killed" in capsys.readouterr().err
