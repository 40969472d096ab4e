"""A file on its way into the tree, and what was written on its way to the disk."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from resolver.vendor import disk
from resolver.vendor.layout import entry_of
from resolver.vendor.staging import Staged

CONTENT = bytes(range(256)) * 5000


def test_it_knows_what_was_written(tmp_path: Path) -> None:
    with Staged(tmp_path / "file") as staged:
        assert staged.entry() == entry_of(b"")
        for start in range(0, len(CONTENT), 100_000):
            staged.write(CONTENT[start : start + 100_000])
        assert staged.entry() == entry_of(CONTENT)
        assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("size", [0, 1, 300_000, len(CONTENT)])
def test_it_goes_on_from_what_is_there(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(CONTENT[:size])
    with Staged(tmp_path / "file") as staged:
        assert staged.size == size
        staged.write(CONTENT[size:])
        assert staged.entry() == entry_of(CONTENT)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("size", [0, 1000, 400_000])
def test_a_try_begins_where_it_is_told(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(CONTENT[:400_000])
    with Staged(tmp_path / "file") as staged:
        staged.write(b"cut off in the midst")
        staged.cut(size)
        assert staged.entry() == entry_of(CONTENT[:size])
        staged.write(CONTENT[size:])
        assert staged.entry() == entry_of(CONTENT)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_folder_is_settled_or_each_of_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / name for name in "abcde"]
    for path in paths:
        path.write_bytes(CONTENT)
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    disk.settle(tmp_path, paths)
    folders = 1 if os.name == "posix" else 0
    assert len(flushed) == (0 if sys.platform == "linux" else 5 + folders)
    for few in (paths[:2], paths):  # a few wait for nobody else's
        flushed.clear()
        disk.settle(tmp_path, few)
        assert len(flushed) == len(few) + folders
        monkeypatch.setattr(disk, "_synced", lambda _: False)
    disk.settle(tmp_path / "not there", [])


@pytest.mark.skipif(os.name != "posix", reason="no folder is flushed there")
def test_a_file_system_may_have_no_call_for_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(reason, os.strerror(reason))

    (tmp_path / "file").write_bytes(CONTENT)
    monkeypatch.setattr(os, "fsync", refuse)
    reason = errno.EINVAL
    disk.settle(tmp_path, [tmp_path / "file"])
    reason = errno.EIO
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        disk.settle(tmp_path, [tmp_path / "file"])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such hint")
def test_the_disk_begins_with_a_large_file_that_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(disk, "_function", lambda name: lambda descriptor, *_: asked.append((name, descriptor)))
    for content in (CONTENT[:1000], CONTENT):
        with Staged(tmp_path / "file") as staged:
            staged.cut(0)
            staged.write(content)
            staged.entry()
    assert [name for name, _ in asked] == ["sync_file_range"]
    monkeypatch.undo()
    with (tmp_path / "file").open("rb") as stream:
        call = disk._function("sync_file_range")
        assert call is not None
        assert call(stream.fileno(), 0, 0, disk._WRITE) == 0


def test_what_the_disk_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not there"):
        disk.settle(tmp_path / "not there", [tmp_path / "not there/a"])
