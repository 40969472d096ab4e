"""Sources that are no servers: what is no file there is not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resolver.errors import TransferError
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
