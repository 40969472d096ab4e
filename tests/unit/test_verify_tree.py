"""A vendored tree that something has happened to: each file that is not as it was is named, and no other."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from resolver.errors import InputError
from resolver.lock.codec import dumps
from resolver.vendor.job import Job
from resolver.vendor.layout import parse_manifest
from resolver.vendor.run import vendor
from resolver.verify.tree import check_tree
from tests.support.artifacts import FILES, HARBOR, KEEL, FakeFetch, lock_of


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    lock = lock_of(FILES)
    vendor(Job(lock=lock, lock_bytes=dumps(lock).encode(), tree=tmp_path / "tree", fetch=FakeFetch(files=FILES)))
    return tmp_path / "tree"


def faults(tree: Path) -> dict[str, str]:
    return {fault.path: fault.reason for fault in check_tree(tree).faults}


def everything(tree: Path) -> list[str]:
    return sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())


def test_a_tree_as_it_was_vendored_has_no_fault(tree: Path) -> None:
    found = check_tree(tree)
    assert found.faults == ()
    assert found.strangers == ()
    assert found.environments == ("linux", "windows")
    assert found.files == len(everything(tree)) - 1


def test_uploads_that_cannot_be_read_are_told(tree: Path) -> None:
    (tree / "uploads/files").mkdir(parents=True)
    (tree / "uploads/files/own").symlink_to("own")
    with pytest.raises(InputError, match=r"uploads/files/own: cannot be read"):
        check_tree(tree)


def flip(path: Path, bit: int | None = None) -> None:
    """Change one bit, the lowest of the middle byte unless it is said which."""
    content = bytearray(path.read_bytes())
    place = len(content) // 2 * 8 if bit is None else bit % (len(content) * 8)
    content[place // 8] ^= 1 << place % 8
    path.write_bytes(content)


def test_one_bit_in_any_file_is_found_and_that_file_alone_is_named(tree: Path) -> None:
    for name in everything(tree):
        flip(tree / name)
        assert set(faults(tree)) == {name}
        flip(tree / name)
    assert faults(tree) == {}


def test_one_bit_in_every_file_at_once_and_all_are_named(tree: Path) -> None:
    for name in everything(tree):
        flip(tree / name)
    assert set(faults(tree)) >= set(everything(tree))


@pytest.mark.parametrize("name", ["manifest.json", "lock.json"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bit=st.integers(0, 1 << 20), other=st.integers(0, 1 << 20))
@example(bit=11299, other=11317)  # the row of server.py, which no lock vouches for
def test_any_bit_of_manifest_or_lock_is_found_and_hides_no_other(name: str, bit: int, other: int, tree: Path) -> None:
    flip(tree / name, bit)
    assert name in faults(tree)
    victim = [path for path in everything(tree) if path not in {"manifest.json", "lock.json"}][other % 10]
    flip(tree / victim)
    try:
        assert {name, victim} <= set(faults(tree))
    finally:
        flip(tree / victim)
        flip(tree / name, bit)


@pytest.mark.parametrize("what", ["missing", "shorter", "longer", "a link", "another file"])
def test_what_happens_to_a_wheel_is_told(what: str, tree: Path) -> None:
    path = tree / "files" / HARBOR
    content = path.read_bytes()
    path.unlink()
    if what == "shorter":
        path.write_bytes(content[:-1])
    elif what == "longer":
        path.write_bytes(content + b"\0")
    elif what == "a link":
        path.symlink_to(KEEL)
    elif what == "another file":
        path.write_bytes((tree / "files" / KEEL).read_bytes())
    assert f"files/{HARBOR}" in faults(tree)


def test_bytes_that_the_medium_does_not_give_back_are_told_beside_all_others(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, changed = sorted((tree / "files").glob("*.whl"))[:2]
    flip(changed)
    opened, damaged = Path.open, lost.stat().st_ino

    def read_from_a_bad_medium(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path == lost and path.stat().st_ino == damaged:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", read_from_a_bad_medium)
    found = faults(tree)
    assert set(found) == {f"files/{lost.name}", f"files/{changed.name}"}
    assert found[f"files/{lost.name}"] == "is missing, is no regular file, or cannot be read"
    lock = lock_of(FILES)
    done = vendor(Job(lock=lock, lock_bytes=dumps(lock).encode(), tree=tree, fetch=FakeFetch(files=FILES)))
    monkeypatch.undo()
    assert [one.artifact.filename for one in done.placed if one.how == "fetched"] == [lost.name, changed.name]
    assert faults(tree) == {}


def test_metadata_that_is_not_its_wheel_s_is_found_even_where_the_manifest_agrees(tree: Path) -> None:
    sidecar = tree / "files" / f"{HARBOR}.metadata"
    sidecar.write_bytes(sidecar.read_bytes().replace(b"keel>=1", b"evil>=1"))
    agree(tree, f"files/{HARBOR}.metadata")
    assert faults(tree)[f"files/{HARBOR}.metadata"] == "is not the METADATA of its wheel"


def test_a_page_that_says_more_than_the_lock_is_found_even_where_the_manifest_agrees(tree: Path) -> None:
    page = tree / "simple/harbor/index.html"
    page.write_text(page.read_text().replace("</body>", '<a href="https://index.example/evil.whl">evil</a></body>'))
    agree(tree, "simple/harbor/index.html")
    assert faults(tree) == {"simple/harbor/index.html": "does not say what the lock says"}


def test_a_wheel_that_the_manifest_agrees_to_is_still_not_the_lock_s(tree: Path) -> None:
    (tree / "files" / HARBOR).write_bytes((tree / "files" / KEEL).read_bytes())
    agree(tree, f"files/{HARBOR}")
    assert "should" in faults(tree)[f"files/{HARBOR}"]


def test_a_file_that_the_manifest_forgets_is_missed(tree: Path) -> None:
    change(tree, lambda manifest: manifest["files"].pop(f"files/{KEEL}"))
    assert faults(tree)[f"files/{KEEL}"] == "is missing from manifest.json, and the lock needs it"


def test_a_lock_of_another_tree_is_found(tree: Path) -> None:
    other = lock_of({KEEL: FILES[KEEL]})
    (tree / "lock.json").write_text(dumps(other))
    assert "lock.json" in faults(tree)


def test_a_stranger_is_named_and_no_fault(tree: Path) -> None:
    (tree / "files/stranger.whl").write_bytes(b"")
    found = check_tree(tree)
    assert (found.faults, found.strangers) == ((), ("files/stranger.whl",))


@pytest.mark.parametrize("name", ["simple/evil.html", "simple/evil/index.html", "simple/keel/evil-9.whl", "simple/l"])
def test_what_the_lock_does_not_imply_is_a_fault_among_the_pages(name: str, tree: Path) -> None:
    """Any static web server would list or serve it."""
    path = tree / name
    path.parent.mkdir(exist_ok=True)
    if name == "simple/l":
        path.symlink_to("index.html")
    else:
        path.write_bytes(b"evil")
    found = check_tree(tree)
    assert {fault.path for fault in found.faults} == {name}
    assert all(fault.stray and "the lock does not imply it" in fault.reason for fault in found.faults)
    assert found.strangers == ()


def test_an_empty_folder_among_the_pages_is_a_fault(tree: Path) -> None:
    (tree / "simple/evil").mkdir()
    assert set(faults(tree)) == {"simple/evil"}


@pytest.mark.parametrize("name", ["files/x.whl", "simple/x", "x", f"files/{HARBOR}", "simple/index.html", "server.py"])
def test_a_pipe_is_a_fault_and_is_not_waited_for(name: str, tree: Path) -> None:
    (tree / name).unlink(missing_ok=True)
    os.mkfifo(tree / name)
    assert name in faults(tree)
    assert re.search("named pipe|no regular file|does not say", faults(tree)[name])


def test_a_pipe_for_the_manifest_is_refused_and_one_for_the_lock_is_a_fault(tree: Path) -> None:
    (tree / "lock.json").unlink()
    os.mkfifo(tree / "lock.json")
    assert "is no regular file" in faults(tree)["lock.json"]
    (tree / "manifest.json").unlink()
    os.mkfifo(tree / "manifest.json")
    said = r"manifest\.json: cannot be read: is no regular file; remove it: `wheelhouse vendor"
    with pytest.raises(InputError, match=said):
        check_tree(tree)


def test_a_socket_is_a_fault(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "files")  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("x")
    assert faults(tree) == {"files/x": "is a socket, and should not be there"}


def test_a_tree_of_some_environments_is_whole_with_them(tmp_path: Path) -> None:
    lock = lock_of(FILES)
    vendor(
        Job(
            lock=lock,
            lock_bytes=dumps(lock).encode(),
            tree=tmp_path / "tree",
            fetch=FakeFetch(files=FILES),
            environments=["windows"],
        )
    )
    found = check_tree(tmp_path / "tree")
    assert (found.faults, found.environments) == ((), ("windows",))


def test_what_is_no_tree_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no vendored tree: it has no manifest\.json"):
        check_tree(tmp_path)


def change(tree: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit the manifest as data."""
    manifest = json.loads((tree / "manifest.json").read_text())
    edit(manifest)
    content = json.dumps(manifest).encode()
    with suppress(ValueError):
        content = parse_manifest(content).dump()  # as one that nobody would suspect
    (tree / "manifest.json").write_bytes(content)


def test_a_manifest_cannot_hide_files_behind_environments_that_there_are_not(tree: Path) -> None:
    (tree / "files" / HARBOR).write_bytes((tree / "files" / KEEL).read_bytes())
    agree(tree, f"files/{HARBOR}")
    change(tree, lambda manifest: manifest.update(environments=["nope"]))
    named = faults(tree)
    assert "names the environment 'nope'" in named["manifest.json"]
    assert f"files/{HARBOR}" in named


@pytest.mark.parametrize("path", ["files/evil-9-py3-none-any.whl", "simple/evil/index.html"])
def test_what_only_the_manifest_names_is_a_fault(path: str, tree: Path) -> None:
    (tree / path).parent.mkdir(exist_ok=True)
    (tree / path).write_bytes(b"evil")
    agree(tree, path)
    assert faults(tree) == {path: "manifest.json names it, and the lock does not need it"}


@pytest.mark.parametrize("name", ["files", "simple", "simple/keel", "manifest.json"])
def test_a_tree_that_leads_out_of_itself_is_a_fault(name: str, tree: Path, tmp_path: Path) -> None:
    (tree / name).rename(tmp_path / "elsewhere")
    (tree / name).symlink_to(tmp_path / "elsewhere")
    assert "is a link" in faults(tree)[name]


def test_another_server_is_told_and_no_fault(tree: Path) -> None:
    assert not check_tree(tree).other_server
    (tree / "server.py").write_text("print('hello')")
    agree(tree, "server.py")
    found = check_tree(tree)
    assert (found.faults, found.other_server) == ((), True)


def test_a_sidecar_that_changed_blames_no_page(tree: Path) -> None:
    path = tree / "files" / f"{HARBOR}.metadata"
    path.write_bytes(path.read_bytes() + b"\n")
    assert set(faults(tree)) == {f"files/{HARBOR}.metadata"}


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m["files"].update({"files/x": {"sha256": "0", "size": "x"}}),
        lambda m: m["files"].update({"files/x": {"sha256": "0", "size": None}}),
        lambda m: m["files"].update({"files/x": {"sha256": 0, "size": 1}}),
        lambda m: m["files"].update({"../../etc/passwd": {"sha256": "0", "size": 1}}),
        lambda m: m.update(environments=[["linux"]]),
        lambda m: m.update(environments="linux"),
        lambda m: m.pop("files"),
    ],
)
def test_a_damaged_manifest_is_said_to_be_one(edit: Callable[[dict[str, Any]], object], tree: Path) -> None:
    change(tree, edit)
    assert "is not a manifest" in faults(tree)["manifest.json"]


def agree(tree: Path, path: str) -> None:
    """Let the manifest name what lies there now."""
    content = (tree / path).read_bytes()
    row = {"sha256": sha256(content).hexdigest(), "size": len(content)}
    change(tree, lambda manifest: manifest["files"].update({path: row}))
