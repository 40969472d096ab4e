"""What a cache holds: entries by kind, and nothing else that lies there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from resolver.cli.cache_contents import KINDS, OTHERS, UNFINISHED, Amount, entries, remove
from resolver.http_index.entries import ABANDONED, LAYOUT, TEMPORARY

DAY = 24 * 3600.0
KEY = "0123456789abcdef" * 4


def put(path: Path, content: bytes = b"entry") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def by_kind(root: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for one in entries(root):
        found.setdefault(one.kind, []).append(one.path)
    return found


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list(entries(tmp_path / "none")) == []
    assert list(entries(tmp_path)) == []


def test_every_kind_is_found_in_its_folders(tmp_path: Path) -> None:
    placed = {kind: [put(tmp_path / folder / KEY) for folder in folders] for kind, folders in KINDS.items()}
    assert by_kind(tmp_path) == placed


def test_what_other_versions_kept_is_one_kind(tmp_path: Path) -> None:
    older, gone = put(tmp_path / "v1" / "pages" / "ab" / KEY), put(tmp_path / LAYOUT / "of-long-ago" / KEY)
    put(tmp_path / LAYOUT / "pages" / KEY)
    assert sorted(by_kind(tmp_path)[OTHERS]) == sorted([older, gone])


def test_what_is_no_entry_is_neither_counted_nor_removed(tmp_path: Path) -> None:
    strange = [
        put(tmp_path / KEY),
        put(tmp_path / "documents" / KEY),
        put(tmp_path / "v2x" / KEY),
        put(tmp_path / "runs" / "letter.txt"),
        put(tmp_path / LAYOUT / "blobs" / f"{KEY}.whl"),
    ]
    elsewhere = put(tmp_path.parent / "elsewhere" / "pages" / KEY)
    (tmp_path / LAYOUT / "blobs" / "folder").symlink_to(elsewhere.parent)
    listed = list(entries(tmp_path))
    assert listed == []
    remove(listed)
    assert all(path.exists() for path in [*strange, elsewhere])


def test_unfinished_downloads_go_once_no_run_can_be_writing_them(tmp_path: Path) -> None:
    folders = [tmp_path / LAYOUT / TEMPORARY, tmp_path / "v1" / TEMPORARY]
    left = [put(folder / name) for folder in folders for name in (KEY, KEY[:32], "tmpabc_12")]
    written = put(folders[0] / "tmpxyz")
    for path in left:
        os.utime(path, (time.time() - ABANDONED - 9,) * 2)
    os.utime(written, (time.time() - ABANDONED + 999,) * 2)
    assert sorted(by_kind(tmp_path)[UNFINISHED]) == sorted([*left, written])
    assert set(by_kind(tmp_path)) == {UNFINISHED}
    assert sorted(one.path for one in remove(entries(tmp_path))) == sorted(left)
    assert by_kind(tmp_path) == {UNFINISHED: [written]}


def test_an_entry_was_used_when_it_was_last_read_or_written(tmp_path: Path) -> None:
    path = put(tmp_path / LAYOUT / "blobs" / KEY)
    for read, written in ((30 * DAY, 40 * DAY), (40 * DAY, 30 * DAY)):
        os.utime(path, (read, written))
        [one] = entries(tmp_path)
        assert one.used == 40 * DAY


def test_what_a_tree_shares_is_told_apart(tmp_path: Path) -> None:
    put(tmp_path / LAYOUT / "blobs" / KEY, b"12345")
    shared = put(tmp_path / LAYOUT / "blobs" / KEY[::-1], b"123")
    os.link(shared, tmp_path / "six-1.17.0-py2.py3-none-any.whl")
    assert Amount.of(entries(tmp_path)) == Amount(files=2, size=8, shared=3)


def test_what_another_run_removed_meanwhile_is_no_error(tmp_path: Path) -> None:
    path = put(tmp_path / LAYOUT / "blobs" / KEY)
    listed = list(entries(tmp_path))
    path.unlink()
    remove(listed)


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / LAYOUT / "blobs" / KEY)

    def scandir(folder: object) -> object:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(PermissionError):
        list(entries(tmp_path))
