"""What the tests against real components share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of downloads for the whole run; workers of pytest-xdist share it too."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if base.name.startswith("popen-") else base) / "downloads"


@pytest.fixture(scope="session")
def tool() -> Path:
    """The resolver as one file, as `make tool` builds it."""
    path = Path(__file__).resolve().parents[2] / "dist" / "wheelhouse.pyz"
    assert path.exists(), "`make tool` builds it, and `make test` runs that first"
    return path
