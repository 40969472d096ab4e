"""Makes glibc give memory back to the system once it is freed.

By default it keeps what each thread has freed, so that every thread that ever read a long page would keep that much
memory. Other C libraries do not do that.
"""

from __future__ import annotations

import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8  # of malloc.h
_KEPT = 1 << 17  # bytes, as it is until more was freed at once


def take_little_memory() -> None:
    """Have one heap for all threads, never much larger than what is in use. Call it before any thread is started."""
    if sys.platform != "linux":
        return
    with suppress(AttributeError, OSError, ImportError):  # another C library, or a Python that was built without libffi
        import ctypes  # noqa: PLC0415  (where it is of use)

        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
