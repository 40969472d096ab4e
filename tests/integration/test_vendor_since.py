"""What vendoring says of files that were yanked, have vanished or were replaced since the lock was made, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archives import json_page, sha256, wheel
from tests.support.command_line import run
from tests.support.http_server import Route, Server, serving

SPEC = """\
version: 1
indexes: [{{name: here, url: '{url}/simple/'}}]
environments: {{linux: {{python: '3.12', os: linux, arch: x86_64, libc: glibc 2.28}}}}
requirements: [a, b]
"""
A, B = "a-1.0-py3-none-any.whl", "b-2.0-py3-none-any.whl"
FILES = {A: wheel("a", "1.0"), B: wheel("b", "2.0")}


def offer(server: Server, project: str, filename: str, **row: object) -> None:
    """A page with one file of these fields, and the file."""
    entry = {"filename": filename, "url": f"/files/{filename}", "hashes": {"sha256": sha256(FILES[filename])}, **row}
    kind = "application/vnd.pypi.simple.v1+json"
    server.routes[f"/simple/{project}/"] = Route(body=json_page(project, entry), content_type=kind)
    server.routes[f"/files/{filename}"] = Route(body=FILES[filename])


def vanish(server: Server, project: str, filename: str) -> None:
    kind = "application/vnd.pypi.simple.v1+json"
    server.routes[f"/simple/{project}/"] = Route(body=json_page(project), content_type=kind)
    del server.routes[f"/files/{filename}"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An index of two projects, and the working directory of a user who has locked them on another machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "other"))
    with serving() as here:
        offer(here, "a", A)
        offer(here, "b", B)
        Path("spec.yaml").write_text(SPEC.format(url=here.url), encoding="utf-8")
        code, said = run("resolve")
        assert code == 0, said
        monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
        here.take()
        yield here


def news(*arguments: str) -> list[dict[str, str]]:
    code, said = run("vendor", "tree", "--json", *arguments)
    assert code == 0, said
    found: list[dict[str, str]] = json.loads(said[said.index("{") : said.rindex("}") + 1])["since"]
    return found


def test_no_news_and_no_page_where_nothing_is_fetched(server: Server) -> None:
    assert news() == []
    assert {path for path, _ in server.take()} == {"/simple/a/", "/simple/b/", f"/files/{A}", f"/files/{B}"}
    assert run("vendor", "tree")[0] == 0
    assert run("vendor", "another")[0] == 0
    assert server.take() == [], "one run had it all in its tree, the other in the cache"


def test_a_yanked_release_is_named_with_its_reason_and_comes_all_the_same(server: Server) -> None:
    offer(server, "a", A, yanked="eats files")
    code, said = run("vendor", "tree")
    assert (code, "yanked since it was locked: a 1.0 (eats files)\n" in said) == (0, True), said
    assert Path("tree/files", A).read_bytes() == FILES[A]
    offer(server, "b", B, yanked=True)
    assert run("vendor", "tree")[1].count("yanked") == 0, "nothing had to be fetched, nothing was asked"
    code, said = run("vendor", "tree", "--check-index")
    assert (code, "locked: a 1.0 (eats files)\n" in said, "locked: b 2.0\n" in said) == (0, True, True), said
    assert [(change["filename"], change["what"]) for change in news("--check-index")] == [(A, "yanked"), (B, "yanked")]


def test_what_the_lock_says_is_no_news(server: Server) -> None:
    offer(server, "a", A, yanked="eats files")
    Path("spec.yaml").write_text(Path("spec.yaml").read_text().replace("[a, b]", "[a==1.0, b]"), encoding="utf-8")
    assert run("resolve", "--update")[0] == 0
    assert news("--check-index") == []


def test_bytes_that_are_carried_still_serve(server: Server) -> None:
    assert news() == []
    vanish(server, "a", A)
    del server.routes["/simple/b/"]
    code, said = run("vendor", "tree", "--check-index")
    assert code == 0, said
    assert f"vanished since it was locked: index 'here' no longer lists {A}" in said
    assert f"vanished since it was locked: index 'here' no longer lists {B}" in said
    code, said = run("vendor", "from-the-cache")
    assert (code, "vanished" in said) == (0, False), said
    assert Path("from-the-cache/files", A).read_bytes() == FILES[A]


def test_a_vanished_file_that_nobody_has_is_an_error_that_says_what_to_do(server: Server) -> None:
    vanish(server, "a", A)
    code, said = run("vendor", "tree")
    assert code == 1, said
    assert f"{A}: index 'here' no longer has it, and neither the tree nor the cache does" in said
    assert "`wheelhouse resolve --update a` takes another release, `--from DIR` a copy" in said
    assert B not in said
    assert not Path("tree/manifest.json").exists()


def test_other_bytes_under_the_same_name(server: Server) -> None:
    other = wheel("a", "1.0", "b")
    offer(server, "a", A, hashes={"sha256": sha256(other)})
    assert "SECURITY: replaced since it was locked" in run("vendor", "tree")[1], "the file itself is still the old one"
    server.routes[f"/files/{A}"] = Route(body=other)
    code, said = run("vendor", "anew", "--cache-dir", "empty")
    assert (code, f"has other bytes under this name now (sha256 {sha256(other)}), which no index may do" in said) == (
        1,
        True,
    ), said


def test_an_index_that_does_not_answer_is_no_reason_to_fail_unless_it_was_asked_for(server: Server) -> None:
    del server.routes["/simple/b/"]
    server.routes["/simple/a/"] = Route(first=[(403, {})] * 9)
    code, said = run("vendor", "tree")
    assert code == 0, said
    assert said.count("not asked what has become of files since they were locked: index 'here' answers 403") == 1
    code, said = run("vendor", "tree", "--check-index")
    assert code == 4, said
    assert f"nobody could say what has become of:\n  {A}: index 'here' answers 403" in said
    assert Path("tree/manifest.json").exists()


def test_a_directory_is_an_index_too(server: Server, tmp_path: Path) -> None:
    wheels = Path("wheels")
    wheels.mkdir()
    for name, content in FILES.items():
        (wheels / name).write_bytes(content)
    Path("spec.yaml").write_text(SPEC.format(url="").replace("/simple/", "wheels/"), encoding="utf-8")
    assert run("resolve", "--update")[0] == 0
    assert news("--check-index") == []
    (wheels / A).unlink()
    assert [(change["filename"], change["what"]) for change in news("--check-index")] == [(A, "vanished")]
    code, said = run("vendor", "fresh", "--cache-dir", "empty")
    assert (code, f"{A}: index 'here' no longer has it" in said) == (1, True), said


def test_the_network_is_not_asked_about_what_somebody_carried(server: Server) -> None:
    assert news() == []
    vanish(server, "a", A)
    server.take()
    assert news("--from", "tree") == []
    assert server.take() == []
    code, said = run("vendor", "copy", "--from", "tree", "--check-index")
    assert (code, "leave one of them out" in said) == (2, True), said
