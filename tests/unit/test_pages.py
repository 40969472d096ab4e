"""A lock's pages, held against golden files; `UPDATE_GOLDEN=1` writes them anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from resolver.emit.pages import files_of, pages
from resolver.simple.parse import JSON_TYPE, parse
from tests.unit.lock_examples import FORGE, HARBOR, KEEL_WHEEL, example, sha256, wheel

GOLDEN = Path(__file__).parents[1] / "golden/pages"
SIDECARS = {HARBOR.filename: sha256("sidecar"), KEEL_WHEEL.filename: sha256("another")}


def test_golden() -> None:
    found = pages(example(), SIDECARS)
    if os.environ.get("UPDATE_GOLDEN"):
        for path, text in found.items():
            (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / path).write_bytes(text.encode())
    there = {p.relative_to(GOLDEN).as_posix(): p.read_bytes().decode() for p in GOLDEN.rglob("*") if p.is_file()}
    assert found == there


def test_files_of_an_environment_are_what_it_installs_and_builds_with() -> None:
    lock = example()
    assert {a.project for a in files_of(lock)} == {"harbor", "keel", "sail", "mast-tools", "forge", "anvil"}
    linux = {a.filename for a in files_of(lock, ["linux-py311"])}
    assert KEEL_WHEEL.filename not in linux
    assert FORGE.filename in linux  # builds keel
    assert {a.project for a in files_of(lock, ["windows-py313"])} == {"harbor", "keel", "sail"}
    assert files_of(lock, ["windows-py313", "linux-py311"]) == files_of(lock)
    assert files_of(lock, []) == []


def test_pages_of_an_environment_name_its_files_alone() -> None:
    found = pages(example(), {}, ["windows-py313"])
    assert sorted(path.split("/")[1] for path in found if path.endswith("x.html")) == [
        "harbor",
        "index.html",
        "keel",
        "sail",
    ]
    assert "tar.gz" not in "".join(found.values())


@pytest.mark.parametrize(("ending", "kind"), [("json", "application/vnd.pypi.simple.v1+json"), ("html", "text/html")])
def test_both_forms_carry_what_an_installer_needs(ending: str, kind: str) -> None:
    text = pages(example(), SIDECARS)[f"simple/harbor/index.{ending}"]
    (file,) = parse(text.encode(), kind, project=canonicalize_name("harbor")).files
    assert (file.yanked, file.requires_python) == (HARBOR.yanked, HARBOR.requires_python)
    assert (file.hashes, file.metadata) == ({"sha256": HARBOR.sha256}, {"sha256": sha256("sidecar")})
    assert file.url.partition("#")[0] == f"../../files/{HARBOR.filename}"


def test_versions_are_in_their_order_and_links_are_quoted() -> None:
    rows = [wheel("keel", version) for version in ("10.0", "9.0", "1!0.1", "9.0+local.1")]
    lock = replace(example(), artifacts={row.filename: row for row in rows}, resolutions={}, builds={}, closures={})
    page = parse(pages(lock, {})["simple/keel/index.json"].encode(), JSON_TYPE, project=canonicalize_name("keel"))
    assert [file.filename.split("-")[1] for file in page.files] == ["9.0", "9.0+local.1", "10.0", "1!0.1"]
    assert page.files[1].url == "../../files/keel-9.0%2Blocal.1-py3-none-any.whl"
