"""How `tarfile` reads a header: as this Python does it, and as those do that pass an overridden ``frombuf`` over."""

from __future__ import annotations

import tarfile
from typing import Any

import pytest


@pytest.fixture(params=["as here", "frombuf passed over"])
def tar_headers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch releases since 2026 do the latter, of Python 3.14 at least."""
    original: Any = tarfile.TarInfo.frombuf

    def fromtarfile(cls: type[tarfile.TarInfo], tar: Any) -> Any:
        header = original.__func__(cls, tar.fileobj.read(tarfile.BLOCKSIZE), tar.encoding, tar.errors)
        header.offset = tar.fileobj.tell() - tarfile.BLOCKSIZE
        return header._proc_member(tar)

    if request.param != "as here":
        monkeypatch.setattr(tarfile.TarInfo, "fromtarfile", classmethod(fromtarfile))
