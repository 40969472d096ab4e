"""Attestations from the index into a tree and out of it again, over HTTP, checked by the real library."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archives import json_page, sha256, wheel
from tests.support.command_line import run
from tests.support.http_server import Route, Server, serving
from tests.support.private_sigstore import CREW, PrivateSigstore

SPEC = """\
version: 1
indexes: [{{name: here, url: '{url}/simple/'}}]
environments: {{linux: {{python: '3.12', os: linux, arch: x86_64, libc: glibc 2.28}}}}
requirements: [a, b]
policy: {{attestations: {check}}}
projects: {projects}
"""
A, B = "a-1.0-py3-none-any.whl", "b-2.0-py3-none-any.whl"
FILES = {A: wheel("a", "1.0"), B: wheel("b", "2.0")}
PIRATES = {**CREW, "repository": "pirates/harbor"}
JSON = "application/vnd.pypi.simple.v1+json"
SIGSTORE = PrivateSigstore()
GOOD = {filename: SIGSTORE.provenance(filename, content) for filename, content in FILES.items()}
ROOT = ("--trusted-root", "root.json")


def offer(server: Server, filename: str, provenance: bytes | None) -> None:
    project = filename[0]
    place = f"/integrity/{project}/provenance"
    row = {"provenance": f"{server.url}{place}"} if provenance is not None else {}
    entry = {"filename": filename, "url": f"/files/{filename}", "hashes": {"sha256": sha256(FILES[filename])}, **row}
    server.routes[f"/simple/{project}/"] = Route(body=json_page(project, entry), content_type=JSON)
    server.routes[f"/files/{filename}"] = Route(body=FILES[filename])
    if provenance is not None:
        server.routes[place] = Route(body=provenance, content_type="application/vnd.pypi.integrity.v1+json")


def lock(server: Server, check: str = "require", projects: str = "{}") -> None:
    spec = SPEC.format(url=server.url, check=check, projects=projects)
    Path("spec.yaml").write_text(spec, encoding="utf-8")
    code, said = run("resolve", "--update")
    assert code == 0, said


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An index whose two files are attested, and the working directory of a user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    Path("root.json").write_bytes(SIGSTORE.trusted_root())
    with serving() as here:
        for filename in FILES:
            offer(here, filename, GOOD[filename])
        yield here


def test_attestations_travel_with_the_tree_and_are_checked_at_the_other_end(server: Server) -> None:
    lock(server)
    code, said = run("vendor", "tree", *ROOT)
    assert (code, "attested: 2 files, by GitHub crew/Harbor (release.yml)\n" in said) == (0, True), said
    assert Path(f"tree/files/{A}.provenance").read_bytes() == GOOD[A]
    page = json.loads(Path("tree/simple/a/index.json").read_text())
    assert page["files"][0]["provenance"] == f"../../files/{A}.provenance"
    server.take()
    assert run("vendor", "tree", *ROOT)[0] == 0
    assert server.take() == [], "what the tree carries holds, so nobody was asked"
    server.routes.clear()
    code, said = run("verify", "tree", "--json", "--attestations", *ROOT)
    document = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert (code, document["publishers"]) == (0, {name: ["GitHub crew/Harbor (release.yml)"] for name in FILES}), said


def test_a_copy_of_a_tree_brings_its_attestations(server: Server) -> None:
    lock(server)
    assert run("vendor", "tree", *ROOT)[0] == 0
    server.routes.clear()
    code, said = run("vendor", "copy", "--from", "tree", *ROOT)
    assert code == 0, said
    shutil.rmtree("tree/files")
    assert run("verify", "copy", "--attestations", *ROOT)[0] == 0


@pytest.mark.parametrize(
    ("provenance", "reason"),
    [
        (SIGSTORE.provenance(A, b"other bytes"), "it is about other bytes"),
        (PrivateSigstore().provenance(A, FILES[A]), "does not hold"),
        (b"{}", "is no provenance object (PEP 740)"),
    ],
    ids=["of another file", "by somebody else's Sigstore", "nonsense"],
)
def test_what_does_not_hold_ends_the_run_before_a_file_is_asked_for(
    server: Server, provenance: bytes, reason: str
) -> None:
    offer(server, A, provenance)
    lock(server)
    server.take()
    code, said = run("vendor", "tree", *ROOT)
    assert (code, reason in said, A in said, B in said) == (1, True, True, False), said
    assert not any(path.startswith("/files/") for path, _ in server.take())
    assert not list(Path("tree/files").iterdir())


def test_the_publisher_that_the_spec_names_must_have_signed(server: Server) -> None:
    offer(server, B, SIGSTORE.provenance(B, FILES[B], PIRATES))
    lock(server, "ignore", "{b: {attestations: require, publisher: {kind: GitHub, repository: crew/harbor}}}")
    code, said = run("vendor", "tree", *ROOT)
    assert (code, "published by GitHub pirates/harbor (release.yml), and the spec asks for" in said) == (1, True), said
    offer(server, B, GOOD[B])
    code, said = run("vendor", "tree", *ROOT)
    assert (code, "attested: 1 file," in said) == (0, True), said
    assert not Path(f"tree/files/{A}.provenance").exists(), "the spec asks for none of a's"


def test_if_present_carries_what_there_is(server: Server) -> None:
    offer(server, B, None)
    lock(server, "if-present")
    code, said = run("vendor", "tree", *ROOT)
    assert (code, "attested: 1 file," in said) == (0, True), said


def test_attestations_that_are_gone_are_named(server: Server) -> None:
    lock(server)
    del server.routes["/integrity/a/provenance"]
    code, said = run("vendor", "tree", *ROOT)
    assert (code, "which its index had when it was locked, are not there" in said) == (1, True), said
    assert run("vendor", "tree", "--no-attestations")[0] == 0
    code, said = run("verify", "tree", *ROOT)
    assert (code, f"files/{A}.provenance: its attestations" in said) == (1, True), said


def test_a_provenance_object_that_was_changed_in_the_tree_is_found(server: Server) -> None:
    lock(server)
    assert run("vendor", "tree", *ROOT)[0] == 0
    path = Path(f"tree/files/{A}.provenance")
    path.write_bytes(path.read_bytes().replace(b"crew", b"crow", 1))
    code, said = run("verify", "tree", *ROOT)
    assert (code, f"files/{A}.provenance: its sha256 is" in said) == (1, True), said
    assert run("vendor", "tree", *ROOT)[0] == 0, "a run mends it"
    assert run("verify", "tree", *ROOT)[0] == 0


def test_without_the_extra_nothing_is_taken_for_checked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(server)
    assert run("vendor", "tree", *ROOT)[0] == 0
    monkeypatch.setitem(sys.modules, "pypi_attestations", None)
    code, said = run("vendor", "other")
    assert (code, "rules-wheelhouse[attestations]" in said) == (2, True), said
    code, said = run("verify", "tree")
    assert (code, "warning: attestations cannot be checked" in said) == (0, True), said
    assert run("verify", "tree", "--attestations")[0] == 2
