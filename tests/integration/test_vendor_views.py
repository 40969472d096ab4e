"""`vendor --view bazel` and `vendor --from DIR`: other names for the same files, and files that somebody carried."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from resolver.cli.main import main
from resolver.lock.codec import dumps
from resolver.vendor.nix_store import add_fixed
from resolver.vendor.views import NAMES
from tests.support.archives import sha256, wheel
from tests.support.artifacts import FILES, HARBOR, KEEL, MAST, FakeFetch, lock_of, vendored


def view(tree: Path, name: str = "bazel") -> dict[str, bytes]:
    """Digest -> content, of a repository cache of Bazel or of a mirror by digest for Nix."""
    if name == "nix":
        return {path.name: path.read_bytes() for path in (tree / "views/nix/sha256").iterdir()}
    cache = tree / "views/bazel/content_addressable/sha256"
    return {path.parent.name: path.read_bytes() for path in cache.glob("*/file")}


def by_digest(files: Collection[str] = tuple(FILES)) -> dict[str, bytes]:
    return {sha256(content): content for name, content in FILES.items() if name in files}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "tree"


@pytest.mark.parametrize("name", NAMES)
def test_a_view_holds_every_artifact_by_its_digest_and_no_second_copy(tree: Path, tmp_path: Path, name: str) -> None:
    vendored(tree, views=[name])
    assert view(tree, name) == by_digest()
    links = [path for path in (tree / "views").rglob("*") if path.is_file() and path.name != "add-fixed.sh"]
    assert len(links) == len(FILES)
    assert {path.stat().st_nlink for path in links} == {2}
    vendored(tmp_path / "plain")
    assert not (tmp_path / "plain/views").exists()


def test_a_view_is_kept_up_to_date_unasked_and_what_bazel_keeps_there_stays(tree: Path) -> None:
    vendored(tree, views=["bazel"])
    theirs = tree / "views/bazel/content_addressable/sha256" / ("0" * 64) / "file"
    theirs.parent.mkdir()
    theirs.write_bytes(b"rules_python")
    vendored(tree, environments=["windows"])
    assert view(tree) == {**by_digest({HARBOR, KEEL}), "0" * 64: b"rules_python"}
    vendored(tree)
    assert view(tree) == {**by_digest(), "0" * 64: b"rules_python"}


def test_a_view_for_nix_is_kept_up_to_date_with_its_script(tree: Path) -> None:
    vendored(tree, views=["nix", "bazel"])
    script = tree / "views/nix/add-fixed.sh"
    whole = script.read_text(encoding="utf-8")
    assert all(f" ./{name}" in whole for name in FILES)
    vendored(tree, environments=["windows"])
    assert view(tree, "nix") == view(tree) == by_digest({HARBOR, KEEL})
    assert f"./{HARBOR}" in script.read_text(encoding="utf-8")
    assert MAST not in script.read_text(encoding="utf-8")
    vendored(tree)
    assert script.read_text(encoding="utf-8") == whole


def test_the_script_names_files_safely() -> None:
    script = add_fixed(["it's $(evil)-1.zip", "plain-1.zip"])
    assert """add 'it'"'"'s $(evil)-1.zip' it-s-evil--1.zip\n""" in script
    assert " ./plain-1.zip >>" in script
    many = add_fixed(f"x-{number}.zip" for number in range(250))
    assert many.count("nix-store --add-fixed sha256 \\\n") == 3


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_replaced_in_the_view_too(tree: Path, name: str) -> None:
    vendored(tree, views=[name])
    (tree / "files" / KEEL).write_bytes(b"damage")  # which the link shows as well
    vendored(tree)
    assert view(tree, name) == by_digest()


def test_a_view_neither_writes_nor_removes_through_a_link(tree: Path, tmp_path: Path) -> None:
    vendored(tree, views=["bazel"])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("precious")
    for name in (MAST, HARBOR):  # one that goes, and one that stays
        folder = tree / "views/bazel/content_addressable/sha256" / sha256(FILES[name])
        (folder / "file").unlink()
        folder.rmdir()
        folder.symlink_to(tmp_path / "mine")
    vendored(tree, environments=["windows"])
    assert view(tree) == by_digest({HARBOR, KEEL})
    assert (tmp_path / "mine/file").read_text() == "precious"


def test_a_file_system_without_hard_links_gets_copies(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    vendored(tree, views=["bazel"])
    assert view(tree) == by_digest()


# --- carried files --------------------------------------------------------------------------------------------------


@pytest.fixture
def carry(tmp_path: Path, tree: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs the command with a folder that holds ``files``."""

    def run(files: dict[str, bytes]) -> tuple[int, str]:
        (tmp_path / "lock.json").write_text(dumps(lock_of(FILES)), encoding="utf-8")
        folder = tmp_path / "carried"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        command = ["vendor", "--lock", str(tmp_path / "lock.json"), "--from", str(folder), str(tree)]
        return main([*command, "--cache-dir", str(tmp_path / "cache")]), "".join(capsys.readouterr())

    return run


def test_carried_files_make_the_same_tree_as_fetched_ones(
    tree: Path, tmp_path: Path, carry: Callable[..., tuple[int, str]]
) -> None:
    code, said = carry({**FILES, "unrelated.txt": b""})
    assert code == 0, said
    vendored(tmp_path / "fetched", fetch=FakeFetch(files=FILES))
    for path in ("manifest.json", *(f"files/{name}" for name in FILES)):
        assert (tree / path).read_bytes() == (tmp_path / "fetched" / path).read_bytes()


def test_what_is_not_carried_and_what_is_not_as_locked_is_named(carry: Callable[..., tuple[int, str]]) -> None:
    some = {name: content for name, content in FILES.items() if name != KEEL}
    code, said = carry({**some, HARBOR: wheel("harbor", "2.1.0", padding=3)})
    assert code == 1
    assert f"{KEEL}: is not in " in said
    assert HARBOR in said
    assert "Traceback" not in said


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lock.json").write_text(dumps(lock_of(FILES)), encoding="utf-8")
    command = ["vendor", "--lock", str(tmp_path / "lock.json"), "--from", str(tmp_path / "none"), str(tmp_path / "t")]
    assert main(command) == 2
    assert "none" in capsys.readouterr().err
