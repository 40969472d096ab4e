"""A damaged tree made whole from whatever has the bytes: that is brought, and nothing else is touched."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resolver.errors import InputError
from resolver.lock.codec import dumps
from resolver.transfer.donors import Donor, IndexDonor, donor
from resolver.transfer.repair import Repaired, repair
from resolver.vendor.layout import Entry, entry_of, read_manifest
from resolver.vendor.ports import NoBlobs
from resolver.vendor.views import BAZEL, NIX
from resolver.verify.tree import check_tree
from tests.support.archives import wheel
from tests.support.artifacts import FILES, HARBOR, KEEL, MAST, FakeFetch, lock_of, vendored
from tests.support.bundles import UPDATED, key, packed, tree_of, trusting, unpacked


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tree_of(tmp_path / "tree")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tree_of(tmp_path / "other")


def everything(tree: Path) -> dict[str, tuple[bytes, int]]:
    """Path -> bytes and inode."""
    files = (path for path in tree.rglob("*") if path.is_file())
    return {path.relative_to(tree).as_posix(): (path.read_bytes(), path.stat().st_ino) for path in files}


def damage(tree: Path, *names: str) -> None:
    for name in names:
        (tree / name).write_bytes((tree / name).read_bytes()[:-1] + b"?")


def mended(done: Repaired) -> dict[str, str]:
    return {one.path: one.how for one in done.mended}


def bundle(tree: Path, place: Path, **more: Any) -> Path:
    place.write_bytes(packed(tree, **more))
    return place


DAMAGED = (f"files/{KEEL}", f"files/{HARBOR}.metadata", "simple/keel/index.html", "lock.json", "manifest.json")


@pytest.mark.parametrize("kind", ["tree", "bundle"])
def test_only_what_is_damaged_is_brought(kind: str, tree: Path, other: Path, tmp_path: Path) -> None:
    before = everything(tree)
    damage(tree, *DAMAGED[:-1])
    (tree / f"files/{MAST}").unlink()
    source = donor(other) if kind == "tree" else donor(bundle(other, tmp_path / "b.tar"))
    done = repair(tree, [source])
    assert mended(done) == dict.fromkeys([*DAMAGED[:-1], f"files/{MAST}"], "brought")
    assert done.missing == {}
    after = everything(tree)
    assert {name: data for name, (data, _) in after.items()} == {name: data for name, (data, _) in before.items()}
    assert {name for name in after if after[name][1] != before[name][1]} <= mended(done).keys()
    assert repair(tree, [source]).mended == ()


@pytest.mark.parametrize("name", DAMAGED)
def test_each_by_itself(name: str, tree: Path, other: Path) -> None:
    damage(tree, name)
    assert set(mended(repair(tree, [donor(other)]))) == {name}
    assert check_tree(tree).faults == ()


def test_what_follows_from_the_rest_is_made_again(tree: Path) -> None:
    damage(tree, f"files/{HARBOR}.metadata", "simple/index.json", "simple/keel/index.html", "server.py")
    done = repair(tree, [])
    assert set(mended(done).values()) == {"made again"}
    assert len(done.mended) == 4
    assert check_tree(tree).faults == ()


def test_a_folder_of_files_is_enough(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / KEEL).write_bytes(FILES[KEEL])
    (tmp_path / "stick" / HARBOR).write_bytes(b"another")
    damage(tree, f"files/{KEEL}", f"files/{HARBOR}")
    done = repair(tree, [donor(tmp_path / "stick")])
    assert mended(done) == {f"files/{KEEL}": "brought"}
    assert list(done.missing) == [f"files/{HARBOR}"]


def test_one_after_the_other_is_asked(tree: Path, tmp_path: Path) -> None:
    updated = tree_of(tmp_path / "updated", UPDATED)
    damage(tree, f"files/{KEEL}", f"files/{HARBOR}")
    (tmp_path / HARBOR).write_bytes(FILES[HARBOR])
    done = repair(tree, [donor(updated), donor(tmp_path)])
    assert [(one.path, Path(one.donor).name) for one in done.mended] == [
        (f"files/{HARBOR}", tmp_path.name),
        (f"files/{KEEL}", "updated"),
    ]


def test_the_indexes_bring_artifacts(tree: Path, tmp_path: Path) -> None:
    damage(tree, f"files/{KEEL}", f"files/{HARBOR}", "lock.json")
    (tmp_path / "lock.json").write_text(dumps(lock_of(FILES)))
    fetch = FakeFetch(files={KEEL: FILES[KEEL]})
    indexes: Donor = IndexDonor(tmp_path / "lock.json", lock_of(FILES), fetch, NoBlobs(), tmp_path / "staging")
    done = repair(tree, [indexes])
    assert mended(done) == {f"files/{KEEL}": "brought", "lock.json": "brought"}
    assert "404" in done.missing[f"files/{HARBOR}"]
    assert sorted(fetch.asked) == [HARBOR, KEEL]


def test_a_lock_that_was_changed_in_its_tree_says_of_no_index_what_is_asked(tree: Path, tmp_path: Path) -> None:
    """It could name the server of whoever changed it, which would get the login of the index."""
    damage(tree, f"files/{KEEL}", "lock.json")
    fetch = FakeFetch(files={KEEL: FILES[KEEL]})
    own = IndexDonor(tree / "lock.json", lock_of(FILES), fetch, NoBlobs(), tmp_path / "staging", is_own=True)
    done = repair(tree, [own])
    assert (done.mended, fetch.asked) == ((), [])
    assert "its indexes are not asked; --lock names another" in done.missing[f"files/{KEEL}"]
    (tree / "lock.json").write_text(dumps(lock_of(FILES)))
    assert mended(repair(tree, [own])) == {f"files/{KEEL}": "brought"}


def test_the_indexes_bring_what_has_a_long_name(tmp_path: Path) -> None:
    name = f"harbor-2.1.0+{'x' * 212}-py3-none-any.whl"
    files = {name: wheel("harbor", f"2.1.0+{'x' * 212}")}
    tree = tree_of(tmp_path / "tree", files)
    damage(tree, f"files/{name}")
    indexes: Donor = IndexDonor(
        tree / "lock.json", lock_of(files), FakeFetch(files=files), NoBlobs(), tmp_path / "staging"
    )
    assert mended(repair(tree, [indexes])) == {f"files/{name}": "brought"}


def test_other_bytes_are_never_taken(tree: Path, other: Path) -> None:
    damage(tree, f"files/{KEEL}")
    (other / f"files/{KEEL}").write_bytes(b"x" * len(FILES[KEEL]))
    before = (tree / f"files/{KEEL}").read_bytes()
    done = repair(tree, [donor(other)])
    assert (done.mended, list(done.missing)) == ((), [f"files/{KEEL}"])
    assert (tree / f"files/{KEEL}").read_bytes() == before


def test_the_manifest_of_another_tree_is_not_taken(tree: Path, tmp_path: Path) -> None:
    updated = tree_of(tmp_path / "updated", UPDATED)
    damage(tree, "manifest.json")
    with pytest.raises(InputError, match="nobody who was asked has the same one"):
        repair(tree, [donor(updated)])


@pytest.mark.parametrize("name", [f"files/{KEEL}", "server.py", "simple/keel/index.html", ".received/record.json"])
def test_a_manifest_that_says_more_than_the_lock_is_not_taken(name: str, tree: Path, other: Path) -> None:
    damage(tree, "manifest.json", *([name] if (tree / name).exists() else []))
    (other / name).parent.mkdir(exist_ok=True)
    (other / name).write_bytes(b"evil")
    manifest = read_manifest(other)
    assert manifest is not None
    files = {**manifest.files, name: entry_of(b"evil")}
    (other / "manifest.json").write_bytes(replace(manifest, files=files).dump())
    with pytest.raises(
        InputError, match=r"manifest.json: is damaged or missing, and nobody who was asked has the same"
    ):
        repair(tree, [donor(other)])
    assert not (tree / name).exists() or (tree / name).read_bytes() != b"evil"


def test_a_digest_that_is_a_path_leads_nowhere(tree: Path, tmp_path: Path) -> None:
    (tree / "views" / NIX).mkdir(parents=True)
    (tmp_path / "letter.txt").write_text("dear")
    manifest = read_manifest(tree)
    assert manifest is not None
    out = Entry(sha256="../../../../letter.txt", size=3)
    (tree / "manifest.json").write_bytes(replace(manifest, files={**manifest.files, f"files/{KEEL}": out}).dump())
    with pytest.raises(InputError):
        repair(tree, [])
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_folder_that_is_a_link_is_not_written_through(tree: Path, other: Path, tmp_path: Path) -> None:
    shutil.rmtree(tree / "simple/keel")
    (tmp_path / "elsewhere").mkdir()
    (tree / "simple/keel").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        repair(tree, [donor(other)])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_was_signed_is_brought_with_its_signature(tree: Path, tmp_path: Path) -> None:
    signer = key(tmp_path)
    source = bundle(tree, tmp_path / "b.tar", signers=[signer])
    far = tmp_path / "far"
    unpacked(source.read_bytes(), far, trusted=trusting(signer))
    [folder] = [path for path in (far / ".received").iterdir() if path.is_dir()]
    inside = folder.relative_to(far).as_posix()
    for name in ("bundle.json", "bundle.json.sig"):
        damage(far, f"{inside}/{name}", "manifest.json")
        assert f"{inside}/{name}" in {fault.path for fault in check_tree(far).faults}
        assert set(mended(repair(far, [donor(source)]))) == {f"{inside}/{name}", "manifest.json"}
        assert check_tree(far).faults == ()
    damage(far, f"{inside}/bundle.json.sig")
    assert list(repair(far, []).missing) == [f"{inside}/bundle.json.sig"]


def test_a_link_in_place_of_what_was_signed_is_not_written_through(tree: Path, tmp_path: Path) -> None:
    signer = key(tmp_path)
    source = bundle(tree, tmp_path / "b.tar", signers=[signer])
    far = tmp_path / "far"
    unpacked(source.read_bytes(), far, trusted=trusting(signer))
    [folder] = [path for path in (far / ".received").iterdir() if path.is_dir()]
    shutil.rmtree(folder)
    folder.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/bundle.json").write_text("mine")
    with pytest.raises(InputError, match="is a link"):
        repair(far, [donor(source)])
    assert (tmp_path / "elsewhere/bundle.json").read_text() == "mine"


def test_a_view_holds_the_mended_bytes(tree: Path, other: Path) -> None:
    vendored(tree, views=[BAZEL])
    with (tree / f"files/{KEEL}").open("r+b") as stream:
        stream.write(b"?")  # in place, so that the view's link sees it too
    repair(tree, [donor(other)])
    assert {path.read_bytes() for path in (tree / "views").rglob("file")} == set(FILES.values())


def test_pipes_and_links_in_another_tree_are_not_read(tree: Path, other: Path, tmp_path: Path) -> None:
    damage(tree, f"files/{KEEL}", f"files/{HARBOR}")
    (tmp_path / "kept").write_bytes(FILES[KEEL])
    for name in (KEEL, HARBOR):
        (other / "files" / name).unlink()
    (other / f"files/{KEEL}").symlink_to(tmp_path / "kept")
    os.mkfifo(other / f"files/{HARBOR}")
    assert len(repair(tree, [donor(other)]).missing) == 2


def test_an_empty_folder_is_no_tree(tmp_path: Path, other: Path) -> None:
    shutil.rmtree(other / "files")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is damaged or missing"):
        repair(tmp_path / "empty", [donor(other)])
