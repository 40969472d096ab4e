"""The addresses at which hosts were reached, so that each host is looked up once.

In many networks some lookups of a burst get lost, and each of these costs five seconds.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

PATIENCE = 1.0
"""Seconds that others wait for the first connection to a host."""


class Addresses:
    """Safe in threads."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._first: dict[str, threading.Lock] = {}

    def connection(self, host: str, connect: Callable[[str], socket.socket]) -> socket.socket:
        """What ``connect`` returns for the known address of a host, or else for its name. Raises what it raises."""
        first = self._first.setdefault(host, threading.Lock())
        is_alone = first.acquire(timeout=PATIENCE)
        try:
            known = self._found.get(host)
            if known is None:
                return self._looked_up(host, connect)
        finally:
            if is_alone:
                first.release()
        try:
            return connect(known)
        except Exception:  # noqa: BLE001  (whatever it is, the host may be elsewhere by now)
            return self._looked_up(host, connect)

    def _looked_up(self, host: str, connect: Callable[[str], socket.socket]) -> socket.socket:
        made = connect(host)
        self._found[host] = made.getpeername()[0]
        return made
