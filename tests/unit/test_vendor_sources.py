"""Sources that are no servers: what is no file there is not read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from resolver.errors import TransferError, is_full
from resolver.vendor import sources
from resolver.vendor.layout import PROVENANCE
from resolver.vendor.sources import Folder, Sources
from resolver.vendor.staging import Staged
from tests.support.artifacts import FILES, KEEL, lock_of

ARTIFACT = lock_of(FILES).artifacts[KEEL]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / KEEL)
    os.mkfifo(tmp_path / f"{KEEL}{PROVENANCE}")
    url = (tmp_path / KEEL).as_uri()
    with Folder(tmp_path) as folder, Sources({}, tmp_path) as named, Staged(tmp_path / "staged") as staged:
        assert folder.provenance(ARTIFACT, "") is None
        assert named.provenance(ARTIFACT, f"{url}{PROVENANCE}") is None
        for source in (folder, named):
            with pytest.raises(TransferError, match="is no regular file"):
                source.fetch(ARTIFACT, url, staged)


def test_a_provenance_object_of_any_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_LARGEST_PROVENANCE", 10)
    path = tmp_path / f"{KEEL}{PROVENANCE}"
    path.write_bytes(bytes(10))
    assert Folder(tmp_path).provenance(ARTIFACT, "") == bytes(10)
    path.write_bytes(bytes(11))
    with pytest.raises(TransferError, match="larger than the 10 bytes"):
        Folder(tmp_path).provenance(ARTIFACT, "")


def test_a_full_disk_is_no_fault_of_the_folder_that_is_copied_from(tmp_path: Path) -> None:
    class Full:
        size = 0

        def cut(self, size: int) -> None:
            """Nothing is there."""

        def write(self, chunk: bytes, /) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / KEEL).write_bytes(FILES[KEEL])
    for source in (Folder(tmp_path), Sources({}, tmp_path)):
        with pytest.raises(OSError, match="No space left") as caught:
            source.fetch(ARTIFACT, (tmp_path / KEEL).as_uri(), Full())
        assert is_full(caught.value)
