"""Files that anybody may have put there are read where they are files, and nothing else is waited for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from resolver.vendor.regular import NotRegular, read_regular, regular_bytes


def test_a_file_is_read_and_a_link_to_one_where_links_will_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\r\n\x1a" * 9)
    (tmp_path / "link").symlink_to("file")
    for name, follow in (("file", True), ("file", False), ("link", True)):
        assert read_regular(tmp_path / name, follow=follow) == b"\r\n\x1a" * 9
    with pytest.raises(NotRegular, match="it is no regular file"):
        read_regular(tmp_path / "link", follow=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("follow", [True, False])
def test_pipes_devices_and_folders_are_told(follow: bool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero", "."):
        with pytest.raises(NotRegular) as told:
            read_regular(tmp_path / name, follow=follow)
        assert told.value.strerror == "is no regular file"


def test_what_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link", "folder/file"):
        with pytest.raises(FileNotFoundError):
            read_regular(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_where_one_may_be_only_a_file_has_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    Path("file").write_bytes(b"x")
    Path("link").symlink_to("file")
    assert [regular_bytes(Path(name)) for name in ("file", "link")] == [b"x", b"x"]
    Path("circle").symlink_to("circle")
    Path("zero").symlink_to("/dev/zero")
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for name in ("nothing", "file/below", "circle", "zero", "pipe", "socket", "."):
            assert regular_bytes(Path(name)) is None, name
