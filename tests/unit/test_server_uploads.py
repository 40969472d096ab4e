"""The rules of uploads, without sockets: who may bring what, what must agree, what is seen of it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.server import site as site_module
from resolver.server.access_log import Done, common_line, json_line
from resolver.server.answers import Answer
from resolver.server.command import main
from resolver.server.negotiation import JSON_TYPE
from resolver.server.requests import Refused, Request, parse_head
from resolver.server.site import Site, open_site
from resolver.server.staging import Staging
from resolver.server.tokens import TokensError, new_token
from resolver.server.tree import Tree
from resolver.server.uploads import Uploads
from tests.support.archives import metadata, sdist, wheel, wheel_of
from tests.support.artifacts import vendored
from tests.support.uploads import FORM_TYPE, basic, form, upload_form

WHEEL = "acme_tool-1.0-py3-none-any.whl"
SDIST = "acme_tool-1.0.tar.gz"
CONTENTS = {
    WHEEL: wheel_of(
        "acme_tool", "1.0", metadata("Acme.Tool", "1.0").strip() + b"\nRequires-Python: >=3.7\n\nread me\n"
    ),
    SDIST: sdist("acme_tool", "1.0", {"setup.py": b""}),
}


@pytest.fixture(scope="module")
def vendored_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("vendored") / "tree"
    vendored(tree)
    return tree


@pytest.fixture
def tree(vendored_tree: Path, tmp_path: Path) -> Path:
    """harbor, keel, mast-tools and forge are of its lock."""
    return Path(shutil.copytree(vendored_tree, tmp_path / "tree"))


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@pytest.fixture
def token(tokens: Path) -> str:
    return new_token(str(tokens), "ci", ["upload:acme-*", "upload:mast*", "upload:h*"])


@pytest.fixture
def site(tree: Path, tokens: Path, token: str) -> Iterator[Site]:
    yield open_site(str(tree), tokens=str(tokens))
    assert not list((tree / "uploads/.incoming").iterdir())


def request(method: str, target: str, **headers: str) -> Request:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return parse_head("\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *lines, ""]).encode())


def get(site: Site, target: str, **headers: str) -> Answer:
    return site.answer(request("GET", target, **headers))


def to_legacy(token: str, **headers: str) -> Request:
    """The head of an upload."""
    return request("POST", "/legacy/", **{**basic(token), "Content_Type": FORM_TYPE, "Content_Length": "1", **headers})


def put(site: Site, token: str, body: bytes, path: str = "/legacy/") -> str:
    """Upload a form. Raises what refuses it."""
    asked = request("POST", path, **basic(token), Content_Type=FORM_TYPE, Content_Length=str(len(body)))
    with site.upload(asked) as upload:
        upload.feed(body[:1000])
        upload.feed(body[1000:])
        return upload.finish()


def refused(site: Site, token: str, body: bytes) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        put(site, token, body)
    return caught.value.status, str(caught.value)


def files(site: Site, project: str = "acme-tool") -> list[dict[str, object]]:
    answer = get(site, f"/simple/{project}/", Accept=JSON_TYPE)
    return json.loads(answer.body)["files"] if answer.status == 200 else []


# --- what is published ----------------------------------------------------------------------------------------------


def test_an_upload_is_seen_at_once_in_every_way(site: Site, token: str) -> None:
    for filename, content in CONTENTS.items():
        assert put(site, token, upload_form(filename, content)) == f"{filename} is published"
    page = json.loads(get(site, "/simple/acme-tool/", Accept=JSON_TYPE).body)
    assert (page["meta"], page["name"], page["versions"]) == ({"api-version": "1.1"}, "acme-tool", ["1.0"])
    listed = {row["filename"]: row for row in page["files"]}
    assert listed.keys() == CONTENTS.keys()
    text = get(site, "/simple/acme-tool/").body.decode()
    for filename, content in CONTENTS.items():
        row = listed[filename]
        assert row["hashes"] == {"sha256": hashlib.sha256(content).hexdigest()}
        assert (row["size"], row["yanked"]) == (len(content), False)
        assert row["upload-time"].endswith("Z")
        target = row["url"].replace("../..", "")
        assert get(site, target).body == content
        assert f'href="{row["url"]}#sha256={row["hashes"]["sha256"]}"' in text
    row = listed[WHEEL]
    assert row["requires-python"] == ">=3.7"
    assert 'data-requires-python="&gt;=3.7"' in text
    sidecar = get(site, row["url"].replace("../..", "") + ".metadata").body
    assert b"Requires-Python: >=3.7\n\nread me" in sidecar
    assert row["core-metadata"] == {"sha256": hashlib.sha256(sidecar).hexdigest()}
    assert "dist-info-metadata" not in json.dumps(row) + text, "older pips fail on it"
    assert "core-metadata" not in listed[SDIST]


def test_the_list_of_projects_has_both_kinds(site: Site, token: str) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    names = ["acme-tool", "forge", "harbor", "keel", "mast-tools"]
    rows = json.loads(get(site, "/simple/", Accept=JSON_TYPE).body)["projects"]
    assert [row["name"] for row in rows] == names
    text = get(site, "/simple/").body.decode()
    assert all(f'<a href="{name}/">{name}</a>' in text for name in names)
    front = get(site, "/").body.decode()
    assert '<a href="simple/acme-tool/">acme-tool</a></td><td>1.0</td><td class="e">private</td>' in front
    assert "twine upload --repository-url http://x/legacy/ dist/*" in front


def test_pages_of_uploads_are_asked_for_again(site: Site, token: str) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    first = get(site, "/simple/acme-tool/")
    assert first.headers["Cache-Control"] == "no-cache"
    assert get(site, "/simple/acme-tool/", If_None_Match=first.headers["ETag"]).status == 304
    assert get(site, "/simple/Acme_Tool/").status == 301
    assert get(site, "/simple/acme-tool/", Accept="image/png").status == 406
    assert get(site, "/simple/nothing/").headers["Cache-Control"] == "no-cache"
    put(site, token, upload_form(SDIST, CONTENTS[SDIST]))
    assert get(site, "/simple/acme-tool/", If_None_Match=first.headers["ETag"]).status == 200


def test_the_pages_for_static_servers_are_those_of_this_one(site: Site, token: str, tree: Path) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    for accept, name in (("text/html", "index.html"), (JSON_TYPE, "index.json")):
        made = (tree / "uploads/simple/acme-tool" / name).read_bytes()
        assert made == get(site, "/simple/acme-tool/", Accept=accept).body
    assert [row["url"] for row in files(site)] == [f"../../files/acme-tool/acme_tool-1-py3-none-any.whl/{WHEEL}"]


# --- immutable ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filename", "content", "status"),
    [
        (WHEEL, CONTENTS[WHEEL], 409),
        (WHEEL, wheel("acme_tool", "1.0", padding=99), 400),
        ("Acme.Tool-1.0-py3-none-any.whl", wheel("acme_tool", "1.0"), 400),
        ("acme_tool-1.0.0-py3-none-any.whl", wheel("acme_tool", "1.0"), 400),
        ("ACME_TOOL-v1-py3-none-any.whl", wheel("acme_tool", "1.0"), 400),
    ],
)
def test_no_file_is_replaced_under_any_of_its_names(
    site: Site, token: str, filename: str, content: bytes, status: int
) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    found, told = refused(site, token, upload_form(filename, content))
    assert found == status
    assert told.startswith(f"File already exists: {filename}")
    assert len(files(site)) == 1
    target = str(files(site)[0]["url"]).replace("../..", "")
    assert get(site, target).body == CONTENTS[WHEEL]


# --- apart from the lock --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filename", ["harbor-9.0-py3-none-any.whl", "Mast.Tools-9.0-py3-none-any.whl", "MAST_tools-9.0.tar.gz"]
)
def test_a_project_of_the_lock_takes_no_upload(site: Site, token: str, filename: str) -> None:
    status, told = refused(site, token, upload_form(filename, b"whatever"))
    assert status == 403
    assert "is a project of this tree's lock" in told


def test_a_project_that_the_lock_takes_up_later_is_not_shadowed(site: Site, token: str, tree: Path) -> None:
    """As if somebody had put both into one tree by hand: the lock's files are served, the others are not."""
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    target = str(files(site)[0]["url"]).replace("../..", "")
    lock = json.loads((tree / "lock.json").read_text())
    row = {**lock["artifacts"]["harbor-2.1.0-py3-none-any.whl"], "project": "Acme_Tool"}
    lock["artifacts"]["acme_tool-5.0-py3-none-any.whl"] = row
    content = json.dumps(lock).encode()
    (tree / "lock.json").write_bytes(content)
    manifest = json.loads((tree / "manifest.json").read_text())
    manifest["files"]["lock.json"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    (tree / "manifest.json").write_text(json.dumps(manifest))
    assert get(site, "/simple/acme-tool/").status == 404
    assert get(site, target).status == 404
    assert json.loads(get(site, "/-/health").body)["shadowed"] == ["acme-tool"]
    assert "acme-tool" not in get(site, "/simple/").body.decode()
    assert refused(site, token, upload_form(SDIST, CONTENTS[SDIST]))[0] == 403


def test_a_lock_that_comes_while_an_upload_arrives_wins(site: Site, token: str, tree: Path) -> None:
    body = upload_form(WHEEL, CONTENTS[WHEEL])
    manifest = json.loads((tree / "manifest.json").read_text())
    manifest["files"]["simple/acme-tool/index.html"] = manifest["files"]["simple/keel/index.html"]

    def upload_meanwhile() -> None:
        with site.upload(to_legacy(token)) as upload:
            upload.feed(body)
            (tree / "manifest.json").write_text(json.dumps(manifest))
            upload.finish()

    with pytest.raises(Refused, match="is a project of this tree's lock"):
        upload_meanwhile()
    assert not (tree / "uploads/files/acme-tool").exists()


# --- who may --------------------------------------------------------------------------------------------------------


def test_scopes(site: Site, token: str, tokens: Path) -> None:
    body = upload_form("other-1.0-py3-none-any.whl", wheel("other", "1.0"))
    assert refused(site, token, body) == (403, "the token ci may not upload to other")
    reader = new_token(str(tokens), "reader", ["read"])
    assert refused(site, reader, body) == (403, "the token reader may not upload")
    for wrong in ("", "x", token + "x"):
        assert refused(site, wrong, body) == (401, "this token is not known, or holds no longer")
    with (
        pytest.raises(Refused, match="a token is needed") as caught,
        site.upload(request("POST", "/legacy/", Content_Length="1")),
    ):
        pass
    assert caught.value.headers["WWW-Authenticate"].startswith("Basic ")
    with pytest.raises(Refused, match="not known"), site.upload(to_legacy(token, **basic(token, "somebody"))):
        pass
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]), path="/legacy")


def test_without_tokens_or_read_only_nothing_is_taken_and_nothing_written(tree: Path, tokens: Path, token: str) -> None:
    for site in (open_site(str(tree)), open_site(str(tree), tokens=str(tokens), read_only=True)):
        assert refused(site, token, b"")[0] == 403
        assert not (tree / "uploads").exists()
        assert "twine" not in get(site, "/").body.decode()
        assert get(site, "/simple/harbor/").status == 200


def test_a_private_site_gives_nothing_without_a_token(tree: Path, tokens: Path, token: str) -> None:
    site = open_site(str(tree), tokens=str(tokens), private=True)
    reader = new_token(str(tokens), "reader", ["read"])
    for target in (
        "/",
        "/simple/",
        "/simple/harbor/",
        "/files/harbor-2.1.0-py3-none-any.whl",
        "/manifest.json",
        "/-/metrics",
    ):
        assert get(site, target).status == 401
        assert get(site, target, **basic(token)).status == 403
        answer = get(site, target, **basic(reader))
        assert (answer.status, answer.user) == (200, "reader")
        assert get(site, target, Authorization=f"Bearer {reader}").status == 200
        assert get(site, target, **basic(reader, "reader")).status == 200
    assert get(site, "/nothing").status == 401
    assert get(site, "/-/health").status == 200


def test_who_reads_what_anybody_may_read_needs_no_right_token(site: Site) -> None:
    assert get(site, "/simple/harbor/", **basic("of another place")).status == 200


def test_tokens_that_cannot_be_read_give_nobody_anything(site: Site, token: str, tokens: Path) -> None:
    tokens.write_text("nonsense")
    with pytest.raises(TokensError):
        put(site, token, b"")
    assert get(site, "/simple/harbor/").status == 200


def test_tokens_lie_outside_of_the_tree(tree: Path) -> None:
    new_token(str(tree / "tokens"), "ci", ["read"])
    with pytest.raises(TokensError, match="lies in the tree"):
        open_site(str(tree), tokens=str(tree / "tokens"))
    with pytest.raises(TokensError, match="--tokens"):
        open_site(str(tree), private=True)


# --- what must agree ------------------------------------------------------------------------------------------------

WRONG = {
    "another name": ({"name": "acme-tools"}, "the form calls the project 'acme-tools'"),
    "no name": ({"name": ""}, "the form has no name"),
    "another version": ({"version": "1.1"}, "the form calls the version '1.1'"),
    "no version": ({"version": "one"}, "is not a version"),
    "another kind": ({"filetype": "sdist"}, "the form calls it a 'sdist'"),
    "other tags": ({"pyversion": "cp311"}, "it is for 'cp311'"),
    "another action": ({"action": "submit"}, "only :action file_upload"),
    "another protocol": ({"protocol_version": "2"}, "only :action file_upload"),
    "another sha256": ({"sha256_digest": "0" * 64}, "sha256 of the bytes that came"),
    "another blake2": ({"blake2_256_digest": "0" * 64}, "blake2_256 of the bytes that came"),
    "another md5": ({"md5_digest": "0" * 32}, "md5 of the bytes that came"),
    "a digest that is none": ({"sha256_digest": "what"}, "sha256 of the bytes that came"),
    "another Requires-Python": ({"requires_python": ">=3.8"}, "not the same Requires-Python"),
    "a long field": ({"name": "x" * 5000}, "the field name is too long"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_form_that_lies_is_refused(site: Site, token: str, case: str) -> None:
    fields, told = WRONG[case]
    status, found = refused(site, token, upload_form(WHEEL, CONTENTS[WHEEL], **fields))
    assert status == 400
    assert told in found
    assert files(site) == []


def test_a_form_that_says_the_same_in_other_words_is_taken(site: Site, token: str) -> None:
    content = CONTENTS[WHEEL]
    same = {
        "name": "ACME.tool",
        "version": "v1.0.0",
        "md5_digest": hashlib.md5(content).hexdigest().upper(),
        "sha256_digest": hashlib.sha256(content).hexdigest().upper(),
        "blake2_256_digest": hashlib.blake2b(content, digest_size=32).hexdigest(),
        "requires_python": ">= 3.7",
        "description": "x" * 100_000,
        "gpg_signature": "ignored",
    }
    put(site, token, upload_form(WHEEL, content, **same))
    assert len(files(site)) == 1


@pytest.mark.parametrize(
    ("filename", "content", "told"),
    [
        (WHEEL, wheel("other", "1.0"), "another release than its file name"),
        (WHEEL, wheel_of("acme_tool", "1.0", metadata("other", "1.0")), "its metadata calls the project 'other'"),
        (WHEEL, wheel_of("acme_tool", "1.0", metadata("acme-tool", "1.1")), "its metadata calls the version 1.1"),
        (WHEEL, CONTENTS[SDIST], "broken"),
        (SDIST, sdist("acme_tool", "1.1", {}), "its metadata calls the version 1.1"),
        (SDIST, b"", "broken"),
    ],
)
def test_a_file_that_is_another_is_refused(site: Site, token: str, filename: str, content: bytes, told: str) -> None:
    status, found = refused(site, token, upload_form(filename, content))
    assert status == 400
    assert told in found
    assert found.startswith(f"{filename}: ")
    assert files(site) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (upload_form(WHEEL, CONTENTS[WHEEL])[:-20], "the form has no end"),
        (form([(":action", "file_upload")], WHEEL, b"")[:-20], "the form has no end"),
        (form([("name", "a"), ("name", "b")], WHEEL, b""), "two fields name"),
        (form([], "../acme_tool-1.0.tar.gz", b""), "does not begin with a project's name"),
        (form([], "acme_tool-1.0.exe", b""), "neither a wheel nor a source distribution"),
        (b"nothing of the kind" * 1000, "does not begin with its boundary"),
    ],
)
def test_forms_that_are_none(site: Site, token: str, body: bytes, told: str) -> None:
    status, found = refused(site, token, body)
    assert (status, told in found) == (400, True), found


def test_two_files_in_a_form_are_refused(site: Site, token: str) -> None:
    one = upload_form(WHEEL, CONTENTS[WHEEL])
    two = one[: one.rindex(b"--0123")] + form([], WHEEL, b"x")
    assert "has one file" in refused(site, token, two)[1]


def test_large_files_are_refused(tree: Path, tokens: Path, token: str) -> None:
    site = open_site(str(tree), tokens=str(tokens), max_upload=100)
    status, told = refused(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    assert (status, "larger than 100 B" in told) == (413, True)


def test_so_many_uploads_arrive_at_once_and_no_more(site: Site, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "MAX_UPLOADS", 1)
    with site.upload(to_legacy(token)):
        with pytest.raises(Refused, match="arrive already") as caught, site.upload(to_legacy(token)):
            pass
        assert (caught.value.status, "Retry-After" in caught.value.headers) == (503, True)
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))


def test_a_full_disk_is_told_as_such(site: Site, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(Staging, "write", full)
    with pytest.raises(OSError, match="no space left") as caught:
        put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    assert site.failed(caught.value, None).status == 507


# --- what is left of the dead ---------------------------------------------------------------------------------------


def test_a_start_sweeps_what_was_left_and_mends_pages(site: Site, token: str, tree: Path, tokens: Path) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    incoming = tree / "uploads/.incoming"
    for name in ("half", "done"):
        (incoming / name).mkdir()
        (incoming / name / ("file" if name == "half" else WHEEL)).write_bytes(b"x")
    (incoming / ".unfinished-page").write_bytes(b"x")
    (tree / "uploads/files/acme-empty").mkdir()
    page = tree / "uploads/simple/acme-tool/index.html"
    before = page.read_bytes()
    page.write_bytes(b"")
    (tree / "uploads/simple/acme-gone").mkdir()
    with site.upload(to_legacy(token)) as alive:
        alive.feed(upload_form(SDIST, CONTENTS[SDIST]))
        open_site(str(tree), tokens=str(tokens))  # another process on the same tree
        assert len(list(incoming.iterdir())) == 1
        assert page.read_bytes() == before
        pages = sorted(path.name for path in (tree / "uploads/simple").iterdir())
        assert pages == ["acme-tool", "index.html", "index.json"]
        assert alive.finish() == f"{SDIST} is published"
    assert len(files(site)) == 2


@pytest.mark.parametrize("damage", ["{", "[]", '{"filename": "x"}', '{"filename": "acme_tool-1.0.tar.gz"}'])
def test_a_damaged_upload_hides_no_other(site: Site, token: str, tree: Path, damage: str) -> None:
    for filename, content in CONTENTS.items():
        put(site, token, upload_form(filename, content))
    record = tree / "uploads/files/acme-tool/acme_tool-1.tar.gz/upload.json"
    record.write_text(damage)
    site = Site(Tree(str(tree)))
    assert [row["filename"] for row in files(site)] == [WHEEL]


def test_links_are_not_followed(site: Site, token: str, tree: Path, tmp_path: Path) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    folder = tree / "uploads/files/acme-tool/acme_tool-1-py3-none-any.whl"
    target = f"/files/acme-tool/{folder.name}/{WHEEL}"
    (tmp_path / "secret").write_bytes(CONTENTS[WHEEL])
    (folder / WHEEL).unlink()
    (folder / WHEEL).symlink_to(tmp_path / "secret")
    assert get(site, target).status == 500
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert get(site, target).status == 404
    shutil.rmtree(tree / "uploads")
    (tree / "uploads").symlink_to(tmp_path)
    with pytest.raises(OSError, match="is a link or no folder"):
        site.uploads.prepare()
    (tree / "uploads").unlink()
    site.uploads.prepare()


@pytest.mark.parametrize("place", ["simple/acme-tool", "files/acme-tool"])
def test_a_project_that_is_a_link_is_not_written_through(
    site: Site, token: str, tree: Path, tmp_path: Path, place: str
) -> None:
    """In a tree that was carried here: the server would write where it leads."""
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    (tree / "uploads" / place).rename(tmp_path / "elsewhere")
    (tree / "uploads" / place).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/index.html").write_text("mine")
    before = sorted(tmp_path.joinpath("elsewhere").rglob("*"))
    if place.startswith("simple"):
        with pytest.raises(OSError, match="is a link or no folder"):
            site.uploads.prepare()
    else:
        with pytest.raises(OSError, match="is a link or no folder"):
            put(site, token, upload_form(SDIST, CONTENTS[SDIST]))
        with pytest.raises(OSError, match="is a link or no folder"):
            site.uploads.yank(WHEEL, "bad")
    assert (tmp_path / "elsewhere/index.html").read_text() == "mine"
    assert sorted(tmp_path.joinpath("elsewhere").rglob("*")) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_a_device_in_place_of_a_page_is_replaced(site: Site, token: str, tree: Path) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    pages = [tree / "uploads/simple/index.html", tree / "uploads/simple/acme-tool/index.html"]
    before = [page.read_bytes() for page in pages]
    for page in pages:
        page.unlink()
    os.mkfifo(pages[0])
    pages[1].symlink_to("/dev/zero")
    site.uploads.prepare()
    assert [page.read_bytes() for page in pages] == before
    os.mkfifo(tree / "uploads/simple/nobody")  # where pages of no project are removed
    worker = threading.Thread(target=site.uploads.prepare, daemon=True)
    worker.start()
    worker.join(30)
    assert not worker.is_alive()


def test_only_files_of_uploads_are_given(site: Site, token: str) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    folder = "/files/acme-tool/acme_tool-1-py3-none-any.whl"
    for target in ("upload.json", "yanked", "", ".", f"{SDIST}", f"../{WHEEL}"):
        assert get(site, f"{folder}/{target}").status == 404
    for target in (
        "/uploads/.lock",
        "/uploads/simple/acme-tool/index.html",
        f"/files/./acme-tool/{WHEEL}",
        "/files/a/.b/c",
    ):
        assert get(site, target).status == 404


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_what_is_published_is_for_all_to_read(tree: Path, tokens: Path, token: str) -> None:
    before = os.umask(0o077)
    try:
        put(open_site(str(tree), tokens=str(tokens)), token, upload_form(WHEEL, CONTENTS[WHEEL]))
    finally:
        os.umask(before)
    found = list((tree / "uploads").rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in found if path.is_dir()} == {0o755}
    assert {path.stat().st_mode & 0o777 for path in found if path.is_file() and path.name != ".lock"} == {0o644}


# --- yanking --------------------------------------------------------------------------------------------------------


def test_yanking(site: Site, token: str, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for filename, content in CONTENTS.items():
        put(site, token, upload_form(filename, content))
    assert main(["yank", "--tree", str(tree), "--reason", 'a "leak"\n<here>', f"dist/{WHEEL}"]) == 0
    assert {row["filename"]: row["yanked"] for row in files(site)} == {WHEEL: 'a "leak" <here>', SDIST: False}
    assert 'data-yanked="a &quot;leak&quot; &lt;here&gt;"' in get(site, "/simple/acme-tool/").body.decode()
    assert b"data-yanked" in (tree / "uploads/simple/acme-tool/index.html").read_bytes()
    assert main(["yank", "--tree", str(tree), SDIST]) == 0
    assert [row["yanked"] for row in files(site)] == ['a "leak" <here>', True]
    assert main(["unyank", "--tree", str(tree), WHEEL, SDIST]) == 0
    assert [row["yanked"] for row in files(site)] == [False, False]
    capsys.readouterr()
    for wrong in ("harbor-2.1.0-py3-none-any.whl", "acme_tool-2.0.tar.gz", "nonsense"):
        assert main(["yank", "--tree", str(tree), wrong]) == 2
    assert "there is no upload acme_tool-2.0.tar.gz" in capsys.readouterr().err
    assert main(["yank", "--tree", str(tree / "nowhere"), WHEEL]) == 2


# --- removing -------------------------------------------------------------------------------------------------------


def test_removing(site: Site, token: str, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for filename, content in CONTENTS.items():
        put(site, token, upload_form(filename, content))
    url = "/files/acme-tool/acme_tool-1-py3-none-any.whl/" + WHEEL
    assert get(site, url).status == 200
    assert main(["remove", "--tree", str(tree), f"dist/{WHEEL}"]) == 0
    assert get(site, url).status == 404
    assert [row["filename"] for row in files(site)] == [SDIST]
    assert WHEEL not in (tree / "uploads/simple/acme-tool/index.html").read_text()
    assert put(site, token, upload_form(WHEEL, CONTENTS[WHEEL])) == f"{WHEEL} is published"
    assert main(["remove", "--tree", str(tree), "Acme.Tool-1.0.0-py3-none-any.whl", SDIST]) == 0
    assert get(site, "/simple/acme-tool/").status == 404
    assert not (tree / "uploads/files/acme-tool").exists()
    assert not (tree / "uploads/simple/acme-tool").exists()
    assert "acme-tool" not in (tree / "uploads/simple/index.html").read_text()
    capsys.readouterr()
    for wrong in ("harbor-2.1.0-py3-none-any.whl", SDIST, "nonsense"):
        assert main(["remove", "--tree", str(tree), wrong]) == 2
    assert f"there is no upload {SDIST}" in capsys.readouterr().err


def test_what_shadows_the_lock_or_cannot_be_read_can_be_removed(site: Site, token: str, tree: Path) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    folder = tree / "uploads/files/acme-tool/acme_tool-1-py3-none-any.whl"
    (folder / "upload.json").write_text("{")
    shutil.copytree(folder, tree / "uploads/files/harbor/harbor-2-py3-none-any.whl")
    assert main(["remove", "--tree", str(tree), WHEEL, "harbor-2.0-py3-none-any.whl"]) == 0
    assert not list((tree / "uploads/files").iterdir())


def test_a_removal_that_is_killed_is_ended_by_the_next_start(
    site: Site, token: str, tree: Path, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(site, token, upload_form(WHEEL, CONTENTS[WHEEL]))
    with monkeypatch.context() as killed:
        killed.setattr(Uploads, "_write_pages", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            main(["remove", "--tree", str(tree), WHEEL])
    assert files(site) == []
    open_site(str(tree), tokens=str(tokens))
    assert not (tree / "uploads/simple/acme-tool").exists()


# --- metrics --------------------------------------------------------------------------------------------------------


def test_metrics_are_what_prometheus_reads(site: Site) -> None:
    done = Done("peer", "", "GET", "/", "HTTP/1.1", "pip", 200, 5, 7, 0.05)
    site.metrics.count(done)
    site.metrics.count(done._replace(method="BREW", seconds=100.0))
    site.metrics.count_upload("published")
    text = get(site, "/-/metrics").body.decode()
    assert 'wheelhouse_requests_total{method="GET",status="200"} 1' in text
    assert 'wheelhouse_requests_total{method="other",status="200"} 1' in text
    assert 'wheelhouse_request_seconds_bucket{le="0.1"} 1' in text
    assert 'wheelhouse_request_seconds_bucket{le="+Inf"} 2' in text
    assert "wheelhouse_request_seconds_count 2" in text
    assert "wheelhouse_sent_bytes_total 14" in text
    assert 'wheelhouse_uploads_total{result="published"} 1' in text
    assert text.count("# TYPE ") == text.count("# HELP ") == 9
    assert all(line.startswith("#") or float(line.rpartition(" ")[2]) >= 0 for line in text.splitlines())


def test_lines_of_the_access_log() -> None:
    done = Done("::1", "ci", "GET", '/a"b\\', "HTTP/1.1", 'pip"', 200, 0, 7, 0.0512345678)
    assert common_line(done, 0) == '::1 - ci [01/Jan/1970:00:00:00 +0000] "GET /a\\"b\\\\ HTTP/1.1" 200 7'
    row = json.loads(json_line(done, 1.5))
    assert (row["time"], row["agent"], row["seconds"]) == ("1970-01-01T00:00:01.500000Z", 'pip"', 0.051235)
