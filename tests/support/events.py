"""Things that happen in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest


def wait_for(what: Callable[[], object]) -> None:
    """Return once ``what`` is true; a file that is not there yet is not."""
    for _ in range(100):
        with suppress(FileNotFoundError):
            if what():
                return
        time.sleep(0.05)
    pytest.fail("it has not come")
