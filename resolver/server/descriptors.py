"""How many connections there may be: each takes a descriptor of the process."""

from __future__ import annotations

import contextlib
import selectors
import sys

if sys.platform != "win32":  # where selectors bound the number of connections, and no descriptors
    import resource

MAX_CONNECTIONS = 4096 if hasattr(selectors, "EpollSelector") or hasattr(selectors, "KqueueSelector") else 400
MIN_CONNECTIONS = 8  # however few descriptors the process may have
SPARE_DESCRIPTORS = 32  # for standard streams, the listener, the selector and what Python opens


def connection_limit(threads: int) -> int:
    """How many connections may be open at once, so that descriptors are left for the files that are served."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(MIN_CONNECTIONS, min(MAX_CONNECTIONS, soft - 2 * threads - SPARE_DESCRIPTORS))


def raise_descriptor_limit() -> None:
    """Take as many descriptors as the system lets this process have, up to what is of use."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 3 * MAX_CONNECTIONS  # a connection, the file that it gets or sends, and room
        best = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < best:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))
