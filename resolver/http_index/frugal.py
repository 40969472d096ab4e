"""Memory that goes back to the system once it is not used.

glibc keeps what is freed, for each thread that had it: threads that read long pages one after another would each keep
the memory of the longest. Other C libraries need not be told.
"""

from __future__ import annotations

import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8  # of malloc.h
_KEPT = 1 << 17  # bytes, as it is until more was freed at once


def take_little_memory() -> None:
    """Have one heap for all threads, which is never much larger than what is in use. Must come before any thread."""
    if sys.platform != "linux":
        return
    with suppress(AttributeError, OSError, ImportError):  # another C library, or a Python that was built without libffi
        import ctypes  # noqa: PLC0415  (where it is of use)

        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
