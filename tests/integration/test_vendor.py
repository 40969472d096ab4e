"""Vendoring on a real disk, with tiny real artifacts and a hand-written source of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from resolver.cli.main import main
from resolver.errors import InputError, LockError, StorageError
from resolver.lock.codec import dumps
from resolver.vendor import run
from resolver.vendor.contents import server_bytes
from resolver.vendor.failed import VendorFailed
from resolver.vendor.job import Job
from resolver.vendor.layout import PARTIAL, Entry, Manifest
from resolver.vendor.run import vendor
from resolver.vendor.sources import Sources
from resolver.vendor.views import NAMES
from resolver.vendor.writes import short
from resolver.verify.tree import check_tree
from tests.support import archives
from tests.support.archives import sha256, wheel
from tests.support.artifacts import FILES, FORGE, HARBOR, KEEL, MAST, FakeFetch, lock_of, vendored
from tests.support.http_server import Route, serving

ROOT = Path(__file__).parents[2]


def listing(tree: Path) -> dict[str, tuple[int, int]]:
    """Path -> mtime and inode of everything in a tree, directories too."""
    found = {path: path.lstat() for path in [tree, *tree.rglob("*")]}
    return {str(path.relative_to(tree)): (stat.st_mtime_ns, stat.st_ino) for path, stat in found.items()}


def names(tree: Path) -> list[str]:
    """The artifacts that lie in a tree."""
    found = (path.name for path in (tree / "files").iterdir())
    return sorted(name for name in found if not name.endswith((".metadata", ".unfinished")))


def check_whole(tree: Path) -> None:
    """The manifest names all files of the tree, each with its digest and size; nothing else is there."""
    named = json.loads((tree / "manifest.json").read_text())["files"]
    there = {p.relative_to(tree).as_posix(): p.read_bytes() for p in tree.rglob("*") if p.is_file()}
    del there["manifest.json"]
    assert {path: (row["sha256"], row["size"]) for path, row in named.items()} == {
        path: (sha256(content), len(content)) for path, content in there.items()
    }


@pytest.fixture(autouse=True)
def _temporary_files(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder for them that goes away, and that every user may write to."""
    tmp_path_factory.getbasetemp()  # not in a folder that goes away
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "tree"


# --- a whole run ----------------------------------------------------------------------------------------------------


def test_a_tree(tree: Path) -> None:
    fetch = FakeFetch(files=FILES)
    report = vendored(tree, fetch=fetch)
    assert (report.count("fetched"), report.changed, report.size) == (4, True, sum(map(len, FILES.values())))
    assert {name: (tree / "files" / name).read_bytes() for name in names(tree)} == FILES
    assert b"Requires-Dist: keel>=1" in (tree / f"files/{HARBOR}.metadata").read_bytes()
    assert (tree / "lock.json").read_text() == dumps(lock_of(FILES))
    assert (tree / "server.py").read_bytes() == server_bytes()
    assert sorted(fetch.asked) == sorted(FILES)
    check_whole(tree)


def test_a_rerun_writes_nothing(tree: Path) -> None:
    vendored(tree)
    before = listing(tree)
    fetch = FakeFetch(files={})
    report = vendored(tree, fetch=fetch)
    assert (report.changed, report.count("kept"), fetch.asked) == (False, 4, [])
    assert listing(tree) == before


def test_files_come_at_the_same_time(tree: Path) -> None:
    together = threading.Barrier(4)
    vendored(tree, fetch=FakeFetch(files=FILES, before=lambda _: void(together.wait(10))), workers=4)
    check_whole(tree)


def void(_: object) -> None:
    """For what is called for its effect."""


def late(slow: str) -> Callable[[str], None]:
    return lambda filename: time.sleep(0.1 * (filename == slow))


def test_the_tree_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    for name, slow in (("a", HARBOR), ("b", KEEL)):
        vendored(tmp_path / name, fetch=FakeFetch(files=FILES, before=late(slow)))
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "b/manifest.json").read_bytes()


def test_only_what_some_environments_need(tree: Path) -> None:
    vendored(tree, environments=["windows"])
    assert names(tree) == [HARBOR, KEEL]
    check_whole(tree)
    vendored(tree, environments=["linux"])
    assert names(tree) == sorted(FILES)  # with what builds mast-tools
    with pytest.raises(InputError, match="no environment 'mac'; it has linux, windows"):
        vendored(tree, environments=["mac"])


def test_what_is_no_longer_needed_goes_after_the_new_manifest(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vendored(tree)
    (tree / "files/notes.txt").write_text("mine")
    seen: list[bool] = []
    unlink = Path.unlink

    def watched(path: Path, missing_ok: bool = False) -> None:
        if path.name == KEEL:
            seen.append(f"files/{KEEL}" in (tree / "manifest.json").read_text())
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    report = vendored(tree, {HARBOR: FILES[HARBOR]})
    assert seen == [False]
    assert names(tree) == [HARBOR, "notes.txt"]
    assert report.strangers == ("files/notes.txt",)
    assert f"files/{KEEL}.metadata" in report.removed
    assert sorted(path.name for path in (tree / "simple").iterdir()) == ["harbor", "index.html", "index.json"]
    (tree / "files/notes.txt").unlink()
    check_whole(tree)


def test_nothing_is_removed_where_a_link_leads_out_of_the_tree(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("precious")
    vendored(tree)
    (tree / "more").symlink_to("../mine")
    (tree / PARTIAL).mkdir()
    for place in ("manifest.json", f"{PARTIAL}/removals"):
        before = {path: path.read_bytes() for path in (tree / "manifest.json", tree / place) if path.exists()}
        (tree / place).write_bytes(Manifest(files={"more/notes.txt": Entry(sha256="0" * 64, size=1)}).dump())
        with pytest.raises(InputError, match="more: is a link; a vendored tree holds its files itself"):
            vendored(tree)
        for path, content in before.items():
            path.write_bytes(content)
    assert (tmp_path / "mine/notes.txt").read_text() == "precious"


@pytest.mark.parametrize("kind", ["a pipe", "a link"])
def test_a_note_of_removals_that_no_run_has_written_is_not_read(tree: Path, tmp_path: Path, kind: str) -> None:
    vendored(tree)
    (tree / "files/notes.txt").write_text("precious")
    (tree / PARTIAL).mkdir()
    if kind == "a pipe":
        os.mkfifo(tree / PARTIAL / "removals")
    else:
        named = Manifest(files={"files/notes.txt": Entry(sha256="0" * 64, size=1)})
        (tmp_path / "mine").write_bytes(named.dump())
        (tree / PARTIAL / "removals").symlink_to("../../mine")
    assert vendored(tree).removed == ()
    assert (tree / "files/notes.txt").read_text() == "precious"


def test_nothing_is_written_where_a_link_leads_out_of_the_tree(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (tree / PARTIAL).mkdir(parents=True)
    for name, content in FILES.items():
        (tree / PARTIAL / f"{sha256(content)}.{short(name)}").symlink_to("../../mine")
    vendored(tree)
    assert (tmp_path / "mine").read_text() == "precious"
    check_whole(tree)


@pytest.mark.parametrize("path", [f"files/{KEEL}", f"files/{KEEL}.metadata", "simple/keel/index.html", "server.py"])
def test_a_folder_where_a_file_has_to_be_is_named(tree: Path, path: str) -> None:
    (tree / path).mkdir(parents=True)
    (tree / "manifest.json").write_bytes(Manifest().dump())
    with pytest.raises(StorageError, match=f"^{re.escape(str(tree / path))}: "):
        vendored(tree)


def test_what_a_killed_run_was_still_to_remove_goes_in_the_next(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    vendored(tree, views=NAMES)
    with monkeypatch.context() as patched:
        patched.setattr(run, "make_views", killed)
        for kept in ((HARBOR, FORGE), (HARBOR,)):
            with pytest.raises(KeyboardInterrupt):
                vendored(tree, {name: FILES[name] for name in kept})
    assert names(tree) == sorted(FILES)
    report = vendored(tree, {HARBOR: FILES[HARBOR]})
    assert report.changed
    assert {f"files/{name}" for name in FILES if name != HARBOR} < set(report.removed)
    assert names(tree) == [HARBOR]
    found = check_tree(tree)
    assert (found.faults, found.strangers, report.strangers) == ((), (), ())
    assert [path.name for path in (tree / "views/nix/sha256").iterdir()] == [sha256(FILES[HARBOR])]
    assert not vendored(tree, {HARBOR: FILES[HARBOR]}).changed


def test_damage_is_repaired(tree: Path) -> None:
    vendored(tree)
    fresh = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    (tree / "files" / KEEL).write_bytes(b"x" * len(FILES[KEEL]))
    (tree / f"files/{HARBOR}.metadata").write_bytes(b"")
    (tree / "simple/keel/index.html").unlink()
    (tree / "simple/index.json").write_text("{}")
    (tree / "files" / FORGE).unlink()
    (tree / "files" / FORGE).symlink_to("/etc/hostname")
    fetch = FakeFetch(files=FILES)
    vendored(tree, fetch=fetch)
    assert sorted(fetch.asked) == [FORGE, KEEL]
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == fresh
    assert not (tree / "files" / FORGE).is_symlink()


def test_pages_state_sizes_that_no_index_told(tree: Path) -> None:
    lock = lock_of(FILES)
    lock = replace(lock, artifacts={name: replace(row, size=None) for name, row in lock.artifacts.items()})
    vendor(Job(lock=lock, lock_bytes=b"{}", tree=tree, fetch=FakeFetch(files=FILES)))
    page = json.loads((tree / "simple/keel/index.json").read_text())
    assert page["files"][0]["size"] == len(FILES[KEEL])


# --- where files come from ------------------------------------------------------------------------------------------


class Shelf:
    """Verified files by digest, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has_blob(self, sha256: str) -> bool:
        return (self._folder / sha256).exists()

    def take_blob(self, sha256: str, target: Path) -> bool:
        path = self._folder / sha256
        if not path.exists() or archives.sha256(path.read_bytes()) != sha256:
            return False
        shutil.copyfile(path, target)
        return True

    def add_blob(self, sha256: str, source: Path) -> Path | None:
        self._folder.mkdir(exist_ok=True)
        return Path(shutil.copyfile(source, self._folder / sha256))


def test_what_the_cache_has_is_not_fetched(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    vendored(tmp_path / "first", blobs=shelf)
    fetch = FakeFetch(files={})
    report = vendored(tmp_path / "second", fetch=fetch, blobs=shelf)
    assert (report.count("cached"), fetch.asked) == (4, [])
    check_whole(tmp_path / "second")
    (tmp_path / "shelf" / sha256(FILES[KEEL])).write_bytes(b"damaged")
    fetch = FakeFetch(files=FILES)
    vendored(tmp_path / "third", fetch=fetch, blobs=shelf)
    assert fetch.sent == {KEEL: len(FILES[KEEL])}


@pytest.mark.parametrize(
    ("ranges", "arrived", "expected"),
    [
        ("honoured", 1000, [(206, len(FILES[KEEL]) - 1000)]),
        ("ignored", 1000, [(200, len(FILES[KEEL])), (200, len(FILES[KEEL]))]),
        (416, 1000, [(416, 0), (200, len(FILES[KEEL]))]),
        ("honoured", 0, [(200, len(FILES[KEEL]))]),
    ],
)
def test_a_beginning_is_completed_over_http(
    tree: Path, tmp_path: Path, ranges: str | int, arrived: int, expected: list[tuple[int, int]]
) -> None:
    lock = lock_of({KEEL: FILES[KEEL]})
    row = lock.artifacts[KEEL]
    partial = tree / PARTIAL / f"{row.sha256}.{short(KEEL)}"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(FILES[KEEL][:arrived])
    with serving() as host, Sources({"corp": f"{host.url}/simple/"}, tmp_path) as sources:
        host.routes[f"/{KEEL}"] = Route(body=FILES[KEEL], ranges=ranges)
        lock = replace(lock, artifacts={KEEL: replace(row, index=None, path=None, url=f"{host.url}/{KEEL}")})
        vendor(Job(lock=lock, lock_bytes=b"{}", tree=tree, fetch=sources))
        assert [(asked.status, asked.sent) for asked in host.asked] == expected
    check_whole(tree)


def test_a_server_sends_no_more_than_is_missing(tree: Path, tmp_path: Path) -> None:
    lock = lock_of({KEEL: FILES[KEEL]})
    row = lock.artifacts[KEEL]
    partial = tree / PARTIAL / row.sha256
    partial.parent.mkdir(parents=True)
    partial.write_bytes(FILES[KEEL][:1000])
    with serving() as host, Sources({"corp": f"{host.url}/simple/"}, tmp_path) as sources:
        host.routes[f"/{KEEL}"] = Route(body=FILES[KEEL] + bytes(1 << 20))
        lock = replace(lock, artifacts={KEEL: replace(row, index=None, path=None, url=f"{host.url}/{KEEL}")})
        with pytest.raises(VendorFailed, match="is larger than the"):
            vendor(Job(lock=lock, lock_bytes=b"{}", tree=tree, fetch=sources))
    assert partial.stat().st_size <= len(FILES[KEEL])


# --- what goes wrong ------------------------------------------------------------------------------------------------


def test_all_failures_are_told_and_the_old_tree_stays(tree: Path) -> None:
    vendored(tree, {MAST: FILES[MAST]})
    manifest = (tree / "manifest.json").read_bytes()
    fetch = FakeFetch(files={FORGE: FILES[FORGE], HARBOR: b"x" * len(FILES[HARBOR]), KEEL: FILES[KEEL]}, broken={KEEL})
    with pytest.raises(VendorFailed) as caught:
        vendored(tree, fetch=fetch)
    assert [failure.filename for failure in caught.value.failures] == [HARBOR, KEEL]
    said = str(caught.value)
    assert "2 of the lock's files" in said
    assert "is not what the lock names" in said
    assert "the connection broke off" in said
    assert f"from https://files.index.example/packages/{KEEL}" in said
    assert said.endswith(f"{tree} still serves what it served before; a rerun continues with what is missing")
    assert names(tree) == [FORGE, MAST]
    assert (tree / "manifest.json").read_bytes() == manifest


def test_a_rerun_goes_on_where_a_file_broke_off(tree: Path) -> None:
    fetch = FakeFetch(files=FILES, broken={KEEL})
    with pytest.raises(VendorFailed, match="serves nothing yet; a rerun continues with what is missing"):
        vendored(tree, fetch=fetch)
    arrived = fetch.sent[KEEL]
    assert 0 < arrived < len(FILES[KEEL])
    again = FakeFetch(files=FILES)
    vendored(tree, fetch=again)
    assert again.sent == {KEEL: len(FILES[KEEL]) - arrived}
    check_whole(tree)


@pytest.mark.parametrize("size", [10, len(FILES[KEEL]), len(FILES[KEEL]) + 10])
def test_a_wrong_beginning_is_fetched_anew(tree: Path, size: int) -> None:
    with pytest.raises(VendorFailed):
        vendored(tree, fetch=FakeFetch(files=FILES, broken={KEEL}))
    (partial,) = (tree / PARTIAL).iterdir()
    partial.write_bytes(b"x" * size)
    vendored(tree)
    check_whole(tree)


def test_a_finished_beginning_is_not_fetched_again(tree: Path) -> None:
    with pytest.raises(VendorFailed):
        vendored(tree, fetch=FakeFetch(files=FILES, broken={KEEL}))
    (partial,) = (tree / PARTIAL).iterdir()
    partial.write_bytes(FILES[KEEL])
    fetch = FakeFetch(files={})
    vendored(tree, fetch=fetch)
    assert fetch.asked == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (wheel("harbor", "2.1.1"), "its metadata calls it harbor 2.1.1, the lock harbor 2.1.0"),
        (wheel("harbour", "2.1.0"), "another project's"),
        (wheel("harbor", "two"), "its metadata cannot be read"),
        (b"not a zip", f"{HARBOR}: the archive is broken"),
    ],
)
def test_a_wheel_must_be_the_release_that_is_locked(tree: Path, content: bytes, reason: str) -> None:
    with pytest.raises(VendorFailed, match=reason) as caught:
        vendored(tree, {**FILES, HARBOR: content})
    assert [failure.filename for failure in caught.value.failures] == [HARBOR]
    assert HARBOR not in names(tree)


def test_equal_bytes_under_two_names(tree: Path) -> None:
    files = {MAST: FILES[MAST], "mast-tools-5.0.tar.gz": FILES[MAST]}
    vendored(tree, files, workers=2)
    check_whole(tree)


def test_the_disk_refuses() -> None:
    """As somebody who may not write: root may everywhere, so root becomes nobody for a moment."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        tree = folder / "tree"
        vendored(tree)
        for path in [tree, *tree.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with _unprivileged():
            assert not vendored(tree).changed
            with pytest.raises(StorageError, match="Permission denied"):
                vendored(tree, {HARBOR: FILES[HARBOR]})
            with pytest.raises(StorageError, match="Permission denied"):
                vendored(tree, {**FILES, HARBOR: wheel("harbor", "2.1.0", "new")})
            with pytest.raises(StorageError, match="Permission denied"):
                vendored(folder / "tree/new")
        check_whole(tree)
    finally:
        for path in folder.rglob("*"):
            path.chmod(0o755)
        shutil.rmtree(folder)


class _unprivileged:  # noqa: N801  (a context manager reads as a verb)
    def __enter__(self) -> None:
        if os.getuid() == 0:
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        os.seteuid(os.getuid())


def test_only_trees_are_written_to(tree: Path) -> None:
    tree.mkdir()
    (tree / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"neither empty nor a vendored tree \(it holds thesis.tex\)"):
        vendored(tree)
    with pytest.raises(InputError, match="is a file"):
        vendored(tree / "thesis.tex")
    (tree.parent / "link").symlink_to("unmounted/tree")
    with pytest.raises(InputError, match="is a link to unmounted/tree, which is not there"):
        vendored(tree.parent / "link")
    assert [path.name for path in tree.rglob("*")] == ["thesis.tex"]


@pytest.mark.parametrize("linked", ["files", "simple", "simple/keel"])
def test_nothing_is_written_through_a_link(tree: Path, tmp_path: Path, linked: str) -> None:
    vendored(tree)
    shutil.rmtree(tree / linked)
    (tmp_path / "elsewhere").mkdir()
    (tree / linked).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        vendored(tree)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_manifest_that_leads_outside_removes_nothing(tree: Path, tmp_path: Path) -> None:
    vendored(tree)
    (tmp_path / "precious").write_text("x")
    manifest = json.loads((tree / "manifest.json").read_text())
    manifest["files"] |= {path: {"sha256": "", "size": 1} for path in ("../precious", str(tmp_path / "precious"))}
    (tree / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="leads out of the tree"):
        vendored(tree)
    assert (tmp_path / "precious").exists()
    (tree / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="is not a manifest"):
        vendored(tree)


def test_locks_that_are_refused(tree: Path) -> None:
    lock = lock_of({**FILES, HARBOR.replace("harbor", "Harbor"): wheel("harbor", "2.1.0")})
    with pytest.raises(LockError, match="one file where names have no case"):
        vendor(Job(lock=lock, lock_bytes=b"{}", tree=tree, fetch=FakeFetch(files=FILES)))
    lock = lock_of(FILES)
    build = lock.builds[MAST]
    unknown = replace(build.environments["linux"], unknown="setup.py computes it")
    lock = replace(lock, builds={MAST: replace(build, environments={"linux": unknown})})
    with pytest.raises(LockError, match=rf"{MAST} for linux:\n    setup.py computes it"):
        vendor(Job(lock=lock, lock_bytes=b"{}", tree=tree, fetch=FakeFetch(files=FILES)))
    assert not tree.exists()
    vendor(Job(lock=lock, lock_bytes=b"{}", tree=tree, fetch=FakeFetch(files=FILES), environments=["windows"]))
    assert names(tree) == [HARBOR, KEEL]


# --- runs that are ended, and runs at the same time -----------------------------------------------------------------

KILLED = """
import sys, time
from pathlib import Path
from tests.support.artifacts import KEEL, FakeFetch, vendored

FILES = {path.name: path.read_bytes() for path in Path(sys.argv[2]).iterdir()}

class Slow(FakeFetch):
    def fetch(self, artifact, url, partial):
        if artifact.filename != KEEL:
            return super().fetch(artifact, url, partial)
        partial.write(FILES[KEEL][:20_000])
        print("half", flush=True)
        time.sleep(60)

vendored(Path(sys.argv[1]), FILES, Slow(files=FILES))
"""


@pytest.fixture
def halted(tree: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run in another process that hangs in the middle of a file."""
    (tmp_path / "shop").mkdir()
    for name, content in FILES.items():
        (tmp_path / "shop" / name).write_bytes(content)
    command = [sys.executable, "-c", KILLED, str(tree), str(tmp_path / "shop")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "half\n"
        yield process
        process.kill()


def test_a_killed_run_is_continued(tree: Path, halted: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while len(names(tree)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    halted.send_signal(signal.SIGKILL)
    halted.wait(10)
    assert names(tree) == sorted({*FILES} - {KEEL})
    assert not (tree / "manifest.json").exists()
    (tree / "simple/keel").mkdir(parents=True)
    (tree / "simple/keel/.abcd.unfinished").write_text("killed in the middle of a write")
    fetch = FakeFetch(files=FILES)
    vendored(tree, fetch=fetch)
    assert fetch.sent == {KEEL: len(FILES[KEEL]) - 20_000}
    check_whole(tree)


def test_one_run_at_a_time(tree: Path, halted: subprocess.Popen[str]) -> None:
    with pytest.raises(StorageError, match="another run of `wheelhouse` is writing to it"):
        vendored(tree)


def test_an_interrupt_stops_the_fetches(tree: Path) -> None:
    def before(name: str) -> None:
        if name == HARBOR:
            raise KeyboardInterrupt
        for _ in range(1000):
            if fetch.stopped:
                return
            time.sleep(0.01)

    fetch = FakeFetch(files=FILES, before=before)
    with pytest.raises(KeyboardInterrupt):
        vendored(tree, fetch=fetch)
    assert fetch.stopped


def test_the_command_fails_with_what_is_missing(tmp_path: Path, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lock's index is a folder beside it that lacks two files."""
    lock = lock_of(FILES)
    lock = replace(lock, indexes={"corp": replace(lock.indexes["corp"], files="wheels/")})
    (tmp_path / "lock.json").write_text(dumps(lock), encoding="utf-8")
    folder = tmp_path / "wheels/packages"
    folder.mkdir(parents=True)
    for name in (HARBOR, MAST):
        (folder / name).write_bytes(FILES[name])
    command = ["vendor", "--lock", str(tmp_path / "lock.json"), "--cache-dir", str(tmp_path / "cache"), str(tree)]
    assert main(command) == 1
    said = capsys.readouterr()
    assert f"{KEEL}: is not in " in said.err
    assert f"{FORGE}: is not in " in said.err
    assert "Traceback" not in said.err
    for name in (KEEL, FORGE):
        (folder / name).write_bytes(FILES[name])
    assert main(command) == 0
    check_whole(tree)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/x").touch()
    assert main([*command[:-1], str(tmp_path / "plain")]) == 2
    assert main([*command[:-1], "/proc/nothing"]) == 4
    assert "Traceback" not in capsys.readouterr().err
