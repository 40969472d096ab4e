"""The least pace of an answer. A time-out ends a silence, and not an answer that trickles, a byte after each pause."""

from __future__ import annotations

import math
import socket
from io import RawIOBase
from time import monotonic
from typing import Any

LEAST = 64
"""Bytes a second: so few that the slowest of lines sends more, even where all connections at once share it."""


class TooSlow(TimeoutError):
    """An answer that would take for ever came at less than the least pace."""


class Pace:
    """How fast one answer comes over ``sock``, judged once its reads have waited for as long as a silence may last.

    The time of whoever reads does not count, and neither does what the last of it took: after that nobody waits.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._window = sock.gettimeout() or math.inf
        self._waited = 0.0
        self._came = 0

    def read(self, received: RawIOBase, buffer: Any) -> int | None:  # noqa: ANN401  (a buffer)
        """As ``readinto`` of what a socket receives. Raises `TooSlow`."""
        if self._waited >= self._window:
            self._judge()
        begun = monotonic()
        count = received.readinto(buffer)
        self._waited += monotonic() - begun
        self._came += count or 0
        return count

    def _judge(self) -> None:
        if self._came < LEAST * self._waited:
            raise TooSlow
        self._waited = 0.0
        self._came = 0
