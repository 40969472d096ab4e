"""What every test has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("wheelhouse", deadline=None)  # how long an example takes hangs on what else the machine does
settings.load_profile("wheelhouse")


@pytest.fixture(autouse=True, scope="session")
def _a_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes what the user has cached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
