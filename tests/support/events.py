"""Things that happen in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest


def wait_for(what: Callable[[], object]) -> None:
    """Return once ``what`` is true; a file that is not there yet is not. Fails after half a minute."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(FileNotFoundError):
            if what():
                return
        time.sleep(0.02)
    pytest.fail("it has not come")
